// One layer of the scene: its mesh, seen from the moved camera, with the layer's own colours.
// The texture holds premultiplied linear light, stored with the sRGB curve so that eight bits suffice.

uniform mat4 world_to_clip;
uniform sampler2D colour;

#ifdef VERTEX_SHADER
in vec3 position;  // scene units, in the space of the photograph's camera
in vec2 texel;     // 0..1 over the canvas, row 0 on top

out vec2 place;

void main() {
    place = texel;
    gl_Position = world_to_clip * vec4(position, 1.0);
}
#endif

#ifdef FRAGMENT_SHADER
in vec2 place;

out vec4 premultiplied;

void main() {
    premultiplied = texture(colour, place);
}
#endif
