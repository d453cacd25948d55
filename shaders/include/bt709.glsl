// R'G'B' to Y'CbCr in limited range, as 8-bit code values over 255 (ITU-R BT.709-6, items 3.2 to 3.5 and 4.6). The input is
// gamma-encoded, which is what BT.709's matrix is for.

const vec3 luma_weight = vec3(0.2126, 0.7152, 0.0722);

float luma_code(vec3 rgb) {
    return floor(16.5 + 219.0 * dot(luma_weight, rgb)) / 255.0;
}

vec2 chroma_code(vec3 rgb) {
    vec2 difference = (rgb.br - dot(luma_weight, rgb)) / vec2(1.8556, 1.5748);
    return floor(128.5 + 224.0 * difference) / 255.0;
}
