/* What judges beside what is judged: the certified product of matrices, alone and with |A||B|, which no peer has,
 * against Arb and DGEMM, and MPFR, which does some of the rows, and a whole cell (a product, its reference, errors and bounds) against its product
 * alone: what a cell costs that is the first to meet its input; the others of a run share the reference. */
#include <cblas.h>
#include <math.h>
#include <mpfr.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/bench.h"
#include "bench/cell.h"
#include "ref/certified.h"

enum { MPFR_BITS = 200 };

typedef struct bed {
    int64_t n;
    px_arena *arena, *scratch; /* of the data; of one call */
    px_mat in[2];
    double *x64[2], *c; /* the same numbers, for the peers */
    mpfr_t *x[2];       /* the first MPFR rows of A and columns of B */
    int64_t judged;
    peer_arb *arb;
} bed;

static void certify_as(bed *b, bool sizes) {
    px_call call = {.op = PX_OP_GEMM, .attr = {1}};
    px_truth truth;
    px_ref_certify(b->scratch, &call, b->in, sizes, &truth);
    px_arena_reset(b->scratch);
}

static void certify(void *context) {
    certify_as(context, false);
}

static void certify_all(void *context) {
    certify_as(context, true);
}

static void dgemm(void *context) {
    const bed *b = context;
    blasint n = (blasint)b->n;
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, n, n, 1, b->x64[0], n, b->x64[1], n, 0, b->c, n);
}

/* `judged` rows of the product, on numbers that MPFR holds already. */
static void fused_mpfr(void *context) {
    const bed *b = context;
    mpfr_t sum;
    mpfr_init2(sum, MPFR_BITS);
    for (int64_t i = 0; i < b->judged; i++)
        for (int64_t j = 0; j < b->n; j++) {
            mpfr_set_zero(sum, 1);
            for (int64_t t = 0; t < b->n; t++)
                mpfr_fma(sum, b->x[0][i * b->n + t], b->x[1][j * b->n + t], sum, MPFR_RNDN);
            b->c[j] = mpfr_get_d(sum, MPFR_RNDN);
        }
    mpfr_clear(sum);
}

static void by_arb(void *context) { peer_arb_multiply(((bed *)context)->arb); }

static void cell(void *context) {
    const bed *b = context;
    bench_cell_whole(&(bench_cell){.fmt = b->in[0].fmt, .in = {b->in[0], b->in[1]}, .scratch = b->scratch});
}

static void product(void *context) {
    const bed *b = context;
    bench_cell_product(&(bench_cell){.fmt = b->in[0].fmt, .in = {b->in[0], b->in[1]}, .scratch = b->scratch});
}

static void fill(bed *b, px_fp fmt) {
    px_arena_reset(b->arena);
    for (int s = 0; s < 2; s++) {
        b->in[s] = bench_normal(b->arena, fmt, b->n, (uint64_t)s);
        b->x64[s] = PX_NEW_ARRAY(b->arena, double, b->n * b->n);
        px_mat_get_block(&b->in[s], 0, 0, b->n, b->n, b->x64[s], b->n, 1);
    }
    b->c = PX_NEW_ARRAY(b->arena, double, b->n * b->n);
}

static void fill_mpfr(bed *b) {
    int64_t counts[] = {b->judged * b->n, b->n * b->n};
    for (int s = 0; s < 2; s++) {
        b->x[s] = PX_NEW_ARRAY(b->arena, mpfr_t, counts[s]);
        for (int64_t i = 0; i < counts[s]; i++) {
            int64_t line = i / b->n, t = i % b->n;
            mpfr_init2(b->x[s][i], MPFR_BITS);
            mpfr_set_d(b->x[s][i], s ? px_mat_get(&b->in[1], t, line) : px_mat_get(&b->in[0], line, t), MPFR_RNDN);
        }
    }
}

static void clear_mpfr(bed *b) {
    for (int64_t i = 0; i < b->judged * b->n; i++) mpfr_clear(b->x[0][i]);
    for (int64_t i = 0; i < b->n * b->n; i++) mpfr_clear(b->x[1][i]);
}

static px_fp format(const char *name) {
    px_fp f;
    if (px_fp_parse(name, &f, NULL) != PX_OK) abort();
    return f;
}

/* Per vector of doubles, an anchored step is two fused operations and two additions, magnitudes in binary32 are half a
 * fused operation, and DGEMM is one. Two of each kind a cycle, or two in all. */
static double limit_of(bench_pipes pipes, bool sizes) {
    double fused = sizes ? 2.5 : 2;
    return 1 / (pipes.separate ? fused : fused + 2);
}

/* The certified product against DGEMM. The exact sums of narrow formats are plain ones, as in DGEMM. */
static void products(const bench_options *o, bed *b, const px_isa *isa, bench_pipes pipes, bench_run *run,
                     void *state) {
    static const char *const formats[] = {"fp64", "fp32", "fp16", "bf16"};
    bool wide = isa->width_f32 >= 64;
    for (int i = 0; i < 8; i++) {
        bool fp64 = i < 2, sizes = i % 2;
        char name[64];
        snprintf(name, sizeof name, "reference/%s%s", formats[i / 2], sizes ? "/absab" : "");
        if (!bench_wants(o, name)) continue;
        fill(b, format(formats[i / 2]));
        double limit = fp64 ? limit_of(pipes, sizes) : 0;
        double goal = !isa->fuses || !fp64 || sizes ? 0 : pipes.separate && wide ? 0.5 : 0.8 * limit;
        bench_case c = {.name = name,
                        .peer_name = "dgemm",
                        .unit = "GMAC/s",
                        .work = pow((double)b->n, 3),
                        .context = b,
                        .ours = sizes ? certify_all : certify,
                        .peer = dgemm,
                        .goal = goal,
                        .limit = limit};
        run(&c, state);
        bench_scaling(o, &c, run, state);
    }
}

static void peers(const bench_options *o, bed *b, const px_isa *isa, bench_pipes pipes, bench_run *run, void *state) {
    double n = (double)b->n;
    if (bench_wants(o, "reference/fp64/mpfr")) {
        fill(b, format("fp64"));
        fill_mpfr(b);
        bench_case c = {.name = "reference/fp64/mpfr",
                        .peer_name = "mpfr_fma 200",
                        .unit = "GMAC/s",
                        .work = pow(n, 3),
                        .context = b,
                        .ours = certify,
                        .peer = fused_mpfr,
                        .goal = isa->width_f32 < 64 ? 0 : 800,
                        .most = pipes.lanes / 2 * pipes.rate * limit_of(pipes, false) * o->threads,
                        .peer_work = (double)b->judged * n * n};
        run(&c, state);
        clear_mpfr(b);
    }
    if (!bench_wants(o, "reference/fp64/arb")) return;
    if (!peer_arb_is_here()) {
        printf("reference/fp64/arb     not measured: Arb was not there when precx was built\n");
        return;
    }
    fill(b, format("fp64"));
    b->arb = peer_arb_new(b->n, b->x64[0], b->x64[1], o->threads);
    bench_case c = {.name = "reference/fp64/arb",
                    .peer_name = "arb_mat_mul",
                    .unit = "GMAC/s",
                    .work = n * n * n,
                    .context = b,
                    .ours = certify_all,
                    .peer = by_arb};
    run(&c, state);
    peer_arb_free(b->arb);
}

static void cells(const bench_options *o, bed *b, const px_isa *isa, bench_run *run, void *state) {
    static const char *const formats[] = {"fp16", "bf16", "fp32", "fp64"};
    for (int i = 0; i < 4; i++) {
        char name[64];
        snprintf(name, sizeof name, "cell/%s", formats[i]);
        if (!bench_wants(o, name)) continue;
        fill(b, format(formats[i]));
        double goal = i > 0 || !isa->fuses ? 0 : 1 / 2.7;
        bench_case c = {.name = name,
                        .peer_name = "product alone",
                        .unit = "GMAC/s",
                        .work = pow((double)b->n, 3),
                        .context = b,
                        .ours = cell,
                        .peer = product,
                        .goal = goal};
        run(&c, state);
        bench_scaling(o, &c, run, state);
    }
}

void bench_references(const bench_options *o, const px_isa *isa, bench_pipes pipes, bench_run *run, void *state) {
    bed b = {.n = o->size, .arena = px_arena_new(), .scratch = px_arena_new(), .judged = o->size < 64 ? o->size : 64};
    products(o, &b, isa, pipes, run, state);
    peers(o, &b, isa, pipes, run, state);
    cells(o, &b, isa, run, state);
    px_arena_free(b.scratch);
    px_arena_free(b.arena);
}
