#include "solve/program.h"

#include <limits.h>
#include <math.h>
#include <string.h>

#include "arith/model.h"
#include "arith/round.h"
#include "solve/quad.h"

/* The matrix as stored, as factorised; the direct solve; the residual; products and preconditioner of Krylov's. */
enum { A, MATRIX, LU, PIVOTS, RHS, HALFWAY, X_FACTOR, B, X, R, V, AV, Y, Y_HALFWAY, Z, SLOTS };
enum { FACTOR, FORWARD, BACK, RESIDUAL, APPLY, PRE_FORWARD, PRE_BACK, CALLS };

static px_fp or_double(px_fp f) {
    if (px_fp_is_exact(f)) PX_ASSERT(px_fp_parse("fp64", &f, NULL) == PX_OK);
    return f;
}

static px_recipe recipe_in(px_fp f) { return px_recipe_uniform(or_double(f)); }

static void set_slots(px_slot *slots, const px_solve *how, int64_t n) {
    static const char *const names[SLOTS] = {"A", "matrix", "lu", "pivots", "rhs", "halfway",   "x_factor", "b",
                                             "x", "r",      "v",  "av",     "y",   "y_halfway", "z"};
    px_fp f = how->factor.out, w = how->work, apply = or_double(how->apply);
    const px_fp formats[SLOTS] = {[A] = w,        [MATRIX] = f,
                                  [LU] = f,       [PIVOTS] = px_fp_exact(),
                                  [RHS] = f,      [HALFWAY] = f,
                                  [X_FACTOR] = f, [B] = w,
                                  [X] = w,        [R] = or_double(how->residual),
                                  [V] = w,        [AV] = apply,
                                  [Y] = apply,    [Y_HALFWAY] = apply,
                                  [Z] = apply};
    for (int i = 0; i < SLOTS; i++) {
        slots[i] = (px_slot){.rows = n, .cols = i == A || i == MATRIX || i == LU ? n : 1, .fmt = formats[i]};
        strcpy(slots[i].name, names[i]);
    }
}

static px_call call_of(const px_prog *prog, px_op op, px_recipe recipe, int a, int b, int c, int out) {
    px_call call = {.op = op, .recipe = recipe};
    const int in[3] = {a, b, c};
    for (int i = 0; i < PX_MAX_IN; i++) call.in[i] = i < 3 && in[i] >= 0 ? px_arg_whole(prog, in[i]) : px_arg_absent();
    for (int i = 0; i < PX_MAX_OUT; i++) call.out[i] = i == 0 ? px_arg_whole(prog, out) : px_arg_absent();
    return call;
}

/* L, then U; or the Cholesky factor, then its transpose. */
static void set_triangles(px_call *calls, const px_prog *prog, const px_solve *how, px_recipe recipe, int from,
                          int halfway, int to) {
    bool cholesky = px_method_is_symmetric(how->method);
    calls[0] = call_of(prog, PX_OP_TRSM, recipe, LU, from, cholesky ? -1 : PIVOTS, halfway);
    calls[1] = call_of(prog, PX_OP_TRSM, recipe, LU, halfway, -1, to);
    calls[0].attr[PX_TRSM_UNIT] = !cholesky;
    calls[1].attr[PX_TRSM_UPPER] = 1;
    if (cholesky) calls[1].in[0] = px_arg_transposed(prog, LU);
    for (int i = 0; i < 2; i++) calls[i].attr[PX_TRSM_RECIPROCAL] = how->reciprocal;
}

static px_prog program_of(px_arena *arena, const px_solve *how, int64_t n) {
    px_slot *slots = PX_NEW_ARRAY(arena, px_slot, SLOTS);
    px_call *calls = PX_NEW_ARRAY(arena, px_call, CALLS);
    px_prog prog = {.slots = slots, .calls = calls, .n_slots = SLOTS, .n_calls = CALLS};
    set_slots(slots, how, n);
    bool cholesky = px_method_is_symmetric(how->method);
    calls[FACTOR] = call_of(&prog, cholesky ? PX_OP_CHOLESKY : PX_OP_LU, how->factor, MATRIX, -1, -1, LU);
    if (!cholesky) calls[FACTOR].out[1] = px_arg_whole(&prog, PIVOTS);
    calls[FACTOR].attr[PX_LU_RECIPROCAL] = how->reciprocal;
    px_recipe triangles = how->factor; /* a matrix unit has no triangular solves */
    triangles.model = PX_MODEL_NONE, triangles.block = 0;
    set_triangles(&calls[FORWARD], &prog, how, triangles, RHS, HALFWAY, X_FACTOR);
    set_triangles(&calls[PRE_FORWARD], &prog, how, recipe_in(how->apply), Y, Y_HALFWAY, Z);
    calls[RESIDUAL] = call_of(&prog, PX_OP_GEMM, recipe_in(how->residual), A, X, B, R);
    calls[RESIDUAL].attr[0] = -1;
    calls[APPLY] = call_of(&prog, PX_OP_GEMM, recipe_in(how->apply), A, V, -1, AV);
    calls[APPLY].attr[0] = 1;
    return prog;
}

static bool needs(const px_solve *how, int call) {
    bool krylov = how->method == PX_METHOD_gmres_ir || how->method == PX_METHOD_cg;
    switch (call) {
    case RESIDUAL: return !px_method_is_direct(how->method) && !px_fp_is_exact(how->residual);
    case APPLY: return krylov && !px_fp_is_exact(how->apply);
    case PRE_FORWARD:
    case PRE_BACK: return how->method == PX_METHOD_gmres_ir;
    default: return px_method_factors(how->method);
    }
}

const char *px_linear_refused(px_arena *arena, const px_solve *how, int64_t n) {
    px_prog prog = program_of(arena, how, n);
    char why[256];
    for (int i = 0; i < CALLS; i++)
        if (needs(how, i) && !how->exec->supports(&prog, &prog.calls[i], why, sizeof why))
            return px_arena_printf(arena, "%s has no %s", how->exec->name, why);
    return NULL;
}

static double *doubles_of(px_arena *arena, const px_mat *m) {
    double *x = PX_NEW_ARRAY(arena, double, m->rows * m->cols);
    for (int64_t i = 0; i < m->rows; i++) px_mat_get_row(m, i, 0, m->cols, x + i * m->cols);
    return x;
}

static px_status put(px_linear *l, int slot, const px_mat *m, px_error *err) {
    px_wide value = px_wide_of(*m);
    return l->how->exec->put(l->state, slot, &value, err);
}

static px_status get(px_linear *l, int slot, px_mat *m, px_error *err) {
    px_wide value = px_wide_of(*m);
    return l->how->exec->get(l->state, slot, &value, err);
}

/* Columns: numbers of the slot's format as doubles. */
static px_status put_column(px_linear *l, int slot, const double *x, px_error *err) {
    for (int64_t i = 0; i < l->n; i++) px_mat_set(&l->column, i, 0, x[i]);
    return put(l, slot, &l->column, err);
}

static px_status get_column(px_linear *l, int slot, double *x, px_error *err) {
    PX_TRY(get(l, slot, &l->column, err));
    for (int64_t i = 0; i < l->n; i++) x[i] = px_mat_get(&l->column, i, 0);
    return PX_OK;
}

static px_status run(px_linear *l, int first, int count, px_error *err) {
    return l->how->exec->run(l->state, first, count, err);
}

px_status px_linear_open(px_linear *l, px_arena *arena, const px_solve *how, const px_mat *a, const px_mat *b,
                         px_error *err) {
    *l = (px_linear){.how = how, .arena = arena, .n = a->rows, .a = doubles_of(arena, a), .b = doubles_of(arena, b)};
    l->prog = program_of(arena, how, l->n);
    l->column = px_mat_new(arena, px_fp_exact(), l->n, 1);
    PX_TRY(how->exec->open(how->exec, &l->state, &l->prog, err));
    PX_TRY(put(l, A, a, err));
    return put(l, B, b, err);
}

void px_linear_close(px_linear *l) {
    if (l->state) l->how->exec->close(l->state);
}

static double round_to(px_fp f, double x) { return px_round(f, px_rounding_of(PX_NEAREST_EVEN), x, 0); }

static bool all_finite(int64_t n, const double *x) {
    for (int64_t i = 0; i < n; i++)
        if (!isfinite(x[i])) return false;
    return true;
}

static px_cause cause_of(const px_linear *l, const px_mat *lu) {
    double *row = PX_NEW_ARRAY(l->arena, double, l->n);
    bool cholesky = px_method_is_symmetric(l->how->method);
    for (int64_t i = 0; i < l->n; i++) {
        px_mat_get_row(lu, i, 0, l->n, row);
        if (cholesky && !(row[i] > 0)) return PX_CAUSE_indefinite;
        if (row[i] == 0) return PX_CAUSE_zero_pivot;
        if (!all_finite(l->n, row)) return PX_CAUSE_overflow;
    }
    return PX_CAUSE_none;
}

px_status px_linear_factor(px_linear *l, px_solution *solution, px_error *err) {
    const px_solve *how = l->how;
    px_fp f = how->factor.out;
    int64_t n = l->n;
    l->scales =
        px_scales_of(l->arena, how->scaling, px_method_is_symmetric(how->method), how->theta, f.max_finite, n, l->a);
    solution->scales = l->scales;
    solution->matrix = px_mat_new(l->arena, f, n, n);
    solution->lu = px_mat_new(l->arena, f, n, n);
    double *row = PX_NEW_ARRAY(l->arena, double, n);
    l->size = INT_MIN;
    for (int64_t i = 0; i < n; i++) {
        for (int64_t j = 0; j < n; j++)
            row[j] = round_to(f, ldexp(l->a[i * n + j], l->scales.mu + l->scales.row[i] + l->scales.column[j]));
        int e = px_exponent_of(n, row);
        l->size = e > l->size ? e : l->size;
        px_mat_set_row(&solution->matrix, i, 0, n, row);
        if (!all_finite(n, row)) solution->cause = PX_CAUSE_overflow;
    }
    if (solution->cause != PX_CAUSE_none) return PX_OK;
    PX_TRY(put(l, MATRIX, &solution->matrix, err));
    PX_TRY(run(l, FACTOR, 1, err));
    PX_TRY(get(l, LU, &solution->lu, err));
    double *pivots = PX_NEW_ARRAY(l->arena, double, n);
    PX_TRY(get_column(l, PIVOTS, pivots, err));
    solution->pivots = pivots;
    solution->cause = cause_of(l, &solution->lu);
    return PX_OK;
}

px_status px_linear_solve(px_linear *l, const double *r, bool plain, double *x, px_solution *solution, px_error *err) {
    int64_t n = l->n;
    const px_scales *s = &l->scales;
    double *rhs = PX_NEW_ARRAY(l->arena, double, 2 * n), *y = rhs + n;
    for (int64_t i = 0; i < n; i++) rhs[i] = ldexp(r[i], s->row[i]);
    int e = px_exponent_of(n, rhs), shift = e == INT_MIN ? 0 : l->size - 3 - e;
    if (plain && l->how->scaling == PX_SCALING_none) shift = 0;
    for (int64_t i = 0; i < n; i++) rhs[i] = round_to(l->how->factor.out, ldexp(rhs[i], shift));
    PX_TRY(put_column(l, RHS, rhs, err));
    PX_TRY(run(l, FORWARD, 2, err));
    PX_TRY(get_column(l, X_FACTOR, y, err));
    for (int64_t i = 0; i < n; i++) x[i] = ldexp(y[i], s->column[i] + s->mu - shift);
    if (solution) solution->factor_b = rhs, solution->factor_x = y;
    return PX_OK;
}

px_status px_linear_residual(px_linear *l, const double *x, double *r, px_error *err) {
    if (px_fp_is_exact(l->how->residual)) {
        px_quad_product(l->n, l->n, l->a, x, l->b, -1, r);
        return PX_OK;
    }
    PX_TRY(put_column(l, X, x, err));
    PX_TRY(run(l, RESIDUAL, 1, err));
    return get_column(l, R, r, err);
}

px_status px_linear_apply(px_linear *l, const double *v, double *z, px_error *err) {
    if (px_fp_is_exact(l->how->apply)) {
        px_quad_product(l->n, l->n, l->a, v, NULL, 1, z);
        return PX_OK;
    }
    PX_TRY(put_column(l, V, v, err));
    PX_TRY(run(l, APPLY, 1, err));
    return get_column(l, AV, z, err);
}

px_status px_linear_precondition(px_linear *l, const double *y, double *z, px_error *err) {
    px_fp f = or_double(l->how->apply);
    for (int64_t i = 0; i < l->n; i++) z[i] = round_to(f, ldexp(y[i], l->scales.row[i]));
    PX_TRY(put_column(l, Y, z, err));
    PX_TRY(run(l, PRE_FORWARD, 2, err));
    PX_TRY(get_column(l, Z, z, err));
    for (int64_t i = 0; i < l->n; i++) z[i] = round_to(f, ldexp(z[i], l->scales.column[i] + l->scales.mu));
    return PX_OK;
}
