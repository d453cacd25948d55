// Words over a picture, with a soft shadow that keeps them readable on any.

#include "screen.glsl"

#ifdef FRAGMENT_SHADER
uniform sampler2D picture;
uniform sampler2D words;  // red: the letters' coverage, green: their shadow's, in the order that they lie
uniform vec3 ink;         // linear light
uniform float light;      // how bright the picture is left
uniform float opacity;    // of the words

out vec4 colour;

void main() {
    vec2 cover = opacity * texture(words, place).rg;
    vec3 behind = light * texture(picture, place).rgb * (1.0 - cover.g);
    colour = vec4(mix(behind, ink, cover.r), 1.0);
}
#endif
