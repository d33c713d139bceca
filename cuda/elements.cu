/* Operations that take numbers one by one: a thread an element. */
#include "arith.cuh"
#include "families.h"

/* Every element of out[0]; `op` gets the task, the place and the element's number, row-major. */
template <class Op> static __global__ void elements(task t) {
    int64_t n = t.out[0].rows * t.out[0].cols;
    for (int64_t e = (int64_t)blockIdx.x * BLOCK + threadIdx.x; e < n; e += (int64_t)gridDim.x * BLOCK)
        Op::run(t, e / t.out[0].cols, e % t.out[0].cols, (uint64_t)e);
}

static __device__ inline px_rounding rounding_of(const task &t) { return {t.recipe.rounding, t.recipe.sr_bits}; }

/* What is stored is rounded to the format of the slot. */
static __device__ inline void store(const task &t, int k, int64_t i, int64_t j, double x) {
    t.out[k].set(i, j, px_round(t.out[k].fmt, rounding_of(t), x, 0));
}

struct addition {
    static __device__ void run(const task &t, int64_t i, int64_t j, uint64_t e) {
        px_rounding r = rounding_of(t);
        t.out[0].set(i, j,
                     px_add(t.recipe.out, r, t.in[0].get(i, j), t.in[1].get(i, j), px_bits_for(r, t.stream, e, 1)));
    }
};

struct multiplication {
    static __device__ void run(const task &t, int64_t i, int64_t j, uint64_t e) {
        px_rounding r = rounding_of(t);
        t.out[0].set(i, j,
                     px_mul(t.recipe.out, r, t.in[0].get(i, j), t.in[1].get(i, j), px_bits_for(r, t.stream, e, 0)));
    }
};

struct conversion {
    static __device__ void run(const task &t, int64_t i, int64_t j, uint64_t e) {
        px_rounding r = rounding_of(t);
        t.out[0].set(i, j, px_round(t.recipe.out, r, t.in[0].get(i, j), px_bits_for(r, t.stream, e, 0)));
    }
};

struct scaling {
    static __device__ void run(const task &t, int64_t i, int64_t j, uint64_t e) {
        px_rounding r = rounding_of(t);
        double f = rounded_by(t.recipe).number(t.attr[0] / sqrt(t.attr[1]));
        store(t, 0, i, j, px_mul(t.recipe.out, r, t.in[0].get(i, j), f, px_bits_for(r, t.stream, e, 0)));
    }
};

struct dropping {
    static __device__ void run(const task &t, int64_t i, int64_t j, uint64_t e) {
        rounded h = rounded_by(t.recipe);
        double p = t.attr[0], drawn = (double)(px_bits(t.stream, e, 0) >> 11) * 0x1p-53, y = 0.0;
        if (drawn >= p) y = last_rounding(t.recipe, h.mul(t.in[0].get(i, j), h.number(1 / (1 - p))));
        store(t, 0, i, j, y);
    }
};

struct taking_sign { /* a itself where it is 0 or NaN */
    static __device__ void run(const task &t, int64_t i, int64_t j, uint64_t) {
        double a = t.in[0].get(i, j);
        store(t, 0, i, j, a > 0 ? 1.0 : a < 0 ? -1.0 : a);
    }
};

struct gathering {
    static __device__ void run(const task &t, int64_t i, int64_t j, uint64_t) {
        store(t, 0, i, j, last_rounding(t.recipe, t.in[0].get((int64_t)t.in[1].get(i, 0), j)));
    }
};

struct kahan_addition {
    static __device__ void run(const task &t, int64_t i, int64_t j, uint64_t) {
        rounded h = rounded_by(t.recipe);
        double w = t.in[0].get(i, j), y = h.add(t.in[1].get(i, j), t.in[2].get(i, j));
        double sum = px_add(t.recipe.out, rounding_of(t), w, y, 0);
        store(t, 0, i, j, sum);
        store(t, 1, i, j, h.sub(y, h.sub(sum, w)));
    }
};

/* ---- GELU: x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))), or x/2 (1 + erf(x/sqrt 2)) ---- */

struct gelu_steps {
    rounded h;
    double x;
    __device__ double root_2_pi() const { return h.number(0x1.9884533d43651p-1); } /* sqrt(2/pi) */
    __device__ double bent_by_tanh(double x2) const {
        double inner = h.add(x, h.mul(h.number(0.044715), h.mul(x2, x)));
        return h.tanh(h.mul(root_2_pi(), inner));
    }
    __device__ double bent_by_erf() const { return h.erf(h.mul(x, h.number(0x1.6a09e667f3bcdp-1))); } /* 1/sqrt 2 */
    __device__ double half_of(double y) const { return h.mul(0.5, y); }
    __device__ double value(int form) const {
        double bent = form == PX_GELU_TANH ? bent_by_tanh(h.mul(x, x)) : bent_by_erf();
        return h.mul(half_of(x), h.add(1.0, bent));
    }
    __device__ double slope_by_tanh() const {
        double x2 = h.mul(x, x), bent = bent_by_tanh(x2), left = half_of(h.add(1.0, bent));
        double s = h.sub(1.0, h.mul(bent, bent));
        double q = h.mul(root_2_pi(), h.add(1.0, h.mul(h.number(0.134145), x2)));
        return h.add(left, h.mul(h.mul(half_of(x), s), q));
    }
    __device__ double slope_by_erf() const {
        double cdf = half_of(h.add(1.0, bent_by_erf())), bell = h.exp(h.mul(-0.5, h.mul(x, x)));
        return h.add(cdf, h.mul(x, h.mul(bell, h.number(0x1.9884533d43651p-2)))); /* 1/sqrt(2 pi) */
    }
};

struct gelu {
    static __device__ void run(const task &t, int64_t i, int64_t j, uint64_t) {
        gelu_steps g = {rounded_by(t.recipe), t.in[0].get(i, j)};
        store(t, 0, i, j, last_rounding(t.recipe, g.value((int)t.attr[0])));
    }
};

struct gelu_gradient {
    static __device__ void run(const task &t, int64_t i, int64_t j, uint64_t) {
        gelu_steps g = {rounded_by(t.recipe), t.in[1].get(i, j)};
        double slope = (int)t.attr[0] == PX_GELU_TANH ? g.slope_by_tanh() : g.slope_by_erf();
        store(t, 0, i, j, last_rounding(t.recipe, g.h.mul(t.in[0].get(i, j), slope)));
    }
};

px_status run_elements(const task *t, workspace *, px_error *err) {
    static const struct {
        px_op op;
        void (*kernel)(task t);
    } kernels[] = {{PX_OP_ADD, elements<addition>},
                   {PX_OP_MUL, elements<multiplication>},
                   {PX_OP_ROUND, elements<conversion>},
                   {PX_OP_SCALE, elements<scaling>},
                   {PX_OP_DROPOUT, elements<dropping>},
                   {PX_OP_GATHER, elements<gathering>},
                   {PX_OP_ADD_KAHAN, elements<kahan_addition>},
                   {PX_OP_SIGN, elements<taking_sign>},
                   {PX_OP_GELU, elements<gelu>},
                   {PX_OP_GELU_BACKWARD, elements<gelu_gradient>}};
    int64_t n = t->out[0].rows * t->out[0].cols;
    if (n == 0) return PX_OK;
    for (const auto &k : kernels)
        if (k.op == t->op) {
            PX_START(k.kernel, grid_for(n, BLOCK), BLOCK, *t);
            return PX_OK;
        }
    return px_fail(err, PX_INCOMPLETE, "no kernel for %s", px_op_name(t->op));
}
