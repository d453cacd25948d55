// A picture as it is, into the whole of the target's viewport.

#include "screen.glsl"

#ifdef FRAGMENT_SHADER
uniform sampler2D source;

out vec4 colour;

void main() {
    colour = vec4(texture(source, place).rgb, 1.0);
}
#endif
