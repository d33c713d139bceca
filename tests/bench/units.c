/* Matrix products n x n by models of matrix units, packing included, against OpenBLAS in fp32. */
#include <cblas.h>
#include <math.h>
#include <stdlib.h>

#include "arith/codec.h"
#include "arith/model.h"
#include "arith/round.h"
#include "base/philox.h"
#include "bench/bench.h"
#include "emu/emu.h"

/* What the operands are: about normal; any finite words; normal with an infinity or a NaN in 16 rows of A. */
enum { NORMAL, ANY_FINITE, SPECIAL };

static const struct {
    const char *name;
    px_model model;
    const char *in, *out;
    int data;
    double goal, goal_avx2; /* 0: none */
} cases[] = {
    {"unit/v100/fp16/fp32", PX_MODEL_V100, "fp16", "fp32", NORMAL, 0.20, 0},
    {"unit/a100/fp16/fp32", PX_MODEL_A100, "fp16", "fp32", NORMAL, 0.25, 0},
    {"unit/h100/fp16/fp32", PX_MODEL_H100, "fp16", "fp32", NORMAL, 0.28, 0.12},
    {"unit/h100/fp16/special", PX_MODEL_H100, "fp16", "fp32", SPECIAL, 0, 0},
    {"unit/v100/fp16/fp16", PX_MODEL_V100, "fp16", "fp16", NORMAL, 0, 0},
    {"unit/a100/fp16/fp16", PX_MODEL_A100, "fp16", "fp16", NORMAL, 0, 0},
    {"unit/h100/fp16/fp16", PX_MODEL_H100, "fp16", "fp16", NORMAL, 0.20, 0},
    {"unit/h100/fp16/overflow", PX_MODEL_H100, "fp16", "fp16", ANY_FINITE, 0, 0},
    {"unit/a100/bf16/fp32", PX_MODEL_A100, "bf16", "fp32", NORMAL, 0, 0},
    {"unit/h100/bf16/fp32", PX_MODEL_H100, "bf16", "fp32", NORMAL, 0, 0},
    {"unit/a100/bf16/finite", PX_MODEL_A100, "bf16", "fp32", ANY_FINITE, 0.08, 0},
    {"unit/h100/bf16/finite", PX_MODEL_H100, "bf16", "fp32", ANY_FINITE, 0.08, 0},
    {"unit/a100/tf32/fp32", PX_MODEL_A100, "tf32", "fp32", NORMAL, 0.08, 0},
    {"unit/h100/tf32/fp32", PX_MODEL_H100, "tf32", "fp32", NORMAL, 0.08, 0},
    {"unit/ada/e4m3/fp32", PX_MODEL_ADA, "fp8_e4m3", "fp32", NORMAL, 0.08, 0},
    {"unit/h100/e4m3/fp32", PX_MODEL_H100, "fp8_e4m3", "fp32", NORMAL, 0.08, 0},
    {"unit/h100/e5m2/fp16", PX_MODEL_H100, "fp8_e5m2", "fp16", NORMAL, 0.08, 0},
    {"unit/b200/e4m3/fp32", PX_MODEL_B200, "fp8_e4m3", "fp32", NORMAL, 0.08, 0},
    {"unit/mmasync/e4m3/fp32", PX_MODEL_H100_MMASYNC, "fp8_e4m3", "fp32", NORMAL, 0.08, 0},
};

typedef struct product {
    int64_t n;
    px_call call;
    px_task task;
    float *x[3]; /* a, b, c */
} product;

static void ours(void *context) {
    const product *p = context;
    px_emu_run(&p->task);
}

static void sgemm(void *context) {
    const product *p = context;
    blasint n = (blasint)p->n;
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, n, n, 1, p->x[0], n, p->x[1], n, 0, p->x[2], n);
}

static px_fp format(const char *name) {
    px_fp f;
    px_error err;
    if (px_fp_parse(name, &f, &err) != PX_OK) abort();
    return f;
}

static double number(px_fp f, int data, uint64_t i) {
    px_bits128 r = px_philox(3, (uint64_t)data, i);
    double word = px_decode(f, r.lo & (UINT64_MAX >> (64 - f.width)));
    if (data == ANY_FINITE) return isfinite(word) ? word : 1.0;
    double u = (double)(uint32_t)r.lo + (double)(r.lo >> 32) + (double)(uint32_t)r.hi + (double)(r.hi >> 32);
    return px_round(f, px_rounding_of(PX_NEAREST_EVEN), (u * 0x1p-32 - 2) * 1.7320508075688772, 0);
}

static void fill(product *p, px_fp in, px_fp out, int data) {
    int64_t count = p->n * p->n;
    for (int s = 0; s < 3; s++) {
        px_view v = {.data = p->x[s], .fmt = s < 2 ? in : out, .rows = p->n, .cols = p->n, .rs = p->n, .cs = 1};
        for (int64_t i = 0; s < 2 && i < count; i++) p->x[s][i] = (float)number(in, data, (uint64_t)(i + s * count));
        *(s < 2 ? &p->task.in[s] : &p->task.out[0]) = v;
    }
    for (int64_t i = 0; data == SPECIAL && i < p->n; i += p->n / 16 + 1)
        p->x[0][i * p->n + i] = i % 2 ? (float)INFINITY : NAN;
}

/* Goals are for n = 512 on machines with these instructions. */
static double goal_of(const bench_options *o, const px_isa *isa, double avx512, double avx2) {
    if (o->size != 512 || !isa->fuses) return 0;
    return isa->width_f32 >= 64 ? avx512 : avx2;
}

void bench_units(const bench_options *o, const px_isa *isa, bench_run *run, void *state) {
    product p = {.n = o->size};
    size_t bytes = ((size_t)(p.n * p.n) * sizeof(float) + 63) / 64 * 64;
    for (int s = 0; s < 3; s++)
        if (!(p.x[s] = aligned_alloc(64, bytes))) abort();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (!bench_wants(o, cases[i].name)) continue;
        px_fp out = format(cases[i].out);
        p.call = (px_call){.op = PX_OP_GEMM, .recipe = px_recipe_uniform(out), .attr = {1.0}};
        p.call.recipe.model = (int16_t)cases[i].model;
        p.task = (px_task){.call = &p.call};
        fill(&p, format(cases[i].in), out, cases[i].data);
        double goal = goal_of(o, isa, cases[i].goal, cases[i].goal_avx2);
        bench_case c = {.name = cases[i].name,
                        .peer_name = "sgemm",
                        .unit = "GMAC/s",
                        .work = pow((double)p.n, 3),
                        .context = &p,
                        .ours = ours,
                        .peer = sgemm,
                        .goal = goal};
        run(&c, state);
        bench_scaling(o, &c, run, state);
    }
    for (int s = 0; s < 3; s++) free(p.x[s]);
}
