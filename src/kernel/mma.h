/* The definition of a matrix unit's sum of products, in integers: one algorithm for every row of arith/model.h. emu/
 * may hurry, but prints these bits. */
#ifndef PX_KERNEL_MMA_H
#define PX_KERNEL_MMA_H

#include "arith/model.h"
#include "kernel/sum.h"

/* d = c + sign (a_0 b_0 + a_1 b_1 + ...), a and b present, as the unit computes it: steps of `blocks * width` products
 * in ascending k (the last one padded with zeros), each step's start value being the result of the one before it. n =
 * 0: c.
 *
 * One block, acc + sum of W products:
 *   1. NaN if an operand, a product (0 inf) or the sum of infinities (inf - inf) is NaN; else an infinite term decides.
 *   2. A product is the exact product of significands, in [0, 4), and the sum of exponents; it is not normalised, and a
 *      subnormal operand keeps its format's smallest exponent. Zero terms drop out.
 *   3. E = the largest exponent of products and acc, at least `floor`. Every magnitude is cut to a multiple of 2^(E-F).
 *   4. The integers are added exactly, so the order inside a block is of no concern. Nothing left: +0.
 *   5. One rounding to the unit's acc format; what exceeds its largest number is infinite even toward zero. */
double px_mma_sum(const px_mma *unit, const px_terms *terms);

/* One entry of a matrix product by a recipe with a model; the unit is the model's for the operands' formats and
 * results in recipe.acc. Order sequential: one chain from c. splitk: `splits` chunks of ceil(n/splits) terms, a chain
 * from +0 each, rounded to `split` and added from left to right; then c is added, unless it is +0. promote > 0: a
 * chain leaves the unit after every so many terms; each stretch starts from +0 and its sum is added to the chain's
 * value. Additions are made in acc; they and the roundings to split and out are to nearest even. Nothing else in the
 * recipe plays a part. */
double px_mma_entry(const px_mma *unit, const px_recipe *recipe, const px_terms *terms);

#endif
