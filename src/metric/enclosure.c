#include "metric/enclosure.h"

#include <float.h>
#include <math.h>

/* The next double; x >= 0. */
static double above(double x) { return nextafter(x, (double)INFINITY); }
static double below(double x) { return x > 0 ? nextafter(x, 0) : 0; }

static double add_up(double a, double b) { return a == 0 ? b : b == 0 ? a : above(a + b); }
static double add_down(double a, double b) { return a == 0 ? b : b == 0 ? a : below(a + b); }
static double mul_up(double a, double b) { return a == 0 || b == 0 ? 0 : above(a * b); }
static double mul_down(double a, double b) { return a == 0 || b == 0 ? 0 : below(a * b); }

/* |middle| with an error of at most delta. */
static px_enclosure around(double middle, double delta) {
    if (!isfinite(middle) || !isfinite(delta)) return (px_enclosure){0, (double)INFINITY};
    double m = fabs(middle);
    if (delta == 0) return px_enclosure_of(m);
    return (px_enclosure){m > delta ? below(m - delta) : 0, add_up(m, delta)};
}

/* a + b = *sum + error, exactly (Knuth). */
static double two_sum(double a, double b, double *sum) {
    double s = a + b, t = s - a;
    *sum = s;
    return (a - (s - t)) + (b - t);
}

px_enclosure px_enclose_magnitude(double hi, double lo, double radius) {
    double sum, rest = two_sum(hi, lo, &sum);
    return around(sum, add_up(fabs(rest), radius));
}

px_enclosure px_enclose_error(double c, double hi, double lo, double radius) {
    double s, t = two_sum(c, -hi, &s);    /* c - hi = s + t */
    double g, h = two_sum(t, -lo, &g);    /* t - lo = g + h */
    double d, e = two_sum(s, g, &d);      /* c - hi - lo = d + e + h */
    return around(d, add_up(add_up(fabs(e), fabs(h)), radius));
}

/* Is q = n / d exact? Asked only where the remainder cannot underflow. */
static bool exact_quotient(double q, double n, double d) {
    return isfinite(q) && n >= 0x1p-900 && q >= 0x1p-1000 && fma(q, d, -n) == 0;
}

px_enclosure px_enclose_quotient(px_enclosure n, px_enclosure d) {
    if (n.hi == 0) return px_enclosure_of(0);
    if (d.hi == 0) return (px_enclosure){n.lo > 0 ? (double)INFINITY : 0, (double)INFINITY};
    double low = n.lo / d.hi, high = d.lo > 0 ? n.hi / d.lo : (double)INFINITY;
    if (n.lo == n.hi && d.lo == d.hi && exact_quotient(low, n.lo, d.lo)) return px_enclosure_of(low);
    if (isnan(low)) low = 0; /* inf/inf: an upper end only */
    if (isnan(high)) high = (double)INFINITY;
    return (px_enclosure){n.lo == 0 ? 0 : isinf(low) && isinf(n.lo) ? low : below(low), above(high)};
}

px_enclosure px_enclose_affine(double beta, px_enclosure x, double eta) {
    return (px_enclosure){add_down(mul_down(beta, x.lo), eta), add_up(mul_up(beta, x.hi), eta)};
}

px_enclosure px_enclose_scaled(px_enclosure x, int e) {
    px_enclosure y = {ldexp(x.lo, e), ldexp(x.hi, e)};
    if (ldexp(y.lo, -e) != x.lo) y.lo = below(y.lo); /* out of the range of double, or rounded at its lower end */
    if (ldexp(y.hi, -e) != x.hi) y.hi = above(y.hi);
    return y;
}

px_enclosure px_enclose_sqrt(px_enclosure x) {
    double low = sqrt(x.lo), high = sqrt(x.hi);
    if (x.lo == x.hi && x.lo >= 0x1p-900 && fma(low, low, -x.lo) == 0) return px_enclosure_of(low);
    return (px_enclosure){below(low), x.hi == 0 ? 0 : above(high)};
}

px_enclosure px_enclose_rounded_sum(px_enclosure sum, double m) {
    double loss = (m + 8) * DBL_EPSILON; /* at most m + 4 roundings of relative error 2^-53, and those of this line */
    return (px_enclosure){sum.lo * (1 - loss), sum.hi > 0 ? sum.hi * (1 + loss) + 0x1p-900 : 0};
}
