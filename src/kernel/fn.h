/* Elementary functions from IEEE basic operations alone, in one fixed order: the same bits on every machine and
 * instruction set, where libm's differ. The definition is in binary64; a result in another format is that number
 * rounded once. In formats of up to 16 bits this is the correctly rounded function: to nearest, for every operand of
 * the format; a test tries them all against MPFR. Errors in binary64, which tests measure, stand beside each function, in
 * ulps of the result.
 *
 * No branch depends on data, so that a loop over them can be vectorised; operands may be any doubles, NaN gives NaN. */
#ifndef PX_KERNEL_FN_H
#define PX_KERNEL_FN_H

#include <math.h>
#include <string.h>

#include "arith/round.h"

PX_HD_INLINE double px_fn_from_word(uint64_t w) {
    double x;
    memcpy(&x, &w, sizeof x);
    return x;
}

PX_HD_INLINE uint64_t px_fn_word(double x) {
    uint64_t w;
    memcpy(&w, &x, sizeof w);
    return w;
}

/* x = k ln 2 + r, |r| <= 0.3466, |x| <= 750, for k ln 2 in two parts: the first product is exact, ln 2 having 33 bits
 * there. Adding 1.5 2^52 leaves k, rounded to nearest, in the low bits of the word. */
typedef struct px_fn_reduced {
    double r;
    int64_t k;
} px_fn_reduced;

PX_HD_INLINE px_fn_reduced px_fn_reduce(double x) {
    double shifted = x * 0x1.71547652b82fep0 + 0x1.8p52, k = shifted - 0x1.8p52;
    double r = (x - k * 0x1.62e42feep-1) - k * 0x1.a39ef35793c76p-33;
    return (px_fn_reduced){r,
                           (int64_t)(px_fn_word(shifted) & 0xfffff) - ((int64_t)(px_fn_word(shifted) & 0x80000) << 1)};
}

/* exp(r) - 1, |r| <= 0.3466: Taylor's series to r^13, the next term is below 2^-57 relative. */
PX_HD_INLINE double px_fn_series(double r) {
    double q = 1.0 / 6227020800;
    q = q * r + 1.0 / 479001600;
    q = q * r + 1.0 / 39916800;
    q = q * r + 1.0 / 3628800;
    q = q * r + 1.0 / 362880;
    q = q * r + 1.0 / 40320;
    q = q * r + 1.0 / 5040;
    q = q * r + 1.0 / 720;
    q = q * r + 1.0 / 120;
    q = q * r + 1.0 / 24;
    q = q * r + 1.0 / 6;
    q = q * r + 0.5;
    return r + r * r * q;
}

PX_HD_INLINE double px_fn_power_of_two(int64_t k) { return px_fn_from_word((uint64_t)(k + 1023) << 52); }

/* 1 ulp. Two factors, so that subnormal results are rounded once. */
PX_HD_INLINE double px_fn_exp64(double x) {
    double inside = x < -750 ? -750 : x > 750 ? 750 : x;
    px_fn_reduced a = px_fn_reduce(inside);
    int64_t half = a.k >> 1;
    double y = (1 + px_fn_series(a.r)) * px_fn_power_of_two(half) * px_fn_power_of_two(a.k - half);
    return x != x ? x : y;
}

/* 3 ulp. (e^2x - 1) / (e^2x - 1 + 2) of |x|; beyond 22 it is 1 in binary64. */
PX_HD_INLINE double px_fn_tanh64(double x) {
    double magnitude = fabs(x), inside = magnitude > 22 ? 22 : magnitude;
    px_fn_reduced a = px_fn_reduce(2 * inside);
    double power = px_fn_power_of_two(a.k), e = power * px_fn_series(a.r) + (power - 1);
    double y = magnitude > 22 ? 1 : e / (e + 2);
    return x != x ? x : copysign(y, x);
}

/* 1.5 ulp, of numbers that are not negative. */
PX_HD_INLINE double px_fn_rsqrt64(double x) { return 1 / sqrt(x); }

/* 2 ulp; -inf at 0, NaN below. x = 2^e m, sqrt(1/2) <= m < sqrt 2; log m = 2 atanh(s), s = (m - 1)/(m + 1), |s| <
 * 0.1716: the first term left out, s^24/25, is below 2^-63 relative. */
PX_HD double px_fn_log64(double x);

/* 4 ulp. Cody, Rational Chebyshev approximations for the error function, Math. Comp. 23 (1969). */
PX_HD double px_fn_erf64(double x);

/* One rounding of it to f. */
PX_HD_INLINE double px_fn_exp(px_fp f, px_rounding r, double x) { return px_round(f, r, px_fn_exp64(x), 0); }
PX_HD_INLINE double px_fn_tanh(px_fp f, px_rounding r, double x) { return px_round(f, r, px_fn_tanh64(x), 0); }
PX_HD_INLINE double px_fn_erf(px_fp f, px_rounding r, double x) { return px_round(f, r, px_fn_erf64(x), 0); }
PX_HD_INLINE double px_fn_log(px_fp f, px_rounding r, double x) { return px_round(f, r, px_fn_log64(x), 0); }
PX_HD_INLINE double px_fn_rsqrt(px_fp f, px_rounding r, double x) { return px_round(f, r, px_fn_rsqrt64(x), 0); }

#endif
