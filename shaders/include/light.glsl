// What a surface that is drawn looks like, and what it sends to the picture: linear light, premultiplied.
//
// A picture through a lens is made of two. FOCUSED: what is nearly in focus looks the same through every point of the lens; it
// is drawn once, in full size, and blurred by looking it up around each place. BLURRED: the rest holds no detail; it is drawn
// from many points of the lens in a fraction of the size, and what is in focus only hides it. From one to the other a surface
// fades. Alpha is blended by the cover, which is a second source for the blending.

#ifdef FRAGMENT_SHADER
#if defined(FOCUSED) || defined(BLURRED)
uniform float disc;      // diameter of the blur disc, in pixels of the frame per difference of 1 / distance
uniform float in_focus;  // 1 / distance
uniform vec2 fade;       // diameters from which a surface is also in the blurred picture, and only there

layout(location = 0, index = 0) out vec4 light;
layout(location = 0, index = 1) out vec4 cover;

float diameter() {
    return disc * abs(gl_FragCoord.w - in_focus);
}

float focused() {
    return 1.0 - smoothstep(fade.x, fade.y, diameter());
}
#endif

#if defined(FOCUSED)
const float ring = 0.32;  // of the diameter: four lookups so far from the place have the spread of the disc
const float soft = 0.4;   // of the diameter: how wide each is, so that they join

// pixel: how far the next pixel's place is, across and down
vec4 look_up(sampler2D colour, vec2 place, vec2 pixel, float sharper) {
    float level = sharper + log2(max(soft * diameter(), 1.0));
    vec2 aside = ring * diameter() * vec2(0.924, 0.383);
    vec2 one = pixel * aside, other = pixel * vec2(-aside.y, aside.x);
    return 0.25 * (texture(colour, place + one, level) + texture(colour, place - one, level)
        + texture(colour, place + other, level) + texture(colour, place - other, level));
}

void send(vec4 premultiplied) {
    light = focused() * premultiplied;
    cover = vec4(premultiplied.a);
}
#elif defined(BLURRED)
uniform float spacing;  // from sample to sample of the lens, in pixels of the target, as a share of the diameter

const float share = 0.55;  // what the lookup blurs of the spacing; a pass over the sum does the rest

vec4 look_up(sampler2D colour, vec2 place, vec2 pixel, float sharper) {
    return texture(colour, place, sharper + log2(max(share * spacing * diameter(), 0.5)));
}

// Alpha: nine tenths, and a tenth for 50 pixels from sample to sample.
void send(vec4 premultiplied) {
    float apart = 0.1 * min(spacing * diameter() / 50.0, 1.0);
    light = (1.0 - focused()) * premultiplied * vec4(vec3(1.0), 0.9 + apart);
    cover = vec4(premultiplied.a);
}
#else
out vec4 light;

vec4 look_up(sampler2D colour, vec2 place, vec2 pixel, float sharper) {
    return texture(colour, place, sharper);
}

void send(vec4 premultiplied) {
    light = premultiplied;
}
#endif
#endif
