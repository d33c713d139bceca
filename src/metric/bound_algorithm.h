/* Bounds of the algorithms of arith/recipe.h. A part of bound.h. */
#ifndef PX_METRIC_BOUND_ALGORITHM_H
#define PX_METRIC_BOUND_ALGORITHM_H

#include "metric/bound.h"

/* |E| <= beta B + eta, E against the product of the operands as they were; k > 0, nothing overflowed. inner:
 * px_bound_sum for the recipe without the algorithm. Returns the theorem's row of PX_BOUND_LIST; or -1 and *why there is none. */
int px_bound_algorithm(const px_recipe *recipe, const px_bound_data *data,
                       px_bound (*inner)(const px_recipe *recipe, const px_bound_data *data), double *beta, double *eta,
                       const char **why);

#endif
