/* Errors in norm: one quotient of two figures of the whole matrix. */
#ifndef PX_METRIC_NORMWISE_H
#define PX_METRIC_NORMWISE_H

#include "metric/entry.h"
#include "metric/rough.h"

/* Sums of the squares of |E| and |exact|, over the finite exact values, times 2^(-2 exponent): ends, but for the
 * roundings of their sums. Rows are added one by one. */
typedef struct px_squares {
    int error_exponent, exact_exponent;
    px_enclosure error, exact;
} px_squares;
void px_squares_add(px_squares *s, const px_comparison *c, const px_rough *row, int64_t i);
void px_squares_join(px_squares *s, const px_squares *of_other_rows);

/* What a look at every entry has found. */
typedef struct px_norms {
    px_enclosure error, exact; /* of max |E|, and of max |exact| over finite exact values */
    bool summed;               /* the squares are there */
    px_squares squares;        /* with exponents 0 */
} px_norms;

/* max |E| / max |exact| and ||E||_F / ||exact||_F over the finite exact values, in 8 digits; PX_UNDEFINED, as they
 * come in, when no exact value is different from 0. PX_INCOMPLETE: too few digits to decide. */
px_status px_normwise(const px_comparison *c, const px_norms *norms, double *max, double *frobenius, px_error *err);

#endif
