/* scatter_add. The rows of dy are sorted by where they go, so that those of a destination lie side by side in the order
 * of the definition: the work is that of the sort and of the additions, for any number of destinations. There are no
 * atomics; where a row comes to lie depends on the indices alone. */
#include "arith.cuh"
#include "families.h"

struct sent {
    int64_t to, row;
};

static __global__ void read_indices(task t, sent *rows) {
    for (int64_t i = (int64_t)blockIdx.x * BLOCK + threadIdx.x; i < t.in[0].rows; i += (int64_t)gridDim.x * BLOCK)
        rows[i] = {(int64_t)t.in[1].get(i, 0), i};
}

/* The first of the sorted rows low .. high - 1 that goes to `to` or beyond; high where none does. */
static __device__ inline int64_t first_to(const sent *rows, int64_t low, int64_t high, int64_t to) {
    while (low < high) {
        int64_t half = low + (high - low) / 2;
        if (rows[half].to < to)
            low = half + 1;
        else
            high = half;
    }
    return low;
}

/* Sorted runs become sorted runs twice as long: before a row come those before it in its run, and of the run beside it
 * those that go to lesser places or, from the run on the left, to the same. */
static __global__ void merge_runs(const sent *from, sent *to, int64_t n, int64_t run) {
    for (int64_t k = (int64_t)blockIdx.x * BLOCK + threadIdx.x; k < n; k += (int64_t)gridDim.x * BLOCK) {
        int64_t own = k / run * run, right = k / run % 2, pair = own - right * run;
        int64_t other = right ? pair : pair + run, low = other < n ? other : n, high = low + run < n ? low + run : n;
        int64_t before = first_to(from, low, high, from[k].to + right) - low;
        to[pair + (k - own) + before] = from[k];
    }
}

/* Destination v has the sorted rows start[v] .. start[v + 1] - 1. */
static __global__ void find_starts(const sent *rows, int64_t n, int64_t destinations, int64_t *start) {
    for (int64_t v = (int64_t)blockIdx.x * BLOCK + threadIdx.x; v <= destinations; v += (int64_t)gridDim.x * BLOCK)
        start[v] = first_to(rows, 0, n, v);
}

static __global__ void add_rows(task t, const sent *rows, const int64_t *start) {
    rounded h = rounded_by(t.recipe);
    int64_t cols = t.out[0].cols, n = t.out[0].rows * cols;
    for (int64_t e = (int64_t)blockIdx.x * BLOCK + threadIdx.x; e < n; e += (int64_t)gridDim.x * BLOCK) {
        int64_t v = e / cols, j = e % cols;
        double sum = 0.0;
        for (int64_t k = start[v]; k < start[v + 1]; k++) sum = h.add(sum, t.in[0].get(rows[k].row, j));
        t.out[0].set(v, j, px_round(t.out[0].fmt, h.r, last_rounding(t.recipe, sum), 0));
    }
}

px_status run_scatter(const task *t, workspace *w, px_error *err) {
    int64_t n = t->in[0].rows, destinations = t->out[0].rows, results = destinations * t->out[0].cols;
    void *memory;
    if (results == 0) return PX_OK;
    PX_TRY(
        workspace_take(w, 2 * (size_t)n * sizeof(sent) + ((size_t)destinations + 1) * sizeof(int64_t), &memory, err));
    sent *from = static_cast<sent *>(memory), *to = from + n;
    int64_t *start = reinterpret_cast<int64_t *>(to + n);
    PX_START(read_indices, grid_for(n, BLOCK), BLOCK, *t, from);
    for (int64_t run = 1; run < n; run *= 2) {
        PX_START(merge_runs, grid_for(n, BLOCK), BLOCK, from, to, n, run);
        sent *merged = to;
        to = from;
        from = merged;
    }
    PX_START(find_starts, grid_for(destinations + 1, BLOCK), BLOCK, from, n, destinations, start);
    PX_START(add_rows, grid_for(results, BLOCK), BLOCK, *t, from, start);
    return PX_OK;
}
