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

/* Algorithms that make products of better numbers from products of short ones, or the reverse; THE list: X(enumerator,
 * name, what it does). Precise definitions in kernel/algorithm.h. */
#define PX_ALGORITHM_LIST(X)                                                                                           \
    X(PX_ALGORITHM_NONE, "none", "the operands are multiplied as they are")                                            \
    X(PX_BF16X3, "bf16x3", "three bf16 numbers for one; the 3 largest of their 9 products (16 bits)")                  \
    X(PX_BF16X6, "bf16x6", "the 6 largest of 9 products of bf16 parts (about fp32)")                                   \
    X(PX_BF16X9, "bf16x9", "all 9 products of bf16 parts (exact products of fp32 numbers)")                            \
    X(PX_MXFP8_E4M3, "mxfp8_e4m3", "blocks of `mx_block` terms share a power of two, elements in fp8_e4m3 (OCP MX)")   \
    X(PX_MXFP8_E5M2, "mxfp8_e5m2", "the same in fp8_e5m2")                                                             \
    X(PX_MXFP4, "mxfp4", "the same in fp4 (e2m1)")                                                                     \
    X(PX_OZAKI, "ozaki",                                                                                               \
      "`slices` of 7 bits below the largest of a row or column; exact integer sums of their products")                 \
    X(PX_DOT2, "dot2", "twice the accumulator's precision, by error-free products and sums")

#define PX_ALGORITHM_ENUM(id, name, text) id,
typedef enum px_algorithm { PX_ALGORITHM_LIST(PX_ALGORITHM_ENUM) PX_ALGORITHM_COUNT } px_algorithm;
#undef PX_ALGORITHM_ENUM

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
    uint8_t algorithm;              /* px_algorithm */
    int32_t slices, mx_block;       /* 0: does not apply */
} px_recipe;

PX_HD_INLINE px_rounding px_recipe_rounding(const px_recipe *r) { return (px_rounding){r->rounding, r->sr_bits}; }

/* What an executor may do beside what the recipe says, for the bounds; all 0: nothing. */
typedef struct px_liberties {
    const char *operands; /* operands are rounded to this format first, in any direction; NULL: they are not */
    bool any_unit;        /* sums in any order, by matrix units too: rounded in any direction, terms cut at the largest */
    bool narrow_sums;     /* any sum on the way may be rounded to `out` */
} px_liberties;

PX_HD_INLINE bool px_takes_liberties(px_liberties l) { return l.operands || l.any_unit || l.narrow_sums; }

/* Everything in one format, sequential, nearest_even, not fused. */
px_recipe px_recipe_uniform(px_fp f);

const char *px_order_name(px_order order);
const char *px_order_help(px_order order);
int px_order_find(const char *name); /* the order, or -1 */

const char *px_algorithm_name(px_algorithm algorithm);

/* The algorithms up to PX_MXFP4 multiply and add other numbers in the place of the operands, by the rest of the recipe:
 * each term becomes so many products, of numbers of this format. */
PX_HD_INLINE bool px_algorithm_replaces(px_algorithm a) { return a != PX_ALGORITHM_NONE && a <= PX_MXFP4; }
int px_algorithm_copies(px_algorithm algorithm);
px_fp px_algorithm_operand(px_algorithm algorithm, px_fp in);

/* The format of the elements of a block-scaled algorithm; they saturate. */
px_fp px_algorithm_element(px_algorithm algorithm);

#endif
