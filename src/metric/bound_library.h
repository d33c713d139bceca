/* Bounds of products by a library that takes liberties (px_liberties). A part of bound.h. */
#ifndef PX_METRIC_BOUND_LIBRARY_H
#define PX_METRIC_BOUND_LIBRARY_H

#include "metric/bound.h"

/* k > 0, nothing overflowed. inner: px_bound_sum, called without liberties. */
px_bound px_bound_library(const px_recipe *recipe, const px_bound_data *data,
                          px_bound (*inner)(const px_recipe *recipe, const px_bound_data *data));

#endif
