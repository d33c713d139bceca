/* From a recipe to what a row kernel does, or the knowledge that it cannot. */
#ifndef PX_EMU_PLAN_H
#define PX_EMU_PLAN_H

#include "arith/recipe.h"
#include "emu/isa/isa.h"

/* The hardware format in which a kernel computes. */
typedef struct px_host {
    int p, emin, emax;
    size_t size;
} px_host;

extern const px_host px_binary32, px_binary64;

/* What is summed: the n terms a b of a product (formats a and b), or n numbers (format b); and the start value's
 * format. */
typedef struct px_operands {
    bool products, has_start;
    px_fp a, b, c;
    int64_t n;
} px_operands;

/* A plan for such sums on this host, bit-identical to the definition (the conditions stand in plan.c); false when there
 * is none. Leaves `special` false: it is the driver's to set, row by row. */
bool px_plan_make(const px_recipe *recipe, const px_host *host, const px_operands *operands, px_plan *plan);

/* Whether overflow, special values or the sign of a zero may matter in a row of n terms that are at most `largest` in
 * magnitude (inf or nan when one of its factors is) and that starts from at most `start` (inf when that is -0). */
bool px_plan_is_special(const px_recipe *recipe, const px_plan *plan, int64_t n, double largest, double start);

#endif
