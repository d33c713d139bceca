#include "arith/exact.h"

#include <string.h>

__extension__ typedef unsigned __int128 u128;

enum { FRACTION_BITS = 52, DOUBLE_BIAS = 1023, ROOT_BITS = 120 };
#define FRACTION_MASK (((uint64_t)1 << FRACTION_BITS) - 1)

PX_HD_STATIC void raise_flags(unsigned *flags, unsigned raised) {
    if (flags) *flags |= raised;
}

PX_HD_STATIC int length64(uint64_t x) { return x ? 64 - __builtin_clzll(x) : 0; }
PX_HD_STATIC int length(u128 x) { return x >> 64 ? 64 + length64((uint64_t)(x >> 64)) : length64((uint64_t)x); }
PX_HD_STATIC u128 magnitude(px_exact x) { return (u128)x.hi << 64 | x.lo; }

PX_HD_STATIC px_exact zero(int sign) { return (px_exact){.kind = PX_ZERO, .sign = sign}; }
PX_HD_STATIC px_exact infinity(int sign) { return (px_exact){.kind = PX_INF, .sign = sign}; }
PX_HD_STATIC px_exact nan_value(void) { return (px_exact){.kind = PX_NAN}; }

PX_HD_STATIC px_exact invalid(unsigned *flags) {
    raise_flags(flags, PX_INVALID);
    return nan_value();
}

PX_HD_STATIC px_exact value(int sign, u128 m, int exponent, int sticky) {
    return (px_exact){PX_FINITE, sign, (uint64_t)(m >> 64), (uint64_t)m, exponent, sticky};
}

PX_HD px_exact px_exact_of(double a) {
    uint64_t word;
    memcpy(&word, &a, sizeof word);
    int sign = (int)(word >> 63), field = (int)(word >> FRACTION_BITS & 0x7ff);
    uint64_t fraction = word & FRACTION_MASK;
    if (field == 0x7ff) return fraction ? nan_value() : infinity(sign);
    if (field == 0) {
        if (fraction == 0) return zero(sign);
        return value(sign, fraction, 1 - DOUBLE_BIAS - FRACTION_BITS, 0);
    }
    return value(sign, fraction | (FRACTION_MASK + 1), field - DOUBLE_BIAS - FRACTION_BITS, 0);
}

/* -1, 0, +1 for two finite values. */
PX_HD_STATIC int compare_finite(px_exact x, px_exact y) {
    u128 mx = magnitude(x), my = magnitude(y);
    int top_x = length(mx) + x.exponent, top_y = length(my) + y.exponent;
    if (top_x != top_y) return top_x < top_y ? -1 : 1;
    mx <<= 128 - length(mx);
    my <<= 128 - length(my);
    return mx < my ? -1 : mx > my;
}

PX_HD int px_exact_compare_magnitude(px_exact x, px_exact y) {
    PX_ASSERT(x.kind != PX_NAN && y.kind != PX_NAN && !x.sticky && !y.sticky);
    if (x.kind != y.kind) return x.kind < y.kind ? -1 : 1; /* zero < finite < infinity */
    return x.kind == PX_FINITE ? compare_finite(x, y) : 0;
}

/* |x| >= |y|: both are aligned with the top bit of x at 2^126, so that a carry has room. What y loses below goes to the
 * sticky part; it loses something only when it is so far below that a difference still has 126 bits. */
PX_HD_STATIC px_exact sum_finite(px_rounding r, px_exact x, px_exact y) {
    u128 mx = magnitude(x), my = magnitude(y);
    int up = 127 - length(mx), exponent = x.exponent - up, shift = y.exponent - exponent, sticky = 0;
    mx <<= up;
    if (shift >= 0) {
        my <<= shift; /* fits: |y| <= |x| */
    } else {
        u128 kept = shift > -128 ? my >> -shift : 0;
        sticky = shift <= -128 || kept << -shift != my;
        my = kept;
    }
    if (x.sign == y.sign) return value(x.sign, mx + my, exponent, sticky);
    u128 m = mx - my - (unsigned)sticky;
    if (m == 0) return zero(r.mode == PX_DOWN);
    return value(x.sign, m, exponent, sticky);
}

PX_HD px_exact px_exact_sum(px_rounding r, px_exact x, px_exact y, unsigned *flags) {
    PX_ASSERT(!x.sticky && !y.sticky && length(magnitude(x)) <= 106 && length(magnitude(y)) <= 106);
    if (x.kind == PX_NAN || y.kind == PX_NAN) return nan_value();
    if (x.kind == PX_INF && y.kind == PX_INF && x.sign != y.sign) return invalid(flags);
    if (x.kind == PX_INF) return x;
    if (y.kind == PX_INF) return y;
    if (x.kind == PX_ZERO && y.kind == PX_ZERO) return zero(x.sign == y.sign ? x.sign : r.mode == PX_DOWN);
    if (x.kind == PX_ZERO) return y;
    if (y.kind == PX_ZERO) return x;
    return compare_finite(x, y) >= 0 ? sum_finite(r, x, y) : sum_finite(r, y, x);
}

PX_HD_STATIC px_exact product(px_exact x, px_exact y, unsigned *flags) {
    int sign = x.sign ^ y.sign;
    if (x.kind == PX_NAN || y.kind == PX_NAN) return nan_value();
    if (x.kind == PX_INF || y.kind == PX_INF)
        return x.kind == PX_ZERO || y.kind == PX_ZERO ? invalid(flags) : infinity(sign);
    if (x.kind == PX_ZERO || y.kind == PX_ZERO) return zero(sign);
    return value(sign, (u128)x.lo * y.lo, x.exponent + y.exponent, 0);
}

PX_HD px_exact px_exact_add(px_rounding r, double a, double b, unsigned *flags) {
    return px_exact_sum(r, px_exact_of(a), px_exact_of(b), flags);
}

PX_HD px_exact px_exact_mul(double a, double b, unsigned *flags) {
    return product(px_exact_of(a), px_exact_of(b), flags);
}

PX_HD px_exact px_exact_fma(px_rounding r, double a, double b, double c, unsigned *flags) {
    px_exact ab = product(px_exact_of(a), px_exact_of(b), flags);
    return px_exact_sum(r, ab, px_exact_of(c), flags);
}

/* Two steps of schoolbook division give 127 or 128 bits of the quotient; a remainder is the sticky part. */
PX_HD_STATIC px_exact quotient(int sign, px_exact x, px_exact y) {
    int up_x = 64 - length64(x.lo), up_y = 64 - length64(y.lo);
    uint64_t n = x.lo << up_x >> 1, d = y.lo << up_y; /* n < d: the quotient is below 1 */
    u128 first = (u128)n << 64;
    uint64_t q1 = (uint64_t)(first / d), rest = (uint64_t)(first % d);
    u128 second = (u128)rest << 64;
    uint64_t q0 = (uint64_t)(second / d);
    int exponent = (x.exponent - up_x + 1) - (y.exponent - up_y) - 128;
    return value(sign, (u128)q1 << 64 | q0, exponent, second % d != 0);
}

PX_HD px_exact px_exact_div(double a, double b, unsigned *flags) {
    px_exact x = px_exact_of(a), y = px_exact_of(b);
    int sign = x.sign ^ y.sign;
    if (x.kind == PX_NAN || y.kind == PX_NAN) return nan_value();
    if (x.kind == PX_INF) return y.kind == PX_INF ? invalid(flags) : infinity(sign);
    if (y.kind == PX_INF) return zero(sign);
    if (y.kind == PX_ZERO) {
        if (x.kind == PX_ZERO) return invalid(flags);
        raise_flags(flags, PX_DIVZERO);
        return infinity(sign);
    }
    return x.kind == PX_ZERO ? zero(sign) : quotient(sign, x, y);
}

/* Digit by digit, as on paper: root and rest keep root^2 + rest = the digits read so far. */
PX_HD_STATIC px_exact root(px_exact x) {
    uint64_t m = x.lo;
    int exponent = x.exponent;
    if (exponent & 1) m <<= 1, exponent--;
    int pairs = (length64(m) + 1) / 2;
    u128 result = 0, rest = 0;
    for (int i = 0; i < ROOT_BITS; i++) {
        int below = 2 * (pairs - 1 - i);
        rest = rest << 2 | (below >= 0 ? m >> below & 3 : 0);
        u128 trial = result << 2 | 1;
        result <<= 1;
        if (rest >= trial) {
            rest -= trial;
            result |= 1;
        }
    }
    return value(0, result, exponent / 2 + pairs - ROOT_BITS, rest != 0);
}

PX_HD px_exact px_exact_sqrt(double a, unsigned *flags) {
    px_exact x = px_exact_of(a);
    if (x.kind == PX_NAN || x.kind == PX_ZERO) return x;
    if (x.sign) return invalid(flags);
    return x.kind == PX_INF ? x : root(x);
}

/* Is a discarded part of the quantum rounded away from zero? `low` of `shift` bits (1 .. any) and the sticky part below
 * it were cut off; `odd` is the last kept bit. */
PX_HD_STATIC int rounds_away(px_rounding r, int sign, u128 low, int shift, int sticky, int odd, uint64_t bits) {
    u128 half = shift <= 128 ? (u128)1 << (shift - 1) : 0; /* 0: more than low can hold, so low is below it */
    int above = half && (low > half || (low == half && sticky)), tie = half && low == half && !sticky;
    switch ((px_rounding_mode)r.mode) {
    case PX_NEAREST_EVEN: return above || (tie && odd);
    case PX_NEAREST_AWAY: return above || tie;
    case PX_TOWARD_ZERO: return 0;
    case PX_UP: return !sign;
    case PX_DOWN: return sign;
    case PX_ODD: return !odd;
    case PX_STOCHASTIC: break;
    case PX_ROUNDING_COUNT: PX_ASSERT(0);
    }
    int n = r.sr_bits, down = shift - n;
    PX_ASSERT(n >= 1 && n <= PX_SR_BITS_MAX && (!sticky || down >= 0));
    uint64_t drawn = n == 64 ? bits : bits & (((uint64_t)1 << n) - 1);
    u128 cut = down >= 128 ? 0 : down >= 0 ? low >> down : low << -down;
    return (cut + drawn) >> n != 0;
}

/* x as an integer multiple of 2^quantum, rounded. May be 2^p at the most when the quantum leaves p bits. */
PX_HD_STATIC uint64_t round_at(px_rounding r, px_exact x, int quantum, uint64_t bits, int *inexact) {
    u128 m = magnitude(x);
    int shift = quantum - x.exponent;
    PX_ASSERT(!x.sticky || shift > 0);
    if (shift <= 0) {
        *inexact = 0;
        return (uint64_t)(m << -shift);
    }
    uint64_t kept = shift < 128 ? (uint64_t)(m >> shift) : 0;
    u128 low = shift < 128 ? m & (((u128)1 << shift) - 1) : m;
    *inexact = low != 0 || x.sticky;
    if (!*inexact) return kept;
    return kept + (uint64_t)rounds_away(r, x.sign, low, shift, x.sticky, (int)(kept & 1), bits);
}

PX_HD_STATIC double from_word(int sign, uint64_t word) {
    double x;
    word |= (uint64_t)sign << 63;
    memcpy(&x, &word, sizeof x);
    return x;
}

/* m 2^quantum, a number of some format, so exact in binary64. */
PX_HD_STATIC double assemble(int sign, uint64_t m, int quantum) {
    if (m == 0) return from_word(sign, 0);
    if (m >> (FRACTION_BITS + 1)) m >>= 1, quantum++; /* 2^53: rounded up to the next power of two */
    int top = quantum + length64(m) - 1;
    if (top < 1 - DOUBLE_BIAS) return from_word(sign, m << (quantum + DOUBLE_BIAS - 1 + FRACTION_BITS));
    uint64_t normal = m << (FRACTION_BITS + 1 - length64(m));
    return from_word(sign, (uint64_t)(top + DOUBLE_BIAS) << FRACTION_BITS | (normal & FRACTION_MASK));
}

PX_HD_STATIC double signed_max(px_fp f, int sign) { return sign ? -f.max_finite : f.max_finite; }
PX_HD_STATIC double signed_infinity(int sign) { return from_word(sign, (uint64_t)0x7ff << FRACTION_BITS); }
PX_HD_STATIC double canonical_nan(void) { return from_word(0, (uint64_t)0xfff << (FRACTION_BITS - 1)); }

PX_HD double px_exact_overflow(px_fp f, px_rounding r, int sign, unsigned *flags) {
    raise_flags(flags, PX_OVERFLOWED | PX_INEXACT);
    int inwards = r.mode == PX_TOWARD_ZERO || r.mode == PX_ODD || r.mode == (sign ? PX_UP : PX_DOWN);
    if (inwards || f.overflow == PX_OVERFLOW_SATURATE) return signed_max(f, sign);
    return f.overflow == PX_OVERFLOW_INF ? signed_infinity(sign) : canonical_nan();
}

PX_HD_STATIC double round_infinity(px_fp f, int sign, unsigned *flags) {
    if (f.overflow == PX_OVERFLOW_SATURATE) {
        raise_flags(flags, PX_OVERFLOWED | PX_INEXACT);
        return signed_max(f, sign);
    }
    if (f.has_inf) return signed_infinity(sign);
    raise_flags(flags, PX_INVALID);
    return canonical_nan();
}

PX_HD_STATIC double round_finite(px_fp f, px_rounding r, px_exact x, uint64_t bits, unsigned *flags) {
    int e = x.exponent + length(magnitude(x)) - 1, inexact;
    uint64_t m = round_at(r, x, e - f.p + 1, bits, &inexact);
    int rounded_e = e + (int)(m >> f.p); /* 2^p is the next power of two */
    if (rounded_e > f.emax) return px_exact_overflow(f, r, x.sign, flags);
    int tiny = rounded_e < f.emin;
    if (tiny && !f.subnormals) {
        raise_flags(flags, PX_UNDERFLOW | PX_INEXACT);
        return from_word(x.sign, 0);
    }
    int quantum = (e > f.emin ? e : f.emin) - f.p + 1;
    if (e < f.emin) m = round_at(r, x, quantum, bits, &inexact);
    double result = assemble(0, m, quantum);
    if (result > f.max_finite) return px_exact_overflow(f, r, x.sign, flags);
    if (inexact) raise_flags(flags, tiny ? PX_INEXACT | PX_UNDERFLOW : PX_INEXACT);
    return x.sign ? -result : result;
}

PX_HD double px_exact_round(px_fp f, px_rounding r, px_exact x, uint64_t bits, unsigned *flags) {
    PX_ASSERT(!px_fp_is_exact(f) && r.mode < PX_ROUNDING_COUNT);
    switch (x.kind) {
    case PX_ZERO: return from_word(x.sign, 0);
    case PX_FINITE: return round_finite(f, r, x, bits, flags);
    case PX_INF: return round_infinity(f, x.sign, flags);
    case PX_NAN: break;
    }
    return canonical_nan();
}
