// The camera is whipped round from one picture to the other. Both lie on one long strip, each continued by its mirror image, and
// every frame is the mean of what passes the shutter, which is open all the time.

#include "transition.glsl"

#ifdef FRAGMENT_SHADER
uniform float frame_step;  // progress from frame to frame

const float way = 3.0;      // frame widths from one picture to the other
const float most = 48.0;    // lookups where the picture moves fastest
const float apart = 0.004;  // frame widths between them elsewhere

float travelled(float t) {
    t = clamp(t, 0.0, 1.0);
    return way * t * t * t * (t * (6.0 * t - 15.0) + 10.0);
}

float mirrored(float x) {
    return 1.0 - abs(1.0 - mod(x, 2.0));
}

vec3 strip(float x) {
    return x < 0.5 * (way + 1.0) ? texture(first, vec2(mirrored(x), place.y)).rgb
                                 : texture(second, vec2(mirrored(x - way), place.y)).rgb;
}

void main() {
    float passed = travelled(progress + 0.5 * frame_step) - travelled(progress - 0.5 * frame_step);
    float taps = clamp(ceil(passed / apart), 1.0, most);
    vec3 sum = vec3(0.0);
    for (float tap = 0.5; tap < taps; tap++) {
        sum += strip(place.x + travelled(progress + (tap / taps - 0.5) * frame_step));
    }
    colour = vec4(sum / taps, 1.0);
}
#endif
