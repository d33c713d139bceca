/* The bound of sums by a matrix unit (arith/model.h): blocks whose terms are cut on one grid, added exactly and rounded
 * once. A part of bound.h. */
#ifndef PX_METRIC_BOUND_MMA_H
#define PX_METRIC_BOUND_MMA_H

#include "arith/model.h"
#include "matrix/mat.h"
#include "metric/bound.h"

/* |E| <= beta B + eta for the sums of a recipe with a model, k > 0, nothing overflowed. Not for the unit without blocks
 * (fp64), whose sums are those of a recipe without a model: px_bound_mma_plain. */
void px_bound_mma(const px_recipe *recipe, const px_bound_data *data, const px_mma *unit, double *beta, double *eta);

/* The recipe without a model that rounds as a unit without blocks does. */
px_recipe px_bound_mma_plain(const px_recipe *recipe);

/* For px_bound_data.tiny: the largest 2^(e_a + e_b) that a product of a column of a and a row of b, numbers of f, can
 * have when one of its factors is subnormal (its exponent is then emin); negative: none is. */
double px_bound_mma_tiny(px_fp f, const px_mat *a, const px_mat *b);

#endif
