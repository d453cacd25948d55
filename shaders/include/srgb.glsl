// Linear light to the sRGB code (IEC 61966-2-1). The power 1/2.4 is a polynomial of the fourth root, which software renderers
// take in less than half the time: fitted here for the least largest error, 0.009 of an 8-bit step and 0.035 of a 10-bit one.

vec3 srgb_code(vec3 linear) {
    vec3 root = sqrt(sqrt(linear));
    vec3 curved = (((0.08132951 * root - 0.33550039) * root + 1.1226806) * root + 0.19613622) * root - 0.06461158;
    return mix(curved, 12.92 * linear, lessThan(linear, vec3(0.0031308)));
}
