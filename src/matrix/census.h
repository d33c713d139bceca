/* The census of a tensor: where its magnitudes lie, and what its format has taken away. */
#ifndef PX_MATRIX_CENSUS_H
#define PX_MATRIX_CENSUS_H

#include <stdint.h>

#include "matrix/wide.h"

enum { PX_CENSUS_LOWEST = -1074, PX_CENSUS_HIGHEST = 1023 }; /* of floor(log2 |x|), x a double other than 0 */

/* THE list: X(field, meaning), in entries. The counts against the exact values are 0 where there is no truth. */
#define PX_CENSUS_COUNTS(X)                                                                                            \
    X(n_zero, "zeros")                                                                                                 \
    X(n_subnormal, "subnormal numbers of the format")                                                                  \
    X(n_inf, "infinities")                                                                                             \
    X(n_nan, "not a number")                                                                                           \
    X(n_ref_zero, "exact value 0, or not told apart from 0")                                                           \
    X(n_flushed, "0 although the exact value is not")                                                                  \
    X(n_overflowed, "not finite, or the largest number of the format, although the exact value is a larger one")

typedef struct px_census {
    int64_t n; /* entries */
#define PX_CENSUS_FIELD(field, text) int64_t field;
    PX_CENSUS_COUNTS(PX_CENSUS_FIELD)
#undef PX_CENSUS_FIELD
    int lowest, highest; /* least and greatest floor(log2 |x|) of its finite entries; lowest > highest: none */
    int64_t bin[PX_CENSUS_HIGHEST - PX_CENSUS_LOWEST + 1]; /* finite, floor(log2 |x|) = i + PX_CENSUS_LOWEST */
} px_census;

static inline int64_t px_census_at(const px_census *c, int exponent) { return c->bin[exponent - PX_CENSUS_LOWEST]; }

/* Adds the entries of a tensor to the census, which {.lowest = PX_CENSUS_HIGHEST, .highest = PX_CENSUS_LOWEST} starts.
 * truth (may be NULL): the exact values of the operation that made the tensor, so that what is counted is this
 * operation's own doing. */
void px_census_add(px_census *census, const px_mat *tensor, const px_wide *truth);

#define PX_CENSUS_EMPTY {.lowest = PX_CENSUS_HIGHEST, .highest = PX_CENSUS_LOWEST}

#endif
