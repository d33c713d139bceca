/* One block: d = rnd(s + cut), s the exact sum of the start value and W products, of magnitudes T together. Each term
 * loses less than 2^(E-F); the one whose exponent is E loses nothing where F bits hold its significand, so at most C =
 * W of W + 1 terms lose something, else all. Significands of normal operands make products of at least 2^e, so 2^E is
 * at most the largest term and so at most T, unless
 *   - a subnormal operand, which counts with exponent emin, sets E: then 2^E <= tiny (px_bound_data);
 *   - a subnormal start value, which counts with exponent emin of its format, or the unit's floor does: then 2^E is one
 *     of these powers, 2^low the larger.
 * With theta = C 2^-F the cut is at most theta T + h, h = theta tiny + (W+1) 2^(low-F). The rounding to P bits is one
 * of (1 + delta), |delta| <= v, and of a subnormal result, epsilon: v = 2u toward zero.
 *
 * A chain of q blocks: with B_j the magnitudes up to block j, rho = (1 + v)(1 + theta) - 1 and e_j the error of d_j,
 * |d_(j-1)| <= B_(j-1) + e_(j-1) gives
 *     e_j <= e_(j-1) + cut + v (B_j + e_(j-1) + cut) <= (1 + rho) e_(j-1) + rho B_j + (1 + v) h + epsilon,
 * hence e_q <= ((1 + rho)^q - 1) B + q (1 + rho)^q ((1 + v) h + epsilon). Without cuts (theta = 0) this is Blanchard,
 * Higham, Lopez, Mary & Pranesh 2020, theorem 3.1 for blocks that are rounded once.
 *
 * Sums of such sums (steps with a late start value, stretches, splits) are ordinary additions to nearest in the
 * result's format: bound.c's stages, one on top of the other. */
#include "metric/bound_mma.h"

#include <math.h>

#include "metric/bound_stage.h"
#include "metric/upward.h"

typedef struct part {
    double beta, eta; /* of a sum of `terms` terms */
} part;

static int64_t ceil_div(int64_t a, int64_t b) { return a / b + (a % b != 0); }
static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

/* C: can all terms of a block lose bits, or all but the largest? */
static int terms_cut(const px_mma *u, bool has_c) {
    bool product_fits = u->a.p + u->b.p - 2 <= u->fraction, start_fits = u->acc.p - 1 <= u->fraction;
    if (has_c) start_fits = u->out.p - 1 <= u->fraction;
    return u->width + !(product_fits && start_fits);
}

/* No product's 2^E exceeds it when a factor is subnormal: by the data, or by the formats alone. */
static double tiny_of(const px_mma *u, const px_bound_data *data) {
    if (data->tiny != 0) return data->tiny > 0 ? data->tiny : 0;
    int a = u->a.emin + u->b.emax, b = u->b.emin + u->a.emax;
    return px_up_exp2(a > b ? a : b);
}

/* q blocks, one after another. */
static part blocks(const px_mma *u, const px_bound_data *data, int64_t q, bool has_c) {
    px_rounding r = px_rounding_of((px_rounding_mode)u->rounding);
    double v = px_rounding_v(u->acc, r), unit = px_up_exp2(-u->fraction);
    double theta = px_up_mul(terms_cut(u, has_c), unit), rho = px_up_compose(v, theta);
    int low = u->floor > u->out.emin ? u->floor : u->out.emin; /* PX_MMA_NO_FLOOR is below every emin */
    double cut = px_up_mul(theta, tiny_of(u, data));
    cut = px_up_add(cut, px_up_mul(u->width + 1, px_up_mul(px_up_exp2(low), unit)));
    double lost = px_up_add(px_up_add(cut, px_up_mul(v, cut)), px_rounding_eta(u->acc, r));
    part p = {.beta = px_up_power(rho, q)};
    p.eta = px_up_mul(px_up_mul((double)q, lost), px_up_add(1, p.beta));
    return p;
}

/* n such parts, each rounded to `to` (or not), added to nearest in acc; from_c: the first to a start value. */
static part added(px_fp acc, part x, int64_t n, bool from_c, const px_fp *to) {
    const px_rounding nearest = px_rounding_of(PX_NEAREST_EVEN);
    double v = to ? px_rounding_v(*to, nearest) : 0, epsilon = to ? px_rounding_eta(*to, nearest) : 0;
    x = (part){px_up_compose(x.beta, v), px_up_add(px_up_add(x.eta, px_up_mul(v, x.eta)), epsilon)};
    double sums = px_up_mul((double)(n - 1 + from_c), px_fp_u(acc));
    double all = px_up_mul((double)n, x.eta);
    if (to && px_sum_underflows(px_grid_of(*to), acc))
        all = px_up_add(all, px_up_mul((double)n, px_rounding_eta(acc, nearest)));
    return (part){px_up_compose(x.beta, sums), px_up_add(all, px_up_mul(all, sums))};
}

static part steps(const px_mma *u, const px_bound_data *data, int64_t n, bool has_c) {
    int64_t step = u->width * u->blocks, count = ceil_div(n, step);
    if (!u->late_c) return blocks(u, data, count * u->blocks, has_c);
    return added(u->out, blocks(u, data, u->blocks, false), count, has_c, NULL);
}

static part chain(const px_recipe *r, const px_mma *u, const px_bound_data *data, int64_t n, bool has_c) {
    if (r->promote == 0) return steps(u, data, n, has_c);
    return added(u->out, steps(u, data, smaller(r->promote, n), false), ceil_div(n, r->promote), has_c, NULL);
}

void px_bound_mma(const px_recipe *r, const px_bound_data *data, const px_mma *u, double *beta, double *eta) {
    part p;
    bool rounds = r->order == PX_SPLITK && !px_fp_is_exact(r->split) && !px_fp_equal(r->split, u->out);
    if (r->order == PX_SPLITK) {
        int64_t length = ceil_div(data->k, r->splits);
        p = added(u->out, chain(r, u, data, length, false), ceil_div(data->k, length), data->has_c,
                  rounds ? &r->split : NULL);
    } else {
        p = chain(r, u, data, data->k, data->has_c);
    }
    if (rounds || !px_fp_equal(r->out, u->out)) p = added(u->out, p, 1, false, &r->out);
    *beta = p.beta;
    *eta = p.eta;
}

px_recipe px_bound_mma_plain(const px_recipe *recipe) {
    px_recipe r = *recipe;
    r.model = PX_MODEL_NONE;
    r.mul = px_fp_exact();
    r.fused = true;
    return r;
}

/* The largest exponent of a matrix, and whether it has subnormals. */
static bool exponents(px_fp f, const px_mat *x, int *largest) {
    bool subnormal = false;
    double most = 0;
    for (int64_t i = 0; i < x->rows; i++)
        for (int64_t j = 0; j < x->cols; j++) {
            double magnitude = fabs(px_mat_get(x, i, j));
            if (isfinite(magnitude) && magnitude > most) most = magnitude;
            subnormal |= magnitude > 0 && magnitude < px_fp_min_normal(f);
        }
    int e = 0;
    frexp(most, &e);
    *largest = most > 0 && e - 1 > f.emin ? e - 1 : f.emin;
    return subnormal;
}

double px_bound_mma_tiny(px_fp f, const px_mat *a, const px_mat *b) {
    int most_a, most_b;
    bool tiny_a = exponents(f, a, &most_a), tiny_b = exponents(f, b, &most_b);
    double x = tiny_a ? px_up_exp2(f.emin + most_b) : -1, y = tiny_b ? px_up_exp2(f.emin + most_a) : -1;
    return x > y ? x : y;
}
