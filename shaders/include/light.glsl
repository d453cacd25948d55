// What a surface that is drawn sends to the picture: linear light, premultiplied.
//
// LENS: one picture of several that sample the lens. Surfaces are looked up blurred, so that the samples join, and the target's
// alpha holds how far the samples lie apart: half and a hundredth for every pixel; 0 where nothing was drawn. It is blended by the
// cover, which is a second source for the blending.

#ifdef FRAGMENT_SHADER
#ifdef LENS
uniform float disc;      // how far samples lie apart, in pixels per difference of 1 / distance
uniform float in_focus;  // 1 / distance

layout(location = 0, index = 0) out vec4 light;
layout(location = 0, index = 1) out vec4 cover;

const float share = 0.5;  // what the lookup blurs of it; a pass over the sum does the rest

float apart() {
    return disc * abs(gl_FragCoord.w - in_focus);
}

float mip_level(float sharper) {
    return sharper + log2(max(share * apart(), 1.0));
}

void send(vec4 premultiplied) {
    light = vec4(premultiplied.rgb, premultiplied.a * (0.5 + 0.5 * min(apart() / 50.0, 1.0)));
    cover = vec4(premultiplied.a);
}
#else
out vec4 light;

float mip_level(float sharper) {
    return sharper;
}

void send(vec4 premultiplied) {
    light = premultiplied;
}
#endif
#endif
