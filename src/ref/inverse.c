/* The certificate. X is what Gauss-Jordan elimination left, R = I - A X. If ||R|| < 1 then A^-1 = X (I - R)^-1, so
 * ||A^-1 - X|| <= ||X|| ||R|| / (1 - ||R||), in the 1-norm and in the inf-norm. R is computed with u = 2^-bits: its
 * error is at most (n + 2) u |A||X| + u, and that of the entries of A, 2 ulp, adds 4 u |A||X|. The bits are raised
 * until ||R|| kappa < 2^-66: a product of |A^-1| and |A| is known to 2^-65 then, in units of 1, which is the least
 * that a condition number can be. */
#include "ref/inverse.h"

#include <limits.h>
#include <stdlib.h>

enum { FIRST_BITS = 128, LAST_BITS = 1 << 15, WANTED = 66 };

static void swap_rows(px_dense *d, int64_t i, int64_t j) {
    for (int64_t k = 0; k < d->cols && i != j; k++) mpfr_swap(px_dense_at(d, i, k), px_dense_at(d, j, k));
}

static void swap_columns(px_dense *d, int64_t i, int64_t j) {
    for (int64_t k = 0; k < d->rows && i != j; k++) mpfr_swap(px_dense_at(d, k, i), px_dense_at(d, k, j));
}

/* Row i minus factor times row k, where entry (i, k) becomes one of the inverse; t is scratch. */
static void eliminate(px_dense *d, int64_t i, int64_t k, mpfr_t factor, mpfr_t t) {
    mpfr_set(factor, px_dense_at(d, i, k), MPFR_RNDN);
    mpfr_set_zero(px_dense_at(d, i, k), 1);
    for (int64_t j = 0; j < d->cols && !mpfr_zero_p(factor); j++) {
        mpfr_mul(t, factor, px_dense_at(d, k, j), MPFR_RNDN);
        mpfr_sub(px_dense_at(d, i, j), px_dense_at(d, i, j), t, MPFR_RNDN);
    }
}

/* d = its inverse, in place, by Gauss-Jordan elimination with partial pivoting; false for a pivot of 0. */
static bool invert(px_dense *d) {
    int64_t n = d->rows, *from = calloc((size_t)n, sizeof *from);
    bool fine = from != NULL;
    if (!fine) px_out_of_memory((unsigned long long)n * sizeof *from);
    mpfr_t factor, t;
    mpfr_inits2(d->bits, factor, t, (mpfr_ptr)NULL);
    for (int64_t k = 0; k < n && fine; k++) {
        int64_t pivot = k;
        for (int64_t i = k + 1; i < n; i++)
            if (mpfr_cmpabs(px_dense_at(d, i, k), px_dense_at(d, pivot, k)) > 0) pivot = i;
        from[k] = pivot;
        swap_rows(d, k, pivot);
        fine = !mpfr_zero_p(px_dense_at(d, k, k));
        if (!fine) break;
        mpfr_set(factor, px_dense_at(d, k, k), MPFR_RNDN);
        mpfr_set_ui(px_dense_at(d, k, k), 1, MPFR_RNDN);
        for (int64_t j = 0; j < n; j++) mpfr_div(px_dense_at(d, k, j), px_dense_at(d, k, j), factor, MPFR_RNDN);
        for (int64_t i = 0; i < n; i++)
            if (i != k) eliminate(d, i, k, factor, t);
    }
    for (int64_t k = n; k-- > 0 && fine;) swap_columns(d, k, from[k]);
    mpfr_clears(factor, t, (mpfr_ptr)NULL);
    free(from);
    return fine;
}

/* I - A X, computed with the bits of A. */
static px_dense residual(const px_dense *a, const px_dense *x) {
    px_dense r = px_dense_new(a->rows, a->cols, a->bits);
    mpfr_t t;
    mpfr_init2(t, a->bits);
    for (int64_t i = 0; i < r.rows; i++) {
        mpfr_set_ui(px_dense_at(&r, i, i), 1, MPFR_RNDN);
        for (int64_t k = 0; k < a->cols; k++)
            for (int64_t j = 0; j < r.cols; j++) {
                mpfr_mul(t, px_dense_at(a, i, k), px_dense_at(x, k, j), MPFR_RNDN);
                mpfr_sub(px_dense_at(&r, i, j), px_dense_at(&r, i, j), t, MPFR_RNDN);
            }
    }
    mpfr_clear(t);
    return r;
}

/* log2 of an upper bound on ||R|| ||A|| ||X||, in the worse of the two norms. */
static long certificate(const px_ref_inverse *v) {
    px_dense r = residual(&v->a, &v->x);
    long worst = LONG_MIN, n_bits = 64 - __builtin_clzll((unsigned long long)v->a.rows + 7);
    mpfr_t norm, of_a, of_x, of_r;
    mpfr_inits2(64, norm, of_a, of_x, of_r, (mpfr_ptr)NULL);
    for (int one = 0; one < 2; one++) {
        px_dense_norm(of_a, &v->a, one);
        px_dense_norm(of_x, &v->x, one);
        px_dense_norm(of_r, &r, one);
        mpfr_mul(norm, of_a, of_x, MPFR_RNDU);
        mpfr_mul_2si(of_a, norm, n_bits - (long)v->a.bits, MPFR_RNDU); /* (n + 7) u |A||X|, of which 1 u is for I */
        mpfr_add(of_r, of_r, of_a, MPFR_RNDU);
        mpfr_mul(norm, norm, of_r, MPFR_RNDU);
        if (mpfr_get_exp(norm) > worst) worst = mpfr_get_exp(norm);
    }
    mpfr_clears(norm, of_a, of_x, of_r, (mpfr_ptr)NULL);
    px_dense_free(&r);
    return worst;
}

px_status px_ref_inverse_find(const px_ref_matrix *a, px_ref_inverse *inverse, px_error *err) {
    PX_ASSERT(a->rows == a->cols && a->rows >= 1);
    for (mpfr_prec_t bits = FIRST_BITS; bits <= LAST_BITS;) {
        *inverse = (px_ref_inverse){px_dense_load(a, bits), px_dense_load(a, bits)};
        long error = invert(&inverse->x) ? certificate(inverse) : LONG_MAX / 2;
        if (error <= -WANTED) return PX_OK;
        px_ref_inverse_free(inverse);
        long missing = error + WANTED + 4;
        bits += missing < bits ? missing : bits;
    }
    return px_fail(err, PX_INCOMPLETE, "%d bits do not tell the matrix from a singular one", LAST_BITS);
}

void px_ref_inverse_free(px_ref_inverse *inverse) {
    px_dense_free(&inverse->a);
    px_dense_free(&inverse->x);
}

/* z = |d| y, numbers >= 0. */
static void multiply_magnitudes(const px_dense *d, const px_dense *y, px_dense *z) {
    mpfr_t t;
    mpfr_init2(t, d->bits);
    for (int64_t i = 0; i < d->rows; i++) {
        mpfr_set_zero(z->x[i], 1);
        for (int64_t j = 0; j < d->cols; j++) {
            mpfr_mul(t, px_dense_at(d, i, j), y->x[j], MPFR_RNDN);
            mpfr_abs(t, t, MPFR_RNDN);
            mpfr_add(z->x[i], z->x[i], t, MPFR_RNDN);
        }
    }
    mpfr_clear(t);
}

static double product_of_norms(const px_ref_inverse *v, bool one) {
    mpfr_t x, y;
    mpfr_inits2(v->a.bits, x, y, (mpfr_ptr)NULL);
    px_dense_norm(x, &v->a, one);
    px_dense_norm(y, &v->x, one);
    mpfr_mul(x, x, y, MPFR_RNDN);
    double kappa = mpfr_get_d(x, MPFR_RNDN);
    mpfr_clears(x, y, (mpfr_ptr)NULL);
    return kappa;
}

double px_ref_inverse_amplification(const px_ref_inverse *inverse, const mpfr_t *x, double f, const mpfr_t *g) {
    int64_t n = inverse->a.rows;
    px_dense magnitude = px_dense_new(n, 1, inverse->a.bits), product = px_dense_new(n, 1, inverse->a.bits);
    mpfr_t largest, norm;
    mpfr_inits2(inverse->a.bits, largest, norm, (mpfr_ptr)NULL);
    mpfr_set_zero(largest, 1);
    for (int64_t i = 0; i < n; i++) {
        mpfr_abs(magnitude.x[i], x[i], MPFR_RNDN);
        mpfr_max(largest, largest, magnitude.x[i], MPFR_RNDN);
    }
    multiply_magnitudes(&inverse->a, &magnitude, &product);
    for (int64_t i = 0; i < n; i++) {
        mpfr_mul_d(magnitude.x[i], product.x[i], f, MPFR_RNDN);
        if (g) mpfr_add(magnitude.x[i], magnitude.x[i], g[i], MPFR_RNDN);
    }
    multiply_magnitudes(&inverse->x, &magnitude, &product);
    px_dense_norm(norm, &product, false);
    mpfr_div(norm, norm, largest, MPFR_RNDN);
    double amplification = mpfr_get_d(norm, MPFR_RNDN);
    mpfr_clears(largest, norm, (mpfr_ptr)NULL);
    px_dense_free(&magnitude);
    px_dense_free(&product);
    return amplification;
}

px_ref_conditions px_ref_inverse_conditions(const px_ref_inverse *inverse) {
    px_dense ones = px_dense_new(inverse->a.rows, 1, inverse->a.bits);
    for (int64_t i = 0; i < ones.rows; i++) mpfr_set_ui(ones.x[i], 1, MPFR_RNDN);
    mpfr_t norm;
    mpfr_init2(norm, inverse->a.bits);
    px_dense_norm(norm, &inverse->a, false);
    /* With x of ones, cond(A, x) is cond(A). */
    px_ref_conditions c = {.norm_inf = mpfr_get_d(norm, MPFR_RNDN),
                           .kappa_1 = product_of_norms(inverse, true),
                           .kappa_inf = product_of_norms(inverse, false),
                           .cond_skeel = px_ref_inverse_amplification(inverse, (const mpfr_t *)ones.x, 1, NULL)};
    mpfr_clear(norm);
    px_dense_free(&ones);
    return c;
}
