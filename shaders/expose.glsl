// One exposure of several, added by blending to those before it: lens, shutter and pixel are sampled by drawing the scene from
// many cameras (Haeberli and Akeley, "The Accumulation Buffer", 1990). The light of an uncovered pixel counts for nothing.
// LENS: how far the samples of the lens lie apart is averaged too: alpha counts 1 and a thousandth for every pixel.

#include "screen.glsl"

#ifdef FRAGMENT_SHADER
uniform sampler2D source;
uniform float share;  // of the whole exposure

out vec4 light;

void main() {
    light = texture(source, place);
#ifdef LENS
    light.a = light.a > 0.25 ? 1.0 + 0.1 * max(light.a - 0.5, 0.0) : 0.0;
#endif
    light *= share;
}
#endif
