// A photographer's flash: the first picture overexposes within some frames, the second one comes out of the white.

#include "transition.glsl"

#ifdef FRAGMENT_SHADER
uniform float turn;  // progress at which the second picture takes over, fully white

void main() {
    bool before = progress < turn;
    float light = before ? pow(progress / turn, 2.0) : pow(1.0 - (progress - turn) / (1.0 - turn), 2.5);
    vec3 picture = before ? texture(first, place).rgb : texture(second, place).rgb;
    colour = vec4(mix(picture * (1.0 + 4.0 * light), vec3(1.0), light), 1.0);
}
#endif
