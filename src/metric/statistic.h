/* Order statistics of figures that are known as enclosures first and exactly on demand. */
#ifndef PX_METRIC_STATISTIC_H
#define PX_METRIC_STATISTIC_H

#include <stdint.h>

#include "base/error.h"
#include "metric/entry.h"
#include "metric/rough.h"

/* The k-th smallest, k from 0, of n numbers; reorders them (Hoare's selection). */
double px_select_smallest(double *x, int64_t n, int64_t k);

double *px_new_doubles(int64_t n); /* by malloc; the caller frees. Never NULL */

/* The largest of the lower ends and of the upper ends: an enclosure of the maximum. */
void px_enclosure_include(px_enclosure *top, px_enclosure x);

/* The k-th smallest ratio, which lies in `range`, in 8 digits. Rounding keeps the order, so where both ends round
 * alike all is said; else the k-th smallest of the rounded ratios is the rounded k-th smallest. PX_INCOMPLETE: too few
 * digits. */
px_status px_ratio_statistic(const px_comparison *c, px_ratio ratio, px_enclosure range, int64_t k, double *figure,
                             px_error *err);

/* The maximum of a ratio over all entries, found by a rough look at each and a careful one at those that can be it. */
typedef struct px_maximum {
    px_enclosure top; /* of the maximum */
    bool any;         /* entries that take part */
    double *row_top;  /* rows: an upper end of the ratios of each */
} px_maximum;
px_maximum px_maximum_new(int64_t rows);
void px_maximum_free(px_maximum *m);
void px_maximum_include(px_maximum *m, const px_comparison *c, px_ratio ratio, px_rough *row, int64_t i);
px_status px_maximum_digits(const px_maximum *m, const px_comparison *c, px_ratio ratio, double *figure, px_error *err);

/* |E| / B of one entry. */
px_enclosure px_scaled_error(const px_comparison *c, int64_t i, int64_t j);

/* The k-th smallest |E| / B of all entries, for two k. most: their upper ends, row by row without gaps; the lower ones
 * are at least those times 1 - near, but for some entries with upper ends of at most `widest` (negative: for none). */
px_status px_scaled_quantiles(const px_comparison *c, const double *most, double near, double widest,
                              const int64_t k[2], double figure[2], px_error *err);

#endif
