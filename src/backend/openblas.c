/* The OpenBLAS loaded here, on one thread: whatever order and kernel it chooses for this processor. */
#include <cblas.h>
#include <stdio.h>

#include "backend/lapack.h"
#include "backend/registry.h"
#include "backend/tensors.h"

/* The two formats that it computes in. */
static int is_single(px_fp f) { return f.p == 24 && f.emin == -126 && f.emax == 127; }
static int is_double(px_fp f) { return f.p == 53 && f.emin == -1022 && f.emax == 1023; }
static int is_ieee(px_fp f) { return f.subnormals && f.overflow == PX_OVERFLOW_INF && f.has_inf; }
static int same(px_fp f, px_fp g) { return (is_single(f) && is_single(g)) || (is_double(f) && is_double(g)); }

static int refuse(char *why, size_t n, const char *text) {
    if (n > 0) snprintf(why, n, "%s", text);
    return 0;
}

static int refuse_format(char *why, size_t n, px_fp f) {
    char name[24];
    if (is_single(f) || is_double(f)) return refuse(why, n, "flushing of subnormals and saturation");
    return refuse(why, n, px_fp_name(f, name));
}

static int supports(const px_prog *prog, const px_call *call, char *why, size_t n) {
    const px_recipe *r = &call->recipe;
    bool lapack = px_lapack_has(call->op);
    if (call->op != PX_OP_GEMM && !lapack) return refuse(why, n, px_op_name(call->op));
    px_fp in = prog->slots[call->in[0].slot].fmt;
    int n_numbers = call->op == PX_OP_TRSM ? 2 : px_op_inputs(call->op); /* pivots are no numbers of a format */
    for (int i = 0; i < n_numbers; i++) {
        if (call->in[i].slot < 0) continue;
        px_fp f = prog->slots[call->in[i].slot].fmt;
        if ((!is_single(f) && !is_double(f)) || !is_ieee(f)) return refuse_format(why, n, f);
        if (!same(f, in)) return refuse(why, n, "mixed input formats");
    }
    if (r->fused) return refuse(why, n, "promise of fused operations");
    if (!same(r->mul, in) || !is_ieee(r->mul)) return refuse(why, n, "product format other than the input's");
    if (!same(r->acc, in) || !is_ieee(r->acc)) return refuse(why, n, "accumulator format other than the input's");
    if (!same(r->out, in) || !is_ieee(r->out)) return refuse(why, n, "output format other than the input's");
    if (r->rounding != PX_NEAREST_EVEN) return refuse(why, n, "rounding other than nearest_even");
    if (r->order != PX_SEQUENTIAL) return refuse(why, n, "order of its caller's choice");
    if (r->model != 0) return refuse(why, n, "models of matrix units");
    if (r->algorithm != PX_ALGORITHM_NONE) return refuse(why, n, "algorithms of precx");
    int reciprocal = call->op == PX_OP_TRSM ? PX_TRSM_RECIPROCAL : PX_LU_RECIPROCAL;
    if (lapack && call->attr[reciprocal] != 0) return refuse(why, n, "reciprocals of its caller's choice");
    return 1;
}

static px_status open_state(const px_exec *self, void **state, const px_prog *prog, px_error *err) {
    (void)self;
    (void)err;
    *state = px_tensors_new(prog);
    return PX_OK;
}

/* A view as CBLAS wants it: row-major with unit stride in one direction, else a dense copy. */
typedef struct operand {
    px_mat m;
    enum CBLAS_TRANSPOSE transposed;
} operand;

static double element(const px_mat *slot, px_arg v, int64_t i, int64_t j) {
    int64_t at = v.off + i * v.rs + j * v.cs;
    return px_fits_float(slot->fmt) ? (double)((const float *)slot->data)[at] : ((const double *)slot->data)[at];
}

static px_mat dense_copy(px_arena *arena, const px_mat *slot, px_arg v) {
    px_mat m = px_mat_new(arena, slot->fmt, v.rows, v.cols);
    for (int64_t i = 0; i < v.rows; i++)
        for (int64_t j = 0; j < v.cols; j++) px_mat_set(&m, i, j, element(slot, v, i, j));
    return m;
}

static operand operand_of(const px_tensors *t, px_arena *arena, px_arg v) {
    const px_mat *slot = &t->slots[v.slot];
    size_t size = px_fits_float(slot->fmt) ? sizeof(float) : sizeof(double);
    px_mat m = {.data = (char *)slot->data + (size_t)v.off * size, .rows = v.rows, .cols = v.cols, .fmt = slot->fmt};
    if (v.cs == 1 && v.rs >= v.cols) {
        m.ld = v.rs;
        return (operand){m, CblasNoTrans};
    }
    if (v.rs == 1 && v.cs >= v.rows) {
        m.ld = v.cs;
        return (operand){m, CblasTrans};
    }
    return (operand){dense_copy(arena, slot, v), CblasNoTrans};
}

static void multiply(const operand *a, const operand *b, double sign, double beta, px_mat *c) {
    blasint m = (blasint)c->rows, n = (blasint)c->cols, k = (blasint)a->m.cols;
    blasint lda = (blasint)(a->m.ld > 0 ? a->m.ld : 1), ldb = (blasint)(b->m.ld > 0 ? b->m.ld : 1);
    if (px_fits_float(c->fmt))
        cblas_sgemm(CblasRowMajor, a->transposed, b->transposed, m, n, k, (float)sign, a->m.data, lda, b->m.data, ldb,
                    (float)beta, c->data, (blasint)c->ld);
    else
        cblas_dgemm(CblasRowMajor, a->transposed, b->transposed, m, n, k, sign, a->m.data, lda, b->m.data, ldb, beta,
                    c->data, (blasint)c->ld);
}

static void run_gemm(px_tensors *t, const px_call *call, px_arena *arena) {
    px_arg out = call->out[0];
    px_mat *slot = &t->slots[out.slot];
    if (out.rows == 0 || out.cols == 0) return;
    bool has_c = call->in[2].slot >= 0;
    px_mat c = has_c ? dense_copy(arena, &t->slots[call->in[2].slot], call->in[2])
                     : px_mat_new(arena, slot->fmt, out.rows, out.cols);
    operand a = operand_of(t, arena, call->in[0]), b = operand_of(t, arena, call->in[1]);
    multiply(&a, &b, call->attr[0], has_c ? 1.0 : 0.0, &c);
    for (int64_t i = 0; i < out.rows; i++)
        for (int64_t j = 0; j < out.cols; j++) {
            int64_t at = out.off + i * out.rs + j * out.cs;
            px_mat_set(slot, at / slot->cols, at % slot->cols, px_mat_get(&c, i, j));
        }
}

static px_status run(void *state, int first, int count, px_error *err) {
    px_tensors *t = state;
    px_arena *arena = px_arena_new();
    px_status status = PX_OK;
    openblas_set_num_threads(1); /* the cells are what runs in parallel */
    for (int i = first; i < first + count && status == PX_OK; i++) {
        const px_call *call = &t->prog->calls[i];
        char why[128];
        if (!supports(t->prog, call, why, sizeof why))
            status = px_fail(err, PX_INCOMPLETE, "openblas has no %s", why);
        else if (call->op == PX_OP_GEMM)
            run_gemm(t, call, arena);
        else
            px_lapack_run(t, call, arena);
        px_arena_reset(arena);
    }
    px_arena_free(arena);
    return status;
}

const px_exec *px_backend_openblas(void) {
    static const px_exec exec = {
        .abi = PX_EXEC_ABI,
        .name = "openblas",
        .help = "the OpenBLAS loaded here, on one thread: fp32 and fp64 products, factors and solves in an order of "
                "its own",
        .supports = supports,
        .open = open_state,
        .put = px_tensors_put,
        .run = run,
        .get = px_tensors_get,
        .close = px_tensors_close,
    };
    return &exec;
}
