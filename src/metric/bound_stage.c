#include "metric/bound_stage.h"

#include <limits.h>

#include "metric/upward.h"

enum { EXACT_P = 53, EXACT_QUANTUM = -1074 }; /* any double */

bool px_rounds_to_nearest(px_rounding r) { return r.mode == PX_NEAREST_EVEN || r.mode == PX_NEAREST_AWAY; }

double px_rounding_v(px_fp fp, px_rounding r) {
    if (px_fp_is_exact(fp)) return 0;
    double u = px_fp_u(fp);
    return px_rounds_to_nearest(r) ? px_up_div(u, 1 + u) : 2 * u; /* 1 + u, up to 53 bits: 2^-53 + 1 rounds to 1, up */
}

double px_rounding_eta(px_fp fp, px_rounding r) {
    if (px_fp_is_exact(fp)) return 0;
    if (!fp.subnormals) return px_up_exp2(fp.emin);
    return px_up_exp2(fp.emin - fp.p + 1 - px_rounds_to_nearest(r));
}

px_grid px_grid_of(px_fp fp) {
    if (px_fp_is_exact(fp)) return (px_grid){EXACT_P, EXACT_QUANTUM, EXACT_QUANTUM};
    int quantum = fp.emin - fp.p + 1;
    return (px_grid){fp.p, quantum, fp.subnormals ? quantum : fp.emin};
}

bool px_number_underflows(px_grid x, px_fp fp) {
    return !px_fp_is_exact(fp) && (fp.subnormals ? x.quantum < px_grid_of(fp).quantum : x.lowest < fp.emin);
}

bool px_sum_underflows(px_grid x, px_fp fp) { /* a difference may be as small as the quantum */
    return px_number_underflows((px_grid){x.p, x.quantum, x.quantum}, fp);
}

px_term_error px_term_error_of(const px_recipe *recipe, const px_bound_data *data) {
    px_grid in = px_grid_of(data->in);
    if (!data->products) return (px_term_error){.grid = in};
    px_grid exact = {2 * in.p, 2 * in.quantum, 2 * in.lowest};
    if (recipe->fused || px_fp_is_exact(recipe->mul)) return (px_term_error){.grid = exact};
    px_rounding r = px_recipe_rounding(recipe);
    px_fp mul = recipe->mul;
    px_grid limit = px_grid_of(mul), grid = exact;
    if (grid.p > limit.p) grid.p = limit.p;
    if (grid.quantum < limit.quantum) grid.quantum = limit.quantum;
    if (grid.lowest < limit.lowest) grid.lowest = limit.lowest;
    return (px_term_error){.v = exact.p > mul.p ? px_rounding_v(mul, r) : 0,
                           .eta = px_number_underflows(exact, mul) ? px_rounding_eta(mul, r) : 0,
                           .grid = grid};
}

static int64_t ceil_div(int64_t a, int64_t b) { return a / b + (a % b != 0); }
static int64_t ceil_log2(int64_t n) { return n <= 1 ? 0 : 64 - __builtin_clzll((uint64_t)n - 1); }

/* Terms in one part. */
static int64_t part_length(const px_recipe *recipe, int64_t n) {
    int64_t length = n;
    if (recipe->order == PX_BLOCKED && recipe->block > 0) length = recipe->block;
    if (recipe->order == PX_SPLITK && recipe->splits > 0) length = ceil_div(n, recipe->splits);
    return length < n ? length : n;
}

px_shape px_shape_of(const px_recipe *recipe, const px_bound_data *data, bool first) {
    int64_t n = data->k, c = data->has_c;
    switch ((px_order)recipe->order) {
    case PX_PAIRWISE:
        if (n > 1) return (px_shape){1, n - 1, ceil_log2(n), c, c, n - 1 + c};
        return (px_shape){1, first, first, c, c, 1 + c};
    case PX_BLOCKED:
    case PX_SPLITK: {
        int64_t length = part_length(recipe, n), parts = ceil_div(n, length);
        return (px_shape){parts,         n - parts + first * parts, length - 1 + first,
                          parts - 1 + c, parts - 1 + c,             n + parts - 1 + c};
    }
    default: { /* one term after another, from c or +0 */
        int64_t inexact = c ? n : n - 1 + first;
        return (px_shape){1, inexact, inexact, 0, 0, n};
    }
    }
}

bool px_split_rounds(const px_recipe *recipe) {
    return recipe->order == PX_SPLITK && !px_fp_is_exact(recipe->split) && recipe->split.p < recipe->acc.p;
}

double px_absolute_terms(const px_recipe *recipe, const px_bound_data *data, const px_term_error *term,
                         const px_shape *shape) {
    px_rounding r = px_recipe_rounding(recipe);
    px_fp acc = recipe->acc, split = recipe->split;
    double sum = px_up_mul((double)data->k, term->eta);
    /* Kept: a sum of multiples of the smallest subnormal is exact when it is subnormal; a finer term can lose its tail,
     * once, where it is added. Flushed: any sum can. A start value may have any tail. */
    int64_t times = data->has_c;
    if (px_sum_underflows(term->grid, acc)) times = acc.subnormals ? times + data->k : shape->all;
    sum = px_up_add(sum, px_up_mul((double)times, px_rounding_eta(acc, r)));
    if (recipe->order == PX_SPLITK && px_number_underflows(px_grid_of(acc), split))
        sum = px_up_add(sum, px_up_mul((double)shape->parts, px_rounding_eta(split, r)));
    return sum;
}

double px_absolute_out(const px_recipe *recipe) {
    bool underflows = px_number_underflows(px_grid_of(recipe->acc), recipe->out);
    return underflows ? px_rounding_eta(recipe->out, px_recipe_rounding(recipe)) : 0;
}
