/* Planted defects of linear solvers: wrong executors and settings, judged by what refinement promises. */
#include <math.h>
#include <string.h>

#include "arith/round.h"
#include "backend/registry.h"
#include "backend/tensors.h"
#include "metric/linear.h"
#include "ref/system.h"
#include "solve/solve.h"
#include "support/cases.h"
#include "support/planted.h"

enum { N = 20, SYSTEMS = 8 };

static px_fp format(const char *name) {
    px_fp f;
    PX_ASSERT(px_fp_parse(name, &f, NULL) == PX_OK);
    return f;
}

/* fp16 factors, fp32 solutions, fp64 residuals. */
static px_solve right_way(void) {
    return (px_solve){.method = PX_METHOD_lu_ir,
                      .scaling = PX_SCALING_two_sided,
                      .stop = PX_STOP_correction,
                      .work = format("fp32"),
                      .residual = format("fp64"),
                      .apply = format("fp32"),
                      .factor = px_recipe_uniform(format("fp16")),
                      .theta = 0.1,
                      .max_steps = 50,
                      .max_inner = N,
                      .exec = px_backend_emulated()};
}

/* Rows of sizes 2^-12 to 2^11, small entries where pivots come first; the last row is nearly the first: a condition of
 * some hundreds when equilibrated. */
static px_mat some_matrix(px_arena *arena, px_random *g) {
    px_mat a = px_mat_new(arena, format("fp32"), N, N);
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            double x = (px_random_below(g, 2001) - 1000) / 1024.0;
            if (i == j) x /= 1024;
            if ((i ^ 1) == j) x += 4;
            px_mat_set(&a, i, j,
                       i == N - 1 ? px_mat_get(&a, 0, j) * (1 + 0x1p-12) + ldexp(x, -9) : ldexp(x, i % 24 - 4));
        }
    return a;
}

static double *doubles_of(px_arena *arena, const px_mat *m) {
    double *x = PX_NEW_ARRAY(arena, double, m->rows * m->cols);
    for (int64_t i = 0; i < m->rows; i++) px_mat_get_row(m, i, 0, m->cols, x + i * m->cols);
    return x;
}

/* Solved to 4 u of the working format? */
static bool is_solved(px_arena *arena, const px_solve *how, const px_mat *a, const px_mat *b) {
    px_solution s;
    px_system_truth t;
    PX_ASSERT(px_solve_run(arena, how, a, b, &s, NULL) == PX_OK);
    PX_ASSERT(px_ref_system(arena, a, b, &t, NULL) == PX_OK && !t.singular);
    if (s.cause != PX_CAUSE_none) return false;
    const double *x = s.steps[s.n_steps - 1].x;
    px_linear_truth truth = {
        .n = N, .a = doubles_of(arena, a), .b = doubles_of(arena, b), .inverse = t.inverse.data, .x = &t.x};
    double zeros[N] = {0};
    return px_linear_errors_of(arena, &truth, x, zeros, zeros).fwd_norm <= 4 * px_fp_u(how->work);
}

typedef void plant(px_solve *how);

static px_planted_verdict judge(const px_planted *defect) {
    px_arena *arena = px_arena_new();
    px_planted_verdict v = {0, 0};
    px_random g = {11};
    px_solve how = right_way();
    if (defect) ((plant *)defect->wrong)(&how);
    for (int s = 0; s < SYSTEMS; s++) {
        px_mat a = some_matrix(arena, &g), b = px_mat_new(arena, format("fp32"), N, 1);
        for (int i = 0; i < N; i++) px_mat_set(&b, i, 0, (px_random_below(&g, 2001) - 1000) / 1024.0);
        v.cases++;
        v.differences += !is_solved(arena, &how, &a, &b);
    }
    px_arena_free(arena);
    return v;
}

/* ---- wrong executors: emulated, but for one operation ---- */

static px_exec wrong;

static void run_wrongly(px_solve *how, px_status (*run)(void *, int, int, px_error *)) {
    wrong = *px_backend_emulated();
    wrong.run = run;
    how->exec = &wrong;
}

static px_status without_pivoting(void *state, int first, int count, px_error *err) {
    px_tensors *t = state;
    const px_call *call = &t->prog->calls[first];
    if (call->op != PX_OP_LU) return px_backend_emulated()->run(state, first, count, err);
    px_rounding r = px_rounding_of(PX_NEAREST_EVEN);
    px_fp f = call->recipe.out;
    double a[N][N];
    for (int i = 0; i < N; i++) px_mat_get_row(&t->slots[call->in[0].slot], i, 0, N, a[i]);
    for (int k = 0; k < N; k++)
        for (int i = k + 1; i < N; i++) {
            a[i][k] = px_div(f, r, a[i][k], a[k][k], 0);
            for (int j = k + 1; j < N; j++) a[i][j] = px_sub(f, r, a[i][j], px_mul(f, r, a[i][k], a[k][j], 0), 0);
        }
    for (int i = 0; i < N; i++) px_mat_set_row(&t->slots[call->out[0].slot], i, 0, N, a[i]);
    for (int i = 0; i < N; i++) px_mat_set(&t->slots[call->out[1].slot], i, 0, i);
    return PX_OK;
}

static px_status low_residual(void *state, int first, int count, px_error *err) {
    px_tensors *t = state;
    if (t->prog->calls[first].op != PX_OP_GEMM) return px_backend_emulated()->run(state, first, count, err);
    px_call call = t->prog->calls[first];
    call.recipe = px_recipe_uniform(format("fp32"));
    const px_prog *prog = t->prog, one = {prog->slots, &call, prog->n_slots, 1};
    t->prog = &one;
    px_status status = px_backend_emulated()->run(state, 0, 1, err);
    t->prog = prog;
    return status;
}

/* The first factors of the program's life for every matrix. */
static px_status first_factors(void *state, int first, int count, px_error *err) {
    static double lu[N][N], pivots[N];
    static bool kept;
    px_tensors *t = state;
    const px_call *call = &t->prog->calls[first];
    if (call->op != PX_OP_LU) return px_backend_emulated()->run(state, first, count, err);
    px_mat *l = &t->slots[call->out[0].slot], *p = &t->slots[call->out[1].slot];
    if (!kept) PX_TRY(px_backend_emulated()->run(state, first, count, err));
    for (int i = 0; i < N; i++) {
        if (!kept) px_mat_get_row(l, i, 0, N, lu[i]);
        if (!kept) pivots[i] = px_mat_get(p, i, 0);
        px_mat_set_row(l, i, 0, N, lu[i]);
        px_mat_set(p, i, 0, pivots[i]);
    }
    kept = true;
    return PX_OK;
}

static void missing_pivoting(px_solve *how) { run_wrongly(how, without_pivoting); }
static void residual_in_working_precision(px_solve *how) { run_wrongly(how, low_residual); }
static void stale_factors(px_solve *how) { run_wrongly(how, first_factors); }
static void scaling_forgotten(px_solve *how) { how->scaling = PX_SCALING_none; }

#define DEFECT(name)                                                                                                   \
    { #name, judge, (void (*)(void))name }
const px_planted px_planted_solve[] = {
    DEFECT(missing_pivoting),
    DEFECT(residual_in_working_precision),
    DEFECT(stale_factors),
    DEFECT(scaling_forgotten),
    {0},
};
