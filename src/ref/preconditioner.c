#include "ref/preconditioner.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/parallel.h"

/* ---- binary64 ---- */

typedef struct elimination {
    int64_t n, k;
    double *work, *r; /* [work | r], eliminated together */
} elimination;

static void add_row(int64_t n, double factor, const double *from, double *to) {
    for (int64_t j = 0; j < n; j++) to[j] += factor * from[j];
}

/* Takes column k out of row i. */
static void eliminate(void *context, int64_t i) {
    const elimination *e = context;
    int64_t n = e->n, k = e->k;
    double factor = -e->work[i * n + k];
    if (i == k || factor == 0) return;
    add_row(n - k, factor, e->work + k * n + k, e->work + i * n + k);
    add_row(n, factor, e->r + k * n, e->r + i * n);
}

static void exchange(int64_t n, double *a, int64_t i, int64_t k) {
    for (int64_t j = 0; i != k && j < n; j++) {
        double x = a[i * n + j];
        a[i * n + j] = a[k * n + j];
        a[k * n + j] = x;
    }
}

static bool invert(elimination *e) {
    int64_t n = e->n;
    for (int64_t k = 0; k < n; k++) {
        int64_t p = k;
        for (int64_t i = k + 1; i < n; i++)
            if (fabs(e->work[i * n + k]) > fabs(e->work[p * n + k])) p = i;
        double pivot = e->work[p * n + k];
        if (pivot == 0 || !isfinite(pivot)) return false;
        exchange(n, e->work, p, k);
        exchange(n, e->r, p, k);
        for (int64_t j = k; j < n; j++) e->work[k * n + j] /= pivot;
        for (int64_t j = 0; j < n; j++) e->r[k * n + j] /= pivot;
        e->k = k;
        if (n >= 128)
            px_parallel_for(n, eliminate, e);
        else
            for (int64_t i = 0; i < n; i++) eliminate(e, i);
    }
    return true;
}

typedef struct product {
    int64_t n;
    const double *a, *r, *sums; /* sums: of the magnitudes of a row of a */
    double *scratch, *bound;    /* a row of I - R A; its sum of magnitudes, errors included */
} product;

/* With S = |R| |A| e: each entry of the computed row is within (n + 1) 2^-53 / (1 - (n + 1) 2^-53) of its |R||A|, so
 * the row sum is within that of S_i; the last factor covers the rounding of these sums, and the last term underflow. */
static void bound_row(void *context, int64_t i) {
    const product *p = context;
    int64_t n = p->n;
    double *row = p->scratch + i * n, sum = 0, magnitude = 0, m = (double)n;
    for (int64_t j = 0; j < n; j++) row[j] = 0;
    for (int64_t k = 0; k < n; k++) add_row(n, p->r[i * n + k], p->a + k * n, row);
    row[i] -= 1;
    for (int64_t j = 0; j < n; j++) sum += fabs(row[j]);
    for (int64_t k = 0; k < n; k++) magnitude += fabs(p->r[i * n + k]) * p->sums[k];
    p->bound[i] = (sum + (m + 2) * DBL_EPSILON * magnitude) * (1 + (m + 4) * DBL_EPSILON) + m * 0x1p-1000;
}

double px_ref_precondition(px_arena *arena, int64_t n, const double *a, double *r) {
    double *work = PX_NEW_ARRAY(arena, double, n *n), *sums = PX_NEW_ARRAY(arena, double, 2 * n);
    memcpy(work, a, (size_t)(n * n) * sizeof *work);
    for (int64_t i = 0; i < n * n; i++) r[i] = i / n == i % n;
    elimination e = {.n = n, .work = work, .r = r};
    if (!invert(&e)) return INFINITY;
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < n; j++) sums[i] += fabs(a[i * n + j]);
    product p = {.n = n, .a = a, .r = r, .sums = sums, .scratch = work, .bound = sums + n};
    px_parallel_for(n, bound_row, &p);
    double alpha = 0;
    for (int64_t i = 0; i < n; i++) alpha = p.bound[i] <= alpha ? alpha : p.bound[i]; /* a nan stays */
    return isnan(alpha) ? (double)INFINITY : alpha;
}

/* ---- MPFR ---- */

typedef struct wide {
    int64_t n, k;
    const double *a;
    mpfr_t *work, *r;
    double *bound;
    mpfr_prec_t bits;
} wide;

mpfr_t *px_ref_numbers(int64_t count, mpfr_prec_t bits) {
    mpfr_t *x = malloc((size_t)count * sizeof *x);
    if (!x) px_out_of_memory((unsigned long long)count * sizeof *x);
    for (int64_t i = 0; i < count; i++) mpfr_init2(x[i], bits);
    return x;
}

void px_ref_numbers_free(int64_t count, mpfr_t *x) {
    for (int64_t i = 0; i < count; i++) mpfr_clear(x[i]);
    free(x);
}

static void eliminate_wide(void *context, int64_t i) {
    const wide *e = context;
    int64_t n = e->n, k = e->k;
    if (i == k || mpfr_zero_p(e->work[i * n + k])) return;
    mpfr_t factor, t;
    mpfr_inits2(e->bits, factor, t, (mpfr_ptr)0);
    mpfr_set(factor, e->work[i * n + k], MPFR_RNDN);
    for (int64_t j = k; j < 2 * n; j++) {
        mpfr_t *row = j < n ? e->work + j : e->r + j - n;
        mpfr_mul(t, factor, row[k * n], MPFR_RNDN);
        mpfr_sub(row[i * n], row[i * n], t, MPFR_RNDN);
    }
    mpfr_clears(factor, t, (mpfr_ptr)0);
}

static bool invert_wide(wide *e) {
    int64_t n = e->n;
    for (int64_t k = 0; k < n; k++) {
        int64_t p = k;
        for (int64_t i = k + 1; i < n; i++)
            if (mpfr_cmpabs(e->work[i * n + k], e->work[p * n + k]) > 0) p = i;
        if (mpfr_zero_p(e->work[p * n + k])) return false;
        for (int64_t j = 0; j < n && p != k; j++) {
            mpfr_swap(e->work[k * n + j], e->work[p * n + j]);
            mpfr_swap(e->r[k * n + j], e->r[p * n + j]);
        }
        for (int64_t j = 0; j < n; j++) mpfr_div(e->r[k * n + j], e->r[k * n + j], e->work[k * n + k], MPFR_RNDN);
        for (int64_t j = n - 1; j >= k; j--)
            mpfr_div(e->work[k * n + j], e->work[k * n + j], e->work[k * n + k], MPFR_RNDN);
        e->k = k;
        px_parallel_for(n, eliminate_wide, e);
    }
    return true;
}

/* Row i of I - R A: n products and sums of relative error 2^-bits each, against the sum of magnitudes; rounded up. */
static void bound_row_wide(void *context, int64_t i) {
    const wide *e = context;
    int64_t n = e->n;
    mpfr_t sum, t, row, magnitude;
    mpfr_inits2(e->bits, sum, t, row, magnitude, (mpfr_ptr)0);
    mpfr_set_zero(row, 1), mpfr_set_zero(magnitude, 1);
    for (int64_t j = 0; j < n; j++) {
        mpfr_set_d(sum, i == j ? -1 : 0, MPFR_RNDN);
        for (int64_t k = 0; k < n; k++) {
            mpfr_mul_d(t, e->r[i * n + k], e->a[k * n + j], MPFR_RNDA);
            mpfr_add(sum, sum, t, MPFR_RNDN);
            mpfr_abs(t, t, MPFR_RNDU);
            mpfr_add(magnitude, magnitude, t, MPFR_RNDU);
        }
        mpfr_abs(sum, sum, MPFR_RNDU);
        mpfr_add(row, row, sum, MPFR_RNDU);
    }
    mpfr_add_ui(magnitude, magnitude, 1, MPFR_RNDU);
    mpfr_mul_ui(magnitude, magnitude, 4 * (unsigned long)n, MPFR_RNDU);
    mpfr_mul_2si(magnitude, magnitude, -(long)e->bits, MPFR_RNDU);
    mpfr_add(row, row, magnitude, MPFR_RNDU);
    e->bound[i] = mpfr_get_d(row, MPFR_RNDU);
    mpfr_clears(sum, t, row, magnitude, (mpfr_ptr)0);
}

double px_ref_precondition_mpfr(int64_t n, const double *a, mpfr_t *r, mpfr_prec_t bits) {
    wide e = {.n = n, .a = a, .r = r, .bits = bits, .work = px_ref_numbers(n * n, bits)};
    for (int64_t i = 0; i < n * n; i++) {
        mpfr_set_d(e.work[i], a[i], MPFR_RNDN);
        mpfr_set_si(r[i], i / n == i % n, MPFR_RNDN);
    }
    double alpha = INFINITY;
    if (invert_wide(&e)) {
        e.bound = calloc((size_t)n, sizeof *e.bound);
        if (!e.bound) px_out_of_memory((unsigned long long)n * sizeof *e.bound);
        px_parallel_for(n, bound_row_wide, &e);
        alpha = 0;
        for (int64_t i = 0; i < n; i++) alpha = fmax(alpha, e.bound[i]);
        free(e.bound);
    }
    px_ref_numbers_free(n * n, e.work);
    return alpha;
}
