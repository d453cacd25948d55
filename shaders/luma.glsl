// The Y plane of yuv420p. Planes are made here because only 1.5 bytes a pixel have to be read back then, and no processor time
// goes into colour conversion.

#include "screen.glsl"

#ifdef FRAGMENT_SHADER
#include "bt709.glsl"

uniform sampler2D source;

out float luma;

void main() {
    luma = luma_code(texelFetch(source, ivec2(gl_FragCoord.xy), 0).rgb);
}
#endif
