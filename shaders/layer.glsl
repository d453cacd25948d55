// One layer of the scene: its mesh, seen from the moved camera, with the layer's own colours.
// The texture holds premultiplied linear light in 16 bits.

#include "light.glsl"
#ifdef COVERAGE
#include "coverage.glsl"
#endif

uniform mat4 world_to_clip;
uniform sampler2D colour;
uniform bool opaque;  // triangles without a matte

#ifdef VERTEX_SHADER
in vec3 position;  // scene units, in the space of the photograph's camera
in vec2 texel;     // 0..1 over the canvas, row 0 on top

// The canvas is what the photograph's camera projects, so over a triangle in space a texel is a ratio: both of its terms are
// linear there, it itself is not.
out vec3 place;

void main() {
    place = vec3(texel, 1.0) * -position.z;
    gl_Position = world_to_clip * vec4(position, 1.0);
}
#endif

#ifdef FRAGMENT_SHADER
in vec3 place;

uniform vec2 pixel;  // of the canvas, what a pixel of the frame shows of things as far away as from the photograph's camera

const float sharper = -0.5;  // mip levels: a photograph seen slightly reduced must not go soft

void main() {
    vec4 premultiplied = look_up(colour, place.xy / place.z, pixel / (gl_FragCoord.w * place.z), sharper);
    if (opaque) {
#ifdef REDUCED
        premultiplied.rgb /= max(premultiplied.a, 1.0 / 255.0);  // they may read a neighbour's from a coarse mip level
#endif
        premultiplied.a = 1.0;
    }
#ifdef COVERAGE
    else {
        premultiplied *= coverage(colour, place.xy / place.z) / max(premultiplied.a, 1.0 / 255.0);
    }
#endif
    send(premultiplied);
}
#endif
