// A bright line runs across the frame from left to right and uncovers the second picture.

#include "transition.glsl"

#ifdef FRAGMENT_SHADER
const float thinnest = 0.004;  // half the line's width, in frame widths; never less than a pixel

void main() {
    float pixel = fwidth(place.x);
    float line = max(thinnest, pixel);
    float edge = mix(-2.0 * line, 1.0 + 2.0 * line, smoothstep(0.0, 1.0, progress));
    vec3 picture = mix(texture(second, place).rgb, texture(first, place).rgb, smoothstep(-pixel, pixel, place.x - edge));
    float on_line = 1.0 - smoothstep(line - pixel, line + pixel, abs(place.x - edge));
    colour = vec4(mix(picture, vec3(1.0), on_line), 1.0);
}
#endif
