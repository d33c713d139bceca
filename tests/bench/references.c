/* What judges beside what is judged: the certified product of matrices against plain MPFR and against DGEMM, and a
 * whole cell (a product, its reference, errors and bounds) against its product alone. */
#include <cblas.h>
#include <mpfr.h>
#include <stdlib.h>

#include "bench/bench.h"
#include "bench/cell.h"
#include "ref/certified.h"

enum { MPFR_BITS = 200 };

typedef struct bed {
    int64_t n;
    px_arena *arena, *scratch; /* of the data; of one call */
    px_mat in[2];
    double *c;
    mpfr_t *x[2]; /* the first MPFR rows of A and columns of B */
    int64_t judged;
} bed;

static void certify(void *context) {
    bed *b = context;
    px_call call = {.op = PX_OP_GEMM, .attr = {1}};
    px_truth truth;
    px_ref_certify(b->scratch, &call, b->in, true, &truth);
    px_arena_reset(b->scratch);
}

static void dgemm(void *context) {
    const bed *b = context;
    blasint n = (blasint)b->n;
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, n, n, 1, b->in[0].data, n, b->in[1].data, n, 0, b->c, n);
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

/* The same rows, certified. */
static void certify_rows(void *context) {
    bed *b = context;
    px_mat in[2] = {px_mat_block(&b->in[0], 0, 0, b->judged, b->n), b->in[1]};
    px_call call = {.op = PX_OP_GEMM, .attr = {1}};
    px_truth truth;
    px_ref_certify(b->scratch, &call, in, true, &truth);
    px_arena_reset(b->scratch);
}

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
    for (int s = 0; s < 2; s++) b->in[s] = bench_normal(b->arena, fmt, b->n, (uint64_t)s);
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

/* Per vector of doubles, an anchored step is two fused operations and two additions, its magnitudes are one fused
 * operation, and so is DGEMM. Two of each kind a cycle, or two in all. */
static double limit(bench_pipes pipes) { return pipes.separate ? 0.5 / 1.5 : 0.5 / 2.5; }

void bench_references(const bench_options *o, const px_isa *isa, bench_pipes pipes, bench_run *run, void *state) {
    bed b = {.n = o->size, .arena = px_arena_new(), .scratch = px_arena_new(), .judged = o->size < 64 ? o->size : 64};
    double n = (double)b.n, least = 0.8 * limit(pipes), share = 1 / 2.7;
    bool wide = isa->width_f32 >= 64;
    if (bench_wants(o, "reference/fp64")) {
        fill(&b, format("fp64"));
        double goal = !isa->fuses ? 0 : pipes.separate && wide ? 0.5 : least;
        run(&(bench_case){"reference/fp64", "dgemm", "GMAC/s", n * n * n, &b, certify, dgemm, goal, limit(pipes)},
            state);
    }
    if (bench_wants(o, "reference/fp64/mpfr")) {
        fill(&b, format("fp64"));
        fill_mpfr(&b);
        double work = (double)b.judged * n * n, goal = wide ? 800 : 0;
        run(&(bench_case){"reference/fp64/mpfr", "mpfr_fma 200", "GMAC/s", work, &b, certify_rows, fused_mpfr, goal, 0},
            state);
        clear_mpfr(&b);
    }
    static const struct {
        const char *name, *format;
    } cells[] = {{"cell/fp16", "fp16"}, {"cell/bf16", "bf16"}, {"cell/fp32", "fp32"}, {"cell/fp64", "fp64"}};
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
        if (!bench_wants(o, cells[i].name)) continue;
        fill(&b, format(cells[i].format));
        bench_case c = {
            cells[i].name, "product alone", "GMAC/s", n * n * n, &b, cell, product, i || !isa->fuses ? 0 : share, 0};
        run(&c, state);
    }
    px_arena_free(b.scratch);
    px_arena_free(b.arena);
}
