#include "bench/cell.h"

#include <stdlib.h>

#include "arith/round.h"
#include "backend/registry.h"
#include "base/philox.h"
#include "kind/trial.h"

/* The sum of four uniform numbers. */
static double normal(uint64_t stream, uint64_t i) {
    px_bits128 r = px_philox(3, stream, i);
    double u = (double)(uint32_t)r.lo + (double)(r.lo >> 32) + (double)(uint32_t)r.hi + (double)(r.hi >> 32);
    return (u * 0x1p-32 - 2) * 1.7320508075688772;
}

px_mat bench_normal(px_arena *arena, px_fp fmt, int64_t n, uint64_t stream) {
    px_mat m = px_mat_new(arena, fmt, n, n);
    for (int64_t i = 0; i < n * n; i++)
        px_mat_set(&m, i / n, i % n, px_round(fmt, px_rounding_of(PX_NEAREST_EVEN), normal(stream, (uint64_t)i), 0));
    return m;
}

static void plan(const bench_cell *c, px_trial *t) {
    px_treatment how = {.in = c->fmt, .recipe = px_recipe_uniform(c->fmt), .exec = px_backend_find("emulated")};
    int64_t n = c->in[0].rows;
    px_trial_plan(t, &how, PX_OP_GEMM, (const int64_t[][2]){{n, n}, {n, n}});
}

void bench_cell_product(const bench_cell *c) {
    px_trial t;
    px_error err;
    plan(c, &t);
    px_mat out = px_mat_new(c->scratch, c->fmt, c->in[0].rows, c->in[1].cols);
    if (px_backend_call(t.how.exec, &t.prog, c->in, 2, &out, NULL, &err) != PX_OK) abort();
    px_arena_reset(c->scratch);
}

void bench_cell_whole(const bench_cell *c) {
    px_trial t;
    px_lab lab = {.arena = c->scratch};
    px_error err;
    plan(c, &t);
    if (px_trial_run(&t, &lab, c->in, &err) != PX_OK) abort();
    px_arena_reset(c->scratch);
}
