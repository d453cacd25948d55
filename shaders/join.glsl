// Fills the gaps between the samples of the lens: a small disc around every pixel, as wide as they lie apart there. A neighbour
// counts only where its own light spreads as far, so that nothing that is in focus leaks.

#include "screen.glsl"

#ifdef FRAGMENT_SHADER
uniform sampler2D source;  // alpha: 1 and a thousandth for every pixel by which the samples lie apart

out vec4 light;

const int taps = 12;
const float least = 0.5;    // pixels
const float share = 0.65;   // of the way from sample to sample; the textures are looked up blurred by the rest

vec3 seen(vec4 sum) {
    return sum.rgb / clamp(sum.a, 1.0 / 1024.0, 1.0);
}

float radius(vec4 sum) {
    return share * 1000.0 * max(sum.a - 1.0, 0.0);
}

void main() {
    vec4 here = texelFetch(source, ivec2(gl_FragCoord.xy), 0);
    vec3 sum = seen(here);
    float widest = radius(here);
    if (widest > least) {
        float total = 1.0;
        vec2 size = vec2(textureSize(source, 0));
        for (int tap = 0; tap < taps; tap++) {
            float reach = widest * sqrt((float(tap) + 0.5) / float(taps));
            float angle = 2.39996323 * float(tap);
            vec4 there = texture(source, place + reach * vec2(cos(angle), sin(angle)) / size);
            float weight = clamp(radius(there) - reach + 1.0, 0.0, 1.0);
            sum += weight * seen(there);
            total += weight;
        }
        sum /= total;
    }
    light = vec4(sum, 1.0);
}
#endif
