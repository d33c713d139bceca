#include <math.h>

#include "data/data.h"
#include "kind/axes.h"
#include "kind/columns.h"
#include "kind/dump.h"
#include "kind/kinds.h"
#include "kind/represent.h"

#define COND_DEFAULT 1e6 /* data conditioned, cond = 0 */

static const px_param params[] = {
    PX_AXIS_FORMAT, PX_AXIS_ACCUM, PX_AXIS_OUT("accum"), PX_AXIS_ORDER, PX_AXIS_BLOCK, PX_AXIS_SPLITS,
    PX_AXIS_ROUNDING, PX_AXIS_SR_BITS, PX_AXIS_SUBNORMAL, PX_AXIS_OVERFLOW, PX_AXIS_BACKEND,
    PX_AXIS_DATA(px_words_vector, "data"),
    PX_AXIS_NUMBER("cond", PX_PARAM_REAL, "0", 0, 1e100,
                   "data conditioned: sum |x| / |sum x| of the ideal data, at least 2; 0 stands for 1e6"),
    PX_AXIS_NUMBER("tiny", PX_PARAM_REAL, "0", 0, 1,
                   "data one_then_tiny: every term but the first; tie it to the format to reach a bound"),
    PX_AXIS_SIZE("m", "1", 1 << 20, "number of independent sums: the metrics are over all of them"),
    PX_AXIS_SIZE("n", "1024", 1 << 26, "terms of a sum"), PX_AXIS_REP
};

#define SUM_COLUMNS(X)                                                                                                 \
    X("repr_rel_x", "1", PX_COLUMN_NUMBER, "representation error: max |dx|/|x| over the terms, rounded to the format") \
    X("repr_cw_max", "1", PX_COLUMN_NUMBER, "its effect: max |exact sum of stored - of ideal| / sum |x|")

#define STAGNATION_COLUMNS(X)                                                                                          \
    X("stagnation_index", "1", PX_COLUMN_INTEGER,                                                                      \
      "first of the terms (from 1) that no longer change the running sum; "                                            \
      "empty where the last one does, for other orders and for m > 1")                                                 \
    X("stagnation_predicted", "1", PX_COLUMN_INTEGER,                                                                  \
      "by theory: first x_i <= ulp(s)/2, s the exact sum of the terms "                                                \
      "before; a tie there may still be rounded up, then one later")

static const px_column columns[] = {
    SUM_COLUMNS(PX_AS_COLUMN) PX_COLUMNS_AMPLIFICATION(PX_AS_COLUMN) PX_COLUMNS_ERROR PX_COLUMNS_BOUND(PX_AS_COLUMN)
        PX_COLUMNS_PROBABLE(PX_AS_COLUMN) STAGNATION_COLUMNS(PX_AS_COLUMN) PX_COLUMNS_COUNT(PX_AS_COLUMN)
            PX_COLUMNS_SINGLE(PX_AS_COLUMN) PX_COLUMNS_STATUS(PX_AS_COLUMN)};

static double condition(const px_case *c) {
    double cond = px_case_real(c, "cond");
    return cond > 0 ? cond : COND_DEFAULT;
}

static void plan(px_trial *t, const px_case *c) {
    px_treatment how = px_treatment_of(c);
    px_trial_plan(t, &how, PX_OP_SUM, (const int64_t[][2]){{px_case_int(c, "m"), px_case_int(c, "n")}});
}

static const char *unsupported(px_arena *arena, const px_case *c) {
    const char *why = px_treatment_refused(arena, c);
    if (why) return why;
    int data = px_case_word(c, "data");
    if (data == PX_VECTOR_conditioned && !(condition(c) >= 2 && px_case_int(c, "n") >= 2))
        return "data conditioned needs cond >= 2 and n >= 2";
    if (data == PX_VECTOR_one_then_tiny && !(px_case_real(c, "tiny") > 0)) return "data one_then_tiny needs tiny > 0";
    px_trial t;
    plan(&t, c);
    return px_trial_refused(arena, &t);
}

static px_wide make_terms(const px_case *c, px_arena *arena) {
    px_vector v = {.which = px_case_word(c, "data"),
                   .draw = {c->seed, (uint64_t)px_case_int(c, "rep"), "x"},
                   .rows = px_case_int(c, "m"),
                   .n = px_case_int(c, "n"),
                   .cond = condition(c),
                   .tiny = px_case_real(c, "tiny")};
    return px_vector_fill(arena, &v);
}

/* The effect of rounding the data: the sum of the errors of the terms, by the reference. */
static px_status set_representation(px_row *row, const px_wide *ideal, const px_mat *stored, const px_trial *t,
                                    px_lab *lab, px_error *err) {
    double largest = px_represent_max(ideal, stored), effect = 0;
    px_columns_figure(row, "repr_rel_x", largest);
    if (largest > 0 && isfinite(largest)) {
        px_mat e = px_represent_errors(lab->arena, ideal, stored);
        px_truth sum;
        PX_TRY(px_lab_truth(lab, &(px_call){.op = PX_OP_SUM}, &e, 1, &sum, err));
        for (int64_t i = 0; i < e.rows; i++) {
            double b = px_mat_get(&t->truth.absab.hi, i, 0);
            if (b > 0) effect = fmax(effect, fabs(px_mat_get(&sum.v.hi, i, 0)) / b);
        }
    }
    px_columns_figure(row, "repr_cw_max", isfinite(largest) ? effect : largest);
    return PX_OK;
}

/* Stagnation is a matter of the running sum of one recursive summation. */
static void set_stagnation(px_row *row, const px_case *c, const px_trial *t) {
    const px_recipe *r = &t->how.recipe;
    if (r->order != PX_SEQUENTIAL || t->computed.rows != 1) return;
    int64_t last_change = (int64_t)px_mat_get(&t->last_change, 0, 0), n = t->in[0].cols;
    if (last_change > 0 && last_change < n) px_row_integer(row, "stagnation_index", last_change + 1);
    int64_t predicted = px_vector_stagnation(px_case_word(c, "data"), r->acc.p);
    if (predicted > 0 && r->rounding == PX_NEAREST_EVEN) px_row_integer(row, "stagnation_predicted", predicted);
}

static px_status run(const px_case *c, px_lab *lab, px_sink *sink, px_error *err) {
    px_row row = px_row_new(lab->arena, columns, PX_KIND_COUNT_OF(columns));
    px_trial t;
    plan(&t, c);
    px_wide ideal = make_terms(c, lab->arena);
    px_mat stored = px_data_store(lab->arena, &ideal, t.how.in);
    PX_TRY(px_trial_run(&t, lab, &stored, err));
    PX_TRY(set_representation(&row, &ideal, &stored, &t, lab, err));
    px_columns_amplification(&row, &t);
    px_columns_error(&row, &t);
    px_columns_bound(&row, &t);
    px_columns_probable(&row, &t);
    set_stagnation(&row, c, &t);
    px_columns_count(&row, &t);
    px_columns_single(&row, &t);
    px_columns_status(&row, px_trial_status(&t));
    PX_TRY(px_dump_trial(lab, c, &t, (const char *const[]){"x"}, err));
    return sink->emit(sink, &row, err);
}

static px_cost cost(const px_case *c) {
    double terms = (double)px_case_int(c, "m") * (double)px_case_int(c, "n");
    px_treatment how = px_treatment_of(c);
    /* data, storage and two exact sums: 1.2e-7 s a term */
    return (px_cost){.work = (120 + px_treatment_step(&how)) * terms, .bytes = 100 * terms};
}

const px_kind px_kind_sum = {
    .spec = {.name = "sum",
             .params = params,
             .n_params = PX_KIND_COUNT_OF(params),
             .columns = columns,
             .n_columns = PX_KIND_COUNT_OF(columns),
             .unsupported = unsupported},
    .question = "How does the error of a long sum grow with its length, by accumulator and by order?",
    .detail =
        "n terms are rounded to the format and added in the given order, each addition rounded to the accumulator's "
        "format. The error against the exact sum of the stored terms stands beside n u, sqrt(n) u, the deterministic "
        "bound of the order and the probabilistic one. Recursive summation of positive terms stagnates when they "
        "fall below half an ulp of the running sum: stagnation_index is where, stagnation_predicted where theory says.",
    .sources =
        (const char *const[]){
            "Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., SIAM 2002, ch. 4",
            "Jeannerod & Rump, Improved error bounds for inner products in floating-point "
            "arithmetic, SIMAX 34(2), 2013",
            "Higham & Mary, A new approach to probabilistic rounding error analysis, SISC 41(5), 2019",
            "Ogita, Rump & Oishi, Accurate sum and dot product, SISC 26(6), 2005", NULL},
    .highlights = (const char *const[]){"err_rel", "n_u", "sqrt_n_u", "bound_det", "slack_det", "stagnation_index",
                                        "stagnation_predicted", "computed", NULL},
    .cost = cost,
    .run = run,
};
