// The planes that an encoder takes, Y'CbCr in limited range. They are made here because only 1.5 to 4 bytes a pixel have to be
// read back then, and no processor time goes into colour conversion. One fragment makes a block of four by two pixels: writing
// four samples at once is what makes this quick on a software renderer.
//
// Chroma is sited at the left (H.264 Annex E, chroma_sample_loc_type 0): weights one, two, one across, and, where its rows are
// halved, one, one down.

#include "screen.glsl"

#ifdef FRAGMENT_SHADER
#include "bt709.glsl"
#include "srgb.glsl"

uniform sampler2D source;
uniform vec2 texel;   // one over the source's width and height
uniform bool linear;  // the source holds linear light, else sRGB

layout(location = 0) out vec4 upper_luma;
layout(location = 1) out vec4 lower_luma;
layout(location = 2) out vec2 upper_blue;
layout(location = 3) out vec2 upper_red;
#ifndef HALVED  // chroma has as many rows as luma
layout(location = 4) out vec2 lower_blue;
layout(location = 5) out vec2 lower_red;
#endif

// A nearest-neighbour lookup takes a software renderer two thirds of the time of texelFetch, and stops at the border.
vec3 pixel(vec2 corner) {
    vec3 rgb = texture(source, (corner + 0.5) * texel).rgb;
    return linear ? srgb_code(rgb) : rgb;
}

void chroma_codes(vec3 before, vec3 row[4], out vec2 blue, out vec2 red) {
    vec2 one = chroma_code((before + 2.0 * row[0] + row[1]) / 4.0);
    vec2 other = chroma_code((row[1] + 2.0 * row[2] + row[3]) / 4.0);
    blue = vec2(one.x, other.x);
    red = vec2(one.y, other.y);
}

void main() {
    vec2 corner = floor(gl_FragCoord.xy) * vec2(4.0, 2.0);
    vec3 upper[4], lower[4], middle[4];
    for (int column = 0; column < 4; column++) {
        upper[column] = pixel(corner + vec2(column, 0));
        lower[column] = pixel(corner + vec2(column, 1));
        middle[column] = (upper[column] + lower[column]) / 2.0;
        upper_luma[column] = luma_code(upper[column]);
        lower_luma[column] = luma_code(lower[column]);
    }
    vec3 before = pixel(corner + vec2(-1, 0)), below = pixel(corner + vec2(-1, 1));
#ifdef HALVED
    chroma_codes((before + below) / 2.0, middle, upper_blue, upper_red);
#else
    chroma_codes(before, upper, upper_blue, upper_red);
    chroma_codes(below, lower, lower_blue, lower_red);
#endif
}
#endif
