#include <math.h>
#include <string.h>

#include "support/values.h"

static double value_of(int code, int fraction_bits, int bias) {
    int field = code >> fraction_bits, fraction = code & ((1 << fraction_bits) - 1);
    if (field == 0) return ldexp(fraction, 1 - bias - fraction_bits);
    return ldexp(fraction + (1 << fraction_bits), field - bias - fraction_bits);
}

bool px_values_of(const char *format, px_values *v) {
    static const struct {
        const char *name;
        int fraction_bits, bias, n;
        bool infinity;
    } formats[] = {
        {"fp16", 10, 15, 0x7c00, true},
        {"bf16", 7, 127, 0x7f80, true},
        {"fp8_e4m3", 3, 7, 0x7f, false}, /* OCP: 7f is NaN, so 7e = 448 is the largest */
        {"fp8_e5m2", 2, 15, 0x7c, true},
    };
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        if (strcmp(formats[i].name, format) != 0) continue;
        v->n = formats[i].n;
        v->fraction_bits = formats[i].fraction_bits;
        v->bias = formats[i].bias;
        for (int code = 0; code <= v->n; code++) v->at[code] = value_of(code, v->fraction_bits, v->bias);
        v->beyond = formats[i].infinity ? (double)INFINITY : (double)NAN;
        return true;
    }
    return false;
}

double px_values_decode(const px_values *v, int width, unsigned word) {
    unsigned sign = word >> (width - 1) & 1, code = word & ((1u << (width - 1)) - 1);
    double x = code < (unsigned)v->n ? v->at[code] : code == (unsigned)v->n && isinf(v->beyond) ? v->beyond : (double)NAN;
    return sign ? -x : x;
}
