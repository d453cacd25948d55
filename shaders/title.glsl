// Text that stands in the scene: one quad, facing the photograph's camera. The texture holds premultiplied linear light, as
// the layers' do. Where there is text, depth is written too, so that what comes after knows how far away it stands.

#include "light.glsl"

uniform mat4 world_to_clip;
uniform sampler2D colour;
uniform float opacity;

#ifdef VERTEX_SHADER
in vec3 position;  // scene units, in the space of the photograph's camera
in vec2 texel;     // 0..1 over the text, row 0 on top

out vec2 place;

void main() {
    place = texel;
    gl_Position = world_to_clip * vec4(position, 1.0);
}
#endif

#ifdef FRAGMENT_SHADER
in vec2 place;

const float sharper = -0.5;  // mip levels: the texture has the pixels of the largest view, and the others must stay sharp

void main() {
    vec4 premultiplied = opacity * look_up(colour, place, vec2(dFdx(place.x), dFdy(place.y)), sharper);
    if (premultiplied.a < 1.0 / 255.0) {
        discard;
    }
    send(premultiplied);
}
#endif
