/* The vocabulary of op/layer.h's steps, inside this room: rnd of one operation, const, SUM, DOT. */
#ifndef PX_KERNEL_STEPS_H
#define PX_KERNEL_STEPS_H

#include "kernel/fn.h"
#include "kernel/sum.h"

typedef struct steps {
    px_fp f; /* recipe.acc */
    px_rounding r;
} steps;

static inline steps steps_of(const px_recipe *recipe) { return (steps){recipe->acc, px_recipe_rounding(recipe)}; }

static inline double add(steps h, double a, double b) { return px_add(h.f, h.r, a, b, 0); }
static inline double subtract(steps h, double a, double b) { return px_sub(h.f, h.r, a, b, 0); }
static inline double multiply(steps h, double a, double b) { return px_mul(h.f, h.r, a, b, 0); }
static inline double divide(steps h, double a, double b) { return px_div(h.f, h.r, a, b, 0); }
static inline double constant(steps h, double c) { return px_round(h.f, px_rounding_of(PX_NEAREST_EVEN), c, 0); }

/* The last rounding of a value that is out[0]. */
static inline double last(const px_recipe *recipe, double x) {
    return px_round(recipe->out, px_recipe_rounding(recipe), x, 0);
}

/* DOT of n terms `stride` apart; b NULL: SUM. */
static inline double dot(const px_recipe *recipe, int64_t n, int64_t stride, const double *a, const double *b) {
    px_recipe inner = *recipe;
    inner.out = inner.acc;
    px_terms terms = {.n = n, .a = a, .b = b, .stride_a = stride, .stride_b = stride, .sign = 1.0};
    return px_sum(&inner, &terms, NULL);
}

static inline double sum(const px_recipe *recipe, int64_t n, const double *a) { return dot(recipe, n, 1, a, NULL); }

/* NaN if one of the two is. */
static inline double larger(double a, double b) { return a != a || b < a ? a : b; }

#endif
