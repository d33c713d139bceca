/* The extreme singular values of a matrix, certified, to the last bit of a double: one-sided Jacobi in MPFR, with as
 * many bits as the condition number takes. */
#ifndef PX_REF_SVD_H
#define PX_REF_SVD_H

#include "base/error.h"
#include "ref/dense.h"

typedef struct px_ref_svd {
    double sigma_max, sigma_min, kappa_2; /* nearest doubles of values within 2^-60 of the exact ones, relative */
    mpfr_prec_t bits;                     /* it took so many */
} px_ref_svd;

/* sigma_min is the min(rows, cols)-th singular value. The matrix has full rank (PX_INCOMPLETE when 2^15 bits do not
 * tell it from a singular one), no entry beyond the range of doubles.
 *
 * Demmel & Veselic, SIMAX 13(4), 1992; the order of the rotations: Brent & Luk, SISSC 6(1), 1985. The certificate: see
 * svd.c. About 5 n^3 products of that precision a sweep, six to ten sweeps. */
px_status px_ref_svd_find(const px_ref_matrix *a, px_ref_svd *result, px_error *err);

#endif
