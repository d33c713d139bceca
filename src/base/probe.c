#include "base/probe.h"

#include <fenv.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Operations that no compiler can see through: noinline, operands from volatile. Written as plain C on purpose: what the
 * flags of this build do to `a * b + c` is the question. */
#define PROBE_OPERATION __attribute__((noinline, noclone)) static

PROBE_OPERATION double multiply_add(double a, double b, double c) { return a * b + c; }
PROBE_OPERATION double half(double a) { return a * 0.5; }
PROBE_OPERATION double scaled(double a, double b) { return a * b; }
PROBE_OPERATION double sum4(const double *x) {
    double s = 0;
    for (int i = 0; i < 4; i++) s += x[i];
    return s;
}
PROBE_OPERATION double add_subtract(double a, double b) { return (a + b) - a; }
PROBE_OPERATION double add_zero(double a) { return a + 0.0; }
PROBE_OPERATION int is_unordered(double a) { return a != a; }

/* (1 + 2^-27)^2 - (1 + 2^-26) = 2^-54: seen only when the product is not rounded. */
PROBE_OPERATION int contraction(void) {
    volatile double a = 0x1.0000002p0, c = -0x1.0000004p0;
    return multiply_add(a, a, c) == 0;
}
PROBE_OPERATION int flush_result(void) {
    volatile double least_normal = 0x1p-1022;
    return half(least_normal) > 0;
}
PROBE_OPERATION int flush_input(void) {
    volatile double least = 0x1p-1074, large = 0x1p1000;
    return scaled(least, large) == 0x1p-74;
}
PROBE_OPERATION int rounding_mode(void) { return fegetround() == FE_TONEAREST; }

/* 1 + 2^-53 - 1 is 0 in double and 2^-53 in a wider register. */
PROBE_OPERATION int excess_precision(void) {
    volatile double one = 1, small = 0x1p-53;
    return sum4((double[]){one, small, -one, 0}) == 0;
}
/* (1 + 2^-80) - 1 is 0, in the x87's 64 bits too; reassociated it is 2^-80. */
PROBE_OPERATION int reassociation(void) {
    volatile double one = 1, small = 0x1p-80;
    return add_subtract(one, small) == 0;
}
PROBE_OPERATION int nan_semantics(void) {
    volatile double zero = 0;
    return is_unordered(zero / zero);
}
/* -0 + (+0) is +0: a compiler that ignores the sign of zero drops the addition and keeps -0. It turns signbit(x) into x < 0,
 * too, hence the bits. */
PROBE_OPERATION int signed_zero(void) {
    volatile double minus_zero = -0.0;
    double sum = add_zero(minus_zero);
    uint64_t bits;
    memcpy(&bits, &sum, sizeof bits);
    return bits == 0;
}

px_status px_probe_all(px_error *err) {
    static const struct {
        int (*probe)(void);
        const char *name, *meaning, *flag;
    } probes[] = {
#define PX_PROBE_ROW(name, meaning, flag) {name, #name, meaning, flag},
        PX_PROBE_LIST(PX_PROBE_ROW)
#undef PX_PROBE_ROW
    };
    for (size_t i = 0; i < sizeof probes / sizeof *probes; i++)
        if (!probes[i].probe())
            return px_fail(err, PX_INCOMPLETE, "strict IEEE arithmetic is not what this build does: probe '%s': %s; build with %s",
                           probes[i].name, probes[i].meaning, probes[i].flag);
    return PX_OK;
}
