/* The loops of isa.h; the including file sets PX_NAME and PX_TABLE. Written so that the compiler makes vectors of them:
 * nothing is computed on a condition only, and sums and maxima have lanes. */
#include <math.h>
#include <string.h>

#include "metric/isa/isa.h"

enum { LANES = PX_ROUGH_LANES };

/* Ordinary magnitudes: products and quotients of two of them, and of factors near 1, neither overflow nor underflow. */
static const double tiny = 0x1p-400, large = 0x1p400, wider = 1 + 0x1p-48;

/* The largest of n numbers, of which none is a NaN, or, negated, of their negatives. */
static inline double top_of(int64_t n, const double *restrict x, double sign) {
    double lane[LANES];
    for (int l = 0; l < LANES; l++) lane[l] = -(double)INFINITY;
    int64_t j = 0;
    for (; j + LANES <= n; j += LANES)
        for (int l = 0; l < LANES; l++) lane[l] = sign * x[j + l] > lane[l] ? sign * x[j + l] : lane[l];
    for (; j < n; j++) lane[0] = sign * x[j] > lane[0] ? sign * x[j] : lane[0];
    for (int half = LANES / 2; half > 0; half /= 2)
        for (int l = 0; l < half; l++) lane[l] = lane[l + half] > lane[l] ? lane[l + half] : lane[l];
    return sign * lane[0];
}

static double largest(int64_t n, const double *x) { return top_of(n, x, 1); }
static double smallest(int64_t n, const double *x) { return top_of(n, x, -1); }

/* (c - hi) - lo has a relative error below 2^-51: where c - hi is not exact, c is not within a factor 2 of hi
 * (Sterbenz), and lo is small beside the difference. The factors below cover that and their own roundings. */
static void find_errors(int64_t n, const double *restrict computed, const double *restrict hi,
                        const double *restrict lo, const double *restrict radius, double relative,
                        double *restrict least, double *restrict most, double *restrict exact,
                        double *restrict ordinary, double *restrict scratch) {
    for (int64_t j = 0; j < n; j++) {
        double size = fabs(hi[j]), known = radius[j] + relative * size, c = fabs(computed[j]);
        double error = fabs((computed[j] - hi[j]) - lo[j]);
        least[j] = (error - known) * (1 - 0x1p-49);
        most[j] = (error + known) * (1 + 0x1p-49);
        exact[j] = size;
        double is = size <= large ? ordinary[j] : 0;
        is = size >= tiny ? is : 0;
        is = fabs(lo[j]) + known <= 0x1p-10 * size ? is : 0;
        ordinary[j] = c <= large ? is : 0;
        scratch[j] = known;
    }
    for (int64_t j = 0; j < n; j++) least[j] = least[j] > scratch[j] ? least[j] : 0; /* where error > 2 known */
}

/* |lo| is below 2^-53 hi. */
static void find_scales(int64_t n, const double *restrict b, const double *restrict radius, double relative,
                        double *restrict least, double *restrict most, double *restrict ordinary) {
    for (int64_t j = 0; j < n; j++) {
        double known = (radius[j] + relative * b[j]) * (1 + 0x1p-40) + b[j] * 0x1p-50;
        double is = b[j] >= tiny ? ordinary[j] : 0;
        is = b[j] <= large ? is : 0;
        ordinary[j] = known <= 0.5 * b[j] ? is : 0;
        least[j] = (b[j] - known) * (1 - 0x1p-50);
        most[j] = (b[j] + known) * (1 + 0x1p-50);
    }
}

static void ends(px_rough *r, const px_rough_parts *p) {
    const int64_t n = r->cols;
    for (int64_t j = 0; j < n; j++) r->ordinary[j] = 1; /* from memory: else the compiler makes branches of the next */
    find_errors(n, r->computed, p->hi, p->lo, p->radius, p->relative, r->error_least, r->error_most, r->exact,
                r->ordinary, r->ratio);
    if (p->b) find_scales(n, p->b, p->b_radius, p->b_relative, r->b_least, r->b_most, r->ordinary);
    for (int64_t j = 0; j < n && !p->b; j++) r->b_least[j] = r->b_most[j] = 1;
    r->all_ordinary = n == 0 || smallest(n, r->ordinary) == 1;
    for (int64_t j = 0; j < n && !r->all_ordinary; j++) {
        if (r->ordinary[j] == 1) continue;
        r->error_least[j] = 0;
        r->error_most[j] = (double)INFINITY;
        r->exact[j] = r->b_least[j] = r->b_most[j] = 1;
    }
    for (int64_t j = 0; j < n; j++) r->ratio[j] = fabs(r->computed[j]);
    r->smallest = smallest(n, r->ratio);
    r->largest = largest(n, r->exact);
}

static double quotients(int64_t n, const double *restrict x, const double *restrict y, double *restrict ratio) {
    for (int64_t j = 0; j < n; j++) ratio[j] = x[j] / y[j] * wider;
    return largest(n, ratio);
}

static double affine(int64_t n, const double *restrict x, const double *restrict y, double beta, double eta,
                     double *restrict ratio) {
    for (int64_t j = 0; j < n; j++) {
        double q = x[j] / (beta * y[j] + eta) * wider;
        ratio[j] = q == q ? q : (double)INFINITY; /* 0/0 */
    }
    return largest(n, ratio);
}

/* 1 / ulp at the power of two below x, or at the one below that when x is a power of two itself: the exact value may be
 * a little smaller. */
static double ulps(int64_t n, const double *restrict error, const double *restrict exact, double low, double high,
                   double per_power, double *restrict ratio) {
    const uint64_t exponent_bits = (uint64_t)0x7ff << 52, twice_bias = (uint64_t)2046 << 52;
    for (int64_t j = 0; j < n; j++) {
        uint64_t word;
        double power, inverse;
        memcpy(&word, &exact[j], sizeof word);
        word = (word - 1) & exponent_bits;
        memcpy(&power, &word, sizeof power);
        power = power < low ? low : power;
        power = power > high ? high : power;
        memcpy(&word, &power, sizeof word);
        word = twice_bias - word;
        memcpy(&inverse, &word, sizeof inverse);
        ratio[j] = error[j] * inverse * per_power;
    }
    return largest(n, ratio);
}

/* The sums of squares of x[j] by in lanes. */
static void add_squares(int64_t n, const double *restrict x, double by, double *restrict to) {
    double sum[LANES] = {0};
    int64_t j = 0;
    for (; j + LANES <= n; j += LANES)
        for (int l = 0; l < LANES; l++) {
            double y = x[j + l] * by;
            sum[l] += y * y;
        }
    for (; j < n; j++) {
        double y = x[j] * by;
        sum[j % LANES] += y * y;
    }
    memcpy(to, sum, sizeof sum);
}

static void squares(const px_rough *r, double by_error, double by_exact, px_rough_squares *s) {
    add_squares(r->cols, r->error_least, by_error, s->least);
    add_squares(r->cols, r->error_most, by_error, s->most);
    add_squares(r->cols, r->exact, by_exact, s->exact);
}

static double scale(int64_t n, const double *restrict least, const double *restrict most,
                    const double *restrict b_least, const double *restrict b_most, const double *restrict ordinary,
                    double near, double *restrict ratio, double *restrict wide) {
    for (int64_t j = 0; j < n; j++) {
        ratio[j] = most[j] / b_least[j] * wider;
        double is = least[j] * b_least[j] >= most[j] * b_most[j] * (1 - near) ? -1 : ratio[j];
        wide[j] = ordinary[j] == 1 ? is : -1;
    }
    return n > 0 ? largest(n, wide) : -1;
}

static double scaled(const px_rough *r, double near, double *ratio) {
    return scale(r->cols, r->error_least, r->error_most, r->b_least, r->b_most, r->ordinary, near, ratio, r->ratio);
}

static int64_t within(int64_t n, const double *least, const double *most, double low, double high, int64_t *below) {
    int64_t smaller = 0, larger = 0;
    for (int64_t j = 0; j < n; j++) {
        smaller += most[j] < low;
        larger += least[j] > high;
    }
    *below += smaller;
    return n - smaller - larger;
}

const px_rough_loops PX_TABLE = {
    .name = PX_NAME,
    .ends = ends,
    .quotients = quotients,
    .affine = affine,
    .ulps = ulps,
    .largest = largest,
    .squares = squares,
    .scaled = scaled,
    .within = within,
};
