/* Factorisations and triangular solves by LAPACK and BLAS, in their own order of operations. */
#ifndef PX_BACKEND_LAPACK_H
#define PX_BACKEND_LAPACK_H

#include "backend/tensors.h"

/* Whether the op is one of them. */
int px_lapack_has(px_op op);

/* Runs one call on slots of fp32, or of fp64. Zero pivots and matrices that are not positive definite are events of the
 * numbers: the factors are what LAPACK leaves then, NaN from the place of an indefinite pivot on. */
void px_lapack_run(px_tensors *t, const px_call *call, px_arena *arena);

#endif
