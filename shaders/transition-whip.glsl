// The camera is whipped round from one picture to the other. Both lie on one long strip, each continued by its mirror image, and
// every frame is the mean of what passes the shutter, which is open all the time.

#include "transition.glsl"

#ifdef FRAGMENT_SHADER
uniform float frame_step;  // progress from frame to frame

const float way = 3.0;  // frame widths from one picture to the other
const int taps = 48;

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
    vec3 sum = vec3(0.0);
    for (int tap = 0; tap < taps; tap++) {
        float moment = progress + (float(tap) + 0.5 - 0.5 * float(taps)) / float(taps) * frame_step;
        sum += strip(place.x + travelled(moment));
    }
    colour = vec4(sum / float(taps), 1.0);
}
#endif
