/* Parts that the deterministic and the probabilistic bounds share: what one rounding does, what a term is, how many
 * roundings an order makes. */
#ifndef PX_METRIC_BOUND_STAGE_H
#define PX_METRIC_BOUND_STAGE_H

#include "metric/bound.h"

/* |rnd(x) - x| <= v |x| + e for one rounding to fp. */
double px_rounding_v(px_fp fp, px_rounding r);   /* u/(1+u) to nearest, 2u else; 0 for exact */
double px_rounding_eta(px_fp fp, px_rounding r); /* when subnormal or flushed; 0 for exact */
bool px_rounds_to_nearest(px_rounding r);

/* Numbers with at most p significant bits that are multiples of 2^quantum, the smallest not below 2^lowest. */
typedef struct px_grid {
    int p, quantum, lowest;
} px_grid;

px_grid px_grid_of(px_fp fp);

/* May rounding such a number, or a sum of them, to fp underflow with an error? */
bool px_number_underflows(px_grid x, px_fp fp);
bool px_sum_underflows(px_grid x, px_fp fp);

/* One term before it is added: its own rounding (the product's) and what is left of its grid. */
typedef struct px_term_error {
    double v, eta;
    px_grid grid;
} px_term_error;

px_term_error px_term_error_of(const px_recipe *recipe, const px_bound_data *data);

/* How an order sums n terms: in `parts` parts, each part term by term, then the parts one by one, then c. */
typedef struct px_shape {
    int64_t parts;
    int64_t inexact_part, path_part; /* roundings that can be inexact: N in all parts, h in one */
    int64_t inexact_rest, path_rest; /* of the parts to the sum, and of c */
    int64_t all;                     /* roundings to acc, exact ones included */
} px_shape;

/* first: the addition of the first term of a part to +0 rounds. */
px_shape px_shape_of(const px_recipe *recipe, const px_bound_data *data, bool first);

/* Is there a rounding to `split` that matters? */
bool px_split_rounds(const px_recipe *recipe);

/* The absolute terms: of all products and sums, before any amplification; and of the rounding to `out`. */
double px_absolute_terms(const px_recipe *recipe, const px_bound_data *data, const px_term_error *term,
                         const px_shape *shape);
double px_absolute_out(const px_recipe *recipe);

#endif
