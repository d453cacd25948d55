// The frame as the encoder wants it: Y, U and V planes of yuv420p one after another (BT.709, limited range), packed into one
// single-channel target as wide as the frame and half as high again. Only 1.5 bytes a pixel have to be read back, and no
// processor time goes into colour conversion. The source holds gamma-encoded R'G'B', which is what BT.709's matrix is for
// (ITU-R BT.709-6, items 3.2 to 3.5 and 4.6).
//
// Chroma is sited at the left, between two rows (H.264 Annex E, chroma_sample_loc_type 0): one, two, one across, one, one down.

#include "screen.glsl"

#ifdef FRAGMENT_SHADER
uniform sampler2D source;
uniform ivec2 size;

out float code;

const vec3 luma_weight = vec3(0.2126, 0.7152, 0.0722);

vec3 pixel(int x, int y) {
    return texelFetch(source, ivec2(clamp(x, 0, size.x - 1), y), 0).rgb;
}

vec3 left_sited(int x, int y) {
    return (pixel(x - 1, y) + 2.0 * pixel(x, y) + pixel(x + 1, y)
            + pixel(x - 1, y + 1) + 2.0 * pixel(x, y + 1) + pixel(x + 1, y + 1)) / 8.0;
}

void main() {
    ivec2 at = ivec2(gl_FragCoord.xy);
    float level;
    if (at.y < size.y) {
        level = 16.0 + 219.0 * dot(luma_weight, pixel(at.x, at.y));
    } else {
        ivec2 half_size = size / 2;
        int index = (at.y - size.y) * size.x + at.x;
        bool red = index >= half_size.x * half_size.y;
        index -= red ? half_size.x * half_size.y : 0;
        vec3 rgb = left_sited(2 * (index % half_size.x), 2 * (index / half_size.x));
        float luma = dot(luma_weight, rgb);
        level = 128.0 + 224.0 * (red ? (rgb.r - luma) / 1.5748 : (rgb.b - luma) / 1.8556);
    }
    code = floor(level + 0.5) / 255.0;
}
#endif
