/* A row of entries at a glance: ends of |E|, |exact| and B in plain loops over doubles, wide enough to hold without
 * directed rounding, so that the careful look of entry.h can be kept for the entries that matter. */
#ifndef PX_METRIC_ROUGH_H
#define PX_METRIC_ROUGH_H

#include "metric/entry.h"

/* Of an ordinary entry: everything is finite, not 0, far from the ends of double's range, and its radii are small; E is
 * between error_least and error_most, |exact| within 2^-50 of `exact`, B between b_least and b_most. Any other entry
 * has ordinary = 0, errors 0 and inf, and 1 for the rest: its ratios come out infinite. */
typedef struct px_rough_loops px_rough_loops; /* isa/isa.h */
typedef struct px_rough {
    const px_rough_loops *loops;
    int64_t cols;
    double *computed, *error_least, *error_most, *exact, *b_least, *b_most, *ordinary;
    double *ratio; /* what px_rough_ratio returns */
    double *zeros; /* for parts that are absent */
    bool all_ordinary;
    double smallest, largest; /* of |computed|, of exact, over the row */
} px_rough;

px_rough px_rough_new(int64_t cols);
void px_rough_free(px_rough *r);

void px_rough_row(px_rough *r, const px_comparison *c, int64_t i);

/* Upper ends of a ratio of each entry of the row; the largest of them. */
double px_rough_ratio(px_rough *r, const px_comparison *c, px_ratio ratio);

#endif
