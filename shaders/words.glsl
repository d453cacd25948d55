// Words over a picture.

#include "screen.glsl"

#ifdef FRAGMENT_SHADER
uniform sampler2D picture;
uniform sampler2D words;  // with their shadow
uniform float light;      // how bright the picture is left
uniform float opacity;    // of the words

out vec4 colour;

void main() {
    vec4 word = texture(words, place);
    colour = vec4(mix(light * texture(picture, place).rgb, word.rgb, opacity * word.a), 1.0);
}
#endif
