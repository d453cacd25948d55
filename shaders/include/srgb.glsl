// Linear light to the sRGB code (IEC 61966-2-1). The power 1/2.4 is a sum of roots, which software renderers take in half the
// time: fitted here for the least largest error, which is 0.008 of an 8-bit step and 0.03 of a 10-bit one.

vec3 srgb_code(vec3 linear) {
    vec3 second = sqrt(linear);
    vec3 fourth = sqrt(second);
    vec3 eighth = sqrt(fourth);
    vec3 curved = 0.65398777 * second + 0.6887061 * fourth - 0.318468 * eighth - 0.02018831 * linear - 0.00406881;
    return mix(curved, 12.92 * linear, lessThan(linear, vec3(0.0031308)));
}
