/* Values with more digits than a double, and the truth about a result. */
#ifndef PX_MATRIX_WIDE_H
#define PX_MATRIX_WIDE_H

#include "base/error.h"
#include "matrix/mat.h"

/* A matrix of enclosures: |exact - (hi + lo)| <= radius + relative |hi|. Where relative = 0, hi is the exact value
 * rounded to nearest double; lo is the rest, rounded to nearest double, or with an error that the radius covers. Where
 * hi is inf or nan, lo and radius are 0. All three are doubles (fmt exact), same shape. An absent part (data NULL) is
 * zero everywhere. */
typedef struct px_wide {
    px_mat hi, lo, radius;
    double relative;
} px_wide;

px_wide px_wide_new(px_arena *arena, int64_t rows, int64_t cols); /* all three parts, zeros */
px_wide px_wide_of(px_mat hi);                                    /* exact: no lo, no radius */

/* One entry in as many doubles as it takes: the exact value is 2^exponent (part[0] + part[1] + ...), largest first,
 * each part the rest before it rounded to nearest, when radius = 0; else within 2^exponent radius of it, and no part
 * is 0 (so at least 200 bits are known, and no number of 54 bits lies between the sum of the parts and the exact
 * value). The exponent keeps products of tiny or huge doubles in range; it is 0 for all others. Infinite, nan:
 * part[0], the rest 0. */
enum { PX_PARTS = 6 };
typedef struct px_expansion {
    double part[PX_PARTS];
    double radius;
    int exponent;
} px_expansion;

/* The truth about one result: the exact values of the operation on the stored operands, and |A||B|, the same sum over
 * the magnitudes (for a sum: sum |x_i|). ref/ fills it, metric/ reads it, neither knows the other. */
typedef struct px_truth px_truth;
struct px_truth {
    px_wide v;     /* the exact result, no rounding but that of hi and lo */
    px_wide absab; /* the sum of magnitudes */
    void *context;
    /* One entry again, with all its digits. Safe to call from several threads. */
    px_status (*sharpen)(void *context, int64_t i, int64_t j, px_expansion *value, px_expansion *absab, px_error *err);
};

#endif
