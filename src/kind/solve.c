#include <math.h>
#include <string.h>

#include "arith/model.h"
#include "backend/registry.h"
#include "kind/axes.h"
#include "kind/gallery.h"
#include "kind/kinds.h"
#include "kind/solving.h"

enum { MAX_STEPS_DEFAULT = 50, CG_STEPS_PER_EQUATION = 10, REPLACE_DEFAULT = 20, BLOCK_DEFAULT = 32 };
static const double theta_default = 0.1, inner_tolerance_default = 1e-4;

#define NAME(id, text) #id,
static const char *const words_method[] = {PX_METHOD_LIST(NAME) NULL};
static const char *const words_scaling[] = {PX_SCALING_LIST(NAME) NULL};
static const char *const words_stop[] = {PX_STOP_LIST(NAME) NULL};
#undef NAME
#define SENTENCE(id, text) #id ": " text ". "
static const char *const words_fp128[] = {"fp128", NULL};
static const char *const words_pivot[] = {"division", "reciprocal", NULL};
static const char *const words_history[] = {"no", "yes", NULL};

static const px_param params[] = {
    {"method", PX_PARAM_WORD, "lu", words_method, NULL, 0, 0, false, "how the system is solved"},
    {"factor", PX_PARAM_FORMAT, "same", NULL, "work", 0, 0, false,
     "format of the factorisation and of its triangular solves"},
    {"accum", PX_PARAM_FORMAT, "same", NULL, "factor", 0, 0, false,
     "running sums of the factorisation and of its solves are rounded to this format"},
    PX_AXIS_MODEL,
    {"block", PX_PARAM_INT, "0", NULL, NULL, 0, 1 << 20, false,
     "models: columns of a panel of LU, which the unit does not touch; 0 stands for 32"},
    {"work", PX_PARAM_FORMAT, "fp64", NULL, NULL, 0, 0, false, "format of A, b and x: the data are rounded to it"},
    {"residual", PX_PARAM_FORMAT, "same", words_fp128, "work", 0, 0, false, "format in which b - A x is computed"},
    {"apply", PX_PARAM_FORMAT, "same", words_fp128, "work", 0, 0, false,
     "gmres_ir, cg: format of products with A and of the preconditioner (which fp128 leaves in fp64)"},
    {"scaling", PX_PARAM_WORD, "none", words_scaling, NULL, 0, 0, false, "scaling before the factorisation"},
    {"theta", PX_PARAM_REAL, "0", NULL, NULL, 0, 1, false,
     "scaling: the largest entry over the largest number of the format; 0 stands for 0.1"},
    {"stop", PX_PARAM_WORD, "normwise", words_stop, NULL, 0, 0, false, "stopping rule"},
    {"max_steps", PX_PARAM_INT, "0", NULL, NULL, 0, 100000, false, "most steps; 0 stands for 50, cg: 10 n"},
    {"inner_tol", PX_PARAM_REAL, "0", NULL, NULL, 0, 1, false,
     "gmres_ir: factor by which each inner solve reduces its residual; 0 stands for 1e-4"},
    {"max_inner", PX_PARAM_INT, "0", NULL, NULL, 0, 100000, false,
     "gmres_ir: most iterations of an inner solve; 0 stands for n"},
    {"replace", PX_PARAM_INT, "0", NULL, NULL, 0, 100000, false,
     "cg: steps between two replacements of the residual by b - A x; 0 stands for 20"},
    {"pivot", PX_PARAM_WORD, "division", words_pivot, NULL, 0, 0, false,
     "columns are divided by the pivot, or multiplied by its rounded reciprocal"},
    {"history", PX_PARAM_WORD, "yes", words_history, NULL, 0, 0, false, "yes: a row for every step"},
    PX_AXIS_BACKEND,
    PX_AXES_GALLERY,
    PX_AXIS_REP};

static bool refines(int method) { return !px_method_is_direct((px_method)method); }
static bool is_gmres(int method) { return method == PX_METHOD_gmres_ir; }
static bool is_cg(int method) { return method == PX_METHOD_cg; }
static bool is_krylov(int method) { return is_gmres(method) || is_cg(method); }
static bool factorises(int method) { return px_method_factors((px_method)method); }
static bool has_lu(int method) { return factorises(method) && !px_method_is_symmetric((px_method)method); }

/* THE list of axes that some methods do not have: there they keep their default. */
static const struct rule {
    const char *axis;
    bool (*applies)(int method);
} rules[] = {{"factor", factorises}, {"accum", factorises},   {"pivot", factorises},   {"scaling", factorises},
             {"theta", factorises},  {"model", has_lu},       {"residual", refines},   {"stop", refines},       {"max_steps", refines},
             {"apply", is_krylov},   {"inner_tol", is_gmres}, {"max_inner", is_gmres}, {"replace", is_cg}};

static const char *fallback_of(const char *axis) {
    for (int i = 0; i < PX_KIND_COUNT_OF(params); i++)
        if (strcmp(params[i].name, axis) == 0) return params[i].fallback;
    return "";
}

static px_solve solve_of(const px_case *c, int64_t n) {
    px_solve s = {.method = (px_method)px_case_word(c, "method"),
                  .scaling = (px_scaling)px_case_word(c, "scaling"),
                  .stop = (px_stop)px_case_word(c, "stop"),
                  .work = px_case_fp(c, "work"),
                  .residual = px_case_fp(c, "residual"),
                  .apply = px_case_fp(c, "apply"),
                  .factor = px_recipe_uniform(px_case_fp(c, "factor")),
                  .reciprocal = px_case_word(c, "pivot") == 1,
                  .theta = px_case_real(c, "theta"),
                  .inner_tolerance = px_case_real(c, "inner_tol"),
                  .max_steps = px_case_int(c, "max_steps"),
                  .max_inner = px_case_int(c, "max_inner"),
                  .replace = px_case_int(c, "replace"),
                  .exec = px_backend_of(px_case_text(c, "backend"), px_case_value(c, "backend")->path)};
    s.factor.acc = s.factor.mul = px_case_fp(c, "accum");
    s.factor.model = (int16_t)px_case_word(c, "model");
    if (s.factor.model != PX_MODEL_NONE) s.factor.block = (int32_t)px_case_int(c, "block");
    if (s.factor.model != PX_MODEL_NONE && s.factor.block == 0) s.factor.block = BLOCK_DEFAULT;
    if (s.theta == 0) s.theta = theta_default;
    if (s.inner_tolerance == 0) s.inner_tolerance = inner_tolerance_default;
    if (s.max_steps == 0) s.max_steps = s.method == PX_METHOD_cg ? CG_STEPS_PER_EQUATION * n : MAX_STEPS_DEFAULT;
    if (s.max_inner == 0) s.max_inner = n;
    if (s.replace == 0) s.replace = REPLACE_DEFAULT;
    return s;
}

/* Symmetric by their formulas. */
static bool is_symmetric(int gallery) {
    switch (gallery) {
    case PX_GALLERY_diagonal:
    case PX_GALLERY_hilbert:
    case PX_GALLERY_invhilb:
    case PX_GALLERY_moler:
    case PX_GALLERY_pascal:
    case PX_GALLERY_minij:
    case PX_GALLERY_tridiagonal:
    case PX_GALLERY_orthogonal: return true;
    default: return false;
    }
}

static const char *unsupported(px_arena *arena, const px_case *c) {
    int method = px_case_word(c, "method");
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (!rules[i].applies(method) && strcmp(px_case_text(c, rules[i].axis), fallback_of(rules[i].axis)) != 0)
            return px_arena_printf(arena, "method %s has no %s (only %s = %s there)", px_case_text(c, "method"),
                                   rules[i].axis, rules[i].axis, fallback_of(rules[i].axis));
    if (px_case_word(c, "scaling") == PX_SCALING_none && strcmp(px_case_text(c, "theta"), fallback_of("theta")) != 0)
        return "scaling none has no theta (only theta = 0 there)";
    if (px_case_word(c, "model") == PX_MODEL_NONE && px_case_int(c, "block") != 0)
        return "model none has no block (only block = 0 there)";
    const char *why = px_source_refused(arena, c);
    if (why) return why;
    if (px_method_is_symmetric((px_method)method) && px_source_order(c) > 0 &&
        !is_symmetric(px_case_value(c, "matrix")->word))
        return px_arena_printf(arena, "method %s needs a symmetric matrix, not %s", px_case_text(c, "method"),
                               px_case_text(c, "matrix"));
    int64_t n = px_source_order(c) > 0 ? px_source_order(c) : 1;
    px_solve s = solve_of(c, n);
    if (!s.exec) return px_arena_printf(arena, "no backend %s here", px_case_text(c, "backend"));
    return px_solve_refused(arena, &s, n);
}

/* b from N(0,1): the same for every treatment. */
static px_wide right_hand_side(px_arena *arena, const px_case *c, int64_t n) {
    px_draw draw = {c->seed, (uint64_t)px_case_int(c, "rep"), "b"};
    px_mat b = px_mat_new(arena, px_fp_exact(), n, 1);
    for (int64_t i = 0; i < n; i++) px_mat_set(&b, i, 0, px_draw_normal(draw, (uint64_t)i));
    return px_wide_of(b);
}

static px_status check_matrix(const px_case *c, const px_mat *a, px_error *err) {
    const char *name = px_case_text(c, "matrix");
    if (a->rows != a->cols)
        return px_fail(err, PX_BAD_FILE, "%s: a linear system needs a square matrix, not %lld x %lld", name,
                       (long long)a->rows, (long long)a->cols);
    bool symmetric = px_method_is_symmetric((px_method)px_case_word(c, "method"));
    for (int64_t i = 0; i < a->rows; i++)
        for (int64_t j = 0; j < a->cols; j++) {
            double x = px_mat_get(a, i, j);
            if (symmetric && x != px_mat_get(a, j, i))
                return px_fail(err, PX_BAD_FILE, "%s is not symmetric, as method %s needs", name,
                               px_case_text(c, "method"));
        }
    return PX_OK;
}

static px_status run(const px_case *c, px_lab *lab, px_sink *sink, px_error *err) {
    px_source source;
    PX_TRY(px_source_make(lab->arena, c, &source, err));
    int64_t n = source.ideal.hi.rows;
    px_solving s = {.how = solve_of(c, n), .history = px_case_word(c, "history") == 1};
    px_wide b = right_hand_side(lab->arena, c, n);
    s.a = px_data_store(lab->arena, &source.ideal, s.how.work);
    s.b = px_data_store(lab->arena, &b, s.how.work);
    PX_TRY(check_matrix(c, &s.a, err));
    return px_solving_run(&s, c, lab, sink, err);
}

static px_cost cost(const px_case *c) {
    double n = (double)px_source_order(c), steps = refines(px_case_word(c, "method")) ? 10 : 1;
    if (is_krylov(px_case_word(c, "method"))) steps *= 20;
    /* the reference: 4 n^3 operations of 0.3 ns; factorisation 10 ns, a step's products 60 ns, its truth 30 ns */
    return (px_cost){.work = 5 * n * n * n + 100 * steps * n * n, .bytes = 120 * n * n};
}

const px_kind px_kind_solve = {
    .spec = {.name = "solve",
             .params = params,
             .n_params = PX_KIND_COUNT_OF(params),
             .columns = px_solving_columns,
             .n_columns = PX_SOLVING_COLUMNS,
             .unsupported = unsupported},
    .question =
        "How accurately is A x = b solved, in one precision or by refinement in several, and when does it fail?",
    .detail =
        "A (a matrix of the gallery or a file's) and b (N(0,1)) are rounded to `work`. Direct methods factorise and "
        "solve "
        "in `factor`, or factorise by panels and update the rest by the `model` of a matrix unit; refinement computes residuals in `residual` and corrects x in `work`; GMRES and conjugate "
        "gradients multiply in `apply`. Every step has a row; the row without a step number is the outcome, with the "
        "cause of a failure. Backward and forward errors stand beside kappa u, Skeel's condition numbers, the backward "
        "error bound of the factorisation and the convergence factor of Carson and Higham; the solution that they are "
        "judged by is certified. Methods. " PX_METHOD_LIST(SENTENCE) "Scalings. " PX_SCALING_LIST(
            SENTENCE) "Stopping rules. " PX_STOP_LIST(SENTENCE) "Causes of failure. " PX_CAUSE_LIST(SENTENCE),
    .sources =
        (const char *const[]){
            "Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., SIAM 2002, ch. 7, 9, 12",
            "Rump & Jeannerod, Improved backward error bounds for LU and Cholesky factorizations, SIMAX 35(2), 2014",
            "Carson & Higham, Accelerating the solution of linear systems by iterative refinement in three precisions, "
            "SISC 40(2), 2018",
            "Higham, Pranesh & Zounon, Squeezing a matrix into half precision, SISC 41(4), 2019",
            "Demmel, Hida, Kahan, Li, Mukherjee & Riedy, Error bounds from extra-precise iterative refinement, "
            "TOMS 32(2), 2006",
            NULL},
    .highlights = px_solving_highlights,
    .check = px_source_check,
    .cost = cost,
    .run = run,
};
