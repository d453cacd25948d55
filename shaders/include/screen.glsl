// A pass over the whole target draws one triangle that covers it; no vertex data is needed. `place` runs from 0 to 1 with the
// first row of the target at 0, which is the top row of the picture everywhere in this program.

#ifdef VERTEX_SHADER
out vec2 place;

void main() {
    place = vec2(gl_VertexID & 1, gl_VertexID >> 1) * 2.0;
    gl_Position = vec4(place * 2.0 - 1.0, 0.0, 1.0);
}
#endif

#ifdef FRAGMENT_SHADER
in vec2 place;
#endif
