/* A linear system and a perturbed one, A x = b and (A + dA)(x + dx) = b + db, both solved exactly: how large dx is, and
 * what perturbation theory needs to bound it. */
#ifndef PX_REF_PERTURBED_H
#define PX_REF_PERTURBED_H

#include "base/error.h"
#include "matrix/wide.h"
#include "ref/dense.h"

/* b = A x for n doubles x: hi and lo, n x 1. */
px_wide px_ref_right_side(px_arena *arena, const px_ref_matrix *a, const double *x);

/* All norms are inf-norms. Doubles within 2^-50, relative, of the exact numbers. */
typedef struct px_ref_perturbed {
    double delta_a, delta_b; /* ||dA|| / ||A||, ||db|| / ||b|| */
    double omega;   /* the least with |dA| <= omega |A| and |db| <= omega |b|, entry by entry; inf: there is none */
    double forward; /* ||dx|| / ||x|| */
    double kappa;   /* ||A|| ||A^-1|| */
    double cond;    /* || |A^-1||A| || */
    double amplification; /* || |A^-1| (|A||x| + |b|) || / ||x|| */
} px_ref_perturbed;

/* a and b = a x are what was meant; `stored` is A + dA, of the same shape (a itself: no dA); stored_b, n doubles, is
 * b + db (NULL: b itself, no db). Both matrices are square and not singular, b and x not 0; PX_INCOMPLETE as
 * px_ref_inverse_find.
 *
 * dx = (A + dA)^-1 (b + db - (A + dA) x): the residual is computed with 512 bits, so that dx keeps its digits however
 * small it is. */
px_status px_ref_perturb(const px_ref_matrix *a, const px_ref_matrix *stored, const double *x, const double *stored_b,
                         px_ref_perturbed *result, px_error *err);

#endif
