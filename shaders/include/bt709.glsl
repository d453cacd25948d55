// R'G'B' to Y'CbCr in limited range (ITU-R BT.709-6, items 3.2 to 3.5 and 4.6), as what is written into a target of whole steps.
// The input is gamma-encoded, which is what BT.709's matrix is for.

uniform float finer;  // steps of the code in one of an 8-bit code: 1 or 4
uniform float top;    // the target's largest value in steps

const vec3 luma_weight = vec3(0.2126, 0.7152, 0.0722);

float luma_code(vec3 rgb) {
    return floor((16.0 + 219.0 * dot(luma_weight, rgb)) * finer + 0.5) / top;
}

vec2 chroma_code(vec3 rgb) {
    vec2 difference = (rgb.br - dot(luma_weight, rgb)) / vec2(1.8556, 1.5748);
    return floor((128.0 + 224.0 * difference) * finer + 0.5) / top;
}
