// How much of a pixel the surface behind a matte covers.
//
// A texel's alpha is the share of it that is covered. Where it is a silhouette's, what is covered lies at the side of the fuller
// neighbour, and a pixel that cuts the texel covers just that part: interfaces of fluids are reconstructed like this (SLIC, Noh
// and Woodward 1976). The bilinear mean spreads the share over the texel instead, and thin things that lie half-way between
// pixels go soft. Soft mattes, whose neighbours differ little, keep the mean.

#ifdef FRAGMENT_SHADER
// Of a texel with that alpha between two others, what is covered from start on for some length.
float part(float alpha, float before, float after, float start, float length) {
    float at_start = clamp(alpha - start, 0.0, length);
    float at_end = clamp(alpha - (1.0 - start - length), 0.0, length);
    float rise = after - before;
    return mix(alpha * length, rise > 0.0 ? at_end : at_start, clamp(2.0 * abs(rise) - 1.0, 0.0, 1.0));
}

// Along four texels, what is covered from offset in the second to offset in the third.
float along(float before, float first, float second, float after, float offset) {
    return part(first, before, second, offset, 1.0 - offset) + part(second, first, after, 0.0, offset);
}

float coverage(sampler2D picture, vec2 place) {
    vec2 corner = place * vec2(textureSize(picture, 0)) - 0.5;
    vec2 offset = fract(corner);
    ivec2 first = ivec2(floor(corner)), last = textureSize(picture, 0) - 1;
    float alpha[16];
    for (int i = 0; i < 16; i++) {
        alpha[i] = texelFetch(picture, clamp(first + ivec2(i % 4 - 1, i / 4 - 1), ivec2(0), last), 0).a;
    }
    float across = mix(
        along(alpha[4], alpha[5], alpha[6], alpha[7], offset.x), along(alpha[8], alpha[9], alpha[10], alpha[11], offset.x), offset.y
    );
    float down = mix(
        along(alpha[1], alpha[5], alpha[9], alpha[13], offset.y), along(alpha[2], alpha[6], alpha[10], alpha[14], offset.y), offset.x
    );
    float right = abs(alpha[7] + alpha[11] + alpha[6] + alpha[10] - alpha[5] - alpha[9] - alpha[4] - alpha[8]);
    float below = abs(alpha[13] + alpha[14] + alpha[9] + alpha[10] - alpha[5] - alpha[6] - alpha[1] - alpha[2]);
    return right >= below ? across : down;
}
#endif
