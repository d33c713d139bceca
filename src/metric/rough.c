#include "metric/rough.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

enum { ARRAYS = 9 };

/* Ordinary magnitudes: products and quotients of two of them, and of factors near 1, neither overflow nor underflow. */
static const double tiny = 0x1p-400, large = 0x1p400;

px_rough px_rough_new(int64_t cols) {
    size_t n = cols > 0 ? (size_t)cols : 1;
    double *x = n <= SIZE_MAX / sizeof *x / ARRAYS ? malloc(ARRAYS * n * sizeof *x) : NULL;
    if (!x) px_out_of_memory((unsigned long long)ARRAYS * n * sizeof *x);
    px_rough r = {.cols = cols};
    double **const arrays[ARRAYS] = {&r.zeros,   &r.computed, &r.error_least, &r.error_most, &r.exact,
                                     &r.b_least, &r.b_most,   &r.ordinary,    &r.ratio};
    for (size_t a = 0; a < ARRAYS; a++) *arrays[a] = x + a * n;
    memset(r.zeros, 0, n * sizeof *x);
    return r;
}

void px_rough_free(px_rough *r) { free(r->zeros); }

/* Row i of a part; all parts of a truth are doubles. */
static const double *part(const px_rough *r, const px_mat *m, int64_t i) {
    return m->data ? (const double *)m->data + i * m->ld : r->zeros;
}

/* (c - hi) - lo has a relative error below 2^-51: where c - hi is not exact, c is not within a factor 2 of hi
 * (Sterbenz), and lo is small beside the difference. The factors below cover that and their own roundings. */
static void find_errors(px_rough *r, const double *hi, const double *lo, const double *radius, double relative) {
    const double *computed = r->computed;
    for (int64_t j = 0; j < r->cols; j++) {
        double size = fabs(hi[j]), known = radius[j] + relative * size;
        double error = fabs((computed[j] - hi[j]) - lo[j]);
        double least = error > 2 * known ? (error - known) * (1 - 0x1p-49) : 0;
        double most = (error + known) * (1 + 0x1p-49);
        bool ordinary =
            (fabs(computed[j]) <= large) & (size >= tiny) & (size <= large) & (fabs(lo[j]) + known <= 0x1p-10 * size);
        r->ordinary[j] = ordinary ? 1 : 0;
        r->error_least[j] = least;
        r->error_most[j] = most;
        r->exact[j] = size;
    }
}

/* |lo| is below 2^-53 hi. */
static void find_scales(px_rough *r, const double *b, const double *radius, double relative) {
    for (int64_t j = 0; j < r->cols; j++) {
        double known = (radius[j] + relative * b[j]) * (1 + 0x1p-40) + b[j] * 0x1p-50;
        bool ordinary = (b[j] >= tiny) & (b[j] <= large) & (known <= 0.5 * b[j]);
        r->ordinary[j] = ordinary ? r->ordinary[j] : 0;
        r->b_least[j] = (b[j] - known) * (1 - 0x1p-50);
        r->b_most[j] = (b[j] + known) * (1 + 0x1p-50);
    }
}

/* The smallest and the largest of n numbers that are no NaN, in four lanes that the compiler can put into a vector. */
static double extreme(const double *x, int64_t n, bool smallest) {
    double top[4], sign = smallest ? -1 : 1;
    for (int l = 0; l < 4; l++) top[l] = -(double)INFINITY;
    int64_t j = 0;
    for (; j + 4 <= n; j += 4)
        for (int l = 0; l < 4; l++) top[l] = top[l] < sign * x[j + l] ? sign * x[j + l] : top[l];
    for (; j < n; j++) top[0] = fmax(top[0], sign * x[j]);
    return sign * fmax(fmax(top[0], top[1]), fmax(top[2], top[3]));
}

static void set_extraordinary(px_rough *r) {
    for (int64_t j = 0; j < r->cols; j++) {
        if (r->ordinary[j] == 1) continue;
        r->error_least[j] = 0;
        r->error_most[j] = (double)INFINITY;
        r->exact[j] = r->b_least[j] = r->b_most[j] = 1;
    }
}

void px_rough_row(px_rough *r, const px_comparison *c, int64_t i) {
    const px_wide *v = &c->truth->v, *b = &c->truth->absab;
    PX_ASSERT(c->computed->cols == r->cols);
    px_mat_get_row(c->computed, i, 0, r->cols, r->computed);
    find_errors(r, part(r, &v->hi, i), part(r, &v->lo, i), part(r, &v->radius, i), v->relative);
    if (b->hi.data)
        find_scales(r, part(r, &b->hi, i), part(r, &b->radius, i), b->relative);
    else
        for (int64_t j = 0; j < r->cols; j++) r->b_least[j] = r->b_most[j] = 1;
    r->all_ordinary = r->cols == 0 || extreme(r->ordinary, r->cols, true) == 1;
    if (!r->all_ordinary) set_extraordinary(r);
    for (int64_t j = 0; j < r->cols; j++) r->ratio[j] = fabs(r->computed[j]);
    r->smallest = extreme(r->ratio, r->cols, true);
}

/* 1 / ulp of the out format at the power of two below x, or at the one below that when x is a power of two itself: the
 * exact value may be a little smaller. */
static void in_ulps(px_rough *r, px_fp fp) {
    const uint64_t exponent_bits = (uint64_t)0x7ff << 52, twice_bias = (uint64_t)2046 << 52;
    double low = ldexp(1, fp.emin < -500 ? -500 : fp.emin), high = ldexp(1, fp.emax > 500 ? 500 : fp.emax);
    double ulps = ldexp(1, fp.p - 1);
    for (int64_t j = 0; j < r->cols; j++) {
        uint64_t word;
        memcpy(&word, &r->exact[j], sizeof word);
        word = (word - 1) & exponent_bits;
        double power, inverse;
        memcpy(&power, &word, sizeof power);
        power = power < low ? low : power;
        power = power > high ? high : power;
        memcpy(&word, &power, sizeof word);
        word = twice_bias - word;
        memcpy(&inverse, &word, sizeof inverse);
        r->ratio[j] = r->error_most[j] * inverse * ulps;
    }
}

double px_rough_ratio(px_rough *r, const px_comparison *c, px_ratio ratio) {
    const double wider = 1 + 0x1p-48;
    const double *error = r->error_most;
    switch (ratio) {
    case PX_RATIO_ABS:
        for (int64_t j = 0; j < r->cols; j++) r->ratio[j] = error[j];
        break;
    case PX_RATIO_REL:
        for (int64_t j = 0; j < r->cols; j++) r->ratio[j] = error[j] / r->exact[j] * wider;
        break;
    case PX_RATIO_ULP: in_ulps(r, c->computed->fmt); break;
    case PX_RATIO_B:
        for (int64_t j = 0; j < r->cols; j++) r->ratio[j] = error[j] / r->b_least[j] * wider;
        break;
    case PX_RATIO_BOUND:
        for (int64_t j = 0; j < r->cols; j++) {
            double q = error[j] / (c->beta * r->b_least[j] + c->eta) * wider;
            r->ratio[j] = q == q ? q : (double)INFINITY;
        }
        break;
    case PX_RATIO_COUNT: PX_ASSERT(!"a ratio of the list");
    }
    return extreme(r->ratio, r->cols, false);
}
