/* Enclosures of non-negative numbers by two doubles, rounded outwards; exact numbers stay exact where that costs
 * nothing. */
#ifndef PX_METRIC_ENCLOSURE_H
#define PX_METRIC_ENCLOSURE_H

#include <stdbool.h>

/* lo <= x <= hi, 0 <= lo, hi perhaps infinite. */
typedef struct px_enclosure {
    double lo, hi;
} px_enclosure;

static inline px_enclosure px_enclosure_of(double x) { return (px_enclosure){x, x}; }

/* |hi + lo| with an error of at most radius; hi finite. */
px_enclosure px_enclose_magnitude(double hi, double lo, double radius);

/* |c - (hi + lo)| with an error of at most radius; all finite. */
px_enclosure px_enclose_error(double c, double hi, double lo, double radius);

/* n / d; 0/0 = 0 and n/0 = inf. */
px_enclosure px_enclose_quotient(px_enclosure n, px_enclosure d);

/* beta x + eta. */
px_enclosure px_enclose_affine(double beta, px_enclosure x, double eta);

/* x 2^e. */
px_enclosure px_enclose_scaled(px_enclosure x, int e);

/* sqrt(x). */
px_enclosure px_enclose_sqrt(px_enclosure x);

/* A sum of squares of m terms, found term by term in double, with everything lost to rounding and underflow. */
px_enclosure px_enclose_rounded_sum(px_enclosure sum, double m);

#endif
