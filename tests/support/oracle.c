#include "support/oracle.h"

#include <math.h>
#include <mpfr.h>

/* a b + c of doubles spans 2^-2148 .. 2^2048; quotients and roots are cut to ROOM bits, more than p + r = 53 + 64, and
 * a bit far below stands for what was cut. */
enum { WIDE = 4400, ROOM = 300, CUT = 200 };
enum { INEXACT = 1, UNDERFLOW_ = 2, OVERFLOW_ = 4, DIVZERO = 8, INVALID = 16 };

const char *px_oracle_name(px_oracle_op op) {
    static const char *const names[] = {
#define PX_ORACLE_NAME(id, name, n) name,
        PX_ORACLE_OPS(PX_ORACLE_NAME)
#undef PX_ORACLE_NAME
    };
    return names[op];
}

static void keep_inexact(mpfr_t v, mpfr_t cut, int inexact) {
    mpfr_set(v, cut, MPFR_RNDN);
    if (!inexact) return;
    mpfr_t speck;
    mpfr_init2(speck, 2);
    mpfr_set_si_2exp(speck, mpfr_signbit(cut) ? -1 : 1, mpfr_get_exp(cut) - CUT - 50, MPFR_RNDN);
    mpfr_add(v, v, speck, MPFR_RNDN);
    mpfr_clear(speck);
}

/* v: the exact result, or one that lies on the same side of everything. */
static void exact_value(mpfr_t v, px_oracle_op op, px_rounding r, const double x[3], unsigned *flags) {
    mpfr_rnd_t zero_sign = r.mode == PX_DOWN ? MPFR_RNDD : MPFR_RNDN; /* exact otherwise: only the sign of a zero sum */
    mpfr_t a, b, c, cut;
    mpfr_inits2(53, a, b, c, (mpfr_ptr)0);
    mpfr_init2(cut, CUT);
    mpfr_set_d(a, x[0], MPFR_RNDN);
    mpfr_set_d(b, x[1], MPFR_RNDN);
    mpfr_set_d(c, x[2], MPFR_RNDN);
    mpfr_clear_flags();
    switch (op) {
    case OP_ROUND: mpfr_set(v, a, MPFR_RNDN); break;
    case OP_ADD: mpfr_add(v, a, b, zero_sign); break;
    case OP_SUB: mpfr_sub(v, a, b, zero_sign); break;
    case OP_MUL: mpfr_mul(v, a, b, MPFR_RNDN); break;
    case OP_FMA: mpfr_fma(v, a, b, c, zero_sign); break;
    case OP_DIV: keep_inexact(v, cut, mpfr_div(cut, a, b, MPFR_RNDZ)); break;
    case OP_SQRT: keep_inexact(v, cut, mpfr_sqrt(cut, a, MPFR_RNDZ)); break;
    case OP_COUNT: break;
    }
    if (op == OP_DIV && mpfr_divby0_p()) *flags |= DIVZERO;
    int quiet =
        !mpfr_nan_p(a) && (op == OP_ROUND || op == OP_SQRT || !mpfr_nan_p(b)) && (op != OP_FMA || !mpfr_nan_p(c));
    if (mpfr_nan_p(v) && quiet) *flags |= INVALID;
    if (op == OP_FMA && ((isinf(x[0]) && x[1] == 0) || (x[0] == 0 && isinf(x[1])))) *flags |= INVALID;
    mpfr_clears(a, b, c, cut, (mpfr_ptr)0);
}

/* v on the grid of multiples of 2^q, in a mode that MPFR lacks. */
static void round_on_grid(mpfr_t y, mpfr_t v, long q, px_rounding r, uint64_t bits) {
    mpfr_t whole, fraction;
    mpfr_inits2(WIDE, whole, fraction, (mpfr_ptr)0);
    mpfr_mul_2si(fraction, v, -q, MPFR_RNDN);
    mpfr_modf(whole, fraction, fraction, MPFR_RNDN);
    mpfr_abs(fraction, fraction, MPFR_RNDN);
    int away = 0;
    if (r.mode == PX_NEAREST_AWAY) away = mpfr_cmp_d(fraction, 0.5) >= 0;
    if (r.mode == PX_ODD) {
        mpfr_t half;
        mpfr_init2(half, WIDE);
        mpfr_div_2ui(half, whole, 1, MPFR_RNDN);
        away = !mpfr_zero_p(fraction) && mpfr_integer_p(half);
        mpfr_clear(half);
    }
    if (r.mode == PX_STOCHASTIC) {
        uint64_t drawn = r.sr_bits == 64 ? bits : bits % ((uint64_t)1 << r.sr_bits);
        mpfr_mul_2ui(fraction, fraction, r.sr_bits, MPFR_RNDN);
        mpfr_floor(fraction, fraction);
        mpfr_add_ui(fraction, fraction, drawn, MPFR_RNDN);
        mpfr_div_2ui(fraction, fraction, r.sr_bits, MPFR_RNDN);
        away = mpfr_cmp_ui(fraction, 1) >= 0;
    }
    if (away) mpfr_add_si(whole, whole, mpfr_signbit(v) ? -1 : 1, MPFR_RNDN);
    mpfr_setsign(whole, whole, mpfr_signbit(v), MPFR_RNDN);
    mpfr_mul_2si(y, whole, q, MPFR_RNDN);
    mpfr_clears(whole, fraction, (mpfr_ptr)0);
}

static int has_mpfr_mode(px_rounding r, mpfr_rnd_t *mode) {
    switch ((px_rounding_mode)r.mode) {
    case PX_NEAREST_EVEN: *mode = MPFR_RNDN; return 1;
    case PX_TOWARD_ZERO: *mode = MPFR_RNDZ; return 1;
    case PX_UP: *mode = MPFR_RNDU; return 1;
    case PX_DOWN: *mode = MPFR_RNDD; return 1;
    case PX_NEAREST_AWAY:
    case PX_ODD:
    case PX_STOCHASTIC:
    case PX_ROUNDING_COUNT: break;
    }
    return 0;
}

/* To p bits, exponents without end. */
static void round_unbounded(mpfr_t y, mpfr_t v, px_fp f, px_rounding r, uint64_t bits) {
    mpfr_rnd_t mode;
    if (has_mpfr_mode(r, &mode))
        mpfr_set(y, v, mode);
    else
        round_on_grid(y, v, mpfr_get_exp(v) - f.p, r, bits);
}

/* To the format with gradual underflow, no largest number. */
static void round_gradual(mpfr_t y, mpfr_t v, px_fp f, px_rounding r, uint64_t bits) {
    mpfr_rnd_t mode;
    if (has_mpfr_mode(r, &mode)) {
        mpfr_exp_t emin = mpfr_get_emin();
        mpfr_set_emin(f.emin - f.p + 2); /* MPFR's significands lie in [1/2, 1) */
        int inexact = mpfr_set(y, v, mode);
        inexact = mpfr_check_range(y, inexact, mode);
        mpfr_subnormalize(y, inexact, mode);
        mpfr_set_emin(emin);
        return;
    }
    long e = mpfr_get_exp(v) - 1;
    round_on_grid(y, v, (e > f.emin ? e : f.emin) - f.p + 1, r, bits);
}

static double past_the_end(px_fp f, px_rounding r, int negative, int infinite, unsigned *flags) {
    double sign = negative ? -1.0 : 1.0;
    int inwards = r.mode == PX_TOWARD_ZERO || r.mode == PX_ODD || (r.mode == PX_UP && negative) ||
                  (r.mode == PX_DOWN && !negative);
    int saturate = f.overflow == PX_OVERFLOW_SATURATE;
    if (infinite && !saturate) {
        if (f.has_inf) return sign * (double)INFINITY;
        *flags |= INVALID;
        return (double)NAN;
    }
    *flags |= OVERFLOW_ | INEXACT;
    if (saturate || inwards) return sign * f.max_finite;
    return f.overflow == PX_OVERFLOW_INF ? sign * (double)INFINITY : (double)NAN;
}

static double round_finite(mpfr_t v, px_fp f, px_rounding r, uint64_t bits, unsigned *flags) {
    mpfr_t unbounded, y;
    mpfr_inits2(f.p, unbounded, y, (mpfr_ptr)0);
    round_unbounded(unbounded, v, f, r, bits);
    int negative = mpfr_signbit(v), tiny = mpfr_cmpabs_ui(unbounded, 0) == 0 || mpfr_get_exp(unbounded) - 1 < f.emin;
    double result;
    if (tiny && !f.subnormals) {
        *flags |= UNDERFLOW_ | INEXACT;
        result = negative ? -0.0 : 0.0;
    } else {
        round_gradual(y, v, f, r, bits);
        if (mpfr_cmp_d(y, f.max_finite) > 0 || mpfr_cmp_d(y, -f.max_finite) < 0) {
            result = past_the_end(f, r, negative, 0, flags);
        } else {
            if (mpfr_cmp(y, v) != 0) *flags |= tiny ? INEXACT | UNDERFLOW_ : INEXACT;
            result = mpfr_get_d(y, MPFR_RNDN);
        }
    }
    mpfr_clears(unbounded, y, (mpfr_ptr)0);
    return result;
}

double px_oracle(px_oracle_op op, px_fp f, px_rounding r, const double x[3], uint64_t bits, unsigned *flags) {
    mpfr_t v;
    *flags = 0;
    mpfr_init2(v, op == OP_DIV || op == OP_SQRT ? ROOM : op == OP_ROUND ? 53 : op == OP_MUL ? 106 : WIDE);
    exact_value(v, op, r, x, flags);
    double result = (double)NAN;
    if (mpfr_inf_p(v)) result = past_the_end(f, r, mpfr_signbit(v), 1, flags);
    if (mpfr_zero_p(v)) result = mpfr_signbit(v) ? -0.0 : 0.0;
    if (mpfr_regular_p(v)) result = round_finite(v, f, r, bits, flags);
    mpfr_clear(v);
    return result;
}
