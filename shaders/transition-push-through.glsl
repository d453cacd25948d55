// The camera flies on into the first picture, and the second one shows where the first is farthest; what is near flies past. How
// far a surface of the first picture is comes as a picture of its disparity. Both pictures are blurred along the lines of flight.

#include "transition.glsl"

#ifdef FRAGMENT_SHADER
uniform sampler2D disparity;  // of the first picture, 1 = nearest
uniform vec2 aim;             // where the flight leads, 0..1 from the top left corner
uniform float opened;         // surfaces farther than this disparity are gone,
uniform float soft;           // give or take this much
uniform float first_blur;     // length of the blur, as a share of the way to the aim
uniform float second_blur;
uniform float second_size;    // how large the second picture is seen, continued by its mirror image

const float least = 6.0, most = 20.0;  // lookups along the blur
const float apart = 0.01;              // share of the way to the aim from one to the next, where they are fewer

vec2 mirrored(vec2 at) {
    return 1.0 - abs(1.0 - mod(at, 2.0));
}

float jitter() {  // Jimenez, "Next Generation Post Processing in Call of Duty", 2014: interleaved gradient noise
    return fract(52.9829189 * fract(dot(gl_FragCoord.xy, vec2(0.06711056, 0.00583715))));
}

void main() {
    vec2 ray = place - aim;
    float offset = jitter();
    float left = 1.0 - smoothstep(0.75, 0.95, progress);  // what the camera is already past must not linger
    float taps = clamp(ceil(first_blur / apart), least, most);
    vec4 near = vec4(0.0);
    for (float tap = 0.0; tap < taps; tap++) {
        vec2 at = place + ray * ((tap + offset) / taps - 0.5) * first_blur;
        float there = left * smoothstep(opened - soft, opened + soft, texture(disparity, at).r);
        near += there * vec4(texture(first, at).rgb, 1.0);
    }
    near /= taps;
    taps = clamp(ceil(second_blur / apart), least, most);
    vec3 far = vec3(0.0);
    for (float tap = 0.0; tap < taps; tap++) {
        float share = (tap + offset) / taps - 0.5;
        far += texture(second, mirrored(aim + ray * (1.0 + share * second_blur) / second_size)).rgb;
    }
    colour = vec4(near.rgb + (1.0 - near.a) * far / taps, 1.0);
}
#endif
