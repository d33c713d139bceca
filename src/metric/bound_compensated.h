/* Bounds of compensated summation. */
#ifndef PX_METRIC_BOUND_COMPENSATED_H
#define PX_METRIC_BOUND_COMPENSATED_H

#include "metric/bound_stage.h"

/* The relative bound of kahan or neumaier in recipe->acc, products and `out` apart. NULL, or why there is none. */
const char *px_bound_compensated(const px_recipe *recipe, const px_bound_data *data, const px_term_error *term,
                                 double *beta);

#endif
