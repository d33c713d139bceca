/* The definition of every sum, dot product and matrix product: scalar, one rounding after another, in the words of the
 * order list. emu/ may hurry, but prints these bits. */
#ifndef PX_KERNEL_SUM_H
#define PX_KERNEL_SUM_H

#include "arith/recipe.h"

/* The terms of one sum: numbers x_i (b NULL), or products a_i b_i. Strides in elements. */
typedef struct px_terms {
    int64_t n;
    const double *a, *b;
    int64_t stride_a, stride_b;
    double c;      /* start value of the sequential order; added first in every other: see below */
    double sign;   /* +1 or -1: the sum is c + sign (x_0 + x_1 ...), the sign applied to each term (exact) */
    uint64_t stream, element; /* of the random bits */
} px_terms;

/* sequential: s = c; s = rnd(s + term_k), k = 0 .. n-1. reverse: k = n-1 .. 0. sorted_up, sorted_down: terms (rounded
 * products) by magnitude, ties by index, NaN last, then sequential. pairwise: level by level, neighbours added, an odd last
 * one moves up. blocked: block j sums terms jb .. jb+b-1 sequentially from +0; the block sums are added left to right.
 * splitk: the same with `splits` chunks of ceil(n/splits), partial sums rounded to `split`. kahan, neumaier: as the order
 * list says. c is the start of sequential, reverse, sorted, kahan and neumaier; the others add it at the end, rnd(c + sum),
 * when it is not +0. A term is px_mul in recipe.mul; with mul exact or fused it stays the exact product (px_exact_mul)
 * until it is added. Each addition is one rounding of the exact sum to recipe.acc, which must not be exact; the result is
 * rounded to recipe.out. n = 0 gives c (or +0) rounded to out.
 * last_change (may be NULL): 1 + index of the last term that changed s (sequential), else 0. */
double px_sum(const px_recipe *recipe, const px_terms *terms, int64_t *last_change);

#endif
