/* How the bounds are put together. Write a rounding as rnd(x) = x (1 + delta) + epsilon with |delta| <= v,
 * |epsilon| <= e, one of them 0. An absolute error epsilon acts like a further term of the sum, of magnitude e,
 * that enters without an error of its own; so with H the sum of all e before the last rounding, and beta the
 * relative bound of the rest,
 *
 *     |E| <= beta (B + H) + H + e_out,   eta = H (1 + beta) + e_out.
 *
 * beta is composed of stages, (1 + b_1)(1 + b_2) ... - 1: the products; the sums of a part; the partial sums to
 * `split`; the sum of the parts; the rounding to `out`. A stage of sums is min(N u, (1 + v)^h - 1) to nearest, (1 +
 * 2u)^h - 1 else.
 *
 * N u with N the number of additions that can be inexact: Jeannerod and Rump prove it for terms that are numbers of
 * the format. Their induction holds for any real terms when the rounding of a lone term counts, too: let a node add
 * l and r, whose subtrees have N_1, N_2 roundings and magnitudes S_1, S_2, S = S_1 + S_2. Its error is at most u |l
 * + r|, and at most |r| when l is a number of the format. If S_2 <= u S_1 and l is a number: e <= |r| <= S_2 + N_2
 * u S_2, and N_1 u S_1 + 2 N_2 u S_2 + S_2 <= (N_1 + N_2 + 1) u S. If l is a real term (N_1 = 0), e <= u (S + N_2 u
 * S_2) does it since u S_2 <= S_1. Else u S_1 < S_2 and u S_2 < S_1: (1 + u)(N_1 u S_1 + N_2 u S_2) + u S < (N_1 +
 * N_2 + 1) u S. */
#include "metric/bound.h"

#include <math.h>

#include "metric/bound_algorithm.h"
#include "metric/bound_compensated.h"
#include "metric/bound_library.h"
#include "metric/bound_mma.h"
#include "metric/bound_stage.h"
#include "metric/upward.h"

const px_bound_row *px_bound_rows(int *n) {
#define PX_BOUND_ROW(id, name, formula, validity, source) {name, formula, validity, source},
    static const px_bound_row rows[] = {PX_BOUND_LIST(PX_BOUND_ROW)};
#undef PX_BOUND_ROW
    *n = PX_BOUND_COUNT;
    return rows;
}

static const char *source_of(px_bound_id id) {
    int n;
    return px_bound_rows(&n)[id].source;
}

static px_bound no_bound(const char *why) { return (px_bound){.valid = false, .source = why}; }

/* A relative bound and the theorem it is due to. */
typedef struct stage {
    double beta;
    px_bound_id theorem;
} stage;

static stage sums(px_fp acc, px_rounding r, int64_t inexact, int64_t path) {
    stage tree = {px_up_power(px_rounding_v(acc, r), path), PX_BOUND_TREE};
    if (!px_rounds_to_nearest(r)) tree.theorem = PX_BOUND_DIRECTED;
    stage any = {px_up_mul((double)inexact, px_fp_u(acc)), PX_BOUND_ANY_ORDER};
    return px_rounds_to_nearest(r) && any.beta <= tree.beta ? any : tree;
}

static stage compose(stage a, stage b) {
    if (a.beta == 0) return b;
    if (b.beta == 0) return a;
    return (stage){px_up_compose(a.beta, b.beta), PX_BOUND_MIXED};
}

static stage rounding(px_fp fp, px_rounding r, bool inexact) {
    return (stage){inexact ? px_rounding_v(fp, r) : 0, PX_BOUND_MIXED};
}

/* All additions: parts, partial sums, the sum of the parts. */
static stage all_sums(const px_recipe *recipe, const px_shape *s) {
    px_rounding r = px_recipe_rounding(recipe);
    if (!px_split_rounds(recipe))
        return sums(recipe->acc, r, s->inexact_part + s->inexact_rest, s->path_part + s->path_rest);
    stage part = sums(recipe->acc, r, s->path_part, s->path_part);
    stage rest = sums(recipe->acc, r, s->inexact_rest, s->path_rest);
    return compose(compose(part, rounding(recipe->split, r, true)), rest);
}

/* Products and sums to nearest in one format: n u rather than the composition. */
static stage products_and_sums(const px_recipe *recipe, const px_bound_data *data, double v_product, stage added) {
    px_rounding r = px_recipe_rounding(recipe);
    stage both = compose((stage){v_product, PX_BOUND_MIXED}, added);
    bool same = v_product > 0 && recipe->mul.p == recipe->acc.p && !px_split_rounds(recipe);
    if (!same || !px_rounds_to_nearest(r)) return both;
    stage dot = {px_up_mul((double)(data->k + data->has_c), px_fp_u(recipe->acc)), PX_BOUND_DOT};
    return dot.beta <= both.beta ? dot : both;
}

/* The relative bound of products and sums and the absolute terms H, then the rounding to out. */
static px_bound finish(const px_recipe *recipe, stage summed, double absolute) {
    px_rounding r = px_recipe_rounding(recipe);
    bool inexact = !px_fp_is_exact(recipe->out) && recipe->out.p < px_grid_of(recipe->acc).p;
    stage total = compose(summed, rounding(recipe->out, r, inexact));
    double amplified = px_up_add(absolute, px_up_mul(absolute, total.beta));
    px_bound b = {.valid = true, .beta = total.beta, .eta = px_up_add(amplified, px_absolute_out(recipe)),
                  .source = source_of(total.theorem)};
    return isfinite(b.beta) && isfinite(b.eta) ? b : no_bound("no bound: it is beyond the range of double");
}

/* Why no theorem at all holds; NULL: one may. */
static const char *outside(const px_recipe *recipe, const px_bound_data *data) {
    if (!data->finite) return "no bound: a result, accumulator or product overflowed";
    if (recipe->promote && !recipe->model) return "no bound: accumulators are promoted on the way";
    if (px_fp_is_exact(recipe->acc)) return "no bound: the accumulator is exact, one rounding is all";
    return NULL;
}

/* No terms: the start value, rounded. */
static px_bound lone_start_value(const px_recipe *recipe, const px_bound_data *data) {
    px_rounding r = px_recipe_rounding(recipe);
    px_bound b = {.valid = true, .source = source_of(PX_BOUND_OPERATION)};
    if (data->has_c) {
        b.beta = px_rounding_v(recipe->out, r);
        b.eta = px_rounding_eta(recipe->out, r);
    }
    return b;
}

static px_bound by_unit(const px_recipe *recipe, const px_bound_data *data) {
    px_mma unit;
    px_bound b = {.valid = true, .source = source_of(PX_BOUND_BLOCK_FMA)};
    if (px_mma_find((px_model)recipe->model, data->in, data->in, recipe->acc, &unit, NULL) != PX_OK)
        return no_bound("no bound: the model has no such unit");
    if (unit.fraction == PX_MMA_UNCUT) {
        px_recipe plain = px_bound_mma_plain(recipe);
        return px_bound_sum(&plain, data);
    }
    px_bound_mma(recipe, data, &unit, &b.beta, &b.eta);
    return isfinite(b.beta) && isfinite(b.eta) ? b : no_bound("no bound: it is beyond the range of double");
}

static px_bound by_algorithm(const px_recipe *recipe, const px_bound_data *data) {
    px_bound b = {.valid = true};
    const char *why = NULL;
    int id = px_bound_algorithm(recipe, data, px_bound_sum, &b.beta, &b.eta, &why);
    if (id < 0) return no_bound(why);
    b.source = source_of((px_bound_id)id);
    return isfinite(b.beta) && isfinite(b.eta) ? b : no_bound("no bound: it is beyond the range of double");
}

static px_bound by_library(const px_recipe *recipe, const px_bound_data *data) {
    px_bound b = px_bound_library(recipe, data, px_bound_sum);
    if (!b.valid) return b;
    b.source = source_of(PX_BOUND_LIBRARY);
    return isfinite(b.beta) && isfinite(b.eta) ? b : no_bound("no bound: it is beyond the range of double");
}

px_bound px_bound_sum(const px_recipe *recipe, const px_bound_data *data) {
    const char *why = outside(recipe, data);
    if (why) return no_bound(why);
    if (px_takes_liberties(data->liberties) && data->k > 0) return by_library(recipe, data);
    if (recipe->algorithm != PX_ALGORITHM_NONE && data->k > 0) return by_algorithm(recipe, data);
    if (data->k == 0) return lone_start_value(recipe, data);
    if (recipe->model != PX_MODEL_NONE) return by_unit(recipe, data);
    px_term_error term = px_term_error_of(recipe, data);
    px_shape shape = px_shape_of(recipe, data, term.grid.p > recipe->acc.p);
    double absolute = px_absolute_terms(recipe, data, &term, &shape);
    if (recipe->order == PX_KAHAN || recipe->order == PX_NEUMAIER) {
        double beta;
        why = px_bound_compensated(recipe, data, &term, &beta);
        if (why) return no_bound(why);
        stage added = {beta, recipe->order == PX_KAHAN ? PX_BOUND_KAHAN : PX_BOUND_NEUMAIER};
        return finish(recipe, compose((stage){term.v, PX_BOUND_MIXED}, added), absolute);
    }
    return finish(recipe, products_and_sums(recipe, data, term.v, all_sums(recipe, &shape)), absolute);
}

px_bound px_bound_operation(px_fp fp, px_rounding rounding_mode, bool product) {
    bool underflows = product || !fp.subnormals; /* a subnormal sum of numbers of the format is exact (Hauser) */
    return (px_bound){.valid = true,
                      .beta = px_rounding_v(fp, rounding_mode),
                      .eta = underflows ? px_rounding_eta(fp, rounding_mode) : 0,
                      .source = source_of(PX_BOUND_OPERATION)};
}
