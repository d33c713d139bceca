/* The reference of a training step's forward and backward operations where MPFR takes minutes: double-double values
 * with a bound of every error. A tensor carries a bound of the 2-norm of each row's error. An operation bounds its own
 * roundings entry by entry, and adds what its Jacobian's norm makes of the operands' bounds (mean value theorem); a
 * product bounds the norm of its right factor by a few squarings of a Gram matrix. Entry by entry alone, bounds would
 * grow by another square root of the length at every product. */
#ifndef PX_REF_PAIRS_H
#define PX_REF_PAIRS_H

#include "op/op.h"

/* Recipes are ignored. Not here: losses but <dy, y> (a product), updates, GELU by erf, factorisations. What cannot be
 * bounded (a variance that may be 0, numbers beyond 2^+-450, infinities) gets an infinite radius, not an error. The
 * same bits on every instruction set and for any number of threads. */
const px_exec *px_ref_pairs(void);

enum { PX_PAIRS_SQUARINGS = 2 };

/* A bound of the 2-norm of the matrix whose element (i, j) is x[i rs + j cs]: of the smaller Gram matrix, squared
 * `squarings` times, in double with all its roundings bounded. Infinite where x is. */
double px_pairs_norm(const double *x, int64_t rows, int64_t cols, int64_t rs, int64_t cs, int squarings);

#endif
