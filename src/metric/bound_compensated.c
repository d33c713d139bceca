/* Compensated summation to nearest, every term of the bound kept; A = sum |x_i|, u the unit roundoff, v = u/(1+u).
 *
 * Kahan: y_k = rnd(x_k - c_{k-1}) = (x_k - c_{k-1})(1 + eta_k), s_k = rnd(s_{k-1} + y_k), f_k = s_k - s_{k-1} -
 * y_k, d_k = rnd(s_k - s_{k-1}), g_k = d_k - (s_k - s_{k-1}), c_k = rnd(d_k - y_k). Adding up,
 *
 *     s_n - sum x_k = f_n + sum_{k<n} (f_k - c_k) + sum_k eta_k (x_k - c_{k-1}).                             (1)
 *
 * The last subtraction is exact, so c_k = f_k + g_k: where |s_{k-1}| >= |y_k|, s_k and c_k are Dekker's fast
 * two-sum, g_k = 0 and f_k is a number; else |f_k| <= u |s_k| <= 2u |y_k| and d_k, y_k are so near each other that
 * Sterbenz' lemma holds (u <= 1/8). Call the steps with |y_k| > |s_{k-1}| large. To nearest |f_k| <= u |s_k|, |g_k|
 * <= |f_k| (y_k is a number, at distance |f_k| from s_k - s_{k-1}) and |g_k| <= v |y_k + f_k|. With sigma = max
 * |s_k|:
 * - a large step: |c_{k-1}| <= 2 |f_{k-1}| <= 2u |s_{k-1}| < 2u |y_k|, so |y_k| <= rho |x_k|, rho = (1+v)/(1 -
 *   2u(1+v)). It adds to (1) at most v (1 + 2u rho) |x_k| for eta_k and |g_k| <= v (1+2u) rho |x_k|;
 * - any other: |g_k| = 0, and v |x_k| + v |c_{k-1}|, where |c_{k-1}| <= u sigma, plus |g_{k-1}| <= v (1+2u) rho
 *   |x_{k-1}| after a large step.
 *
 * So |s_n - sum x| <= u sigma + K A + (n-1) u v sigma, K = v (1 + 2u rho + (1+2u)
 *   rho (1+v)) = 2v + O(u^2). The same holds for every s_k, so sigma <= A + max_k |s_k - sum_{i<=k} x_i|, and the
 *   largest error, relative to A, is at most
 *
 *     (u + K + (n-1) u v) / (1 - u - (n-1) u v)     where the denominator is positive.
 *
 * Nothing was asked of x_k, so products that are not rounded are covered.
 *
 * Neumaier: the errors e_k of s_k = rnd(s_{k-1} + x_k), e_1 = 0, are numbers, found exactly, and sum |e_k| <= (n-1)
 * u A (Jeannerod and Rump). Their recursive sum c errs by at most (n-2) u sum |e_k|. The result rnd(s_n + c) of a
 * number at most (n-1)(n-2) u^2 A away from sum x: v + (1 + v)(n-1)(n-2) u^2. */
#include "metric/bound_compensated.h"

#include "metric/upward.h"

/* The factors 1 - 2^-50 cover the roundings of denominators, which must not come out too large. */
static const char *kahan(double u, double v, int64_t n, double *beta) {
    double uv = px_up_mul(px_up_mul((double)(n - 1), u), v), taken = px_up_add(u, uv);
    double near = 1 - px_up_mul(2 * u, px_up_add(1, v));
    if (u > 0.125) return "no bound: the theorem on kahan needs 3 bits";
    if (taken >= 1) return "no bound: n u^2 is too large for the theorem on kahan";
    double rho = px_up_div(px_up_add(1, v), near * (1 - 0x1p-50));
    double large = px_up_mul(px_up_mul(px_up_add(1, 2 * u), rho), px_up_add(1, v));
    double k = px_up_mul(v, px_up_add(px_up_add(1, px_up_mul(2 * u, rho)), large));
    *beta = px_up_div(px_up_add(px_up_add(u, k), uv), (1 - taken) * (1 - 0x1p-50));
    return NULL;
}

static const char *neumaier(double u, double v, int64_t n, double *beta) {
    double pairs = n > 2 ? px_up_mul((double)(n - 1), (double)(n - 2)) : 0;
    double second = px_up_mul(px_up_mul(pairs, u), u);
    *beta = px_up_add(v, px_up_add(second, px_up_mul(v, second)));
    return NULL;
}

const char *px_bound_compensated(const px_recipe *recipe, const px_bound_data *data, const px_term_error *term,
                                 double *beta) {
    px_fp acc = recipe->acc;
    px_rounding r = px_recipe_rounding(recipe);
    if (!px_rounds_to_nearest(r)) return "no bound: compensated summation is bounded to nearest only";
    if (!acc.subnormals) return "no bound: compensated summation needs subnormal numbers";
    if (data->has_c) return "no bound: compensated summation with a start value";
    double u = px_fp_u(acc), v = px_rounding_v(acc, r);
    if (recipe->order == PX_KAHAN) return kahan(u, v, data->k, beta);
    if (term->grid.p > acc.p || px_sum_underflows(term->grid, acc))
        return "no bound: terms finer than the accumulator, neumaier's correction is not exact";
    return neumaier(u, v, data->k, beta);
}
