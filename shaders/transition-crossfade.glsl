// One picture fades into the other as two projectors would: in linear light, so that the middle is not too dark.

#include "transition.glsl"

#ifdef FRAGMENT_SHADER
void main() {
    float share = smoothstep(0.0, 1.0, progress);
    colour = vec4(mix(texture(first, place).rgb, texture(second, place).rgb, share), 1.0);
}
#endif
