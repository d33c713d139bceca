/* Krylov methods, and the vector arithmetic that they share: one rounding to the format an operation, sums with k
 * ascending. */
#ifndef PX_SOLVE_KRYLOV_H
#define PX_SOLVE_KRYLOV_H

#include "solve/track.h"

/* d approximates A^-1 r by GMRES from d = 0, left-preconditioned by the factors: modified Gram-Schmidt and Givens
 * rotations in `work`, products in `apply` (Carson & Higham, SISC 40(2), 2018). *inner: its iterations. */
px_status px_gmres(px_linear *l, const double *r, double *d, int64_t *inner, px_error *err);

/* Conjugate gradients on A x = b from x = 0 (Hestenes & Stiefel), the residual replaced by b - A x now and then. */
px_status px_cg(px_linear *l, px_solution *solution, px_error *err);

double px_work_dot(px_fp f, int64_t n, const double *x, const double *y);
/* y = x + factor z */
void px_work_axpy(px_fp f, int64_t n, const double *x, double factor, const double *z, double *y);

#endif
