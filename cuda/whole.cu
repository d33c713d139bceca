/* Numbers made from all of a tensor. What blocks find is put together by integer atomics, which have no order. */
#include "arith.cuh"
#include "families.h"

typedef unsigned long long word; /* what atomics take */

static __device__ inline void store(const task &t, int k, double x) {
    t.out[k].set(0, 0, px_round(t.out[k].fmt, {t.recipe.rounding, t.recipe.sr_bits}, x, 0));
}

static __global__ void count_nonfinite(task t, word *found) {
    int64_t cols = t.in[0].cols, n = t.in[0].rows * cols;
    word here = 0;
    for (int64_t e = (int64_t)blockIdx.x * BLOCK + threadIdx.x; e < n; e += (int64_t)gridDim.x * BLOCK)
        here += !isfinite(t.in[0].get(e / cols, e % cols));
    if (here) atomicAdd(found, here);
}

/* Magnitudes are ordered as their words; a NaN counts as infinite. */
static __global__ void find_largest(task t, word *top) {
    int64_t cols = t.in[0].cols, n = t.in[0].rows * cols;
    for (int64_t e = (int64_t)blockIdx.x * BLOCK + threadIdx.x; e < n; e += (int64_t)gridDim.x * BLOCK) {
        double x = fabs(t.in[0].get(e / cols, e % cols));
        atomicMax(top, (word)__double_as_longlong(isnan(x) ? (double)INFINITY : x));
    }
}

static __global__ void put_nonfinite(task t, const word *found) {
    t.out[0].set(0, 0, (t.in[1].data ? t.in[1].get(0, 0) : 0.0) + (double)*found);
}

/* 2^floor(log2(largest / top)), its exponent within -126 .. 126; 1 where top is 0 or infinite. */
static __global__ void put_power(task t, const word *found) {
    double top = __longlong_as_double((long long)*found), f = 1.0;
    if (top > 0 && top <= DBL_MAX) {
        int e;
        frexp(t.attr[0] / top, &e);
        e -= 1;
        f = ldexp(1.0, e < -126 ? -126 : e > 126 ? 126 : e);
    }
    store(t, 0, f);
    store(t, 1, 1 / f);
}

static __global__ void clip_factor(task t) {
    rounded h = rounded_by(t.recipe);
    double norm = h.sqrt(t.in[0].get(0, 0));
    double q = h.div(h.number(t.attr[0]), h.add(norm, h.number(t.attr[1])));
    store(t, 0, last_rounding(t.recipe, q >= 1 ? 1.0 : q));
    store(t, 1, norm);
}

px_status run_whole(const task *t, workspace *w, px_error *err) {
    if (t->op == PX_OP_CLIP_FACTOR) {
        PX_START(clip_factor, 1, 1, *t);
        return PX_OK;
    }
    void *memory;
    PX_TRY(workspace_take(w, sizeof(word), &memory, err));
    PX_CUDA_TRY(cudaMemset(memory, 0, sizeof(word)));
    word *found = static_cast<word *>(memory);
    int64_t n = t->in[0].rows * t->in[0].cols, grid = grid_for(n, 16 * BLOCK);
    if (t->op == PX_OP_NONFINITE) {
        if (n > 0) PX_START(count_nonfinite, grid, BLOCK, *t, found);
        PX_START(put_nonfinite, 1, 1, *t, static_cast<const word *>(found));
    } else {
        if (n > 0) PX_START(find_largest, grid, BLOCK, *t, found);
        PX_START(put_power, 1, 1, *t, static_cast<const word *>(found));
    }
    return PX_OK;
}
