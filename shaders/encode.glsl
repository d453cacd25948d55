// The picture leaves linear light: from here on it is stored as people and encoders expect it.

#include "screen.glsl"

#ifdef FRAGMENT_SHADER
#include "srgb.glsl"

uniform sampler2D source;

out vec4 colour;

void main() {
    colour = vec4(srgb_code(texelFetch(source, ivec2(gl_FragCoord.xy), 0).rgb), 1.0);
}
#endif
