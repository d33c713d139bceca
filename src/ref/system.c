#include "ref/system.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/parallel.h"
#include "ref/exact.h"
#include "ref/preconditioner.h"

enum {
    X_BITS = 256,   /* of the solution */
    SUM_BITS = 384, /* of its residual: products are exact */
    LARGEST_WIDE = 400,
    MOST_BITS = 1536
};

/* Above it the iteration would crawl: each step gains a factor alpha. */
static const double good_alpha = 0.125;

typedef struct solver {
    int64_t n;
    const double *a, *b;
    double *r_double;
    mpfr_t *r_wide; /* NULL: r_double is the inverse */
    double alpha;
    mpfr_t *x, *residual, *correction;
} solver;

/* b - A x: entries within n 2^-SUM_BITS of |b| + |A||x|. */
static void residual_row(void *context, int64_t i) {
    const solver *s = context;
    mpfr_t t;
    mpfr_init2(t, X_BITS + 53);
    mpfr_set_d(s->residual[i], s->b[i], MPFR_RNDN);
    for (int64_t j = 0; j < s->n; j++) {
        if (s->a[i * s->n + j] == 0) continue;
        mpfr_mul_d(t, s->x[j], s->a[i * s->n + j], MPFR_RNDN);
        mpfr_sub(s->residual[i], s->residual[i], t, MPFR_RNDN);
    }
    mpfr_clear(t);
}

/* The exponent of the largest magnitude: all are below 2^e. MPFR_EMIN of zeros. */
static mpfr_exp_t largest_exponent(int64_t n, mpfr_t *x) {
    mpfr_exp_t e = mpfr_get_emin_min();
    for (int64_t i = 0; i < n; i++)
        if (mpfr_regular_p(x[i]) && mpfr_get_exp(x[i]) > e) e = mpfr_get_exp(x[i]);
    return e;
}

/* correction = R residual: in double on the scaled residual, or with the bits of R. */
static void correct_in_double(const solver *s, mpfr_exp_t e, double *scaled) {
    mpfr_t t;
    mpfr_init2(t, SUM_BITS);
    for (int64_t j = 0; j < s->n; j++) {
        mpfr_mul_2si(t, s->residual[j], -e, MPFR_RNDN);
        scaled[j] = mpfr_get_d(t, MPFR_RNDN);
    }
    mpfr_clear(t);
    for (int64_t i = 0; i < s->n; i++) {
        double sum = 0;
        for (int64_t j = 0; j < s->n; j++) sum += s->r_double[i * s->n + j] * scaled[j];
        mpfr_set_d(s->correction[i], sum, MPFR_RNDN);
        mpfr_mul_2si(s->correction[i], s->correction[i], e, MPFR_RNDN);
    }
}

static void correct_row(void *context, int64_t i) {
    const solver *s = context;
    mpfr_t t;
    mpfr_init2(t, SUM_BITS);
    mpfr_set_zero(s->correction[i], 1);
    for (int64_t j = 0; j < s->n; j++) {
        mpfr_mul(t, s->r_wide[i * s->n + j], s->residual[j], MPFR_RNDN);
        mpfr_add(s->correction[i], s->correction[i], t, MPFR_RNDN);
    }
    mpfr_clear(t);
}

static void correct(solver *s, double *scratch) {
    if (s->r_wide)
        px_parallel_for(s->n, correct_row, s);
    else
        correct_in_double(s, largest_exponent(s->n, s->residual), scratch);
}

/* x~ until it no longer changes in its leading 220 bits, or 100 steps; residual is of the last x~. */
static void iterate(solver *s, double *scratch) {
    for (int64_t i = 0; i < s->n; i++) mpfr_set_zero(s->x[i], 1);
    for (int step = 0; step < 100; step++) {
        px_parallel_for(s->n, residual_row, s);
        correct(s, scratch);
        for (int64_t i = 0; i < s->n; i++) mpfr_add(s->x[i], s->x[i], s->correction[i], MPFR_RNDN);
        if (largest_exponent(s->n, s->correction) < largest_exponent(s->n, s->x) - 220) break;
    }
    px_parallel_for(s->n, residual_row, s);
}

static double largest(int64_t n, const double *x) {
    double m = 0;
    for (int64_t i = 0; i < n; i++) m = fmax(m, fabs(x[i]));
    return m;
}

/* ||A||_inf, ||R||_inf: a sum of n doubles is within n 2^-53 of itself, so 1 + n 2^-52 covers it. */
static double norm_of(int64_t n, const double *m) {
    double norm = 0;
    for (int64_t i = 0; i < n; i++) {
        double sum = 0;
        for (int64_t j = 0; j < n; j++) sum += fabs(m[i * n + j]);
        norm = fmax(norm, sum);
    }
    return norm * (1 + (double)(n + 2) * DBL_EPSILON);
}

/* A bound of ||x - x~||_inf, as 2^exponent mantissa: ||R||(||residual|| + its own error) / (1 - alpha), rounded up. */
static void error_of(const solver *s, mpfr_t error) {
    mpfr_t t;
    mpfr_init2(t, 64);
    mpfr_set_ui_2exp(error, 1, largest_exponent(s->n, s->residual), MPFR_RNDU);
    mpfr_set_ui_2exp(t, 2 * (unsigned long)s->n, largest_exponent(s->n, s->x) - SUM_BITS, MPFR_RNDU);
    mpfr_mul_d(t, t, norm_of(s->n, s->a), MPFR_RNDU);
    mpfr_add(error, error, t, MPFR_RNDU);
    mpfr_set_d(t, largest(s->n, s->b), MPFR_RNDU);
    mpfr_mul_2si(t, t, -SUM_BITS + 20, MPFR_RNDU);
    mpfr_add(error, error, t, MPFR_RNDU);
    mpfr_mul_d(error, error, norm_of(s->n, s->r_double), MPFR_RNDU);
    mpfr_set_d(t, 1 - s->alpha, MPFR_RNDD);
    mpfr_div(error, error, t, MPFR_RNDU);
    mpfr_clear(t);
}

static void publish(const solver *s, px_system_truth *truth) {
    mpfr_t error, t;
    mpfr_init2(error, 64);
    mpfr_init2(t, X_BITS);
    error_of(s, error);
    for (int64_t i = 0; i < s->n; i++) {
        double hi, lo, radius;
        mpfr_set(t, s->x[i], MPFR_RNDN);
        px_exact_pair(t, &hi, &lo, &radius);
        mpfr_set_d(t, radius, MPFR_RNDU);
        mpfr_add(t, t, error, MPFR_RNDU);
        px_mat_set(&truth->x.hi, i, 0, hi);
        px_mat_set(&truth->x.lo, i, 0, lo);
        px_mat_set(&truth->x.radius, i, 0, isfinite(hi) ? mpfr_get_d(t, MPFR_RNDU) : 0);
    }
    mpfr_clears(error, t, (mpfr_ptr)0);
}

/* R with as many bits as it takes; false where none suffice. r_double is its rounding, which moves each entry by at
 * most 2^-53 of itself: covered by a slightly larger alpha. */
static bool invert_wide(solver *s) {
    for (mpfr_prec_t bits = 192; bits <= MOST_BITS; bits *= 2) {
        s->r_wide = px_ref_numbers(s->n * s->n, bits);
        s->alpha = px_ref_precondition_mpfr(s->n, s->a, s->r_wide, bits);
        if (s->alpha < good_alpha) {
            for (int64_t i = 0; i < s->n * s->n; i++) s->r_double[i] = mpfr_get_d(s->r_wide[i], MPFR_RNDN);
            s->alpha += 4 * DBL_EPSILON;
            return true;
        }
        px_ref_numbers_free(s->n * s->n, s->r_wide);
        s->r_wide = NULL;
    }
    return false;
}

static double *doubles_of(px_arena *arena, const px_mat *m) {
    double *x = PX_NEW_ARRAY(arena, double, m->rows * m->cols);
    for (int64_t i = 0; i < m->rows; i++) px_mat_get_row(m, i, 0, m->cols, x + i * m->cols);
    return x;
}

px_status px_ref_system(px_arena *arena, const px_mat *a, const px_mat *b, px_system_truth *truth, px_error *err) {
    int64_t n = a->rows;
    PX_ASSERT(a->cols == n && b->rows == n && b->cols == 1);
    *truth = (px_system_truth){.x = px_wide_new(arena, n, 1), .inverse = px_mat_new(arena, px_fp_exact(), n, n)};
    solver s = {.n = n, .a = doubles_of(arena, a), .b = doubles_of(arena, b), .r_double = truth->inverse.data};
    PX_ASSERT(truth->inverse.ld == n);
    s.alpha = px_ref_precondition(arena, n, s.a, s.r_double);
    if (!(s.alpha < good_alpha)) {
        if (n > LARGEST_WIDE)
            return px_fail(err, PX_INCOMPLETE,
                           "no certified solution of a system of %lld equations: its condition is "
                           "beyond binary64, and MPFR would take too long",
                           (long long)n);
        truth->singular = !invert_wide(&s);
    }
    truth->alpha = s.alpha;
    if (truth->singular) return PX_OK;
    s.x = px_ref_numbers(n, X_BITS);
    s.residual = px_ref_numbers(n, SUM_BITS);
    s.correction = px_ref_numbers(n, SUM_BITS);
    iterate(&s, PX_NEW_ARRAY(arena, double, n));
    publish(&s, truth);
    px_ref_numbers_free(n, s.x);
    px_ref_numbers_free(n, s.residual);
    px_ref_numbers_free(n, s.correction);
    if (s.r_wide) px_ref_numbers_free(n * n, s.r_wide);
    return PX_OK;
}
