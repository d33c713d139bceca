/* Products of matrices with a proven radius, at about half the speed of a plain DGEMM.
 *
 * Rows a of A and columns b of B are scaled by powers of two to norms below 1 - 2^-10 (each its own power, so data may
 * be badly scaled). Then all partial sums of |a_t b_t| stay below 1 (Cauchy & Schwarz), and a sum S that starts at the
 * anchor 3 never leaves the binade [2, 4), whose ulp is u = 2^-51. A step is
 *     T = fl(S + a b)    d = T - S    r = fl(a b - d)    c = fl(c + r)    S = T,
 * where d is exact, as T and S are neighbours in one binade, and r is the rounding error of T: |a b - d| <= u/2. So
 * sum a b = (S - 3) + sum (a b - d), the first exact, and what is lost is lost in r and in the sums of r:
 *     products   each r is rounded once: at most R = 1.25 u/2 in magnitude (1.25: without a fused operation r is
 *                made of the errors of a b and of S + a b), so at most 2^-105 each: n 2^-105
 *     residues   c of one block after t terms is at most t R, its t-th addition loses 2^-53 t R: the first is exact;
 *                for blocks of b = min(n, PX_REF_BLOCK) terms, ceil(n/b) of them, each (b(b+1)/2 - 1) 2^-53 R
 *     blocks     the sum of q blocks is at most q b R: 2^-53 b R (q(q+1)/2 - 1), q = ceil(n/b)
 * (1 + 2^-20 covers what the bounds neglect, R (1 + 2^-50) for R). (Ogita, Rump & Oishi, Accurate sum and dot product,
 * SISC 26(6), 2005, have sums of residues; the anchor is that of Rump, Ogita & Oishi, Accurate floating-point summation
 * I, SISC 31(1), 2008.) Where every product is a multiple of q >= n 1.25 2^-105, all of this is exact: r and its sums
 * are multiples of q below 2^53 q. Where q >= 2^-53 even the plain sums are exact, in any order; and where only few
 * numbers of A stand in the way of that (narrow formats), these are rounded to coarser ones, which leaves partial sums
 * below 2, and what that took from them is multiplied and added apart, exactly, too.
 *
 * Sums of magnitudes are found in binary32, from the numbers rounded to it, in blocks of b = min(n, PX_REF_SIZES_BLOCK)
 * terms whose sums are added in binary64. A term passes 2 roundings of its numbers, at most b of the sums and one of the
 * product (without a fused operation): b + 3 times v = 2^-24, so the sum found lies within e/(1 - e), e = (b + 3) v, of
 * the exact one, relatively, and the exact one within e/(1 - 2 e) of the sum found (Higham, ASNA, 2nd ed., 3.1); each of
 * the ceil(n/b) blocks then loses 2^-53. What underflow takes from n terms below 1 is at most n 2^-148: a sum below
 * n 2^-100 is found again, exactly. Where all products are multiples of 2^-24 everything is exact.
 *
 * An entry whose double-double does not decide the nearest double is found again, exactly, by ref/accumulate.h. */
#ifndef PX_REF_CERTIFIED_H
#define PX_REF_CERTIFIED_H

#include <stdbool.h>

#include "base/arena.h"
#include "op/op.h"

typedef struct px_ref_radius {
    double products, residues, blocks; /* of a scaled result */
} px_ref_radius;
px_ref_radius px_ref_radius_of(int64_t n);

/* Of a sum of n magnitudes, relative to the sum found. */
double px_ref_radius_of_magnitudes(int64_t n);

/* The truth about a PX_OP_GEMM without start values, 1 <= k <= 2^30 (px_ref_can_certify): v.hi is the nearest double of
 * the exact value, |exact - (hi + lo)| <= radius (lo, radius absent: 0 everywhere); |A||B|, absent unless `sizes`, has a
 * relative radius of about 2^-17, or is v itself where no number is negative. Entries that contain infinities, NaNs or numbers of extreme size come from
 * ref/accumulate.h. Bits of lo and of absab depend on the instruction set; nothing that a table shows may. `in` must
 * outlive the truth. */
void px_ref_certify(px_arena *arena, const px_call *call, const px_mat *in, bool sizes, px_truth *truth);
bool px_ref_can_certify(const px_call *call, const px_mat *in, int n_in);

#endif
