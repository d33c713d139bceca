/* From gradients to updates: a thread an element. in g, then the states; out d, then the new states. */
#include "arith.cuh"
#include "families.h"

/* beta^t is t products, made once, in binary64. */
struct corrections {
    double rest1, rest2; /* 1 - beta1^t, 1 - beta2^t */
};

static double rest_of(double beta, double t) {
    double power = 1.0;
    for (double i = 0; i < t; i++) power = power * beta;
    return 1.0 - power;
}

struct updating {
    const task &t;
    int64_t i, j;
    rounded h;

    __device__ double operand(int k) const { return t.in[k].get(i, j); }
    /* As stored: later steps read what the slot keeps. */
    __device__ double store(int k, double x) const {
        if (!t.out[k].data) return x;
        double y = px_round(t.out[k].fmt, h.r, x, 0);
        t.out[k].set(i, j, y);
        return y;
    }
    __device__ void update(double lr, double direction) const {
        store(0, last_rounding(t.recipe, h.mul(h.number(-lr), direction)));
    }
    __device__ double average(double beta, double old, double x) const {
        return h.add(h.mul(h.number(beta), old), h.mul(h.number(1 - beta), x));
    }
    __device__ double corrected(double x, double rest) const { return h.div(x, h.number(rest)); }

    __device__ void sgd() const {
        double b = operand(0);
        if (t.in[1].data) b = store(1, h.add(h.mul(h.number(t.attr[1]), operand(1)), b));
        update(t.attr[0], b);
    }
    __device__ void adam(const corrections &c) const {
        double g = operand(0), m = store(1, average(t.attr[1], operand(1), g));
        double v = store(2, average(t.attr[2], operand(2), h.mul(g, g)));
        double root = h.add(h.sqrt(corrected(v, c.rest2)), h.number(t.attr[3]));
        update(t.attr[0], h.div(corrected(m, c.rest1), root));
    }
    /* v' of a form, before it is stored. */
    __device__ double second_moment(int form, double g, double m) const {
        double v = operand(2);
        if (form == PX_ADAPTIVE_ADAGRAD) return h.add(v, h.mul(g, g));
        if (form != PX_ADAPTIVE_ADABELIEF) return average(t.attr[2], v, h.mul(g, g));
        double e = h.sub(g, m);
        return h.add(average(t.attr[2], v, h.mul(e, e)), h.number(t.attr[3]));
    }
    __device__ void adaptive(const corrections &c) const {
        int form = (int)t.attr[5];
        bool averaged = form != PX_ADAPTIVE_RMSPROP && form != PX_ADAPTIVE_ADAGRAD;
        double g = operand(0), eps = h.number(t.attr[3]), m = 0.0, above = g;
        if (averaged) {
            m = store(1, average(t.attr[1], operand(1), g));
            above = corrected(m, c.rest1);
        }
        double below = store(2, second_moment(form, g, m));
        if (form == PX_ADAPTIVE_AMSGRAD) {
            double largest = operand(3);
            below = store(3, isnan(largest) || below < largest ? largest : below);
        }
        if (averaged) below = corrected(below, c.rest2);
        below = form == PX_ADAPTIVE_EPS_INSIDE ? h.sqrt(h.add(below, eps)) : h.add(h.sqrt(below), eps);
        update(t.attr[0], h.div(above, below));
    }
};

static __global__ void updates(task t, corrections c) {
    int64_t n = t.out[0].rows * t.out[0].cols;
    for (int64_t e = (int64_t)blockIdx.x * BLOCK + threadIdx.x; e < n; e += (int64_t)gridDim.x * BLOCK) {
        updating u = {t, e / t.out[0].cols, e % t.out[0].cols, rounded_by(t.recipe)};
        if (t.op == PX_OP_SGD)
            u.sgd();
        else if (t.op == PX_OP_ADAM)
            u.adam(c);
        else
            u.adaptive(c);
    }
}

px_status run_update(const task *t, workspace *, px_error *err) {
    int64_t n = t->out[0].rows * t->out[0].cols;
    corrections c = {0, 0};
    if (t->op != PX_OP_SGD) c = {rest_of(t->attr[1], t->attr[4]), rest_of(t->attr[2], t->attr[4])};
    if (n > 0) PX_START(updates, grid_for(n, BLOCK), BLOCK, *t, c);
    return PX_OK;
}
