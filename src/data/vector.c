#include <math.h>
#include <mpfr.h>

#include "base/error.h"
#include "data/data.h"
#include "data/elementary.h"

/* Entry (i, j): row i in the upper half of the index, so that a longer vector begins with the shorter one. */
static uint64_t at(int64_t i, int64_t j) { return (uint64_t)i << 40 | (uint64_t)j; }

/* One row of each kind of data. hi, lo: n numbers, zeroed. */
static void fill_uniform(const px_vector *v, int64_t i, double *hi, double *lo) {
    (void)lo;
    for (int64_t j = 0; j < v->n; j++) hi[j] = px_draw_uniform(v->draw, at(i, j));
}

static void fill_uniform_pm1(const px_vector *v, int64_t i, double *hi, double *lo) {
    (void)lo;
    for (int64_t j = 0; j < v->n; j++) hi[j] = 2 * px_draw_uniform(v->draw, at(i, j)) - 1;
}

static void fill_normal(const px_vector *v, int64_t i, double *hi, double *lo) {
    (void)lo;
    for (int64_t j = 0; j < v->n; j++) hi[j] = px_draw_normal(v->draw, at(i, j));
}

static void fill_lognormal(const px_vector *v, int64_t i, double *hi, double *lo) {
    (void)lo;
    for (int64_t j = 0; j < v->n; j++) hi[j] = px_draw_lognormal(v->draw, at(i, j));
}

/* 1/d as hi + lo: 1 - hi d is a double (fma), so lo is 1/d - hi rounded once. */
static void reciprocal(double d, double *hi, double *lo) {
    *hi = 1 / d;
    *lo = fma(-*hi, d, 1) / d;
}

static void fill_harmonic(const px_vector *v, int64_t i, double *hi, double *lo) {
    (void)i;
    for (int64_t j = 0; j < v->n; j++) reciprocal((double)(j + 1), &hi[j], &lo[j]);
}

static void fill_ones(const px_vector *v, int64_t i, double *hi, double *lo) {
    (void)i, (void)lo;
    for (int64_t j = 0; j < v->n; j++) hi[j] = 1;
}

static void fill_constant(const px_vector *v, int64_t i, double *hi, double *lo) {
    (void)i;
    for (int64_t j = 0; j < v->n; j++) reciprocal(3, &hi[j], &lo[j]);
}

static void fill_alternating(const px_vector *v, int64_t i, double *hi, double *lo) {
    (void)i;
    for (int64_t j = 0; j < v->n; j++) reciprocal(j % 2 ? -(double)(j + 1) : (double)(j + 1), &hi[j], &lo[j]);
}

static void fill_one_then_tiny(const px_vector *v, int64_t i, double *hi, double *lo) {
    (void)i, (void)lo;
    for (int64_t j = 0; j < v->n; j++) hi[j] = j == 0 ? 1 : v->tiny;
}

/* Fisher & Yates, from the upper half of the row's indices. */
static void shuffle(px_draw d, int64_t i, int64_t n, double *x) {
    for (int64_t j = n - 1; j > 0; j--) {
        int64_t other = (int64_t)(px_draw_bits(d, at(i, j) | 1u << 31) % (uint64_t)(j + 1));
        double t = x[j];
        x[j] = x[other];
        x[other] = t;
    }
}

/* The last term: the one that makes sum|x| / |sum x| = cond. With s the sum and t the sum of magnitudes of the others,
 * a total of d costs t + | d - s | magnitudes; for 0 < d <= |s| that is cond d at d = (t + |s|) / (cond + 1), else at
 * d = (t - |s|) / (cond - 1). */
static double closing_term(double s, double t, double cond) {
    double size = fabs(s), d = (t + size) / (cond + 1);
    if (d > size) d = (t - size) / (cond - 1);
    return copysign(d, s) - s;
}

/* Ogita, Rump & Oishi, SISC 26(6) 2005, algorithm 6.1, for a sum: half of the terms have exponents drawn from 0 .. -b,
 * b about log2 cond; each of the other half cancels the sum so far down to its own, falling exponent; the last one
 * closes (and dominates where cond is below that of random signs, about sqrt n). The sum is a multiple of 2^(-b-52)
 * below n. */
static void fill_conditioned(const px_vector *v, int64_t i, double *hi, double *lo) {
    (void)lo;
    PX_ASSERT(v->n >= 2 && v->cond >= 2);
    int b;
    frexp(v->cond, &b); /* 2^(b-1) <= cond < 2^b */
    mpfr_t sum, term;
    mpfr_inits2(b + 180, sum, term, (mpfr_ptr)0);
    mpfr_set_zero(sum, 1);
    double magnitudes = 0;
    int64_t half = v->n / 2, last = v->n - 1;
    for (int64_t j = 0; j < last; j++) {
        double x = 2 * px_draw_uniform(v->draw, at(i, 2 * j)) - 1, u = px_draw_uniform(v->draw, at(i, 2 * j + 1));
        double e = j < half ? floor(u * (b + 1)) : floor((double)b * (double)(j - half) / (double)(last - half));
        hi[j] = ldexp(j == 0 ? 1 : x, j == 0 ? 0 : -(int)e);
        if (j >= half) {
            mpfr_d_sub(term, hi[j], sum, MPFR_RNDN);
            hi[j] = mpfr_get_d(term, MPFR_RNDN);
        }
        mpfr_add_d(sum, sum, hi[j], MPFR_RNDN);
        magnitudes += fabs(hi[j]);
    }
    hi[last] = closing_term(mpfr_get_d(sum, MPFR_RNDN), magnitudes, v->cond);
    mpfr_clears(sum, term, (mpfr_ptr)0);
    shuffle(v->draw, i, v->n, hi);
}

static const struct kind {
    const char *name, *help;
    void (*fill)(const px_vector *v, int64_t i, double *hi, double *lo);
} kinds[] = {
#define ROW(id, text) {#id, text, fill_##id},
    PX_VECTOR_LIST(ROW)
#undef ROW
};

const char *const *px_vector_names(void) {
#define NAME(id, text) #id,
    static const char *const names[] = {PX_VECTOR_LIST(NAME) NULL};
#undef NAME
    return names;
}

const char *px_vector_help(int i) {
    PX_ASSERT(i >= 0 && i < PX_VECTOR_COUNT);
    return kinds[i].help;
}

px_wide px_vector_fill(px_arena *arena, const px_vector *v) {
    PX_ASSERT(v->which >= 0 && v->which < PX_VECTOR_COUNT && v->rows >= 1 && v->n >= 1);
    px_wide x = {.hi = px_mat_new(arena, px_fp_exact(), v->rows, v->n),
                 .lo = px_mat_new(arena, px_fp_exact(), v->rows, v->n)};
    double *hi = PX_NEW_ARRAY(arena, double, v->n), *lo = PX_NEW_ARRAY(arena, double, v->n);
    bool whole = true;
    for (int64_t i = 0; i < v->rows; i++) {
        kinds[v->which].fill(v, i, hi, lo);
        px_mat_set_row(&x.hi, i, 0, v->n, hi);
        px_mat_set_row(&x.lo, i, 0, v->n, lo);
        for (int64_t j = 0; j < v->n && whole; j++) whole = lo[j] == 0;
    }
    return whole ? px_wide_of(x.hi) : x;
}
