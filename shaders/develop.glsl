// What lens and film do to the picture as a whole, and its way out of linear light. Every effect is compiled in only where it is
// asked for: EXPOSED (the source is a sum of exposures), LENS (it holds only what is in focus), ABERRATION, VIGNETTE, GRAIN.

#include "screen.glsl"

#ifdef FRAGMENT_SHADER
#include "srgb.glsl"

uniform sampler2D source;

#ifdef LENS
uniform sampler2D blurred;  // light that is out of focus, and the share of the lens that sees it; a fraction of the size
uniform sampler2D shown;    // shares of the lens and of a pixel from its centre that see what is in focus
#endif
#ifdef ABERRATION
uniform float aberration;  // how far red and blue part in the corners, as a fraction of the diagonal
#endif
#ifdef VIGNETTE
uniform float vignette;  // share of light that the corners lose
#endif
#ifdef GRAIN
uniform sampler2D grain;    // a square of grain that fits itself on all sides: mean 0, deviation 1
uniform float strength;     // deviation at mid grey
uniform ivec2 grain_start;  // another place in the square for every frame, so that no pattern stays
#endif

out vec4 colour;

// What is in focus, as far as the lens sees it past nearer things, and what is not for the rest of the light. Where nothing at all
// was seen in a part of it, what was seen stands for that, too.
vec3 seen(vec4 sum, vec2 place) {
#ifdef LENS
    vec2 shares = texture(shown, place).rg;
    sum *= min((shares.r + 1e-4) / (shares.g + 1e-4), 1.0);
    vec4 rest = texture(blurred, place);
    sum += max(1.0 - sum.a, 0.0) / max(rest.a, 1.0 / 512.0) * rest;
#endif
#if defined(EXPOSED) || defined(LENS)
    return sum.rgb / max(sum.a, 1.0 / 1024.0);
#else
    return sum.rgb;
#endif
}

void main() {
    vec3 light = seen(texelFetch(source, ivec2(gl_FragCoord.xy), 0), place);
    vec2 from_centre = place - 0.5;
#ifdef ABERRATION
    vec2 aside = from_centre * aberration;
    light.r = seen(texture(source, place + aside), place + aside).r;
    light.b = seen(texture(source, place - aside), place - aside).b;
#endif
#ifdef VIGNETTE
    vec2 size = vec2(textureSize(source, 0));
    vec2 from_axis = 2.0 * from_centre * size / length(size);  // length 1 in the corners
    float falloff = 1.0 - (1.0 - sqrt(1.0 - vignette)) * dot(from_axis, from_axis);
    light *= falloff * falloff;
#endif
    vec3 code = srgb_code(light);
#ifdef GRAIN
    // Grains that are either exposed or not: their number varies like that of a coin's heads, most at mid grey, least in black
    // and white.
    float grey = dot(code, vec3(0.2126, 0.7152, 0.0722));
    ivec2 mask = textureSize(grain, 0) - 1;
    float speck = texelFetch(grain, (ivec2(gl_FragCoord.xy) + grain_start) & mask, 0).r;
    code += 2.0 * sqrt(clamp(grey * (1.0 - grey), 0.0, 0.25)) * strength * speck;
#endif
    colour = vec4(code, 1.0);
}
#endif
