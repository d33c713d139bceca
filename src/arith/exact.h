/* The definition of correctly rounded arithmetic, in integers: an exact intermediate result, rounded once.
 *
 * px_exact holds (-1)^sign (hi 2^64 + lo + s) 2^exponent, where s = 0, or 0 < s < 1 when `sticky` (the part that a
 * finite number of bits cannot carry: quotients, roots, far-apart sums). No floating-point operation, no environment,
 * so every machine agrees. The fast paths of round.h are tested against this file, and this file against MPFR.
 *
 * Rounding to a format f, the rules beyond IEEE 754:
 * - stochastic with r bits: t = the discarded fraction of the quantum (in the subnormal range: of the smallest
 * subnormal), cut to r bits, plus the low r bits of `bits`; away from zero when t >= 1, else towards it. Exact results
 * draw nothing.
 * - overflow: the result, rounded to p bits in its mode as if exponents had no end, exceeds max_finite. The nearest
 * modes, stochastic and the outward directed mode then follow the format's rule (inf, nan, +-max_finite); toward_zero,
 * odd and the inward directed mode give +-max_finite.
 * - an exact infinity stays where the format has one, else it is NaN; +-max_finite under the rule saturate.
 * - subnormals flushed: a result that, rounded to p bits in its mode as if exponents had no end, is below 2^emin
 * becomes a zero of its sign, in every mode. */
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
    int sticky; /* only with a top bit at 2^117 or above: p + r bits are always there */
} px_exact;

/* IEEE exception flags, in TestFloat's coding. */
enum { PX_INEXACT = 1, PX_UNDERFLOW = 2, PX_OVERFLOWED = 4, PX_DIVZERO = 8, PX_INVALID = 16 };

/* The exact result of an operation on any doubles, taken as they are (px_flush in round.h makes operands of a flushing
 * format). The sign of an exact zero sum is minus only in mode PX_DOWN, or when both terms are -0. Invalid operations
 * give PX_NAN and raise PX_INVALID, x/0 raises PX_DIVZERO in *flags (which may be NULL; flags are or-ed). Operands are
 * quiet. */
PX_HD px_exact px_exact_of(double a);
PX_HD px_exact px_exact_add(px_rounding r, double a, double b, unsigned *flags);
PX_HD px_exact px_exact_mul(double a, double b, unsigned *flags);
PX_HD px_exact px_exact_div(double a, double b, unsigned *flags);
PX_HD px_exact px_exact_sqrt(double a, unsigned *flags);
PX_HD px_exact px_exact_fma(px_rounding r, double a, double b, double c, unsigned *flags); /* a b + c */

/* The exact sum of two exact values of at most 106 bits each, neither sticky: terms that are products not yet rounded.
 * -x: flip the sign. Compares |x| with |y|: -1, 0, +1 (neither sticky, neither NaN). */
PX_HD px_exact px_exact_sum(px_rounding r, px_exact x, px_exact y, unsigned *flags);
PX_HD int px_exact_compare_magnitude(px_exact x, px_exact y);

/* x rounded once to the format f, which is not exact. Raises in *flags (may be NULL): inexact; underflow when tiny
 * after rounding and inexact (a flushed result is both); overflow and inexact; an infinity that f does not have:
 * invalid when it becomes NaN, overflow and inexact when it saturates. bits: stochastic only. A NaN is the one
 * canonical quiet NaN, positive. */
PX_HD double px_exact_round(px_fp f, px_rounding r, px_exact x, uint64_t bits, unsigned *flags);

/* What a finite value beyond the range becomes; raises overflow and inexact. */
PX_HD double px_exact_overflow(px_fp f, px_rounding r, int sign, unsigned *flags);

#endif
