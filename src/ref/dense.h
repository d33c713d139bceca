/* Dense matrices of MPFR numbers, all of one precision, for the references of linear algebra. */
#ifndef PX_REF_DENSE_H
#define PX_REF_DENSE_H

#include <stdbool.h>
#include <stdint.h>

#include <mpfr.h>

#include "matrix/mat.h"

/* A matrix that is known to any precision: entry() sets x, from (i, j) counted from 0, with a relative error of at most
 * 2 ulp of x's precision. */
typedef struct px_ref_matrix {
    int64_t rows, cols;
    void (*entry)(const void *context, int64_t i, int64_t j, mpfr_t x);
    const void *context;
} px_ref_matrix;

px_ref_matrix px_ref_matrix_of(const px_mat *m); /* doubles; m must outlive it */

/* rows x cols numbers, row-major. Own memory: free it by px_dense_free. */
typedef struct px_dense {
    int64_t rows, cols;
    mpfr_prec_t bits;
    mpfr_t *x;
} px_dense;

px_dense px_dense_new(int64_t rows, int64_t cols, mpfr_prec_t bits); /* zeros */
px_dense px_dense_load(const px_ref_matrix *a, mpfr_prec_t bits);
void px_dense_free(px_dense *d);

/* The inf-norm, or the 1-norm, rounded up at every step. */
void px_dense_norm(mpfr_t norm, const px_dense *d, bool one);

static inline mpfr_ptr px_dense_at(const px_dense *d, int64_t i, int64_t j) { return d->x[i * d->cols + j]; }

#endif
