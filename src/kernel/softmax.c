/* Softmax, its gradient, and the losses. */
#include "kernel/layer.h"
#include "kernel/steps.h"

enum { STABLE, PLAIN, ONLINE };

static double top_of(int64_t n, const double *z) {
    double top = z[0];
    for (int64_t j = 1; j < n; j++) top = larger(top, z[j]);
    return top;
}

static double power(steps h, double z, double top) { return px_fn_exp(h.f, h.r, subtract(h, z, top)); }

/* One pass that keeps the sum in step with the largest so far (Milakov & Gimelshein 2018). */
static double running_sum(steps h, int64_t n, const double *z, double *top) {
    double l = 0;
    *top = -(double)INFINITY;
    for (int64_t j = 0; j < n; j++) {
        double next = larger(*top, z[j]);
        if (next == -(double)INFINITY) continue;
        l = add(h, multiply(h, l, power(h, *top, next)), power(h, z[j], next));
        *top = next;
    }
    return l;
}

/* z becomes e^(z - top), or e^z; returns their sum. */
static double powers(const px_recipe *recipe, int form, int64_t n, double *z) {
    steps h = steps_of(recipe);
    double top, l = 0;
    if (form == ONLINE) {
        l = running_sum(h, n, z, &top);
        for (int64_t j = 0; j < n; j++) z[j] = power(h, z[j], top);
        return l;
    }
    top = form == STABLE ? top_of(n, z) : 0;
    for (int64_t j = 0; j < n; j++) z[j] = form == STABLE ? power(h, z[j], top) : px_fn_exp(h.f, h.r, z[j]);
    return sum(recipe, n, z);
}

void px_layer_softmax(const px_recipe *recipe, const px_softmax *how, int64_t n, int64_t q, const double *s, double *p,
                      double *room) {
    steps h = steps_of(recipe);
    double f = how->d > 0 ? constant(h, 1 / sqrt(how->d)) : 1, hidden = constant(h, how->mask);
    for (int64_t j = 0; j < n; j++) room[j] = j > q ? hidden : how->d > 0 ? multiply(h, s[j], f) : s[j];
    double l = powers(recipe, how->form, n, room);
    for (int64_t j = 0; j < n; j++) p[j] = last(recipe, divide(h, room[j], l));
}

void px_layer_softmax_backward(const px_recipe *recipe, double d, int64_t n, int64_t q, const double *dp,
                               const double *p, double *ds) {
    steps h = steps_of(recipe);
    double f = d > 0 ? constant(h, 1 / sqrt(d)) : 1, w = dot(recipe, n, 1, dp, p);
    for (int64_t j = 0; j < n; j++) {
        double u = multiply(h, p[j], subtract(h, dp[j], w));
        ds[j] = j > q ? 0 : last(recipe, d > 0 ? multiply(h, u, f) : u);
    }
}

double px_layer_mse(const px_recipe *recipe, int64_t n, const double *y, const double *target, double s, double *dy,
                    double *room) {
    steps h = steps_of(recipe);
    double f = multiply(h, constant(h, 2 / (double)n), s);
    for (int64_t i = 0; i < n; i++) {
        room[i] = subtract(h, y[i], target[i]);
        dy[i] = multiply(h, room[i], f);
    }
    return last(recipe, divide(h, dot(recipe, n, 1, room, room), (double)n));
}

double px_layer_cross_entropy(const px_recipe *recipe, int64_t n, int64_t rows, const double *z, int64_t target,
                              double s, double *dz, double *room) {
    steps h = steps_of(recipe);
    double top = top_of(n, z), f = divide(h, s, (double)rows);
    for (int64_t j = 0; j < n; j++) room[j] = z[j];
    double l = powers(recipe, STABLE, n, room);
    for (int64_t j = 0; j < n; j++) {
        double p = divide(h, room[j], l);
        dz[j] = multiply(h, j == target ? subtract(h, p, 1) : p, f);
    }
    return subtract(h, px_fn_log(h.f, h.r, l), subtract(h, z[target], top));
}

double px_layer_mean(const px_recipe *recipe, int64_t n, const double *x) {
    return last(recipe, divide(steps_of(recipe), sum(recipe, n, x), (double)n));
}
