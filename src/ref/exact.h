/* From exact values to doubles: pairs, expansions, and one rounding to a format. */
#ifndef PX_REF_EXACT_H
#define PX_REF_EXACT_H

#include <mpfr.h>

#include "arith/fp.h"
#include "arith/rounding.h"
#include "matrix/wide.h"

/* hi = x to nearest, lo = the rest to nearest, radius = what is left, rounded up; lo = radius = 0 where hi is inf or
 * nan. Destroys x, whose precision holds it exactly. */
void px_exact_pair(mpfr_t x, double *hi, double *lo, double *radius);

/* As matrix/wide.h says. Destroys x. */
px_expansion px_exact_expand(mpfr_t x);

/* Enough bits for any sum of a few doubles. */
enum { PX_DOUBLES_BITS = 2112 };

/* The value of the parts (not of the rest, the radius); exact in x of PX_DOUBLES_BITS bits. */
void px_exact_set(mpfr_t x, const px_expansion *e);

/* x rounded once to fp: to an integer multiple of the quantum of its binade (of the smallest subnormal below 2^emin),
 * by MPFR's integer roundings, so that no range of MPFR's is involved; then overflow, then flushing. Stochastic: to
 * nearest. fp exact: to the nearest double. A nan is the positive quiet one. */
double px_exact_to_format(const mpfr_t x, px_fp fp, px_rounding rounding);

#endif
