// Fills the gaps between the samples of the lens: a small disc around every pixel, as wide as they lie apart there. A neighbour
// counts only where its own light spreads as far. What is in focus has no part in it.

#include "screen.glsl"

#ifdef FRAGMENT_SHADER
uniform sampler2D source;   // light that is out of focus, and the share of the lens that sees it
uniform sampler2D spread;   // how far its samples lie apart, in pixels, times that share
uniform sampler2D focused;  // what is in focus, in full size

layout(location = 0) out vec4 light;
layout(location = 1) out vec2 shown;  // shares of the lens and of a pixel from its centre that see what is in focus

const int taps = 12;
const float share = 0.65;  // of the way from sample to sample; the textures are looked up blurred by the rest
const float pixel = 0.7;   // what a pixel of a small picture blurs by itself: a radius, squared

float radius(float apart, float covered) {
    float wanted = share * apart / max(covered, 1.0 / 64.0);
    return sqrt(max(wanted * wanted - pixel, 0.0));
}

void main() {
    light = texelFetch(source, ivec2(gl_FragCoord.xy), 0);
    vec2 size = vec2(textureSize(source, 0)), corner = 0.25 / size, other = vec2(corner.x, -corner.y);
    shown = vec2(1.0 - light.a, 0.25 * (texture(focused, place + corner).a + texture(focused, place - corner).a
        + texture(focused, place + other).a + texture(focused, place - other).a));
    float widest = radius(texelFetch(spread, ivec2(gl_FragCoord.xy), 0).r, light.a);
    int count = widest > 0.0 ? taps : 0;  // of a loop, even a software renderer leaves out what nobody needs
    float total = 1.0;
    for (int tap = 0; tap < count; tap++) {
        float reach = widest * sqrt((float(tap) + 0.5) / float(taps));
        float angle = 2.39996323 * float(tap);
        vec2 aside = place + reach * vec2(cos(angle), sin(angle)) / size;
        vec4 there = textureLod(source, aside, 0.0);
        float weight = clamp(radius(textureLod(spread, aside, 0.0).r, there.a) - reach + 1.0, 0.0, 1.0);
        light += weight * there;
        shown += weight * vec2(1.0 - there.a, textureLod(focused, aside, 0.0).a);
        total += weight;
    }
    light /= total;
    shown /= total;
}
#endif
