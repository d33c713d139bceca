/* Emulated factorisations of 1000 equations against LAPACK's in the machine's own single precision. */
#include <lapacke.h>
#include <stdlib.h>
#include <string.h>

#include "base/philox.h"
#include "bench/bench.h"
#include "emu/emu.h"

enum { N = 1000 };

typedef struct factoring {
    px_fp fmt;
    float *a, *lu; /* the matrix, rounded to fmt; room for the factors */
    lapack_int *pivots;
    double *rows;
} factoring;

static void emulated(void *context) {
    const factoring *f = context;
    px_call call = {.op = PX_OP_LU, .recipe = px_recipe_uniform(f->fmt)};
    px_task task = {.call = &call};
    task.in[0] = (px_view){.data = f->a, .fmt = f->fmt, .rows = N, .cols = N, .rs = N, .cs = 1};
    task.out[0] = (px_view){.data = f->lu, .fmt = f->fmt, .rows = N, .cols = N, .rs = N, .cs = 1};
    task.out[1] = (px_view){.data = f->rows, .fmt = px_fp_exact(), .rows = N, .cols = 1, .rs = 1, .cs = 1};
    px_emu_run(&task);
}

static void lapack(void *context) {
    const factoring *f = context;
    memcpy(f->lu, f->a, (size_t)N * N * sizeof *f->a);
    if (LAPACKE_sgetrf(LAPACK_COL_MAJOR, N, N, f->lu, N, f->pivots) != 0) abort();
}

static void *room(size_t size) {
    void *p = malloc(size);
    if (!p) abort();
    return p;
}

/* U(-1/2, 1/2), rounded by the array path. */
static void fill(factoring *f) {
    px_call call = {.op = PX_OP_ROUND, .recipe = px_recipe_uniform(f->fmt)};
    px_task task = {.call = &call};
    px_fp fp32;
    if (px_fp_parse("fp32", &fp32, NULL) != PX_OK) abort();
    for (int64_t i = 0; i < (int64_t)N * N; i++) f->lu[i] = (float)(int32_t)px_philox(2, 0, (uint64_t)i).lo * 0x1p-32f;
    task.in[0] = (px_view){.data = f->lu, .fmt = fp32, .rows = N, .cols = N, .rs = N, .cs = 1};
    task.out[0] = (px_view){.data = f->a, .fmt = f->fmt, .rows = N, .cols = N, .rs = N, .cs = 1};
    px_emu_run(&task);
}

void bench_factorisations(const bench_options *o, bench_run *run, void *state) {
    static const struct {
        const char *format, *name;
        double goal;
    } rows[] = {{"fp16", "lu fp16 n=1000", 0.08}, {"bf16", "lu bf16 n=1000", 0}, {"fp32", "lu fp32 n=1000", 0}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (!bench_wants(o, rows[i].name)) continue;
        size_t bytes = (size_t)N * N * sizeof(float);
        factoring f = {.a = room(bytes),
                       .lu = room(bytes),
                       .pivots = room(N * sizeof(lapack_int)),
                       .rows = room(N * sizeof(double))};
        if (px_fp_parse(rows[i].format, &f.fmt, NULL) != PX_OK) abort();
        fill(&f);
        bench_case c = {.name = rows[i].name,
                        .peer_name = "sgetrf",
                        .unit = "GMAC/s",
                        .work = (double)N * N * N / 3,
                        .context = &f,
                        .ours = emulated,
                        .peer = lapack,
                        .goal = rows[i].goal};
        run(&c, state);
        free(f.a), free(f.lu), free(f.pivots), free(f.rows);
    }
}
