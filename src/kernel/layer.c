#include "kernel/layer.h"

#include "kernel/steps.h"

void px_layer_norm(const px_recipe *recipe, int64_t n, const double *x, const double *gamma, const double *beta,
                   double eps, double *y, double *mean, double *rstd) {
    steps h = steps_of(recipe);
    *mean = divide(h, sum(recipe, n, x), (double)n);
    for (int64_t j = 0; j < n; j++) y[j] = subtract(h, x[j], *mean);
    double var = divide(h, dot(recipe, n, 1, y, y), (double)n);
    *rstd = px_fn_rsqrt(h.f, h.r, add(h, var, constant(h, eps)));
    for (int64_t j = 0; j < n; j++) {
        double k = multiply(h, y[j], *rstd);
        if (gamma) k = multiply(h, k, gamma[j]);
        if (beta) k = add(h, k, beta[j]);
        y[j] = last(recipe, k);
    }
}

static double normalised(steps h, double x, double mean, double rstd) {
    return multiply(h, subtract(h, x, mean), rstd);
}

void px_layer_norm_backward(const px_recipe *recipe, int64_t n, const double *dy, const double *x, double mean,
                            double rstd, const double *gamma, double *dx, double *room) {
    steps h = steps_of(recipe);
    double *g = room, *k = room + n;
    for (int64_t j = 0; j < n; j++) {
        g[j] = gamma ? multiply(h, dy[j], gamma[j]) : dy[j];
        k[j] = normalised(h, x[j], mean, rstd);
    }
    double a = divide(h, sum(recipe, n, g), (double)n), b = divide(h, dot(recipe, n, 1, g, k), (double)n);
    for (int64_t j = 0; j < n; j++) {
        double along = subtract(h, subtract(h, g[j], a), multiply(h, k[j], b));
        dx[j] = last(recipe, multiply(h, along, rstd));
    }
}

double px_layer_norm_gamma(const px_recipe *recipe, int64_t m, int64_t n, int64_t j, const double *dy, const double *x,
                           const double *mean, const double *rstd, double *room) {
    steps h = steps_of(recipe);
    double *g = room + m;
    for (int64_t i = 0; i < m; i++) {
        room[i] = normalised(h, x[i * n + j], mean[i], rstd[i]);
        g[i] = dy[i * n + j];
    }
    return last(recipe, dot(recipe, m, 1, g, room));
}

/* sqrt(2/pi), 1/sqrt(2), 1/sqrt(2 pi). */
static const double SQRT_2_PI = 0x1.9884533d43651p-1, SQRT_1_2 = 0x1.6a09e667f3bcdp-1,
                    SQRT_1_2PI = 0x1.9884533d43651p-2;
enum { BY_TANH };

static double tanh_argument(steps h, double x, double x2) {
    double cubic = multiply(h, constant(h, 0.044715), multiply(h, x2, x));
    return multiply(h, constant(h, SQRT_2_PI), add(h, x, cubic));
}

static double erf_argument(steps h, double x) { return multiply(h, x, constant(h, SQRT_1_2)); }

double px_layer_gelu(const px_recipe *recipe, int form, double x) {
    steps h = steps_of(recipe);
    double bent = form == BY_TANH ? px_fn_tanh(h.f, h.r, tanh_argument(h, x, multiply(h, x, x)))
                                  : px_fn_erf(h.f, h.r, erf_argument(h, x));
    return last(recipe, multiply(h, multiply(h, 0.5, x), add(h, 1, bent)));
}

static double slope_by_tanh(steps h, double x) {
    double x2 = multiply(h, x, x), bent = px_fn_tanh(h.f, h.r, tanh_argument(h, x, x2));
    double left = multiply(h, 0.5, add(h, 1, bent)), s = subtract(h, 1, multiply(h, bent, bent));
    double q = multiply(h, constant(h, SQRT_2_PI), add(h, 1, multiply(h, constant(h, 0.134145), x2)));
    return add(h, left, multiply(h, multiply(h, multiply(h, 0.5, x), s), q));
}

static double slope_by_erf(steps h, double x) {
    double cdf = multiply(h, 0.5, add(h, 1, px_fn_erf(h.f, h.r, erf_argument(h, x))));
    double bell = px_fn_exp(h.f, h.r, multiply(h, -0.5, multiply(h, x, x)));
    return add(h, cdf, multiply(h, x, multiply(h, bell, constant(h, SQRT_1_2PI))));
}

double px_layer_gelu_backward(const px_recipe *recipe, int form, double dy, double x) {
    steps h = steps_of(recipe);
    return last(recipe, multiply(h, dy, form == BY_TANH ? slope_by_tanh(h, x) : slope_by_erf(h, x)));
}

double px_layer_scale(const px_recipe *recipe, double factor, double d, double a, uint64_t stream, uint64_t element) {
    px_rounding r = px_recipe_rounding(recipe);
    double f = constant(steps_of(recipe), factor / sqrt(d));
    return px_mul(recipe->out, r, a, f, px_bits_for(r, stream, element, 0));
}

double px_layer_dropout(const px_recipe *recipe, double probability, double x, uint64_t stream, uint64_t element) {
    steps h = steps_of(recipe);
    if ((double)(px_bits(stream, element, 0) >> 11) * 0x1p-53 < probability) return 0;
    return last(recipe, multiply(h, x, constant(h, 1 / (1 - probability))));
}

double px_layer_add_kahan(const px_recipe *recipe, double w, double d, double c, double *rest) {
    steps h = steps_of(recipe);
    double y = add(h, d, c), sum = px_add(recipe->out, h.r, w, y, 0);
    *rest = subtract(h, y, subtract(h, sum, w));
    return sum;
}

double px_layer_scatter_add(const px_recipe *recipe, int64_t count, const int64_t *rows, int64_t stride,
                            const double *x) {
    steps h = steps_of(recipe);
    double sum = 0;
    for (int64_t t = 0; t < count; t++) sum = add(h, sum, x[rows[t] * stride]);
    return last(recipe, sum);
}
