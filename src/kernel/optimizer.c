/* From gradients to updates. */
#include "kernel/layer.h"
#include "kernel/steps.h"

/* PX_ADAPTIVE_... of op/optimizer.h, by number. */
enum { EPS_INSIDE, AMSGRAD, ADABELIEF, RMSPROP, ADAGRAD };

double px_layer_clip_factor(const px_recipe *recipe, double n2, double max, double eps, double *norm) {
    steps h = steps_of(recipe);
    *norm = px_sqrt(h.f, h.r, n2, 0);
    double q = divide(h, constant(h, max), add(h, *norm, constant(h, eps)));
    return last(recipe, q >= 1 ? 1 : q);
}

static double stored(const px_optimizer_state *state, int k, px_rounding r, double x) {
    return px_round(state->stored[k], r, x, 0);
}

double px_layer_sign(double a) { return a > 0 ? 1 : a < 0 ? -1 : a; }

double px_layer_sgd(const px_recipe *recipe, double lr, double mu, double g, px_optimizer_state *state) {
    steps h = steps_of(recipe);
    double b = g;
    if (state) b = state->new[0] = stored(state, 0, h.r, add(h, multiply(h, constant(h, mu), state->old[0]), g));
    return last(recipe, multiply(h, constant(h, -lr), b));
}

double px_layer_adam_rest(double beta, double t) {
    double power = 1;
    for (double i = 0; i < t; i++) power *= beta;
    return 1 - power;
}

/* beta x + (1 - beta) y. */
static double average(steps h, double beta, double x, double y) {
    return add(h, multiply(h, constant(h, beta), x), multiply(h, constant(h, 1 - beta), y));
}

double px_layer_adam(const px_recipe *recipe, const px_adam *how, double g, px_optimizer_state *state) {
    steps h = steps_of(recipe);
    double m = state->new[0] = stored(state, 0, h.r, average(h, how->beta1, state->old[0], g));
    double v = state->new[1] = stored(state, 1, h.r, average(h, how->beta2, state->old[1], multiply(h, g, g)));
    double mh = divide(h, m, constant(h, how->rest1)), vh = divide(h, v, constant(h, how->rest2));
    double root = add(h, px_sqrt(h.f, h.r, vh, 0), constant(h, how->eps));
    return last(recipe, multiply(h, constant(h, -how->lr), divide(h, mh, root)));
}

/* v' of a form. */
static double second_moment(steps h, const px_adam *how, int form, double g, const px_optimizer_state *state) {
    double v = state->old[1];
    if (form == ADAGRAD) return add(h, v, multiply(h, g, g));
    if (form != ADABELIEF) return average(h, how->beta2, v, multiply(h, g, g));
    double e = subtract(h, g, state->new[0]);
    return add(h, average(h, how->beta2, v, multiply(h, e, e)), constant(h, how->eps));
}

double px_layer_adaptive(const px_recipe *recipe, const px_adam *how, int form, double g, px_optimizer_state *state) {
    steps h = steps_of(recipe);
    bool with_m = form != RMSPROP && form != ADAGRAD;
    double a = g, eps = constant(h, how->eps);
    if (with_m) {
        state->new[0] = stored(state, 0, h.r, average(h, how->beta1, state->old[0], g));
        a = divide(h, state->new[0], constant(h, how->rest1));
    }
    double b = state->new[1] = stored(state, 1, h.r, second_moment(h, how, form, g, state));
    if (form == AMSGRAD) b = state->new[2] = stored(state, 2, h.r, larger(state->old[2], b));
    if (with_m) b = divide(h, b, constant(h, how->rest2));
    b = form == EPS_INSIDE ? px_sqrt(h.f, h.r, add(h, b, eps), 0) : add(h, px_sqrt(h.f, h.r, b, 0), eps);
    return last(recipe, multiply(h, constant(h, -how->lr), divide(h, a, b)));
}

double px_layer_power_scale(double largest, double top) {
    if (!(top > 0) || !(top <= 0x1.fffffffffffffp1023)) return 1;
    int e;
    frexp(largest / top, &e);
    e -= 1;
    return ldexp(1, e < -126 ? -126 : e > 126 ? 126 : e);
}
