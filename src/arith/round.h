/* Correctly rounded arithmetic in any format. Values travel as doubles; each function rounds once, from the exact
 * result, by the rules of exact.h, and gives the bits that px_exact_round gives.
 *
 * The fast paths: a sum of doubles is made in binary64 and, when inexact, rounded to odd there by the sign of its error
 * (Knuth's two-sum; Boldo & Melquiond 2008), which makes the second rounding, in any mode and to at most 51 bits, the
 * only one that counts. Products of operands of up to 26 bits are exact in binary64. Quotients and roots pass through
 * binary64 in the nearest modes where 2p + 2 <= 53 (Figueroa 1995). fp64 itself, to nearest even, is the machine's. All
 * else is px_exact. They rely on binary64 arithmetic to nearest even, which base/probe.h makes sure of at start-up;
 * px_round is integers only.
 *
 * Operands are any doubles, taken as they are; for a machine that flushes, pass px_flush of them.
 * bits: a random word, used in stochastic mode only (its low r bits); px_bits_for makes it. */
#ifndef PX_ARITH_ROUND_H
#define PX_ARITH_ROUND_H

#include <string.h>

#include "arith/exact.h"

/* x, any double, rounded to f. Exact (p = 0) returns x. */
PX_HD_INLINE double px_round(px_fp f, px_rounding r, double x, uint64_t bits);

/* What an operation of a machine that computes in f sees of x: zero of the same sign when f flushes and |x| < 2^emin.
 */
PX_HD double px_flush(px_fp f, double x);

/* One operation on doubles, rounded once to f, which must not be exact. */
PX_HD double px_add(px_fp f, px_rounding r, double a, double b, uint64_t bits);
PX_HD double px_sub(px_fp f, px_rounding r, double a, double b, uint64_t bits);
PX_HD double px_mul(px_fp f, px_rounding r, double a, double b, uint64_t bits);
PX_HD double px_div(px_fp f, px_rounding r, double a, double b, uint64_t bits);
PX_HD double px_sqrt(px_fp f, px_rounding r, double a, uint64_t bits);
PX_HD double px_fma(px_fp f, px_rounding r, double a, double b, double c, uint64_t bits); /* a b + c */

/* Random bits belong to coordinates of the definition, never to a loop, tile or thread: element is the index in the
 * RESULT (row-major), step 2k the product k, 2k+1 the sum k. px_bits_for: 0 in modes that draw nothing. */
PX_HD uint64_t px_bits(uint64_t stream, uint64_t element, uint64_t step);
PX_HD_INLINE uint64_t px_bits_for(px_rounding r, uint64_t stream, uint64_t element, uint64_t step) {
    return r.mode == PX_STOCHASTIC ? px_bits(stream, element, step) : 0;
}

/* The neighbours of x, a finite number of f: the next number of f above and below (the infinity or NaN of f beyond the
 * largest). Flushed subnormals are no numbers of f. */
PX_HD double px_next_up(px_fp f, double x);
PX_HD double px_next_down(px_fp f, double x);

/* px_round where the short way below ends: special values, subnormals, overflow. */
PX_HD double px_round_rare(px_fp f, px_rounding r, double x, uint64_t bits);

/* How much to add to the word of |x|, of which `drop` low bits (0 .. 51) go, so that truncation then rounds: a carry
 * runs into the exponent field, as it should. */
PX_HD_INLINE uint64_t px_round_increment(px_rounding r, uint64_t word, int negative, int drop, uint64_t bits) {
    uint64_t quantum = (uint64_t)1 << drop, low = word & (quantum - 1), odd = word >> drop & 1;
    switch ((px_rounding_mode)r.mode) {
    case PX_NEAREST_EVEN: return drop ? (quantum >> 1) - 1 + odd : 0;
    case PX_NEAREST_AWAY: return quantum >> 1;
    case PX_TOWARD_ZERO: return 0;
    case PX_UP: return negative ? 0 : quantum - 1;
    case PX_DOWN: return negative ? quantum - 1 : 0;
    case PX_ODD: return low && !odd ? quantum : 0;
    case PX_STOCHASTIC:
    case PX_ROUNDING_COUNT: break;
    }
    if (r.sr_bits >= drop) { /* the fraction is not cut: compare with the top bits of the drawn number */
        uint64_t drawn = bits << (64 - r.sr_bits);
        return drop && (low << (64 - drop)) + drawn < drawn ? quantum : 0;
    }
    uint64_t drawn = bits & (((uint64_t)1 << r.sr_bits) - 1);
    return ((low >> (drop - r.sr_bits)) + drawn) >> r.sr_bits ? quantum : 0;
}

PX_HD_INLINE double px_round(px_fp f, px_rounding r, double x, uint64_t bits) {
    if (f.p == 0) return x;
    uint64_t word, sign = (uint64_t)1 << 63;
    memcpy(&word, &x, sizeof word);
    uint64_t magnitude = word & ~sign;
    int exponent = (int)(magnitude >> 52) - 1023, drop = 53 - f.p;
    if (exponent < f.emin || exponent > f.emax) return px_round_rare(f, r, x, bits);
    magnitude += px_round_increment(r, magnitude, word >> 63 != 0, drop, bits);
    magnitude = magnitude >> drop << drop;
    double y;
    memcpy(&y, &magnitude, sizeof y);
    if (y > f.max_finite) return px_round_rare(f, r, x, bits);
    magnitude |= word & sign;
    memcpy(&y, &magnitude, sizeof y);
    return y;
}

#endif
