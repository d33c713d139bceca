#include "arith/round.h"

#include <math.h>

#include "base/philox.h"

/* Results in this range are far from the ends of binary64, where errors of its operations cease to be doubles. */
PX_HD_STATIC bool comfortable(double x) { return fabs(x) > 0x1p-960 && fabs(x) < 0x1p1000; }

/* At most 26 significant bits each: the product is exact. */
PX_HD_STATIC bool short_operands(double a, double b) {
    uint64_t wa, wb;
    memcpy(&wa, &a, sizeof wa);
    memcpy(&wb, &b, sizeof wb);
    return ((wa | wb) & (((uint64_t)1 << 27) - 1)) == 0;
}

/* Is y, just computed in binary64, the result in f? Where f is fp64, and neither overflow nor flushing is in play. */
PX_HD_STATIC bool native(px_fp f, px_rounding r, double y) {
    return f.p == 53 && f.emin == -1022 && f.emax == 1023 && r.mode == PX_NEAREST_EVEN && fabs(y) <= f.max_finite &&
           (f.subnormals || fabs(y) > 0x1p-1022);
}

PX_HD_STATIC bool nearest(px_rounding r) { return r.mode == PX_NEAREST_EVEN || r.mode == PX_NEAREST_AWAY; }

/* s = a + b rounded to nearest even: replaces it by the sum rounded to odd, which keeps, in its last bit, that
 * something was lost. That bit must not count as a part of the fraction of stochastic rounding: false then. */
PX_HD_STATIC bool sum_to_odd(px_fp f, px_rounding r, double a, double b, double *s) {
    if (f.p > 51 || !comfortable(*s)) return false;
    double b_part = *s - a;
    double error = (a - (*s - b_part)) + (b - b_part);
    if (error == 0.0) return true;
    if (r.mode == PX_STOCHASTIC && r.sr_bits > 52 - f.p) return false;
    uint64_t word;
    memcpy(&word, s, sizeof word);
    if (!(word & 1)) word += (error > 0) == (*s > 0) ? 1 : UINT64_MAX;
    memcpy(s, &word, sizeof word);
    return true;
}

/* |x| below half of the smallest subnormal, which is kept: the mode alone decides. */
PX_HD_STATIC double far_below(px_fp f, px_rounding r, double x) {
    bool away = r.mode == PX_ODD || r.mode == (x < 0 ? PX_DOWN : PX_UP);
    return copysign(away ? px_fp_min_subnormal(f) : 0.0, x);
}

PX_HD double px_round_rare(px_fp f, px_rounding r, double x, uint64_t bits) {
    if (x == 0.0) return x;
    uint64_t word, sign = (uint64_t)1 << 63;
    memcpy(&word, &x, sizeof word);
    uint64_t magnitude = word & ~sign;
    int exponent = (int)(magnitude >> 52) - 1023, drop = 53 - f.p + (f.emin - exponent);
    if (f.subnormals && exponent < f.emin - f.p && r.mode != PX_STOCHASTIC) return far_below(f, r, x);
    if (exponent > f.emax && exponent < 1024) return px_exact_overflow(f, r, word >> 63 != 0, NULL);
    if (!f.subnormals || exponent >= f.emin || exponent < -1022 || drop > 51)
        return px_exact_round(f, r, px_exact_of(x), bits, NULL);
    magnitude += px_round_increment(r, magnitude, word >> 63 != 0, drop, bits);
    magnitude = magnitude >> drop << drop | (word & sign);
    double y;
    memcpy(&y, &magnitude, sizeof y);
    return y;
}

PX_HD double px_flush(px_fp f, double x) {
    return f.p != 0 && !f.subnormals && fabs(x) < px_fp_min_normal(f) ? copysign(0.0, x) : x;
}

PX_HD double px_add(px_fp f, px_rounding r, double a, double b, uint64_t bits) {
    double s = a + b;
    if (native(f, r, s)) return s;
    if (sum_to_odd(f, r, a, b, &s)) return px_round(f, r, s, bits);
    return px_exact_round(f, r, px_exact_add(r, a, b, NULL), bits, NULL);
}

PX_HD double px_sub(px_fp f, px_rounding r, double a, double b, uint64_t bits) { return px_add(f, r, a, -b, bits); }

PX_HD double px_mul(px_fp f, px_rounding r, double a, double b, uint64_t bits) {
    double ab = a * b;
    if (native(f, r, ab)) return ab;
    if (short_operands(a, b) && comfortable(ab)) return px_round(f, r, ab, bits);
    return px_exact_round(f, r, px_exact_mul(a, b, NULL), bits, NULL);
}

/* Quotient and root of operands of at most 26 bits are no nearer to a midpoint of p <= 24 bits than binary64 can tell,
 * unless they are that midpoint: |a - b m| or |a - m^2| is at least one unit of an integer below 2^51. */
PX_HD double px_div(px_fp f, px_rounding r, double a, double b, uint64_t bits) {
    double q = a / b;
    if (native(f, r, q)) return q;
    if (f.p <= 24 && nearest(r) && short_operands(a, b) && comfortable(q)) return px_round(f, r, q, bits);
    return px_exact_round(f, r, px_exact_div(a, b, NULL), bits, NULL);
}

PX_HD double px_sqrt(px_fp f, px_rounding r, double a, uint64_t bits) {
    double root = sqrt(a);
    if (native(f, r, root)) return root;
    if (f.p <= 24 && nearest(r) && short_operands(a, 0.0) && comfortable(root)) return px_round(f, r, root, bits);
    return px_exact_round(f, r, px_exact_sqrt(a, NULL), bits, NULL);
}

PX_HD double px_fma(px_fp f, px_rounding r, double a, double b, double c, uint64_t bits) {
    double ab = a * b, s = ab + c;
    bool exact_product = short_operands(a, b) && (comfortable(ab) || a == 0.0 || b == 0.0);
    if (exact_product && sum_to_odd(f, r, ab, c, &s)) return px_round(f, r, s, bits);
    if (native(f, r, 0x1p0)) {
        s = fma(a, b, c);
        if (native(f, r, s)) return s;
    }
    return px_exact_round(f, r, px_exact_fma(r, a, b, c, NULL), bits, NULL);
}

PX_HD uint64_t px_bits(uint64_t stream, uint64_t element, uint64_t step) { return px_philox(stream, element, step).lo; }

PX_HD double px_next_up(px_fp f, double x) {
    PX_ASSERT(isfinite(x) && !px_fp_is_exact(f));
    if (x == 0.0) return f.subnormals ? px_fp_min_subnormal(f) : px_fp_min_normal(f);
    int exponent;
    double fraction = frexp(x, &exponent);
    int e = exponent - 1 - (fraction == -0.5); /* below a power of two the quantum is half as large */
    double y = x + ldexp(1.0, (e > f.emin ? e : f.emin) - f.p + 1);
    if (y > f.max_finite) return f.has_inf ? (double)INFINITY : (double)NAN;
    return y == 0.0 ? -0.0 : px_flush(f, y);
}

PX_HD double px_next_down(px_fp f, double x) {
    double y = px_next_up(f, -x);
    return isnan(y) ? y : -y;
}
