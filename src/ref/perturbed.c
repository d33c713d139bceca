#include "ref/perturbed.h"

#include <math.h>

#include "ref/inverse.h"

enum { BITS = 512 };

/* A x of a column x; BITS bits. */
static px_dense product(const px_dense *a, const px_dense *x) {
    px_dense y = px_dense_new(a->rows, 1, BITS);
    mpfr_t t;
    mpfr_init2(t, BITS);
    for (int64_t i = 0; i < a->rows; i++)
        for (int64_t j = 0; j < a->cols; j++) {
            mpfr_mul(t, px_dense_at(a, i, j), x->x[j], MPFR_RNDN);
            mpfr_add(y.x[i], y.x[i], t, MPFR_RNDN);
        }
    mpfr_clear(t);
    return y;
}

static px_dense column(const double *x, int64_t n) {
    px_dense d = px_dense_new(n, 1, BITS);
    for (int64_t i = 0; i < n; i++) mpfr_set_d(d.x[i], x[i], MPFR_RNDN);
    return d;
}

/* d -= e, entry by entry. */
static void subtract(px_dense *d, const px_dense *e) {
    for (int64_t k = 0; k < d->rows * d->cols; k++) mpfr_sub(d->x[k], d->x[k], e->x[k], MPFR_RNDN);
}

/* ||d|| / ||e||, inf-norms. */
static double norm_ratio(const px_dense *d, const px_dense *e) {
    mpfr_t over, under;
    mpfr_inits2(BITS, over, under, (mpfr_ptr)NULL);
    px_dense_norm(over, d, false);
    px_dense_norm(under, e, false);
    mpfr_div(over, over, under, MPFR_RNDN);
    double ratio = mpfr_get_d(over, MPFR_RNDN);
    mpfr_clears(over, under, (mpfr_ptr)NULL);
    return ratio;
}

/* max |d| / |e| over the entries with d != 0; inf where e is 0 there. */
static double largest_ratio(const px_dense *d, const px_dense *e) {
    double largest = 0;
    mpfr_t t;
    mpfr_init2(t, BITS);
    for (int64_t k = 0; k < d->rows * d->cols; k++) {
        if (mpfr_zero_p(d->x[k])) continue;
        mpfr_div(t, d->x[k], e->x[k], MPFR_RNDN);
        largest = fmax(largest, fabs(mpfr_get_d(t, MPFR_RNDN)));
    }
    mpfr_clear(t);
    return largest;
}

px_wide px_ref_right_side(px_arena *arena, const px_ref_matrix *a, const double *x) {
    px_wide b = {.hi = px_mat_new(arena, px_fp_exact(), a->rows, 1),
                 .lo = px_mat_new(arena, px_fp_exact(), a->rows, 1)};
    px_dense matrix = px_dense_load(a, BITS), factor = column(x, a->cols), y = product(&matrix, &factor);
    for (int64_t i = 0; i < y.rows; i++) {
        double hi = mpfr_get_d(y.x[i], MPFR_RNDN);
        mpfr_sub_d(y.x[i], y.x[i], hi, MPFR_RNDN);
        px_mat_set(&b.hi, i, 0, hi);
        px_mat_set(&b.lo, i, 0, mpfr_get_d(y.x[i], MPFR_RNDN));
    }
    px_dense_free(&matrix);
    px_dense_free(&factor);
    px_dense_free(&y);
    return b;
}

/* Condition numbers of the system that was meant. */
static px_status set_conditions(const px_ref_matrix *a, const px_dense *x, const px_dense *b, px_ref_perturbed *result,
                                px_error *err) {
    px_ref_inverse inverse;
    PX_TRY(px_ref_inverse_find(a, &inverse, err));
    px_ref_conditions c = px_ref_inverse_conditions(&inverse);
    px_dense size = px_dense_new(b->rows, 1, BITS);
    for (int64_t i = 0; i < b->rows; i++) mpfr_abs(size.x[i], b->x[i], MPFR_RNDN);
    result->kappa = c.kappa_inf;
    result->cond = c.cond_skeel;
    result->amplification = px_ref_inverse_amplification(&inverse, (const mpfr_t *)x->x, 1, (const mpfr_t *)size.x);
    px_dense_free(&size);
    px_ref_inverse_free(&inverse);
    return PX_OK;
}

/* ||stored^-1 r|| / ||x||. */
static px_status set_forward(const px_ref_matrix *stored, const px_dense *r, const px_dense *x, double *forward,
                             px_error *err) {
    px_ref_inverse inverse;
    PX_TRY(px_ref_inverse_find(stored, &inverse, err));
    px_dense dx = product(&inverse.x, r);
    *forward = norm_ratio(&dx, x);
    px_dense_free(&dx);
    px_ref_inverse_free(&inverse);
    return PX_OK;
}

px_status px_ref_perturb(const px_ref_matrix *a, const px_ref_matrix *stored, const double *x, const double *stored_b,
                         px_ref_perturbed *result, px_error *err) {
    int64_t n = a->rows;
    px_dense meant = px_dense_load(a, BITS), change = px_dense_load(stored, BITS);
    px_dense unknown = column(x, n), b = product(&meant, &unknown), image = product(&change, &unknown);
    px_dense side = stored_b ? column(stored_b, n) : product(&meant, &unknown),
             r = stored_b ? column(stored_b, n) : product(&meant, &unknown);
    subtract(&r, &image); /* b + db - (A + dA) x */
    subtract(&change, &meant);
    subtract(&side, &b);
    result->delta_a = norm_ratio(&change, &meant);
    result->delta_b = norm_ratio(&side, &b);
    result->omega = fmax(largest_ratio(&change, &meant), largest_ratio(&side, &b));
    px_status status = set_conditions(a, &unknown, &b, result, err);
    if (status == PX_OK) status = set_forward(stored, &r, &unknown, &result->forward, err);
    px_dense *all[] = {&meant, &change, &unknown, &b, &image, &side, &r};
    for (size_t k = 0; k < sizeof all / sizeof *all; k++) px_dense_free(all[k]);
    return status;
}
