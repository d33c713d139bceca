#include <math.h>

#include "data/data.h"
#include "kind/axes.h"
#include "kind/chain.h"
#include "kind/columns.h"
#include "kind/dump.h"
#include "kind/kinds.h"
#include "ref/truth.h"

static const char *const words_chain[] = {
#define NAME(id, factors, text) #id,
    PX_CHAIN_LIST(NAME)
#undef NAME
        NULL};

static const char *const words_grouping[] = {
#define NAME(id, three, four) #id,
    PX_GROUPING_LIST(NAME)
#undef NAME
        NULL};

static const px_param params[] = {
    PX_AXIS_FORMAT,
    PX_AXIS_PRODUCT,
    PX_AXIS_ACCUM,
    {"inner", PX_PARAM_FORMAT, "same", NULL, "format", 0, 0, false, "inner results are rounded to this format"},
    PX_AXIS_OUT("accum"),
    PX_AXIS_ORDER,
    PX_AXIS_BLOCK,
    PX_AXIS_SPLITS,
    PX_AXIS_PARTIAL,
    PX_AXIS_MODEL,
    PX_AXIS_PROMOTE,
    PX_AXIS_FUSED,
    PX_AXIS_ROUNDING,
    PX_AXIS_SR_BITS,
    PX_AXIS_BACKEND,
    {"chain", PX_PARAM_WORD, "attention", words_chain, NULL, 0, 0, true,
     "attention: x Wk^T Wq x^T, x m x n, Wk and Wq k x n; three: A B C, m x n, n x k, k x m"},
    {"grouping", PX_PARAM_WORD, "left", words_grouping, NULL, 0, 0, false,
     "left ((AB)C)D, right A(B(CD)), pairs (AB)(CD), middle_left (A(BC))D, middle_right A((BC)D)"},
    {"matrix", PX_PARAM_WORD, "normal", px_words_matrix, NULL, 0, 0, true, "the factors (`precx list matrices`)"},
    PX_AXIS_SIZE_AS_N("m", 1 << 12, "rows of the result: tokens"),
    PX_AXIS_SIZE("n", "32", 1 << 12, "width of x, of A"),
    PX_AXIS_SIZE_AS_N("k", 1 << 12, "inner width: of a head"),
    PX_AXIS_REP};

#define ASSOCIATION_COLUMNS(X)                                                                                         \
    X("flops", "1", PX_COLUMN_NUMBER, "additions and multiplications of this grouping")                                \
    X("cw_last", "1", PX_COLUMN_NUMBER, "the last product's own error: max over entries, relative to |A||B||C|...")    \
    X("cw_inner", "1", PX_COLUMN_NUMBER, "what the errors of the inner products have become, on the same scale")

static const px_column columns[] = {ASSOCIATION_COLUMNS(PX_AS_COLUMN) PX_COLUMNS_ERROR PX_COLUMNS_BOUND(PX_AS_COLUMN)
                                        PX_COLUMNS_COUNT(PX_AS_COLUMN) PX_COLUMNS_STATUS(PX_AS_COLUMN)};

static void plan(px_chain *chain, px_treatment *how, const px_case *c) {
    *how = px_treatment_of(c);
    px_chain_plan(chain, (px_chain_id)px_case_word(c, "chain"), (px_grouping)px_case_word(c, "grouping"), how,
                  px_case_fp(c, "inner"), px_case_int(c, "m"), px_case_int(c, "n"), px_case_int(c, "k"));
}

static const char *unsupported(px_arena *arena, const px_case *c) {
    const char *why = px_treatment_refused(arena, c);
    if (why) return why;
    if (!px_chain_has((px_chain_id)px_case_word(c, "chain"), (px_grouping)px_case_word(c, "grouping")))
        return px_arena_printf(arena, "chain %s has no grouping %s", px_case_text(c, "chain"),
                               px_case_text(c, "grouping"));
    px_chain chain;
    px_treatment how;
    plan(&chain, &how, c);
    char text[256];
    for (int i = 0; i < chain.n_calls; i++)
        if (!how.exec->supports(&chain.prog, &chain.calls[i], text, sizeof text))
            return px_arena_printf(arena, "%s has no %s", how.exec->name, text);
    return NULL;
}

/* x or A and Wk^T or B are the two matrices of a product; Wq or C is the second one of another. */
static void make_factors(const px_case *c, px_arena *arena, const px_chain *chain, px_mat *stored) {
    uint64_t rep = (uint64_t)px_case_int(c, "rep");
    px_matrix p = {.which = px_case_word(c, "matrix"), .draw_a = {c->seed, rep, "A"}, .draw_b = {c->seed, rep, "B"}};
    px_wide ideal[4];
    p.m = chain->slots[0].rows, p.k = chain->slots[0].cols, p.n = chain->slots[1].cols;
    px_matrix_fill(arena, &p, &ideal[0], &ideal[1]);
    p.draw_b.stream = "C";
    p.m = 1, p.k = chain->slots[2].rows, p.n = chain->slots[2].cols;
    px_matrix_fill(arena, &p, &ideal[3], &ideal[2]);
    for (int s = 0; s < 3; s++) stored[s] = px_data_store(arena, &ideal[s], chain->slots[s].fmt);
}

static px_mat magnitudes_of(px_arena *arena, const px_mat *m) {
    px_mat x = px_mat_new(arena, m->fmt, m->rows, m->cols);
    for (int64_t i = 0; i < m->rows; i++)
        for (int64_t j = 0; j < m->cols; j++) px_mat_set(&x, i, j, fabs(px_mat_get(m, i, j)));
    return x;
}

/* A cell at work; `judged` holds what the columns and the errors need. */
typedef struct work {
    px_chain chain;
    px_trial judged;
    px_mat stored[3];
    px_wide computed[PX_CHAIN_NODES], exact[PX_CHAIN_NODES], magnitudes[PX_CHAIN_NODES];
} work;

static px_status judge(work *w, px_lab *lab, px_error *err) {
    px_trial *t = &w->judged;
    px_chain *chain = &w->chain;
    int out = chain->n_slots - 1;
    t->computed = w->computed[out].hi;
    t->truth = (px_truth){.v = w->exact[out], .absab = w->magnitudes[out]};
    px_fp fp = t->how.recipe.out;
    t->rounded = px_mat_new(lab->arena, fp, t->computed.rows, t->computed.cols);
    PX_TRY(px_ref_rounded(&t->truth, fp, px_recipe_rounding(&t->how.recipe), &t->rounded, err));
    PX_TRY(px_errors_measure(&t->computed, &t->truth, &t->rounded, &t->errors, err));
    t->det = px_chain_bound(chain, t->how.exec->liberties, w->magnitudes, w->computed);
    t->slack_det = PX_UNDEFINED;
    if (!t->det.valid) return PX_OK;
    return px_errors_slack(&t->computed, &t->truth, t->det.beta, t->det.eta, &t->slack_det, err);
}

static px_status compute(const px_case *c, px_lab *lab, work *w, px_error *err) {
    plan(&w->chain, &w->judged.how, c);
    make_factors(c, lab->arena, &w->chain, w->stored);
    px_mat absolute[3];
    for (int s = 0; s < 3; s++) absolute[s] = magnitudes_of(lab->arena, &w->stored[s]);
    PX_TRY(px_chain_run(&w->chain, w->judged.how.exec, lab->arena, w->stored, false, w->computed, err));
    PX_TRY(px_chain_run(&w->chain, px_ref_mpfr(), lab->arena, w->stored, true, w->exact, err));
    PX_TRY(px_chain_run(&w->chain, px_ref_mpfr(), lab->arena, absolute, true, w->magnitudes, err));
    return judge(w, lab, err);
}

/* A view of a computed slot as a matrix. */
static px_mat view_of(px_arena *arena, const px_wide *values, px_arg v) {
    const px_mat *slot = &values[v.slot].hi;
    px_mat m = px_mat_new(arena, slot->fmt, v.rows, v.cols);
    for (int64_t i = 0; i < v.rows; i++)
        for (int64_t j = 0; j < v.cols; j++) {
            int64_t at = v.off + i * v.rs + j * v.cs;
            px_mat_set(&m, i, j, px_mat_get(slot, at / slot->cols, at % slot->cols));
        }
    return m;
}

/* The last product once more, exactly, on the inner results as computed: it lies between the two errors. */
static px_status set_parts(px_row *row, work *w, px_lab *lab, px_error *err) {
    const px_chain *chain = &w->chain;
    const px_call *last = &chain->calls[chain->n_calls - 1];
    const px_trial *t = &w->judged;
    if (t->errors.n_inf > 0 || t->errors.n_nan > 0) return PX_OK;
    px_mat in[2] = {view_of(lab->arena, w->computed, last->in[0]), view_of(lab->arena, w->computed, last->in[1])};
    px_truth between;
    PX_TRY(px_lab_truth_exact(lab, last, in, 2, &between, err));
    double own = 0, inner = 0;
    for (int64_t i = 0; i < t->computed.rows; i++)
        for (int64_t j = 0; j < t->computed.cols; j++) {
            double b = px_mat_get(&t->truth.absab.hi, i, j), hi = px_mat_get(&between.v.hi, i, j);
            double lo = between.v.lo.data ? px_mat_get(&between.v.lo, i, j) : 0;
            if (!(b > 0)) continue;
            own = fmax(own, fabs((px_mat_get(&t->computed, i, j) - hi) - lo) / b);
            double gap = (hi - px_mat_get(&t->truth.v.hi, i, j)) + (lo - px_mat_get(&t->truth.v.lo, i, j));
            inner = fmax(inner, fabs(gap) / b);
        }
    px_columns_figure(row, "cw_last", own);
    px_columns_figure(row, "cw_inner", inner);
    return PX_OK;
}

static px_status run(const px_case *c, px_lab *lab, px_sink *sink, px_error *err) {
    px_row row = px_row_new(lab->arena, columns, PX_KIND_COUNT_OF(columns));
    work *w = PX_NEW(lab->arena, work);
    PX_TRY(compute(c, lab, w, err));
    px_row_number(&row, "flops", px_chain_flops(&w->chain));
    PX_TRY(set_parts(&row, w, lab, err));
    px_columns_error(&row, &w->judged);
    px_columns_bound(&row, &w->judged);
    px_columns_count(&row, &w->judged);
    px_columns_status(&row, px_trial_status(&w->judged));
    const px_mat *const matrices[] = {&w->stored[0],       &w->stored[1],         &w->stored[2],
                                      &w->judged.computed, &w->judged.truth.v.hi, &w->judged.truth.v.lo};
    PX_TRY(px_dump_matrices(lab, c, 6, (const char *const[]){"A", "B", "C", "D_hat", "R_hi", "R_lo"}, matrices, err));
    return sink->emit(sink, &row, err);
}

/* Exact products by MPFR, 150 ns each, twice; the rest is a gemm's. */
static px_cost cost(const px_case *c) {
    double m = (double)px_case_int(c, "m"), n = (double)px_case_int(c, "n"), k = (double)px_case_int(c, "k");
    px_treatment how = px_treatment_of(c);
    double products = m * n * k + n * n * k + m * n * n + m * m * n + m * m * k;
    return (px_cost){.work = (300 + px_treatment_step(&how)) * products + 5000 * m * m,
                     .bytes = 600 * (m * n + n * k + n * n + m * m)};
}

const px_kind px_kind_association = {
    .spec = {.name = "association",
             .params = params,
             .n_params = PX_KIND_COUNT_OF(params),
             .columns = columns,
             .n_columns = PX_KIND_COUNT_OF(columns),
             .unsupported = unsupported},
    .question = "How much does the error of a chain of products depend on its grouping?",
    .detail =
        "The associative law holds for matrices, not for rounded ones. Scores of attention can be had as "
        "(x Wk^T)(Wq x^T), grouping pairs, or as x (Wk^T Wq) x^T with the two weights multiplied before, grouping "
        "middle_left. Every product is computed by the recipe, inner results are rounded to `inner`, and the whole is "
        "judged against the exact product of the stored factors. The bound, on the scale |A||B||C|..., is nearly the "
        "same for all groupings (their sums differ in length); cw_last and cw_inner say where the error comes from.",
    .sources = (const char *const[]){"Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., SIAM 2002, 3.5, "
                                     "3.7",
                                     NULL},
    .highlights = (const char *const[]){"err_cw_max", "err_rel_fro", "cw_last", "cw_inner", "bound_det", "slack_det",
                                        "flops", NULL},
    .cost = cost,
    .run = run,
};
