/* Scaling of a matrix by powers of two, so that it fits a narrow format: Higham, Pranesh & Zounon, Squeezing a matrix
 * into half precision, SISC 41(4), 2019, algorithms 2.1 to 2.5. */
#ifndef PX_SOLVE_SCALING_H
#define PX_SOLVE_SCALING_H

#include <stdbool.h>

#include "solve/solve.h"

/* symmetric: row = column, from the diagonal. a: n x n doubles, row-major. */
px_scales px_scales_of(px_arena *arena, px_scaling scaling, bool symmetric, double theta, double max_finite, int64_t n,
                       const double *a);

/* The exponent e of the largest finite magnitude of x: below 2^e, at least 2^(e-1); INT_MIN of zeros. */
int px_exponent_of(int64_t n, const double *x);

#endif
