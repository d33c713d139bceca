/* A recipe: in which formats, in which order and with which roundings an operation is computed. Plain data; the bounds,
 * the definitions and the references all read the same struct. */
#ifndef PX_ARITH_RECIPE_H
#define PX_ARITH_RECIPE_H

#include "arith/fp.h"
#include "arith/rounding.h"

/* Orders of summation, THE list: X(enumerator, name, what it does). Precise definitions in kernel/sum.h. */
#define PX_ORDER_LIST(X)                                                                                               \
    X(PX_SEQUENTIAL, "sequential", "k ascending, from the start value or +0")                                          \
    X(PX_REVERSE, "reverse", "k descending")                                                                           \
    X(PX_SORTED_UP, "sorted_up", "by magnitude, smallest first; ties by index, NaN last")                              \
    X(PX_SORTED_DOWN, "sorted_down", "by magnitude, largest first; ties by index, NaN last")                           \
    X(PX_PAIRWISE, "pairwise", "neighbours, level by level; an odd last element moves up")                             \
    X(PX_BLOCKED, "blocked", "consecutive blocks of `block` terms, each from +0; block sums added left to right")      \
    X(PX_SPLITK, "splitk", "`splits` chunks of ceil(k/splits) terms, each from +0; partial sums added left to right")  \
    X(PX_KAHAN, "kahan", "compensated: y = x - c; t = s + y; c = (t - s) - y")                                         \
    X(PX_NEUMAIER, "neumaier", "Kahan-Babuska: the correction is kept aside and added at the end")

#define PX_ORDER_ENUM(id, name, text) id,
typedef enum px_order { PX_ORDER_LIST(PX_ORDER_ENUM) PX_ORDER_COUNT } px_order;
#undef PX_ORDER_ENUM

typedef struct px_recipe {
    px_fp mul;                      /* products are rounded to this; exact: not rounded before they are added */
    px_fp acc;                      /* every sum is rounded to this; exact: one rounding at the end, to out */
    px_fp out;                      /* the result is rounded to this */
    px_fp split;                    /* partial sums of splitk; p = 0: as acc */
    uint8_t rounding, sr_bits;      /* px_rounding */
    uint8_t order;                  /* px_order */
    uint8_t fused;                  /* 1: the product is not rounded, one rounding a step (mul is then ignored) */
    int16_t model;                  /* px_model: products and sums by a matrix unit (kernel/mma.h); 0: none */
    int32_t block, splits, promote; /* 0: does not apply; promote: models only */
} px_recipe;

static inline px_rounding px_recipe_rounding(const px_recipe *r) { return (px_rounding){r->rounding, r->sr_bits}; }

/* Everything in one format, sequential, nearest_even, not fused. */
px_recipe px_recipe_uniform(px_fp f);

const char *px_order_name(px_order order);
const char *px_order_help(px_order order);
int px_order_find(const char *name); /* the order, or -1 */

#endif
