/* Entries of a truth whose digits are certified rather than known, as exact sums have them: for figures that are
 * computed in binary64 and must not depend on the engine. */
#ifndef PX_KIND_SETTLED_H
#define PX_KIND_SETTLED_H

#include <math.h>
#include <stdbool.h>

#include "matrix/wide.h"

/* An entry of a matrix of doubles (of any format that has them), as read in inner loops; 0 where there is none. */
static inline double px_entry_of(const px_mat *m, int64_t i, int64_t j) {
    return m->data ? ((const double *)m->data)[i * m->ld + j] : 0;
}

/* The nearest doubles of the exact value, of the rest of it, and of |A||B|. */
typedef struct px_settled {
    double hi, lo, b;
} px_settled;
px_settled px_settle(const px_truth *truth, int64_t i, int64_t j);

/* The ends between which the settled numbers lie. hi is certain. */
typedef struct px_unsettled {
    double hi, lo_least, lo_most, b_least, b_most;
} px_unsettled;
static inline px_unsettled px_unsettle(const px_truth *truth, int64_t i, int64_t j) {
    const px_wide *v = &truth->v, *b = &truth->absab;
    double lo = px_entry_of(&v->lo, i, j), radius = px_entry_of(&v->radius, i, j), scale = px_entry_of(&b->hi, i, j);
    /* The settled lo is the nearest double of the exact rest: another half an ulp away. */
    if (radius > 0) radius = radius * (1 + 0x1p-40) + fabs(lo) * 0x1p-52;
    double loose = b->relative > 0 ? b->relative * (1 + 0x1p-40) + 0x1p-50 : 0;
    return (px_unsettled){.hi = px_entry_of(&v->hi, i, j),
                          .lo_least = lo - radius,
                          .lo_most = lo + radius,
                          .b_least = scale * (1 - loose),
                          .b_most = scale * (1 + loose)};
}

/* The largest settled b; 0 where there are no entries. Infinite ones count, NaNs do not. */
double px_settled_largest_b(const px_truth *truth);

#endif
