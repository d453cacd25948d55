// The blurred picture behind a picture that does not fill its frame: a Gaussian over a much reduced copy. Two passes, one a
// direction; the second also darkens, so that the picture itself stands out.

#include "screen.glsl"

#ifdef FRAGMENT_SHADER
uniform sampler2D source;
uniform vec2 scale;   // share of the source that is shown: the blurred picture covers the frame
uniform vec2 stride;  // distance between two taps, in texture units
uniform float gain;

out vec4 colour;

void main() {
    vec2 centre = (place - 0.5) * scale + 0.5;
    vec3 sum = vec3(0.0);
    float total = 0.0;
    for (int tap = -6; tap <= 6; tap++) {
        float weight = exp(-float(tap * tap) / 18.0);
        sum += weight * texture(source, centre + float(tap) * stride).rgb;
        total += weight;
    }
    colour = vec4(gain * sum / total, 1.0);
}
#endif
