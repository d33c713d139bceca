/* Errors in norm: one quotient of two figures of the whole matrix. */
#ifndef PX_METRIC_NORMWISE_H
#define PX_METRIC_NORMWISE_H

#include "metric/entry.h"

/* What a look at every entry has found. */
typedef struct px_norms {
    px_enclosure error, exact; /* of max |E|, and of max |exact| over finite exact values */
} px_norms;

/* max |E| / max |exact| and ||E||_F / ||exact||_F over the finite exact values, in 8 digits; PX_UNDEFINED, as they
 * come in, when no exact value is different from 0. PX_INCOMPLETE: too few digits to decide. */
px_status px_normwise(const px_comparison *c, const px_norms *norms, double *max, double *frobenius, px_error *err);

#endif
