// The blurred picture behind a picture that does not fill its frame: a Gaussian over a much reduced copy, a direction at a time,
// the second of which also darkens, so that the picture itself stands out. ENLARGE: then the small copy, brought to the frame's size.

#include "screen.glsl"

#ifdef FRAGMENT_SHADER
uniform sampler2D source;
#ifndef ENLARGE
uniform vec2 scale;   // share of the source that is shown: the blurred picture covers the frame
uniform vec2 stride;  // distance between two taps, in texture units
uniform float gain;
#endif

out vec4 colour;

#ifdef ENLARGE
// Cubic B-splines, four weights as two linear lookups a direction (Sigg and Hadwiger, "Fast Third-Order Texture Filtering", GPU
// Gems 2, 2005). Linear lookups alone would show the texels as a plaid.
void main() {
    vec2 size = vec2(textureSize(source, 0));
    vec2 corner = floor(place * size - 0.5), part = place * size - 0.5 - corner, rest = 1.0 - part;
    vec2 first = rest * rest * rest / 6.0, last = part * part * part / 6.0;
    vec2 second = 2.0 / 3.0 - part * part * (1.0 - 0.5 * part), low = first + second, high = 1.0 - low;
    vec2 before = (corner - 0.5 + second / low) / size, after = (corner + 1.5 + last / high) / size;
    vec3 upper = low.x * texture(source, before).rgb + high.x * texture(source, vec2(after.x, before.y)).rgb;
    vec3 lower = low.x * texture(source, vec2(before.x, after.y)).rgb + high.x * texture(source, after).rgb;
    colour = vec4(low.y * upper + high.y * lower, 1.0);
}
#else
void main() {
    vec2 centre = (place - 0.5) * scale + 0.5;
    vec3 sum = vec3(0.0);
    float total = 0.0;
    for (int tap = -8; tap <= 8; tap++) {
        float weight = exp(-float(tap * tap) / 16.0);
        sum += weight * texture(source, centre + float(tap) * stride).rgb;
        total += weight;
    }
    colour = vec4(gain * sum / total, 1.0);
}
#endif
#endif
