/* Row sums and matrix products in any format, order and rounding. */
#include "families.h"
#include "sum.cuh"

/* Result e of a call: a row's sum, or an entry of the product, row-major. */
static __device__ inline series series_of(const task &t, int64_t e) {
    series s = {};
    s.n = t.in[0].cols;
    s.stream = t.stream;
    s.element = (uint64_t)e;
    if (t.op == PX_OP_SUM) {
        s.a = row_of(t.in[0], e);
        s.sign = 1.0;
        return s;
    }
    int64_t i = e / t.out[0].cols, j = e % t.out[0].cols;
    s.a = row_of(t.in[0], i);
    s.b = column_of(t.in[1], j);
    s.products = true;
    s.c = t.in[2].data ? t.in[2].get(i, j) : 0.0;
    s.sign = t.attr[0];
    return s;
}

static __device__ inline void put_result(const task &t, int64_t e, double x) {
    t.out[0].set(e / t.out[0].cols, e % t.out[0].cols, x);
}

static __global__ void chains(task t) {
    int64_t results = t.out[0].rows * t.out[0].cols;
    for (int64_t e = (int64_t)blockIdx.x * BLOCK + threadIdx.x; e < results; e += (int64_t)gridDim.x * BLOCK) {
        summation q(t.recipe, series_of(t, e));
        put_result(t, e, q.finish(q.s.n ? chain_sum(q) : q.s.c));
    }
}

static __global__ void trees(task t, int64_t *room, int64_t room_of_block) {
    int64_t results = t.out[0].rows * t.out[0].cols;
    for (int64_t e = blockIdx.x; e < results; e += gridDim.x) {
        summation q(t.recipe, series_of(t, e));
        double x = q.finish(block_sum(q, room + blockIdx.x * room_of_block));
        if (threadIdx.x == 0) put_result(t, e, x);
    }
}

/* Second output of a sum: 1 + the index of the last term that changed the running sum of the sequential order, or 0. */
static __global__ void last_changes(task t) {
    for (int64_t e = (int64_t)blockIdx.x * BLOCK + threadIdx.x; e < t.out[0].rows; e += (int64_t)gridDim.x * BLOCK) {
        summation q(t.recipe, series_of(t, e));
        int64_t last = 0;
        double sum = 0.0;
        for (int64_t k = 0; t.recipe.order == PX_SEQUENTIAL && k < q.s.n; k++) {
            double next = q.plus(sum, q.at(k), 2 * (uint64_t)k + 1);
            if (__double_as_longlong(next) != __double_as_longlong(sum)) last = k + 1;
            sum = next;
        }
        t.out[1].set(e, 0, (double)last);
    }
}

px_status run_sums(const task *t, workspace *w, px_error *err) {
    int64_t results = t->out[0].rows * t->out[0].cols;
    if (results == 0) return PX_OK;
    if (by_one_thread(t->recipe, results)) {
        PX_START(chains, grid_for(results, BLOCK), BLOCK, *t);
    } else {
        constexpr int64_t ROOMS = 256; /* blocks that sort at the same time */
        size_t a_block = sum_room(t->recipe, t->in[0].cols);
        int64_t grid = grid_for(results, 1);
        if (a_block && grid > ROOMS) grid = ROOMS;
        void *room;
        PX_TRY(workspace_take(w, (size_t)grid * a_block, &room, err));
        PX_START(trees, grid, TEAM, *t, static_cast<int64_t *>(room), (int64_t)(a_block / sizeof(int64_t)));
    }
    if (t->op == PX_OP_SUM && t->out[1].data) PX_START(last_changes, grid_for(results, BLOCK), BLOCK, *t);
    return PX_OK;
}
