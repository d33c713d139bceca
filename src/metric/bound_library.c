/* Each liberty puts a factor on top of the bound that the recipe has with directed roundings, v = 2u, in any order.
 *
 * A unit adds t numbers (a start value among them) at once: all but those with the largest exponent are cut on a grid
 * of at most 2u of that one, and the sum is rounded, cut at worst: t errors of at most 2u S, S the magnitudes, for t - 1
 * additions. Two roundings an addition cover that (Blanchard et al. have one, for units that cut nothing), so the bound
 * of the recipe is taken twice. A subnormal factor counts in the grid as if its exponent were emin: terms are cut at 2u
 * 2^emin max(|a|, |b|, 2^emin) at worst.
 *
 * Sums that may be rounded to `out` on the way: no term meets more than n such roundings, with an absolute error each
 * where they underflow.
 *
 * Operands rounded first, a^ = a + (d |a| + h), d = 2u, h the smallest subnormal: bound_algorithm.c's line
 *
 *     |a^ b^ - a b| <= (2d + d^2)|a||b| + (1 + d)(h |b| + h |a|) + h^2,
 *
 * and |A^||B^| is at most (1 + d)^2 |A||B| and k times the rest. The products of the a^ are rounded here as those of the
 * a would be, since a library may also leave an operand as it is, or round it to a longer format. */
#include "metric/bound_library.h"

#include <math.h>

#include "metric/bound_stage.h"
#include "metric/upward.h"

static const px_rounding any_direction = {PX_TOWARD_ZERO, 0};

static px_bound more(px_bound b, double factor, double absolute) {
    double beta = px_up_compose(b.beta, factor);
    double eta = px_up_add(px_up_mul(px_up_add(1, factor), b.eta), px_up_mul(px_up_add(1, beta), absolute));
    b.beta = beta;
    b.eta = eta;
    return b;
}

static px_bound by_any_unit(const px_recipe *recipe, const px_bound_data *data, px_bound b, int emin) {
    double smallest = px_up_exp2(emin), v = px_rounding_v(recipe->acc, any_direction);
    double term = px_up_mul(smallest, fmax(smallest, fmax(data->largest_a, data->largest_b)));
    b.eta = px_up_mul(px_up_add(2, b.beta), b.eta);
    b.beta = px_up_compose(b.beta, b.beta);
    return more(b, 0, px_up_mul((double)(2 * (data->k + data->has_c)), px_up_mul(v, term)));
}

static px_bound with_narrow_sums(const px_recipe *recipe, const px_bound_data *data, px_bound b) {
    int64_t n = data->k + data->has_c;
    return more(b, px_up_power(px_rounding_v(recipe->out, any_direction), n),
                px_up_mul((double)n, px_rounding_eta(recipe->out, any_direction)));
}

static px_bound of_rounded_operands(const px_bound_data *data, px_bound b, px_fp f) {
    double d = px_rounding_v(f, any_direction), h = px_rounding_eta(f, any_direction), both = px_up_compose(d, d);
    double sides = px_up_mul(h, px_up_add(data->largest_a, data->largest_b));
    double rest = px_up_mul((double)data->k, px_up_add(px_up_mul(px_up_add(1, d), sides), px_up_mul(h, h)));
    return more(b, both, rest);
}

px_bound px_bound_library(const px_recipe *recipe, const px_bound_data *data,
                          px_bound (*inner)(const px_recipe *recipe, const px_bound_data *data)) {
    const px_liberties *l = &data->liberties;
    px_fp operands = data->in;
    if (l->operands) PX_ASSERT(px_fp_parse(l->operands, &operands, NULL) == PX_OK);
    if (l->operands && fmax(data->largest_a, data->largest_b) > operands.max_finite)
        return (px_bound){.source = "no bound: an operand is beyond the range of what it is rounded to"};
    px_recipe directed = *recipe;
    px_bound_data faithful = *data;
    faithful.liberties = (px_liberties){0};
    directed.rounding = any_direction.mode;
    directed.mul = recipe->acc; /* fused or not, as the library likes */
    px_bound b = inner(&directed, &faithful);
    if (!b.valid) return b;
    if (l->any_unit) b = by_any_unit(recipe, data, b, operands.emin);
    if (l->narrow_sums && recipe->out.p < recipe->acc.p) b = with_narrow_sums(recipe, data, b);
    return l->operands ? of_rounded_operands(data, b, operands) : b;
}
