/* Entries of a truth whose digits are certified rather than known, as exact sums have them: for figures that are
 * computed in binary64 and must not depend on the engine. */
#ifndef PX_KIND_SETTLED_H
#define PX_KIND_SETTLED_H

#include <stdbool.h>

#include "matrix/wide.h"

/* The nearest doubles of the exact value, of the rest of it, and of |A||B|. */
typedef struct px_settled {
    double hi, lo, b;
} px_settled;
px_settled px_settle(const px_truth *truth, int64_t i, int64_t j);

/* The ends between which the settled numbers lie. hi is certain. */
typedef struct px_unsettled {
    double hi, lo_least, lo_most, b_least, b_most;
} px_unsettled;
px_unsettled px_unsettle(const px_truth *truth, int64_t i, int64_t j);

/* The largest settled b; 0 where there are no entries. Infinite ones count, NaNs do not. */
double px_settled_largest_b(const px_truth *truth);

#endif
