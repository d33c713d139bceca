/* Rounding modes, THE list: X(enumerator, name, what it does). */
#ifndef PX_ARITH_ROUNDING_H
#define PX_ARITH_ROUNDING_H

#include <stdint.h>

#include "base/hd.h"

#define PX_ROUNDING_LIST(X)                                                                                            \
    X(PX_NEAREST_EVEN, "nearest_even", "to nearest, ties to the even significand (IEEE default)")                      \
    X(PX_NEAREST_AWAY, "nearest_away", "to nearest, ties away from zero")                                              \
    X(PX_TOWARD_ZERO, "toward_zero", "truncation")                                                                     \
    X(PX_UP, "up", "toward plus infinity")                                                                             \
    X(PX_DOWN, "down", "toward minus infinity")                                                                        \
    X(PX_ODD, "odd", "inexact results take the odd neighbour (von Neumann); makes a later rounding harmless")          \
    X(PX_STOCHASTIC, "stochastic", "up with the probability of the discarded fraction, cut to r random bits")

#define PX_ROUNDING_ENUM(id, name, text) id,
typedef enum px_rounding_mode { PX_ROUNDING_LIST(PX_ROUNDING_ENUM) PX_ROUNDING_COUNT } px_rounding_mode;
#undef PX_ROUNDING_ENUM

enum { PX_SR_BITS_DEFAULT = 32, PX_SR_BITS_MAX = 64 };

/* How to round: the mode and, for stochastic, the number r of random bits (1 .. 64). */
typedef struct px_rounding {
    uint8_t mode;    /* px_rounding_mode */
    uint8_t sr_bits; /* stochastic only */
} px_rounding;

PX_HD_INLINE px_rounding px_rounding_of(px_rounding_mode mode) {
    return (px_rounding){(uint8_t)mode, (uint8_t)(mode == PX_STOCHASTIC ? PX_SR_BITS_DEFAULT : 0)};
}

const char *px_rounding_name(px_rounding_mode mode);
const char *px_rounding_help(px_rounding_mode mode);
int px_rounding_find(const char *name); /* the mode, or -1 */

#endif
