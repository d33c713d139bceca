/* From a recipe to what a row kernel does, or the knowledge that it cannot. */
#ifndef PX_EMU_PLAN_H
#define PX_EMU_PLAN_H

#include "emu/extent.h"
#include "emu/isa/isa.h"

/* The hardware format in which a kernel computes. */
typedef struct px_host {
    int p, emin, emax;
    size_t size;
} px_host;

extern const px_host px_binary32, px_binary64;

/* What is summed: the n terms a b of a product, or n numbers b; and the start values, with their format. */
typedef struct px_operands {
    bool products, has_start;
    bool turned; /* products are subtracted: their sign is that of a, so up and down are the other way round */
    px_extent a, b, start;
    px_fp c;
    int64_t n;
} px_operands;

/* Of a gemm: by their formats, or by what is in them (which costs a scan). */
px_operands px_operands_of_gemm(const px_task *task, bool scanned);

/* What came out on the way: products before rounding, terms as they are added, and a bound 2^(sum_emax + 1) of sums. */
typedef struct px_facts {
    px_extent product, term;
    bool exact_product; /* in the host, and as it is added */
    int sum_emax;
} px_facts;

/* A plan for such sums on this host, bit-identical to the definition (the conditions stand in plan.c); false when there
 * is none. Leaves `special` false: it is the driver's to set, row by row. */
bool px_plan_make(const px_recipe *recipe, const px_host *host, const px_operands *operands, px_plan *plan,
                  px_facts *facts);

/* Is every such number one of the host's? Is the host's own arithmetic that of the format? */
bool px_plan_holds(const px_host *host, px_extent x);
bool px_plan_is_host(px_fp f, const px_host *host);

/* Is every number of g, its infinities included, a number of f? */
bool px_plan_includes(px_fp f, px_fp g);

/* The constants of rounding any number of the host to f, special values included; false where the host cannot. */
bool px_plan_target(px_fp f, const px_host *host, px_target *target);

/* Scratch memory for plan->room, for n terms; NULL where the plan needs none. */
void *px_plan_room(const px_plan *plan, int64_t n);

/* The rounding mode of the host that a plan wants, on this thread; and nearest_even again. */
void px_plan_enter(const px_plan *plan);
void px_plan_leave(const px_plan *plan);

/* Whether overflow, special values or the sign of a zero may matter in a row of n terms that are at most `largest` in
 * magnitude (inf or nan when one of its factors is) and that starts from at most `start` (inf when that is -0). */
bool px_plan_is_special(const px_recipe *recipe, const px_plan *plan, int64_t n, double largest, double start);

#endif
