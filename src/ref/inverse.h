/* The inverse of a matrix in MPFR, certified: condition numbers that are exact to the last bit of a double, and exact
 * solutions of small systems. */
#ifndef PX_REF_INVERSE_H
#define PX_REF_INVERSE_H

#include "base/error.h"
#include "ref/dense.h"

/* X = A^-1 + a little: |X - A^-1| in the 1-norm and in the inf-norm is below 2^-64 of |A^-1|, over kappa. */
typedef struct px_ref_inverse {
    px_dense a, x;
} px_ref_inverse;

/* A is square, of doubles' range and not singular (PX_INCOMPLETE when 2^15 bits do not tell). Free by
 * px_ref_inverse_free. Gaussian elimination with partial pivoting; about 3 n^3 products. The certificate: see
 * inverse.c. */
px_status px_ref_inverse_find(const px_ref_matrix *a, px_ref_inverse *inverse, px_error *err);
void px_ref_inverse_free(px_ref_inverse *inverse);

/* Nearest doubles of values within 2^-60, relative: ||A|| ||A^-1|| in the 1- and inf-norm; Skeel's
 * cond(A) = || |A^-1||A| ||_inf. */
typedef struct px_ref_conditions {
    double norm_inf, kappa_1, kappa_inf, cond_skeel;
} px_ref_conditions;
px_ref_conditions px_ref_inverse_conditions(const px_ref_inverse *inverse);

/* || |A^-1| (f |A||x| + g) ||_inf / ||x||_inf: f = 1 and g = 0 is Skeel's cond(A, x). x: n numbers, not all 0; g: n
 * numbers >= 0, or NULL for zeros. */
double px_ref_inverse_amplification(const px_ref_inverse *inverse, const mpfr_t *x, double f, const mpfr_t *g);

#endif
