/* What a tensor has, and what a narrower format would take from it. */
#ifndef PX_METRIC_NARROW_H
#define PX_METRIC_NARROW_H

#include <stdint.h>

#include "matrix/mat.h"

/* A sum of squares, 4^exponent (sum + rest), by Neumaier's sum; the exponent is about that of the largest number that is
 * squared, so nothing overflows. Relative error below 2^-50 for as many terms as fit into memory. */
typedef struct px_squares {
    double sum, rest;
    int exponent;
} px_squares;

/* Counts are entries. Rounding is to nearest even, overflow by the format's rule, entries as they are: not scaled. */
typedef struct px_narrowing {
    int64_t n, n_zero, n_inf, n_nan;              /* as stored */
    int64_t n_flushed, n_subnormal, n_overflowed; /* rounded: 0 although x is not; subnormal; not finite, x is */
    double least, most;                           /* |x| of finite entries other than 0; least > most: none */
    px_squares of_x, of_error;                    /* of_error: of those that stay finite */
} px_narrowing;

px_narrowing px_narrowing_of(const px_mat *m, px_fp f);
px_narrowing px_narrowing_none(void);
void px_narrowing_merge(px_narrowing *t, const px_narrowing *other); /* of both tensors together */

double px_narrowing_norm(const px_narrowing *t);  /* ||x||_2 of the finite entries */
double px_narrowing_error(const px_narrowing *t); /* ||rounded - x||_2 / ||x||_2 without those that overflow; 0/0 = 0 */

#endif
