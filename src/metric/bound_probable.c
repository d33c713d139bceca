/* Probabilistic bounds. Theorem 2.4 of Higham and Mary: for independent errors of mean 0, |delta_i| <= u, prod (1 +
 * delta_i)^(+-1) = 1 + theta with |theta| <= exp(lambda sqrt(n) u + n u^2/(1-u)) - 1, failing with probability at
 * most 2 exp(-lambda^2 (1-u)^2 / 2). Its proof (Hoeffding's inequality for log(1 + delta_i)) takes errors of
 * different size as it stands: sqrt(n) u becomes sqrt(sum u_i^2), and u in the exponent the largest of them.
 * Connolly, Higham and Mary: stochastic rounding fulfils it with 2u, errors being mean independent (Azuma's
 * inequality). With r random bits the mean error of a rounding is at most 2u 2^-r |x| instead of 0, which is added
 * along the path.
 *
 * The statement is needed for each of the n terms of every entry, so it fails with probability at most entries n 2
 * exp(-lambda^2 (1-u)^2 / 2) = 0.01. Underflow is bounded as in bound.c, without probability. */
#include <math.h>

#include "metric/bound_stage.h"
#include "metric/upward.h"

enum { FAILS_ONE_IN = 100 };

/* The roundings on the way of one term to the result. */
typedef struct path {
    double squares, second; /* sum u_i^2, sum u_i^2 / (1 - u_i) */
    double drift;           /* sum of the largest mean errors */
    double largest;         /* max u_i */
} path;

static void add_roundings(path *p, px_fp fp, px_rounding r, int64_t count) {
    if (count == 0 || px_fp_is_exact(fp)) return;
    double u = px_rounds_to_nearest(r) ? px_fp_u(fp) : 2 * px_fp_u(fp), n = (double)count;
    double square = px_up_mul(n, px_up_mul(u, u));
    p->squares = px_up_add(p->squares, square);
    p->second = px_up_add(p->second, px_up_div(square, 1 - u)); /* u <= 1/2: exact, or p = 53 and u^2 alone matters */
    if (r.mode == PX_STOCHASTIC) p->drift = px_up_add(p->drift, px_up_mul(n, ldexp(u, -r.sr_bits)));
    if (u > p->largest) p->largest = u;
}

static path path_of(const px_recipe *recipe, const px_bound_data *data, const px_term_error *term,
                    const px_shape *shape) {
    px_rounding r = px_recipe_rounding(recipe);
    path p = {.squares = 0};
    add_roundings(&p, recipe->mul, r, term->v > 0);
    add_roundings(&p, recipe->acc, r, data->k ? shape->path_part + shape->path_rest : 0);
    add_roundings(&p, recipe->split, r, px_split_rounds(recipe));
    add_roundings(&p, recipe->out, r, recipe->out.p < recipe->acc.p);
    return p;
}

/* Why there is no such bound; NULL: there is. */
static const char *outside(const px_recipe *recipe, const px_bound_data *data) {
    px_rounding r = px_recipe_rounding(recipe);
    if (!data->finite) return "no bound: a result, accumulator or product overflowed";
    if (px_takes_liberties(data->liberties)) return "no bound: a library's roundings are no model's";
    if (recipe->model || recipe->promote || recipe->algorithm != PX_ALGORITHM_NONE)
        return "no bound: no sequence of independent roundings";
    if (px_fp_is_exact(recipe->acc)) return "no bound: the accumulator is exact, one rounding is all";
    if (recipe->order == PX_KAHAN || recipe->order == PX_NEUMAIER)
        return "no bound: the errors of compensated summation are not independent";
    if (!px_rounds_to_nearest(r) && r.mode != PX_STOCHASTIC) return "no bound: directed errors have no mean 0";
    if (data->k == 0 || data->entries == 0) return "no bound: nothing is summed";
    return NULL;
}

px_bound px_bound_sum_probable(const px_recipe *recipe, const px_bound_data *data) {
    const char *why = outside(recipe, data);
    if (why) return (px_bound){.source = why};
    px_term_error term = px_term_error_of(recipe, data);
    px_shape shape = px_shape_of(recipe, data, term.grid.p > recipe->acc.p);
    path p = path_of(recipe, data, &term, &shape);
    if (p.largest >= 1) return (px_bound){.source = "no bound: errors of 1 and more"};
    double statements = px_up_mul((double)data->entries, (double)(data->k + data->has_c));
    double lambda = px_up_div(px_up_sqrt_2ln(px_up_mul(2 * FAILS_ONE_IN, statements)), 1 - p.largest);
    double root = px_up_mul(lambda, sqrt(p.squares) * (1 + 0x1p-52));
    double beta = px_up_expm1(px_up_add(px_up_add(root, p.second), p.drift));
    double absolute = px_absolute_terms(recipe, data, &term, &shape);
    double amplified = px_up_add(absolute, px_up_mul(absolute, beta));
    int n;
    px_bound_id id = px_rounds_to_nearest(px_recipe_rounding(recipe)) ? PX_BOUND_HIGHAM_MARY : PX_BOUND_STOCHASTIC;
    px_bound b = {.valid = true, .beta = beta, .eta = px_up_add(amplified, px_absolute_out(recipe)), .lambda = lambda,
                  .probability = 1 - 1.0 / FAILS_ONE_IN, .source = px_bound_rows(&n)[id].source};
    return isfinite(beta) ? b : (px_bound){.source = "no bound: it is beyond the range of double"};
}
