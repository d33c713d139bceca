/* The definition of the elementwise operations of the op list: one rounding to recipe.out. Operands are any doubles,
 * taken as they are. element is the index in the result, row-major; the random bits are those of a product (step 0) and
 * of a sum (step 1), as in kernel/sum.h. */
#ifndef PX_KERNEL_ELEMENTWISE_H
#define PX_KERNEL_ELEMENTWISE_H

#include "arith/recipe.h"
#include "arith/round.h"

static inline double px_element_add(const px_recipe *recipe, double a, double b, uint64_t stream, uint64_t element) {
    px_rounding r = px_recipe_rounding(recipe);
    return px_add(recipe->out, r, a, b, px_bits_for(r, stream, element, 1));
}

static inline double px_element_mul(const px_recipe *recipe, double a, double b, uint64_t stream, uint64_t element) {
    px_rounding r = px_recipe_rounding(recipe);
    return px_mul(recipe->out, r, a, b, px_bits_for(r, stream, element, 0));
}

static inline double px_element_round(const px_recipe *recipe, double a, uint64_t stream, uint64_t element) {
    px_rounding r = px_recipe_rounding(recipe);
    return px_round(recipe->out, r, a, px_bits_for(r, stream, element, 0));
}

#endif
