/* The definition of correctly rounded arithmetic, in integers: an exact intermediate result, rounded once.
 *
 * px_exact holds (-1)^sign (hi 2^64 + lo + s) 2^exponent, where s = 0, or 0 < s < 1 when `sticky` (the part that a finite
 * number of bits cannot carry: quotients, roots, far-apart sums). No floating-point operation, no environment, so every
 * machine agrees. The fast paths of round.h are tested against this file, and this file against MPFR. */
#ifndef PX_ARITH_EXACT_H
#define PX_ARITH_EXACT_H

#include <stdint.h>

#include "arith/fp.h"
#include "arith/rounding.h"

typedef enum px_class { PX_ZERO, PX_FINITE, PX_INF, PX_NAN } px_class;

typedef struct px_exact {
    px_class kind;
    int sign; /* 0 plus, 1 minus */
    uint64_t hi, lo;
    int exponent;
    int sticky;
} px_exact;

/* IEEE exception flags, in TestFloat's coding. */
enum { PX_INEXACT = 1, PX_UNDERFLOW = 2, PX_OVERFLOWED = 4, PX_DIVZERO = 8, PX_INVALID = 16 };

/* The exact result of an operation on numbers of format f (subnormal operands are zeros where f flushes them). The sign of
 * an exact zero sum is minus only in mode PX_DOWN, or when both terms are -0. Invalid operations give PX_NAN and raise
 * PX_INVALID, x/0 raises PX_DIVZERO in *flags (which may be NULL; flags are or-ed). Operands are quiet. */
px_exact px_exact_of(px_fp f, double a);
px_exact px_exact_add(px_fp f, px_rounding r, double a, double b, unsigned *flags);
px_exact px_exact_mul(px_fp f, double a, double b, unsigned *flags);
px_exact px_exact_div(px_fp f, double a, double b, unsigned *flags);
px_exact px_exact_sqrt(px_fp f, double a, unsigned *flags);
px_exact px_exact_fma(px_fp f, px_rounding r, double a, double b, double c, unsigned *flags); /* a b + c */

/* The exact sum of two exact values of at most 106 bits each, neither sticky: terms that are products not yet rounded.
 * -x: flip the sign. Compares |x| with |y|: -1, 0, +1 (finite values and zeros). */
px_exact px_exact_sum(px_rounding r, px_exact x, px_exact y, unsigned *flags);
int px_exact_compare_magnitude(px_exact x, px_exact y);

/* x rounded once to the format f. Underflow is raised when tiny after rounding and inexact. Random bits: the low r bits of
 * `bits`, stochastic only. NaN results are the one canonical quiet NaN, positive. */
double px_exact_round(px_fp f, px_rounding r, px_exact x, uint64_t bits, unsigned *flags);

#endif
