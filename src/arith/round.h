/* Correctly rounded arithmetic in any format. Values travel as doubles that belong to their format; each function rounds
 * once, from the exact result. Where 2p + 2 <= 53 and the ranges allow it, nearest rounding may pass through binary64
 * (Figueroa 1995; Rump 2016); everything else goes through px_exact. Nothing here reads the floating-point environment.
 *
 * bits: a random word, used in stochastic mode only (its low r bits). */
#ifndef PX_ARITH_ROUND_H
#define PX_ARITH_ROUND_H

#include "arith/exact.h"

/* x, any double, rounded to f. Exact (p = 0) returns x. */
double px_round(px_fp f, px_rounding r, double x, uint64_t bits);

/* One operation on numbers of format f (operands that f flushes count as zeros), rounded once to f.
 * f must not be exact. */
double px_add(px_fp f, px_rounding r, double a, double b, uint64_t bits);
double px_sub(px_fp f, px_rounding r, double a, double b, uint64_t bits);
double px_mul(px_fp f, px_rounding r, double a, double b, uint64_t bits);
double px_div(px_fp f, px_rounding r, double a, double b, uint64_t bits);
double px_sqrt(px_fp f, px_rounding r, double a, uint64_t bits);
double px_fma(px_fp f, px_rounding r, double a, double b, double c, uint64_t bits);

/* Random bits belong to coordinates of the definition, never to a loop, tile or thread: element is the index in the RESULT
 * (row-major), step 2k the product k, 2k+1 the sum k. */
uint64_t px_bits(uint64_t stream, uint64_t element, uint64_t step);

/* The neighbours of x, a finite number of f: the next number of f above and below (the infinity or NaN of f beyond the
 * largest). Flushed subnormals are no numbers of f. */
double px_next_up(px_fp f, double x);
double px_next_down(px_fp f, double x);

#endif
