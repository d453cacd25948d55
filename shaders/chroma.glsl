// The U and V planes of yuv420p, half as wide and half as high as the frame. Chroma is sited at the left, between two rows
// (H.264 Annex E, chroma_sample_loc_type 0): weights one, two, one across and one, one down. Two bilinear samples on the
// corners between the pixels have just these weights.

#include "screen.glsl"

#ifdef FRAGMENT_SHADER
#include "bt709.glsl"

uniform sampler2D source;

layout(location = 0) out float blue;
layout(location = 1) out float red;

void main() {
    vec2 corner = 2.0 * floor(gl_FragCoord.xy) + vec2(0.0, 1.0);
    vec2 size = vec2(textureSize(source, 0));
    vec3 rgb = (texture(source, corner / size).rgb + texture(source, (corner + vec2(1.0, 0.0)) / size).rgb) / 2.0;
    vec2 code = chroma_code(rgb);
    blue = code.x;
    red = code.y;
}
#endif
