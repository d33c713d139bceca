/* The definition of every sum, dot product and matrix product: scalar, one rounding after another, in the words of the
 * order list. emu/ may hurry, but prints these bits. */
#ifndef PX_KERNEL_SUM_H
#define PX_KERNEL_SUM_H

#include "arith/recipe.h"

/* The terms of one sum: numbers x_i (b NULL), or products a_i b_i. Strides in elements. Any doubles, taken as they are:
 * what an operand's own format flushes is flushed when the operand is stored. */
typedef struct px_terms {
    int64_t n;
    const double *a, *b;
    int64_t stride_a, stride_b;
    double c;                 /* start value of the sequential order; added first in every other: see below */
    double sign;              /* +1 or -1: the sum is c + sign (x_0 + x_1 ...), the sign applied to each term (exact) */
    uint64_t stream, element; /* of the random bits */
} px_terms;

/* The orders; s = c or +0 at the start, rnd: one rounding of the exact sum to recipe.acc, which must not be exact:
 *
 *   sequential    s = rnd(s + term_k), k = 0 .. n-1
 *   reverse       the same, k = n-1 .. 0
 *   sorted_up, sorted_down   the same, terms (rounded products) by magnitude, ties by index, NaN last
 *   pairwise      level by level neighbours are added, an odd last one moves up; a lone term is added to +0
 *   blocked       block j sums terms jb .. jb+b-1 sequentially from +0; the block sums are added left to right
 *   splitk        the same with `splits` chunks of ceil(n/splits) terms (the last ones may be empty and then add nothing),
 *                 each partial sum rounded to recipe.split
 *   kahan         y = rnd(term - c'); t = rnd(s + y); c' = rnd(rnd(t - s) - y); s = t; c' = +0 at the start; result s
 *   neumaier      t = rnd(s + term); e = rnd(rnd(s - t) + term) where |s| >= |term|, else rnd(rnd(term - t) + s);
 *                 c' = rnd(c' + e); s = t; c' = +0 at the start; result rnd(s + c')
 *
 * c is the start of sequential, reverse, sorted, kahan and neumaier; the others add it at the end, rnd(c + sum), when
 * it is not +0. A term is px_mul in recipe.mul; with mul exact or fused it stays the exact product until it is added.
 * The result is rounded to recipe.out. n = 0 gives c (or +0) rounded to out.
 *
 * Random bits of each rounding, px_bits(stream, element, step), steps:
 *   2k            product k
 *   2k + 1        the addition of term k; pairwise: the one whose right operand begins with term k
 *   2n + 2j       splitk: partial sum j, to `split`
 *   2n + 2j + 1   blocked, splitk: the addition of block sum j >= 1 to those before it
 *   2n + 3k + 0,1,2   kahan: y, t - s, c'; neumaier: the inner difference, e, c'
 *   2^64 - 1, - 2, - 3   the result, to out; c added at the end; neumaier's s + c'
 *
 * last_change (may be NULL): 1 + index of the last term that changed s (sequential), else 0. */
double px_sum(const px_recipe *recipe, const px_terms *terms, int64_t *last_change);

#endif
