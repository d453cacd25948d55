// One exposure of several, added by blending to those before it: lens, shutter and pixel are sampled by drawing the scene from
// many cameras (Haeberli and Akeley, "The Accumulation Buffer", 1990). The light of an uncovered pixel counts for nothing.
// BLURRED: how far the samples of the lens lie apart is added up, too, as their alpha tells it.

#include "screen.glsl"

#ifdef FRAGMENT_SHADER
uniform sampler2D source;
uniform float share;  // of the whole exposure

layout(location = 0) out vec4 light;
#ifdef BLURRED
layout(location = 1) out float apart;  // pixels
#endif

void main() {
    light = texelFetch(source, ivec2(gl_FragCoord.xy), 0);
#ifdef BLURRED
    apart = share * 500.0 * max(light.a - 0.9, 0.0);
    light.a = min(light.a / 0.9, 1.0);
#endif
    light *= share;
}
#endif
