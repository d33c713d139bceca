#include "kind/solving.h"

#include <math.h>

#include "arith/model.h"
#include "backend/registry.h"
#include "kind/columns.h"
#include "kind/dump.h"
#include "ref/truth.h"

#define STEP_COLUMNS(X)                                                                                                \
    X("bwd_norm", "1", PX_COLUMN_NUMBER, "normwise backward error ||b - A y|| / (||A|| ||y|| + ||b||), inf-norms")     \
    X("bwd_comp", "1", PX_COLUMN_NUMBER, "componentwise backward error max |b - A y|_i / (|A||y| + |b|)_i")            \
    X("fwd_norm", "1", PX_COLUMN_NUMBER, "forward error ||y - x|| / ||x||, inf-norm, against the certified solution")  \
    X("fwd_comp", "1", PX_COLUMN_NUMBER, "componentwise forward error max |y_i - x_i| / |x_i|")                        \
    X("bound_fwd", "1", PX_COLUMN_NUMBER, "bwd_comp || |A^-1|(|A||y| + |b|) || / ||x||: a bound of fwd_norm")          \
    X("slack_fwd", "1", PX_COLUMN_NUMBER, "fwd_norm / bound_fwd: at most 1")                                           \
    X("res_norm", "1", PX_COLUMN_NUMBER, "||b - A y||, the exact residual")                                            \
    X("stop_ratio", "1", PX_COLUMN_NUMBER, "the stopping rule's quantity over its limit, as the method computes it")   \
    X("inner", "1", PX_COLUMN_INTEGER, "gmres_ir: iterations that led to this step; of the outcome: of all steps")
#define OUTCOME_COLUMNS(X)                                                                                             \
    X("steps", "1", PX_COLUMN_INTEGER, "steps taken")                                                                  \
    X("converged", "1", PX_COLUMN_INTEGER, "1 when fwd_norm <= 4 u of the working format at the end, else 0")          \
    X("growth", "1", PX_COLUMN_NUMBER, "growth factor max |u_ij| / max |a_ij| of the factorisation")                   \
    X("kappa_inf", "1", PX_COLUMN_NUMBER, "||A|| ||A^-1|| of the stored matrix, inf-norm, an upper bound")             \
    X("cond_skeel", "1", PX_COLUMN_NUMBER, "|| |A^-1||A| ||: Skeel's condition number, an upper bound")                \
    X("cond_skeel_x", "1", PX_COLUMN_NUMBER, "|| |A^-1||A||x| || / ||x||, an upper bound")                             \
    X("kappa_u", "1", PX_COLUMN_NUMBER,                                                                                \
      "kappa_inf times u of the factorisation: forward error by the first-order rule")                                 \
    X("phi", "1", PX_COLUMN_NUMBER,                                                                                    \
      "3 n u || |A^-1||L||U| ||: below 1, refinement by these factors converges; not of models")                       \
    X("kappa_limit", "1", PX_COLUMN_NUMBER,                                                                            \
      "kappa up to which the method converges in theory: 1/u, gmres_ir: "                                              \
      "1/(u sqrt(u_work))")                                                                                            \
    X("bound_bwd", "1", PX_COLUMN_NUMBER, "beta: |b - A y| <= beta |L||U||y| + underflow for the direct solve")        \
    X("slack_bwd", "1", PX_COLUMN_NUMBER, "max |b - A y| over that bound: at most 1")                                  \
    X("bound_note", "", PX_COLUMN_TEXT, "the theorem behind bound_bwd, or why there is none")                          \
    X("hpl_ratio", "1", PX_COLUMN_NUMBER, "bwd_norm / (n u of the working format): HPL passes below 16")               \
    X("cause", "", PX_COLUMN_TEXT, "why a method failed: stopped without its rule being met, or met it too early")

const px_column px_solving_columns[PX_SOLVING_COLUMNS] = {
    {"step", "1", PX_COLUMN_INTEGER, PX_CLASS_KEY, "number of the step; empty in the row of the outcome"},
    STEP_COLUMNS(PX_AS_COLUMN) OUTCOME_COLUMNS(PX_AS_COLUMN) PX_COLUMNS_STATUS(PX_AS_COLUMN)};
const char *const px_solving_highlights[] = {"converged", "steps",    "cause",     "fwd_norm",
                                             "kappa_u",   "bwd_norm", "kappa_inf", NULL};

/* The exact b - A y and |A||y| + |b| of a system, as doubles. */
typedef struct residual {
    double *r, *scale;
    px_mat hi, lo;
} residual;

static px_status residual_of(px_lab *lab, const px_mat *a, const double *b, const double *y, residual *out,
                             px_error *err) {
    int64_t n = a->rows;
    px_mat in[3] = {*a, px_mat_new(lab->arena, px_fp_exact(), n, 1), px_mat_new(lab->arena, px_fp_exact(), n, 1)};
    for (int64_t i = 0; i < n; i++) {
        px_mat_set(&in[1], i, 0, y[i]);
        px_mat_set(&in[2], i, 0, b[i]);
    }
    px_truth truth;
    const px_call call = {.op = PX_OP_GEMM, .attr = {-1}};
    PX_TRY(px_lab_truth_exact(lab, &call, in, 3, &truth, err));
    *out = (residual){.r = PX_NEW_ARRAY(lab->arena, double, 2 * n), .hi = truth.v.hi, .lo = truth.v.lo};
    out->scale = out->r + n;
    for (int64_t i = 0; i < n; i++) {
        out->r[i] = px_mat_get(&truth.v.hi, i, 0);
        out->scale[i] = px_mat_get(&truth.absab.hi, i, 0);
    }
    return PX_OK;
}

static bool all_finite(int64_t n, const double *x) {
    for (int64_t i = 0; i < n; i++)
        if (!isfinite(x[i])) return false;
    return true;
}

static double norm(int64_t n, const double *x) {
    double largest = 0;
    for (int64_t i = 0; i < n; i++) largest = fmax(largest, fabs(x[i]));
    return largest;
}

static double *doubles_of(px_arena *arena, const px_mat *m) {
    double *x = PX_NEW_ARRAY(arena, double, m->rows * m->cols);
    for (int64_t i = 0; i < m->rows; i++) px_mat_get_row(m, i, 0, m->cols, x + i * m->cols);
    return x;
}

static double column_of(const px_mat *m, int64_t i) { return m->data ? px_mat_get(m, i, 0) : 0; }

/* A step's figures; the truth's only where the system has a solution. The errors are infinite where x is. */
static px_status set_step(px_row *row, const px_solving *s, int64_t k, px_lab *lab, residual *r, px_linear_errors *e,
                          px_error *err) {
    const px_solve_step *step = &s->solution.steps[k];
    int64_t n = s->a.rows;
    *e = (px_linear_errors){.bwd_norm = INFINITY, .fwd_norm = INFINITY};
    if (!all_finite(n, step->x)) return PX_OK;
    PX_TRY(residual_of(lab, &s->a, s->linear.b, step->x, r, err));
    *e = px_linear_errors_of(lab->arena, &s->linear, step->x, r->r, r->scale);
    px_columns_figure(row, "bwd_norm", e->bwd_norm);
    px_columns_figure(row, "bwd_comp", e->bwd_comp);
    px_columns_figure(row, "res_norm", norm(n, r->r));
    if (!px_method_is_direct(s->how.method)) px_columns_figure(row, "stop_ratio", step->quantity);
    if (s->truth.singular) return PX_OK;
    px_columns_figure(row, "fwd_norm", e->fwd_norm);
    px_columns_figure(row, "fwd_comp", e->fwd_comp);
    px_columns_figure(row, "bound_fwd", e->bound_fwd);
    px_columns_figure(row, "slack_fwd", e->fwd_norm > 0 ? e->fwd_norm / e->bound_fwd : 0);
    return PX_OK;
}

static void set_conditions(px_row *row, const px_solving *s, px_arena *arena) {
    double u = px_fp_u(s->how.factor.out), u_work = px_fp_u(s->how.work);
    if (px_method_factors(s->how.method)) {
        bool krylov = s->how.method == PX_METHOD_gmres_ir;
        px_columns_figure(row, "kappa_limit", krylov ? 1 / (u * sqrt(u_work)) : 1 / u);
    }
    if (s->truth.singular) return;
    px_linear_conditions c = px_linear_conditions_of(arena, &s->linear);
    px_columns_figure(row, "kappa_inf", c.kappa_inf);
    px_columns_figure(row, "cond_skeel", c.cond);
    px_columns_figure(row, "cond_skeel_x", c.cond_x);
    px_columns_figure(row, "kappa_u", c.kappa_inf * u);
    if (!s->factors.lu || s->how.factor.model != PX_MODEL_NONE)
        return; /* a theorem about operations rounded one by one */
    const px_scales *scales = &s->solution.scales;
    px_columns_figure(row, "phi",
                      px_convergence_factor(arena, &s->linear, &s->factors, scales->row, scales->column, scales->mu));
}

/* The direct solve against its theorem, in the system that was really factorised. */
static px_status set_direct(px_row *row, const px_solving *s, px_lab *lab, px_error *err) {
    const px_solution *x = &s->solution;
    if (!s->factors.lu) return PX_OK;
    px_columns_figure(row, "growth", px_growth(&s->factors));
    if (!x->factor_x) return PX_OK;
    if (!all_finite(s->a.rows, x->factor_x) || !all_finite(s->a.rows, x->factor_b)) {
        px_row_text(row, "bound_note", "no bound: the solution overflowed");
        return PX_OK;
    }
    residual r;
    PX_TRY(residual_of(lab, &x->matrix, x->factor_b, x->factor_x, &r, err));
    px_solve_bound b = px_solve_bound_of(lab->arena, &s->factors, x->factor_x, r.r);
    px_columns_figure(row, "bound_bwd", b.beta);
    px_columns_figure(row, "slack_bwd", b.slack);
    px_row_text(row, "bound_note", b.source);
    return PX_OK;
}

static px_cell_status status_of(const px_solving *s, bool finite) {
    if (s->truth.singular) return PX_CELL_SINGULAR;
    switch (s->solution.cause) {
    case PX_CAUSE_zero_pivot:
    case PX_CAUSE_indefinite: return PX_CELL_SINGULAR;
    case PX_CAUSE_overflow: return PX_CELL_OVERFLOW;
    case PX_CAUSE_divergence:
    case PX_CAUSE_stagnation:
    case PX_CAUSE_max_steps: return PX_CELL_NOT_CONVERGED;
    case PX_CAUSE_none:
    case PX_CAUSE_inaccurate:
    case PX_CAUSE_COUNT: break;
    }
    return finite ? PX_CELL_OK : PX_CELL_OVERFLOW;
}

static px_status emit_outcome(const px_solving *s, px_lab *lab, px_sink *sink, px_error *err) {
    px_row row = px_row_new(lab->arena, px_solving_columns, PX_SOLVING_COLUMNS);
    const px_solution *x = &s->solution;
    px_linear_errors e = {.bwd_norm = INFINITY, .fwd_norm = INFINITY};
    residual r;
    if (x->n_steps > 0) PX_TRY(set_step(&row, s, x->n_steps - 1, lab, &r, &e, err));
    int64_t inner = 0;
    for (int64_t k = 0; k < x->n_steps; k++) inner += x->steps[k].inner;
    if (s->how.method == PX_METHOD_gmres_ir) px_row_integer(&row, "inner", inner);
    px_row_integer(&row, "steps", x->n_steps > 0 ? x->n_steps - 1 : 0);
    double u = px_fp_u(s->how.work);
    bool converged = e.fwd_norm <= 4 * u, about_x = s->how.stop == PX_STOP_correction;
    if (!s->truth.singular) px_row_integer(&row, "converged", converged);
    if (isfinite(e.bwd_norm)) px_columns_figure(&row, "hpl_ratio", e.bwd_norm / ((double)s->a.rows * u));
    set_conditions(&row, s, lab->arena);
    PX_TRY(set_direct(&row, s, lab, err));
    bool finite = x->n_steps > 0 && all_finite(s->a.rows, x->steps[x->n_steps - 1].x);
    px_cause cause = x->cause;
    if (cause == PX_CAUSE_none && about_x && !converged && !s->truth.singular) cause = PX_CAUSE_inaccurate;
    if (cause != PX_CAUSE_none) px_row_text(&row, "cause", px_cause_name(cause));
    px_columns_status(&row, status_of(s, finite));
    return sink->emit(sink, &row, err);
}

static px_status emit_step(const px_solving *s, int64_t k, px_lab *lab, px_sink *sink, px_mat dump[3], px_error *err) {
    px_row row = px_row_new(lab->arena, px_solving_columns, PX_SOLVING_COLUMNS);
    px_linear_errors e;
    residual r = {.r = NULL};
    px_row_integer(&row, "step", k);
    PX_TRY(set_step(&row, s, k, lab, &r, &e, err));
    if (s->how.method == PX_METHOD_gmres_ir) px_row_integer(&row, "inner", s->solution.steps[k].inner);
    px_columns_status(&row, r.r ? PX_CELL_OK : PX_CELL_OVERFLOW);
    for (int64_t i = 0; i < s->a.rows && r.r; i++) {
        px_mat_set(&dump[1], i, k, column_of(&r.hi, i));
        px_mat_set(&dump[2], i, k, column_of(&r.lo, i));
    }
    for (int64_t i = 0; i < s->a.rows; i++) px_mat_set(&dump[0], i, k, s->solution.steps[k].x[i]);
    return s->history ? sink->emit(sink, &row, err) : PX_OK;
}

/* Column k of X, R_hi and R_lo: x_k and the exact b - A x_k = R_hi + R_lo; of R_hat: the residual as computed. */
static px_status emit_steps(const px_solving *s, const px_case *c, px_lab *lab, px_sink *sink, px_error *err) {
    int64_t n = s->a.rows, steps = s->solution.n_steps;
    if (!s->history && !lab->dump_dir) return PX_OK;
    px_mat dump[3], hat = px_mat_new(lab->arena, px_fp_exact(), n, steps);
    for (int i = 0; i < 3; i++) dump[i] = px_mat_new(lab->arena, px_fp_exact(), n, steps);
    for (int64_t k = 0; k < steps; k++) {
        PX_TRY(emit_step(s, k, lab, sink, dump, err));
        for (int64_t i = 0; i < n; i++) px_mat_set(&hat, i, k, s->solution.steps[k].r[i]);
    }
    static const char *const names[] = {"A", "b", "X", "R_hi", "R_lo", "x_hi", "x_lo", "R_hat"};
    const px_mat *const matrices[] = {&s->a, &s->b, &dump[0], &dump[1], &dump[2], &s->truth.x.hi, &s->truth.x.lo, &hat};
    int n_matrices = px_method_is_direct(s->how.method) ? 7 : 8; /* a direct method computes no residual */
    return px_dump_matrices(lab, c, n_matrices, names, matrices, err);
}

/* Data beyond the working format: nothing can be solved. */
static px_status emit_overflow(px_lab *lab, px_sink *sink, px_error *err) {
    px_row row = px_row_new(lab->arena, px_solving_columns, PX_SOLVING_COLUMNS);
    px_row_integer(&row, "converged", 0);
    px_row_text(&row, "cause", px_cause_name(PX_CAUSE_overflow));
    px_columns_status(&row, PX_CELL_OVERFLOW);
    return sink->emit(sink, &row, err);
}

px_status px_solving_run(px_solving *s, const px_case *c, px_lab *lab, px_sink *sink, px_error *err) {
    px_arena *arena = lab->arena;
    int64_t n = s->a.rows;
    double *a = doubles_of(arena, &s->a), *b = doubles_of(arena, &s->b);
    if (!all_finite(n * n, a) || !all_finite(n, b)) return emit_overflow(lab, sink, err);
    PX_TRY(px_solve_run(arena, &s->how, &s->a, &s->b, &s->solution, err));
    PX_TRY(px_ref_system(arena, &s->a, &s->b, &s->truth, err));
    s->linear = (px_linear_truth){
        .n = n, .a = a, .b = b, .inverse = s->truth.inverse.data, .alpha = s->truth.alpha, .x = &s->truth.x};
    const px_solution *x = &s->solution;
    if (x->pivots && x->cause != PX_CAUSE_overflow)
        s->factors = (px_factors){.n = n,
                                  .matrix = doubles_of(arena, &x->matrix),
                                  .lu = doubles_of(arena, &x->lu),
                                  .pivots = x->pivots,
                                  .cholesky = px_method_is_symmetric(s->how.method),
                                  .recipe = s->how.factor,
                                  .reciprocal = s->how.reciprocal || s->how.exec != px_backend_emulated()};
    PX_TRY(emit_steps(s, c, lab, sink, err));
    return emit_outcome(s, lab, sink, err);
}
