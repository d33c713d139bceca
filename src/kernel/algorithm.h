/* The definitions of the algorithms of arith/recipe.h: what stands in the place of operands, and two sums of their own.
 * A row of A and a column of B are treated alike, each by itself. */
#ifndef PX_KERNEL_ALGORITHM_H
#define PX_KERNEL_ALGORITHM_H

#include "arith/recipe.h"
#include "kernel/sum.h"

/* The n numbers x that the sum of products reads in the place of a row of A (side 0) or a column of B (side 1), copy
 * after copy: px_algorithm_copies(algorithm) * n numbers. The sum then is the recipe's, over all of them.
 *
 *   bf16xN: x_1 = bf16(x), x_2 = bf16(x - x_1), x_3 = bf16(x - x_1 - x_2), to nearest even. Copies are pairs of parts,
 *   the smallest products first: 33, 23, 32, 13, 22, 31, 12, 21, 11; the last 9, 6 or 3 of them. (Henry, Tang &
 *   Heinecke, ARITH 2019.) What becomes infinite on the way gives NaN.
 *
 *   mx*: blocks of recipe.mx_block consecutive numbers share 2^e, e = floor(log2 max|x|) - emax of the element format,
 *   within +-127; an element is x 2^-e rounded to nearest even, saturating; the number is the element times 2^e. A
 *   block with an infinity or NaN is NaN; one of zeros stays. (OCP Microscaling Formats v1.0, 6.3.) */
void px_algorithm_expand(const px_recipe *recipe, int side, int64_t n, const double *x, double *copies);

/* ozaki: x = 2^e (q_1 2^-7 + ... + q_s 2^-7s) + rest, |q_i| <= 127 integers, 2^e > max|x| the same for all of a row or
 * column, cut toward zero: slices[i n + k]. Returns e; PX_OZAKI_SPECIAL where an x is not finite: the sum is NaN. */
enum { PX_OZAKI_BITS = 7, PX_OZAKI_MOST = 24, PX_OZAKI_SPECIAL = 1 << 20 };
int px_ozaki_split(int slices, int64_t n, const double *x, int8_t *q);

/* s = +0; for i + j = slices + 1 down to 2, i ascending: s = rnd(s + 2^(e_a + e_b - 7(i+j)) sum_k qa_i qb_j), the inner
 * sum exact; rnd to recipe.acc, to nearest even; then c is added, unless it is +0; then recipe.out. The terms are made
 * in binary64. (Ozaki, Ogita, Oishi & Rump, Numer. Algorithms 59, 2012; in integers: Ootomo, Ozaki & Yokota, IJHPCA
 * 2024.) */
double px_ozaki_sum(const px_recipe *recipe, int64_t n, const int8_t *qa, int e_a, const int8_t *qb, int e_b, double c);

/* dot2, every operation rounded to nearest even in recipe.acc: p = c, s = +0; for each term h = a b, r = a b - h,
 * (p, q) = the sum of p and h and its error by Knuth's two-sum, s = s + (q + r); result p + s, rounded to recipe.out. (Ogita,
 * Rump & Oishi, SISC 26(6), 2005, algorithm 5.3.) */
double px_dot2(const px_recipe *recipe, const px_terms *terms);

#endif
