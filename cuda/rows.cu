/* Layer norm and softmax with their gradients: a block a row, or a column. */
#include "families.h"
#include "rows.cuh"

struct layer_norm {
    enum { ARRAYS = 1 };
    static __device__ void run(const task &t, const scratch &s, int64_t i) {
        rounded h = rounded_by(t.recipe);
        int64_t n = t.in[0].cols;
        double *d = s.array(0);
        double mean = h.div(sum_of(t.recipe, n, row_of(t.in[0], i), s.room()), (double)n);
        PX_EACH(j, n) d[j] = h.sub(t.in[0].get(i, j), mean);
        __syncthreads();
        double var = h.div(dot_of(t.recipe, n, array_of(d), array_of(d), s.room()), (double)n);
        double rstd = h.rsqrt(h.add(var, h.number(t.attr[0])));
        PX_EACH(j, n) {
            double y = h.mul(d[j], rstd);
            if (t.in[1].data) y = h.mul(y, t.in[1].get(0, j));
            if (t.in[2].data) y = h.add(y, t.in[2].get(0, j));
            store(t, 0, i, j, last_rounding(t.recipe, y));
        }
        if (threadIdx.x == 0) {
            store(t, 1, i, 0, mean);
            store(t, 2, i, 0, rstd);
        }
    }
};

/* k_j = rnd(rnd(x_j - mean) rstd). */
static __device__ inline double normalised(const task &t, const rounded &h, int64_t i, int64_t j) {
    return h.mul(h.sub(t.in[1].get(i, j), t.in[2].get(i, 0)), t.in[3].get(i, 0));
}

struct layer_norm_gradient {
    enum { ARRAYS = 2 };
    static __device__ void run(const task &t, const scratch &s, int64_t i) {
        rounded h = rounded_by(t.recipe);
        int64_t n = t.in[0].cols;
        double *g = s.array(0), *k = s.array(1), rstd = t.in[3].get(i, 0);
        PX_EACH(j, n) {
            double dy = t.in[0].get(i, j);
            g[j] = t.in[4].data ? h.mul(dy, t.in[4].get(0, j)) : dy;
            k[j] = normalised(t, h, i, j);
        }
        __syncthreads();
        double a = h.div(sum_of(t.recipe, n, array_of(g), s.room()), (double)n);
        double b = h.div(dot_of(t.recipe, n, array_of(g), array_of(k), s.room()), (double)n);
        PX_EACH(j, n) {
            double along = h.sub(h.sub(g[j], a), h.mul(k[j], b));
            store(t, 0, i, j, last_rounding(t.recipe, h.mul(along, rstd)));
        }
    }
};

/* Of column j: DOT_i dy_ij k_ij. */
struct layer_norm_gamma {
    enum { ARRAYS = 1 };
    static __device__ void run(const task &t, const scratch &s, int64_t j) {
        rounded h = rounded_by(t.recipe);
        int64_t m = t.in[0].rows;
        double *k = s.array(0);
        PX_EACH(i, m) k[i] = normalised(t, h, i, j);
        __syncthreads();
        double sum = dot_of(t.recipe, m, column_of(t.in[0], j), array_of(k), s.room());
        if (threadIdx.x == 0) store(t, 0, 0, j, last_rounding(t.recipe, sum));
    }
};

/* Columns beyond the row's position are masked. */
static __device__ inline int64_t last_seen(const task &t, int64_t i) {
    int64_t period = (int64_t)t.attr[1];
    return period > 0 ? i % period : t.in[0].cols;
}

/* One pass that keeps the sum in step with the largest so far (Milakov & Gimelshein 2018): a chain, so one thread's. */
static __device__ inline double running_sum(const rounded &h, int64_t n, const double *z, double *top) {
    PX_SHARED(double, found, [2]);
    if (threadIdx.x == 0) {
        double l = 0.0, most = -(double)INFINITY;
        for (int64_t j = 0; j < n; j++) {
            double next = larger(most, z[j]);
            if (next == -(double)INFINITY) continue;
            l = h.add(h.mul(l, h.exp(h.sub(most, next))), h.exp(h.sub(z[j], next)));
            most = next;
        }
        found[0] = l;
        found[1] = most;
    }
    __syncthreads();
    double l = found[0];
    *top = found[1];
    __syncthreads();
    return l;
}

/* z becomes the exponentials of a form; returns the sum that they are divided by. */
static __device__ inline double powers_of(const task &t, int64_t n, double *z, int64_t *room) {
    rounded h = rounded_by(t.recipe);
    int form = (int)t.attr[3];
    double top = 0.0, l = 0.0;
    if (form == PX_SOFTMAX_STABLE) top = largest_of(n, z);
    if (form == PX_SOFTMAX_ONLINE) l = running_sum(h, n, z, &top);
    PX_EACH(j, n) z[j] = h.exp(form == PX_SOFTMAX_PLAIN ? z[j] : h.sub(z[j], top));
    __syncthreads();
    return form == PX_SOFTMAX_ONLINE ? l : sum_of(t.recipe, n, array_of(z), room);
}

struct softmax {
    enum { ARRAYS = 1 };
    static __device__ void run(const task &t, const scratch &s, int64_t i) {
        rounded h = rounded_by(t.recipe);
        int64_t n = t.in[0].cols, seen = last_seen(t, i);
        double *z = s.array(0), d = t.attr[0], f = d > 0 ? h.number(1 / sqrt(d)) : 1.0, hidden = h.number(t.attr[2]);
        PX_EACH(j, n) {
            double x = t.in[0].get(i, j);
            z[j] = j > seen ? hidden : d > 0 ? h.mul(x, f) : x;
        }
        __syncthreads();
        double l = powers_of(t, n, z, s.room());
        PX_EACH(j, n) store(t, 0, i, j, last_rounding(t.recipe, h.div(z[j], l)));
    }
};

struct softmax_gradient {
    enum { ARRAYS = 0 };
    static __device__ void run(const task &t, const scratch &s, int64_t i) {
        rounded h = rounded_by(t.recipe);
        int64_t n = t.in[0].cols, seen = last_seen(t, i);
        double d = t.attr[0], f = d > 0 ? h.number(1 / sqrt(d)) : 1.0;
        double w = dot_of(t.recipe, n, row_of(t.in[0], i), row_of(t.in[1], i), s.room());
        PX_EACH(j, n) {
            double u = h.mul(t.in[1].get(i, j), h.sub(t.in[0].get(i, j), w));
            store(t, 0, i, j, j > seen ? 0.0 : last_rounding(t.recipe, d > 0 ? h.mul(u, f) : u));
        }
    }
};

/* Mean and mean of squares of deviations, number by number (Welford 1962): a chain, so one thread's. */
static __device__ inline double welford(const task &t, const rounded &h, int64_t i, double *place) {
    PX_SHARED(double, found, [2]);
    int64_t n = t.in[0].cols;
    if (threadIdx.x == 0) {
        double c = 0.0, v = 0.0;
        for (int64_t j = 0; j < n; j++) {
            double x = t.in[0].get(i, j), d = h.sub(x, c);
            c = h.add(c, h.div(d, (double)(j + 1)));
            v = h.add(v, h.mul(d, h.sub(x, c)));
        }
        found[0] = c;
        found[1] = h.div(v, (double)n);
    }
    __syncthreads();
    double spread = found[1];
    *place = found[0];
    __syncthreads();
    return spread;
}

struct normalisation {
    enum { ARRAYS = 1 };
    static __device__ void run(const task &t, const scratch &s, int64_t i) {
        rounded h = rounded_by(t.recipe);
        int64_t n = t.in[0].cols;
        int form = (int)t.attr[0];
        numbers x = row_of(t.in[0], i);
        double *d = s.array(0), place = 0.0, spread = 0.0;
        if (form == PX_NORMALISE_MIN_MAX) {
            PX_EACH(j, n) d[j] = x[j];
            __syncthreads();
            double top = largest_of(n, d);
            place = smallest_of(n, d);
            spread = h.sub(top, place);
        } else if (form == PX_NORMALISE_WELFORD) {
            spread = welford(t, h, i, &place);
        } else {
            place = h.div(sum_of(t.recipe, n, x, s.room()), (double)n);
        }
        PX_EACH(j, n) d[j] = h.sub(x[j], place);
        __syncthreads();
        if (form == PX_NORMALISE_TWO_PASS || form == PX_NORMALISE_ONE_PASS) {
            numbers y = form == PX_NORMALISE_TWO_PASS ? array_of(d) : x;
            spread = h.div(dot_of(t.recipe, n, y, y, s.room()), (double)n);
        }
        if (form == PX_NORMALISE_ONE_PASS) spread = h.sub(spread, h.mul(place, place));
        double over = form == PX_NORMALISE_MIN_MAX ? spread : h.sqrt(spread);
        PX_EACH(j, n) store(t, 0, i, j, last_rounding(t.recipe, h.div(d[j], over)));
        if (threadIdx.x == 0) {
            store(t, 1, i, 0, place);
            store(t, 2, i, 0, spread);
        }
    }
};

template <class Op> static __global__ void rows(task t, scratch s, int64_t n) {
    for (int64_t i = blockIdx.x; i < n; i += gridDim.x) {
        Op::run(t, s, i);
        __syncthreads(); /* the next row takes the same scratch */
    }
}

template <class Op> static px_status start(const task *t, workspace *w, int64_t things, int64_t n, px_error *err) {
    int64_t grid;
    scratch s;
    if (things == 0) return PX_OK;
    PX_TRY(scratch_for(t, w, things, Op::ARRAYS, n, &grid, &s, err));
    PX_START(rows<Op>, grid, TEAM, *t, s, things);
    return PX_OK;
}

px_status run_rows(const task *t, workspace *w, px_error *err) {
    int64_t m = t->in[0].rows, n = t->in[0].cols;
    switch (t->op) {
    case PX_OP_LAYERNORM: return start<layer_norm>(t, w, m, n, err);
    case PX_OP_LAYERNORM_BACKWARD: return start<layer_norm_gradient>(t, w, m, n, err);
    case PX_OP_LAYERNORM_GAMMA: return start<layer_norm_gamma>(t, w, n, m, err);
    case PX_OP_NORMALISE: return start<normalisation>(t, w, m, n, err);
    case PX_OP_SOFTMAX: return start<softmax>(t, w, m, n, err);
    case PX_OP_SOFTMAX_BACKWARD: return start<softmax_gradient>(t, w, m, n, err);
    default: return px_fail(err, PX_INCOMPLETE, "no kernel for %s", px_op_name(t->op));
    }
}
