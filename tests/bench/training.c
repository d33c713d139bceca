/* A training step's forward and backward pass, one block of GPT-2 small, next to the layer's twelve products alone in
 * OpenBLAS: the four linear layers forward, and the gradients of their inputs and weights. */
#include <cblas.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "backend/registry.h"
#include "base/philox.h"
#include "bench/bench.h"
#include "nn/train.h"

enum { WIDTH = 768, HEADS = 12, BATCH = 4, LENGTH = 64, ROWS = BATCH * LENGTH, LINEARS = 4 };

static const int64_t outs[LINEARS] = {3 * WIDTH, WIDTH, 4 * WIDTH, WIDTH},
                     ins[LINEARS] = {WIDTH, WIDTH, WIDTH, 4 * WIDTH};

typedef struct step {
    px_arena *arena;
    px_nn_program program;
    px_nn_train train;
    float *x[LINEARS], *w[LINEARS], *y[LINEARS]; /* of the peer */
    float *dx[LINEARS], *dw[LINEARS], *dy[LINEARS];
} step;

static void fail(const px_error *err) {
    fprintf(stderr, "precx-bench: %s\n", err->text);
    exit(4);
}

static void ours(void *context) {
    const step *s = context;
    px_error err;
    for (int32_t i = 0; i < s->program.n_segments; i++) {
        const px_nn_segment *g = &s->program.segments[i];
        if (g->stage > PX_NN_STAGE_BACKWARD) continue;
        if (s->train.exec->run(s->train.state, g->first, g->count, &err) != PX_OK) fail(&err);
    }
}

static void twelve_products(void *context) {
    const step *s = context;
    for (int l = 0; l < LINEARS; l++) {
        blasint m = ROWS, n = (blasint)outs[l], k = (blasint)ins[l];
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, m, n, k, 1, s->x[l], k, s->w[l], k, 0, s->y[l], n);
        cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, n, k, m, 1, s->dy[l], n, s->x[l], k, 0, s->dw[l], k);
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, m, k, n, 1, s->dy[l], n, s->w[l], k, 0, s->dx[l], k);
    }
}

static uint64_t counter;
static double uniform(double width) { return width * (double)((int64_t)px_philox(5, 5, counter++).lo >> 11) * 0x1p-52; }

static float *numbers(px_arena *arena, int64_t n) {
    float *x = PX_NEW_ARRAY(arena, float, n);
    for (int64_t i = 0; i < n; i++) x[i] = (float)uniform(1);
    return x;
}

/* Inputs that are numbers of every policy's formats. */
static void fill(step *s) {
    for (int32_t slot = 0; slot < s->program.prog.n_slots; slot++) {
        px_mat *m = &s->train.inputs[slot];
        bool parameter = s->program.role[slot] == PX_NN_ROLE_PARAMETER;
        for (int64_t e = 0; m->data && e < m->rows * m->cols; e++) {
            double x = ldexp(rint(uniform(parameter ? 5 : 128)), -7); /* 8 bits; weights of about 0.02 */
            px_mat_set(m, e / m->cols, e % m->cols, parameter && m->rows == 1 ? 1 : x);
        }
    }
    px_error err;
    px_nn_report report;
    s->train.scaler.scaling = PX_NN_SCALING_NONE;
    if (px_nn_step(&s->train, &report, &err) != PX_OK) fail(&err); /* gives the inputs, and warms up */
}

static step *new_step(px_nn_policy_id policy) {
    px_arena *arena = px_arena_new();
    step *s = PX_NEW(arena, step);
    px_error err;
    px_nn_model model = {.layers = 1,
                         .batch = BATCH,
                         .length = LENGTH,
                         .width = WIDTH,
                         .heads = HEADS,
                         .loss = PX_NN_LOSS_DOT,
                         .optimizer = PX_OPTIMIZER_SGD,
                         .mask = -(double)INFINITY,
                         .norm_eps = 1e-5,
                         .constants = {.lr = 1e-3},
                         .clip = (double)INFINITY,
                         .micro = 1,
                         .ranks = 1};
    px_nn_policy p = px_nn_policy_of(policy);
    p.fused = policy == PX_NN_POLICY_FP32; /* as the peer computes */
    s->arena = arena;
    if (px_nn_build(arena, &model, &p, &s->program, &err) != PX_OK) fail(&err);
    if (px_nn_train_open(arena, &s->program, px_backend_emulated(), (px_nn_scaler){.scaling = PX_NN_SCALING_NONE},
                         &s->train, &err) != PX_OK)
        fail(&err);
    for (int l = 0; l < LINEARS; l++) {
        s->x[l] = numbers(arena, ROWS * ins[l]);
        s->dx[l] = numbers(arena, ROWS * ins[l]);
        s->y[l] = numbers(arena, ROWS * outs[l]);
        s->dy[l] = numbers(arena, ROWS * outs[l]);
        s->w[l] = numbers(arena, outs[l] * ins[l]);
        s->dw[l] = numbers(arena, outs[l] * ins[l]);
    }
    fill(s);
    return s;
}

void bench_training(const bench_options *o, const px_isa *isa, bench_run *run, void *state) {
    static const struct {
        const char *name;
        px_nn_policy_id policy;
        double most; /* times the twelve products */
    } cases[] = {{"step/fp32", PX_NN_POLICY_FP32, 1.7},
                 {"step/fp16_amp", PX_NN_POLICY_FP16_AMP, 2.2},
                 {"step/fp16_pure", PX_NN_POLICY_FP16_PURE, 6}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (!bench_wants(o, cases[i].name)) continue;
        step *s = new_step(cases[i].policy);
        double flops = 3 * (24.0 * ROWS * WIDTH * WIDTH + 4.0 * ROWS * LENGTH * WIDTH);
        bench_case c = {.name = cases[i].name,
                        .peer_name = "12 sgemm",
                        .unit = "Gflop/s",
                        .work = flops,
                        .context = s,
                        .ours = ours,
                        .peer = twelve_products,
                        .goal = isa->fuses ? 1 / cases[i].most : 0};
        run(&c, state);
        px_nn_train_close(&s->train);
        px_arena_free(s->arena);
    }
}
