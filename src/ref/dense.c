#include "ref/dense.h"

#include <stdlib.h>

#include "base/error.h"

static void entry_of_mat(const void *context, int64_t i, int64_t j, mpfr_t x) {
    mpfr_set_d(x, px_mat_get(context, i, j), MPFR_RNDN);
}

px_ref_matrix px_ref_matrix_of(const px_mat *m) { return (px_ref_matrix){m->rows, m->cols, entry_of_mat, m}; }

px_dense px_dense_new(int64_t rows, int64_t cols, mpfr_prec_t bits) {
    px_dense d = {.rows = rows, .cols = cols, .bits = bits};
    d.x = calloc((size_t)(rows * cols), sizeof *d.x);
    if (!d.x) px_out_of_memory((unsigned long long)(rows * cols) * sizeof *d.x);
    for (int64_t k = 0; k < rows * cols; k++) {
        mpfr_init2(d.x[k], bits);
        mpfr_set_zero(d.x[k], 1);
    }
    return d;
}

px_dense px_dense_load(const px_ref_matrix *a, mpfr_prec_t bits) {
    px_dense d = px_dense_new(a->rows, a->cols, bits);
    for (int64_t i = 0; i < a->rows; i++)
        for (int64_t j = 0; j < a->cols; j++) a->entry(a->context, i, j, px_dense_at(&d, i, j));
    return d;
}

void px_dense_free(px_dense *d) {
    for (int64_t k = 0; k < d->rows * d->cols; k++) mpfr_clear(d->x[k]);
    free(d->x);
    d->x = NULL;
}

void px_dense_norm(mpfr_t norm, const px_dense *d, bool one) {
    mpfr_t sum, x;
    mpfr_inits2(mpfr_get_prec(norm), sum, x, (mpfr_ptr)NULL);
    mpfr_set_zero(norm, 1);
    for (int64_t i = 0; i < (one ? d->cols : d->rows); i++) {
        mpfr_set_zero(sum, 1);
        for (int64_t j = 0; j < (one ? d->rows : d->cols); j++) {
            mpfr_abs(x, one ? px_dense_at(d, j, i) : px_dense_at(d, i, j), MPFR_RNDU);
            mpfr_add(sum, sum, x, MPFR_RNDU);
        }
        mpfr_max(norm, norm, sum, MPFR_RNDU);
    }
    mpfr_clears(sum, x, (mpfr_ptr)NULL);
}
