// What every transition has: the two pictures and how far it is, from 0 (all of the first) to 1 (all of the second). The
// pictures are sampled in linear light and so is what is written.

#include "screen.glsl"

#ifdef FRAGMENT_SHADER
uniform sampler2D first;
uniform sampler2D second;
uniform float progress;

out vec4 colour;
#endif
