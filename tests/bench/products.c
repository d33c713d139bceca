/* Matrix products n x n: every recipe that a tile kernel serves against OpenBLAS in the host's format, and the
 * every-step fp16 product against plain C with _Float16. */
#include <cblas.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "arith/round.h"
#include "base/philox.h"
#include "bench/bench.h"
#include "emu/emu.h"
#include "emu/tiles.h"

typedef struct product {
    int64_t n;
    px_call call;
    px_task task;
    float *f32[3]; /* for the peers: a, b, c */
    double *f64[3];
} product;

static void ours(void *context) {
    const product *p = context;
    px_emu_run(&p->task);
}

static void sgemm(void *context) {
    const product *p = context;
    blasint n = (blasint)p->n;
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, n, n, 1, p->f32[0], n, p->f32[1], n, 0, p->f32[2], n);
}

static void dgemm(void *context) {
    const product *p = context;
    blasint n = (blasint)p->n;
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, n, n, 1, p->f64[0], n, p->f64[1], n, 0, p->f64[2], n);
}

static void scalar_float16(void *context) {
    const product *p = context;
    peer_float16_ikj(p->n, p->f32[0], p->f32[1], p->f32[2]);
}

/* peer_float16.c is compiled for AVX2 where the processor is an x86-64. */
static bool runs_float16(void) {
    int n;
    px_isa_usable(&n);
    return n > 1;
}

static px_fp format(const char *name) {
    px_fp f = px_fp_exact();
    px_error err;
    if (px_fp_parse(name, &f, &err) != PX_OK) f = px_fp_exact(); /* the word `exact` */
    return f;
}

/* About normal: the sum of four uniform numbers. */
static double normal(uint64_t i) {
    px_bits128 r = px_philox(2, 0, i);
    double u = (double)(uint32_t)r.lo + (double)(r.lo >> 32) + (double)(uint32_t)r.hi + (double)(r.hi >> 32);
    return (u * 0x1p-32 - 2) * 1.7320508075688772;
}

static void fill(product *p, px_fp in, px_fp out) {
    for (int s = 0; s < 3; s++) {
        px_fp f = s < 2 ? in : out;
        bool single = px_fits_float(f);
        px_view v = {.data = single ? (void *)p->f32[s] : (void *)p->f64[s],
                     .fmt = f,
                     .rows = p->n,
                     .cols = p->n,
                     .rs = p->n,
                     .cs = 1};
        for (int64_t i = 0; i < p->n * p->n; i++) {
            double x =
                s < 2 ? px_round(f, px_rounding_of(PX_NEAREST_EVEN), normal((uint64_t)(i + s * p->n * p->n)), 0) : 0;
            p->f32[s][i] = (float)x;
            p->f64[s][i] = x;
        }
        *(s < 2 ? &p->task.in[s] : &p->task.out[0]) = v;
    }
}

static double limit_of(const product *p, bench_pipes pipes, void (*peer)(void *)) {
    px_step step = px_tiles_step(&p->task);
    if (step == PX_STEPS || (peer != sgemm && peer != dgemm)) return 0;
    return bench_step_cycles(pipes, PX_STEP_FUSED) / bench_step_cycles(pipes, step);
}

/* Of a peer without vectors: ours, on one thread. */
static double most_of(const product *p, bench_pipes pipes, void (*peer)(void *)) {
    px_step step = px_tiles_step(&p->task);
    if (step == PX_STEPS || peer != scalar_float16) return 0;
    return pipes.lanes * pipes.rate / (2 * bench_step_cycles(pipes, step));
}

static const struct {
    const char *name, *in, *mul, *acc, *peer_name;
    void (*peer)(void *);
    int order, fused, mode;
    double goal; /* on a machine with AVX-512 and separate pipes; where they are shared 0.8 of the limit, if less */
} cases[] = {
    {"gemm/fp16", "fp16", "fp16", "fp16", "sgemm", sgemm, PX_SEQUENTIAL, 0, PX_NEAREST_EVEN, 0.23},
    {"gemm/fp16/scalar", "fp16", "fp16", "fp16", "_Float16 ikj", scalar_float16, PX_SEQUENTIAL, 0, PX_NEAREST_EVEN, 25},
    {"gemm/bf16", "bf16", "bf16", "bf16", "sgemm", sgemm, PX_SEQUENTIAL, 0, PX_NEAREST_EVEN, 0.27},
    {"gemm/tf32", "tf32", "tf32", "tf32", "sgemm", sgemm, PX_SEQUENTIAL, 0, PX_NEAREST_EVEN, 0},
    {"gemm/fp8_e4m3", "fp8_e4m3", "fp8_e4m3", "fp8_e4m3", "sgemm", sgemm, PX_SEQUENTIAL, 0, PX_NEAREST_EVEN, 0},
    {"gemm/fp16/fp32", "fp16", "fp32", "fp32", "sgemm", sgemm, PX_SEQUENTIAL, 0, PX_NEAREST_EVEN, 0},
    {"gemm/fp16/exact/fp32", "fp16", "exact", "fp32", "sgemm", sgemm, PX_SEQUENTIAL, 1, PX_NEAREST_EVEN, 0.90},
    {"gemm/fp16/fp16/fp32", "fp16", "fp16", "fp32", "sgemm", sgemm, PX_SEQUENTIAL, 0, PX_NEAREST_EVEN, 0},
    {"gemm/fp32", "fp32", "fp32", "fp32", "sgemm", sgemm, PX_SEQUENTIAL, 0, PX_NEAREST_EVEN, 0.80},
    {"gemm/fp32/fused", "fp32", "exact", "fp32", "sgemm", sgemm, PX_SEQUENTIAL, 1, PX_NEAREST_EVEN, 0.85},
    {"gemm/fp64", "fp64", "fp64", "fp64", "dgemm", dgemm, PX_SEQUENTIAL, 0, PX_NEAREST_EVEN, 0.80},
    {"gemm/fp64/fused", "fp64", "exact", "fp64", "dgemm", dgemm, PX_SEQUENTIAL, 1, PX_NEAREST_EVEN, 0.85},
    {"gemm/fp16/blocked", "fp16", "fp16", "fp16", "sgemm", sgemm, PX_BLOCKED, 0, PX_NEAREST_EVEN, 0},
    {"gemm/fp32/blocked", "fp32", "fp32", "fp32", "sgemm", sgemm, PX_BLOCKED, 0, PX_NEAREST_EVEN, 0},
    {"gemm/fp16/pairwise", "fp16", "fp16", "fp16", "sgemm", sgemm, PX_PAIRWISE, 0, PX_NEAREST_EVEN, 0},
    {"gemm/fp32/pairwise", "fp32", "fp32", "fp32", "sgemm", sgemm, PX_PAIRWISE, 0, PX_NEAREST_EVEN, 0},
    {"gemm/fp16/kahan", "fp16", "fp16", "fp16", "sgemm", sgemm, PX_KAHAN, 0, PX_NEAREST_EVEN, 0},
    {"gemm/fp16/exact/fp16", "fp16", "exact", "fp16", "sgemm", sgemm, PX_SEQUENTIAL, 0, PX_NEAREST_EVEN, 0},
    {"gemm/fp16/zero", "fp16", "fp16", "fp16", "sgemm", sgemm, PX_SEQUENTIAL, 0, PX_TOWARD_ZERO, 0},
    {"gemm/bf16/up", "bf16", "bf16", "bf16", "sgemm", sgemm, PX_SEQUENTIAL, 0, PX_UP, 0},
    {"gemm/fp32/zero", "fp32", "fp32", "fp32", "sgemm", sgemm, PX_SEQUENTIAL, 0, PX_TOWARD_ZERO, 0},
    {"gemm/fp16/stochastic", "fp16", "fp16", "fp16", "sgemm", sgemm, PX_SEQUENTIAL, 0, PX_STOCHASTIC, 0},
    {"gemm/fp16/sorted_up", "fp16", "fp16", "fp16", "sgemm", sgemm, PX_SORTED_UP, 0, PX_NEAREST_EVEN, 0},
    {"gemm/fp64/fp16", "fp64", "fp16", "fp16", "dgemm", dgemm, PX_SEQUENTIAL, 0, PX_NEAREST_EVEN, 0},
};

static double goal_of(double goal, double limit, bench_pipes pipes, const px_isa *isa, void (*peer)(void *)) {
    if (goal == 0 || !isa->fuses) return 0; /* the portable kernels are there to run anywhere */
    if (peer == scalar_float16) return isa->width_f32 < 64 ? 9 : goal;
    return !pipes.separate && limit > 0 && 0.8 * limit < goal ? 0.8 * limit : goal;
}

void bench_products(const bench_options *o, const px_isa *isa, bench_pipes pipes, bench_run *run, void *state) {
    product p = {.n = o->size};
    size_t count = (size_t)(p.n * p.n);
    for (int s = 0; s < 3; s++) {
        p.f32[s] = aligned_alloc(64, (count * sizeof(float) + 63) / 64 * 64);
        p.f64[s] = aligned_alloc(64, (count * sizeof(double) + 63) / 64 * 64);
        if (!p.f32[s] || !p.f64[s]) abort();
    }
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (!bench_wants(o, cases[i].name) || (cases[i].peer == scalar_float16 && !runs_float16())) continue;
        px_fp acc = format(cases[i].acc);
        p.call = (px_call){.op = PX_OP_GEMM, .recipe = px_recipe_uniform(acc), .attr = {1.0}};
        p.call.recipe.mul = format(cases[i].mul);
        p.call.recipe.order = (uint8_t)cases[i].order;
        p.call.recipe.fused = (uint8_t)cases[i].fused;
        p.call.recipe.rounding = (uint8_t)cases[i].mode;
        p.call.recipe.sr_bits = cases[i].mode == PX_STOCHASTIC ? PX_SR_BITS_DEFAULT : 0;
        p.call.recipe.block = 32;
        p.task = (px_task){.call = &p.call};
        fill(&p, format(cases[i].in), acc);
        double limit = limit_of(&p, pipes, cases[i].peer), work = pow((double)p.n, 3);
        double goal = goal_of(cases[i].goal, limit, pipes, isa, cases[i].peer);
        bench_case c = {.name = cases[i].name,
                        .peer_name = cases[i].peer_name,
                        .unit = "GMAC/s",
                        .work = work,
                        .context = &p,
                        .ours = ours,
                        .peer = cases[i].peer,
                        .goal = goal,
                        .limit = limit,
                        .most = most_of(&p, pipes, cases[i].peer)};
        run(&c, state);
        if (cases[i].peer != scalar_float16) bench_scaling(o, &c, run, state);
    }
    for (int s = 0; s < 3; s++) {
        free(p.f32[s]);
        free(p.f64[s]);
    }
}
