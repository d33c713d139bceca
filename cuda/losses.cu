/* Losses and their gradients. */
#include "families.h"
#include "rows.cuh"

/* s, what the gradient is scaled by; 1 where it is absent. */
static __device__ inline double scale_of(const task &t) { return t.in[2].data ? t.in[2].get(0, 0) : 1.0; }

/* The entries of the differences, row-major, and of the gradient. */
static __global__ void mse_differences(task t, double *e) {
    rounded h = rounded_by(t.recipe);
    int64_t cols = t.in[0].cols, n = t.in[0].rows * cols;
    double f = h.mul(h.number(2 / (double)n), scale_of(t));
    for (int64_t k = (int64_t)blockIdx.x * BLOCK + threadIdx.x; k < n; k += (int64_t)gridDim.x * BLOCK) {
        e[k] = h.sub(t.in[0].get(k / cols, k % cols), t.in[1].get(k / cols, k % cols));
        store(t, 1, k / cols, k % cols, h.mul(e[k], f));
    }
}

/* One block: rnd(SUM x / n), or of the squares, rounded to out. */
static __global__ void mean(task t, int64_t n, const double *x, bool squares, int64_t *room) {
    numbers a = array_of(x);
    double sum = squares ? dot_of(t.recipe, n, a, a, room) : sum_of(t.recipe, n, a, room);
    if (threadIdx.x == 0) store(t, 0, 0, 0, last_rounding(t.recipe, rounded_by(t.recipe).div(sum, (double)n)));
}

/* A row: its loss, and its gradient. */
static __global__ void cross_entropy_rows(task t, scratch s, double *losses) {
    rounded h = rounded_by(t.recipe);
    int64_t n = t.in[0].cols, m = t.in[0].rows;
    double f = h.div(scale_of(t), (double)m);
    for (int64_t i = blockIdx.x; i < m; i += gridDim.x) {
        int64_t target = (int64_t)t.in[1].get(i, 0);
        double *z = s.array(0);
        PX_EACH(j, n) z[j] = t.in[0].get(i, j);
        __syncthreads();
        double top = largest_of(n, z), l = powers_below(t.recipe, n, z, top, s.room());
        PX_EACH(j, n) {
            double p = h.div(z[j], l);
            store(t, 1, i, j, h.mul(j == target ? h.sub(p, 1.0) : p, f));
        }
        if (threadIdx.x == 0) losses[i] = h.sub(h.log(l), h.sub(t.in[0].get(i, target), top));
        __syncthreads(); /* the next row takes the same scratch */
    }
}

px_status run_losses(const task *t, workspace *w, px_error *err) {
    bool mse = t->op == PX_OP_MSE;
    int64_t m = t->in[0].rows, cols = t->in[0].cols, n = mse ? m * cols : m, grid;
    size_t list = (size_t)n * sizeof(double), rest = sum_room(t->recipe, n);
    scratch s = {};
    void *memory;
    if (mse) {
        PX_TRY(workspace_take(w, list + rest, &memory, err));
        double *e = static_cast<double *>(memory);
        if (n > 0) PX_START(mse_differences, grid_for(n, BLOCK), BLOCK, *t, e);
        PX_START(mean, 1, TEAM, *t, n, static_cast<const double *>(e), true, reinterpret_cast<int64_t *>(e + n));
        return PX_OK;
    }
    PX_TRY(scratch_for(t, w, m, 1, cols, &grid, &s, err));
    size_t rows = (size_t)grid * (size_t)s.bytes;
    PX_TRY(workspace_take(w, rows + list + rest, &memory, err));
    s.memory = static_cast<char *>(memory);
    double *losses = reinterpret_cast<double *>(s.memory + rows);
    if (m > 0) PX_START(cross_entropy_rows, grid, TEAM, *t, s, losses);
    PX_START(mean, 1, TEAM, *t, n, static_cast<const double *>(losses), false, reinterpret_cast<int64_t *>(losses + n));
    return PX_OK;
}
