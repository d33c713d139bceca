#include "ref/exact.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>

enum {
    DOUBLE_TOP = 1024,     /* exponent of the largest doubles in MPFR's sense: 1/2 <= significand < 1 */
    DOUBLE_LOWEST = -1074, /* of the last bit of the smallest */
};

/* The rest of x after its nearest double; exact, since no bit of it lies outside those of x. */
static double take(mpfr_t x) {
    double part = mpfr_get_d(x, MPFR_RNDN);
    if (isfinite(part)) {
        int inexact = mpfr_sub_d(x, x, part, MPFR_RNDN);
        PX_ASSERT(inexact == 0);
    }
    return part;
}

void px_exact_pair(mpfr_t x, double *hi, double *lo, double *radius) {
    *hi = take(x);
    *lo = *radius = 0;
    if (!isfinite(*hi) || mpfr_zero_p(x)) return;
    *lo = take(x);
    *radius = fabs(mpfr_get_d(x, MPFR_RNDA));
}

/* The exponent that brings all bits of x into the range of double; the top ones when there are too many. */
static int expansion_exponent(const mpfr_t x) {
    mpfr_exp_t top = mpfr_get_exp(x), last = top - (mpfr_exp_t)mpfr_min_prec(x);
    if (top < DOUBLE_TOP && last >= DOUBLE_LOWEST) return 0;
    return (int)(top - (DOUBLE_TOP - 1));
}

px_expansion px_exact_expand(mpfr_t x) {
    px_expansion e = {.radius = 0};
    if (!mpfr_regular_p(x)) {
        e.part[0] = mpfr_get_d(x, MPFR_RNDN);
        return e;
    }
    e.exponent = expansion_exponent(x);
    mpfr_mul_2si(x, x, -e.exponent, MPFR_RNDN);
    for (int i = 0; i < PX_PARTS && !mpfr_zero_p(x); i++) {
        e.part[i] = take(x);
        if (e.part[i] == 0) { /* below the range of double: the smallest one keeps the side on which the rest lies */
            e.part[i] = mpfr_sgn(x) * DBL_TRUE_MIN;
            e.radius = DBL_TRUE_MIN;
            return e;
        }
    }
    e.radius = fabs(mpfr_get_d(x, MPFR_RNDA));
    return e;
}

void px_exact_set(mpfr_t x, const px_expansion *e) {
    PX_ASSERT(mpfr_get_prec(x) >= PX_DOUBLES_BITS);
    mpfr_set_d(x, e->part[0], MPFR_RNDN);
    for (int i = 1; i < PX_PARTS && e->part[i] != 0; i++) mpfr_add_d(x, x, e->part[i], MPFR_RNDN);
    mpfr_mul_2si(x, x, e->exponent, MPFR_RNDN);
}

static double signed_copy(double magnitude, bool negative) { return negative ? -magnitude : magnitude; }

static double infinite(px_fp fp, bool negative) {
    if (fp.overflow == PX_OVERFLOW_SATURATE) return signed_copy(fp.max_finite, negative);
    return fp.has_inf ? signed_copy((double)INFINITY, negative) : (double)NAN;
}

static double overflowed(px_fp fp, px_rounding_mode mode, bool negative) {
    bool inwards = mode == PX_TOWARD_ZERO || mode == PX_ODD || mode == (negative ? PX_UP : PX_DOWN);
    if (inwards || fp.overflow == PX_OVERFLOW_SATURATE) return signed_copy(fp.max_finite, negative);
    return fp.overflow == PX_OVERFLOW_INF ? signed_copy((double)INFINITY, negative) : (double)NAN;
}

/* z to an integer. */
static void round_integer(mpfr_t n, const mpfr_t z, px_rounding_mode mode) {
    switch (mode) {
    case PX_NEAREST_EVEN:
    case PX_STOCHASTIC: mpfr_roundeven(n, z); return;
    case PX_NEAREST_AWAY: mpfr_round(n, z); return;
    case PX_TOWARD_ZERO: mpfr_trunc(n, z); return;
    case PX_UP: mpfr_ceil(n, z); return;
    case PX_DOWN: mpfr_floor(n, z); return;
    case PX_ODD:
        mpfr_trunc(n, z);
        if (!mpfr_integer_p(z) && !(mpfr_get_si(n, MPFR_RNDN) & 1)) mpfr_add_si(n, n, mpfr_sgn(z), MPFR_RNDN);
        return;
    case PX_ROUNDING_COUNT: break;
    }
    PX_ASSERT(!"a rounding mode");
}

/* n = x rounded to p bits, or, below 2^lowest, to a multiple of 2^(lowest-p+1). */
static void round_value(mpfr_t n, const mpfr_t x, int p, mpfr_exp_t lowest, px_rounding_mode mode) {
    mpfr_exp_t e = mpfr_get_exp(x) - 1, quantum = (e > lowest ? e : lowest) - p + 1;
    mpfr_t z;
    mpfr_init2(z, mpfr_get_prec(x));
    mpfr_mul_2si(z, x, -quantum, MPFR_RNDN);
    round_integer(n, z, mode);
    mpfr_mul_2si(n, n, quantum, MPFR_RNDN);
    mpfr_clear(z);
}

double px_exact_to_format(const mpfr_t x, px_fp fp, px_rounding rounding) {
    px_rounding_mode mode = (px_rounding_mode)rounding.mode;
    bool negative = mpfr_signbit(x);
    if (px_fp_is_exact(fp)) return mpfr_get_d(x, MPFR_RNDN);
    if (mpfr_nan_p(x)) return NAN;
    if (mpfr_inf_p(x)) return infinite(fp, negative);
    if (mpfr_zero_p(x)) return signed_copy(0, negative);
    mpfr_t n;
    mpfr_init2(n, 64);
    round_value(n, x, fp.p, fp.subnormals ? fp.emin : mpfr_get_emin(), mode);
    double magnitude = fabs(mpfr_get_d(n, MPFR_RNDN)); /* at most 53 bits: exact, or infinite, or about to be flushed */
    if (!fp.subnormals && mpfr_get_exp(n) - 1 < fp.emin) magnitude = 0;
    mpfr_clear(n);
    return magnitude > fp.max_finite ? overflowed(fp, mode, negative) : signed_copy(magnitude, negative);
}
