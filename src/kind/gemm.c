#include <math.h>

#include "arith/model.h"
#include "kind/axes.h"
#include "kind/columns.h"
#include "kind/dump.h"
#include "kind/factors.h"
#include "kind/kinds.h"
#include "kind/means.h"

static const px_param params[] = {
    PX_AXIS_FORMAT,
    PX_AXIS_PRODUCT,
    PX_AXIS_ACCUM,
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
    PX_AXIS_SUBNORMAL,
    PX_AXIS_OVERFLOW,
    PX_AXIS_ALGORITHM,
    PX_AXIS_SLICES,
    PX_AXIS_MX_BLOCK,
    PX_AXIS_BACKEND,
    {"matrix", PX_PARAM_WORD, "uniform", px_words_matrix, NULL, 0, 0, true, "A and B (`precx list matrices`)"},
    PX_AXIS_SIZE_AS_N("m", 1 << 16, "rows of A and C"),
    PX_AXIS_SIZE("n", "64", 1 << 16, "columns of B and C"),
    PX_AXIS_SIZE_AS_N("k", 1 << 20, "columns of A, rows of B: the terms of each sum"),
    PX_AXIS_REP};

#define GEMM_COLUMNS(X)                                                                                                \
    X("repr_rel_a", "1", PX_COLUMN_NUMBER, "representation error: max |dA|/|A| over entries, A rounded to the format") \
    X("repr_rel_b", "1", PX_COLUMN_NUMBER, "representation error: max |dB|/|B| over entries")                          \
    X("pred_first_order", "1", PX_COLUMN_NUMBER, "first-order prediction of its effect: max |dA B + A dB| / (|A||B|)") \
    X("repr_cw_max", "1", PX_COLUMN_NUMBER,                                                                            \
      "the effect itself: max |stored product - ideal product| / (|A||B|), "                                           \
      "nothing rounded")                                                                                               \
    X("total_cw_max", "1", PX_COLUMN_NUMBER, "representation and arithmetic together, over the same |A||B|")           \
    X("kappa_2", "1", PX_COLUMN_NUMBER,                                                                                \
      "sigma_max/sigma_min of the stored A in binary64 by Jacobi, its smaller side up to 256: the error of a product " \
      "does not depend on it")                                                                                         \
    X("kappa_2_radius", "1", PX_COLUMN_NUMBER, "relative error of kappa_2, at most; empty where nothing is known")
#define KAPPA_COLUMNS(X)                                                                                               \
    X("kappa_2_gesdd", "1", PX_COLUMN_NUMBER, "kappa_2 by LAPACK's dgesdd, for sizes up to 512")

static const px_column columns[] = {PX_COLUMNS_MEANS(PX_AS_COLUMN) GEMM_COLUMNS(PX_AS_COLUMN)
                                        PX_COLUMNS_ERROR PX_COLUMNS_BOUND(PX_AS_COLUMN)
                                            PX_COLUMNS_PROBABLE(PX_AS_COLUMN) PX_COLUMNS_COUNT(PX_AS_COLUMN)
                                                KAPPA_COLUMNS(PX_AS_LIBRARY_COLUMN) PX_COLUMNS_STATUS(PX_AS_COLUMN)};

static void plan(px_trial *t, const px_case *c) {
    px_treatment how = px_treatment_of(c);
    int64_t m = px_case_int(c, "m"), n = px_case_int(c, "n"), k = px_case_int(c, "k");
    px_trial_plan(t, &how, PX_OP_GEMM, (const int64_t[][2]){{m, k}, {k, n}});
}

static const char *unsupported(px_arena *arena, const px_case *c) {
    const char *why = px_treatment_refused(arena, c);
    if (why) return why;
    px_trial t;
    plan(&t, c);
    return px_trial_refused(arena, &t);
}

static void set_representation(px_row *row, const px_factors *f, const px_trial *t) {
    bool stored = isfinite(f->largest_a) && isfinite(f->largest_b);
    px_columns_figure(row, "repr_rel_a", f->largest_a);
    px_columns_figure(row, "repr_rel_b", f->largest_b);
    px_columns_figure(row, "pred_first_order", stored ? f->first_order : PX_UNDEFINED);
    px_columns_figure(row, "repr_cw_max", stored ? f->cw_max : (double)INFINITY);
    bool total = stored && t->errors.n_nan == 0;
    px_columns_figure(row, "total_cw_max", total ? px_factors_total(f, &t->computed) : (double)INFINITY);
}

static px_status measure(const px_case *c, px_lab *lab, const px_factors *f, px_row *row, px_error *err) {
    px_trial t;
    plan(&t, c);
    t.truth = f->truth;
    t.known = true;
    PX_TRY(px_trial_run(&t, lab, f->o.stored, err));
    set_representation(row, f, &t);
    px_columns_means(row, &t);
    px_columns_error(row, &t);
    px_columns_bound(row, &t);
    px_columns_probable(row, &t);
    px_columns_count(row, &t);
    px_columns_figure(row, "kappa_2", f->kappa_2);
    if (isfinite(f->kappa_2_radius)) px_columns_figure(row, "kappa_2_radius", f->kappa_2_radius);
    px_row_number(row, "kappa_2_gesdd", f->kappa_2_gesdd);
    px_columns_status(row, px_trial_status(&t));
    return px_dump_trial(lab, c, &t, (const char *const[]){"A", "B"}, err);
}

static px_status run(const px_case *c, px_lab *lab, px_sink *sink, px_error *err) {
    px_row row = px_row_new(lab->arena, columns, PX_KIND_COUNT_OF(columns));
    px_loan loan;
    PX_TRY(px_factors_borrow(c, lab, px_treatment_of(c).in, &loan, err));
    px_status status = measure(c, lab, loan.thing, &row, err);
    px_shared_return(lab->shared, &loan);
    PX_TRY(status);
    return sink->emit(sink, &row, err);
}

/* Nanoseconds of one step, as measured with AVX2: tiles and vectors for nearest_even, the definition elsewhere. */
static double step(const px_treatment *t) {
    const px_recipe *r = &t->recipe;
    bool compensated = r->order == PX_KAHAN || r->order == PX_NEUMAIER;
    if (r->model != PX_MODEL_NONE) return 2;
    if (r->order == PX_SORTED_UP || r->order == PX_SORTED_DOWN) return 400;
    if (r->rounding != PX_NEAREST_EVEN) return (r->rounding == PX_STOCHASTIC ? 200 : 80) * (compensated ? 2.5 : 1);
    return compensated ? 3 : 0.5;
}

static px_cost cost(const px_case *c) {
    double m = (double)px_case_int(c, "m"), n = (double)px_case_int(c, "n"), k = (double)px_case_int(c, "k");
    px_treatment how = px_treatment_of(c);
    /* Numbers of 53 bits leave means of errors open, and each entry is found again in fixed point. */
    double reference = px_fits_float(how.in) ? 1 : 12;
    /* and 0.3 ms a cell, 0.2 us an entry for errors and bounds, 0.2 us a number of A and B */
    return (px_cost){.work = 3e5 + (reference + step(&how)) * m * n * k + 200 * (m * n + m * k + k * n),
                     .bytes = 80 * m * n + 90 * (m * k + k * n)};
}

const px_kind px_kind_gemm = {
    .spec = {.name = "gemm",
             .params = params,
             .n_params = PX_KIND_COUNT_OF(params),
             .columns = columns,
             .n_columns = PX_KIND_COUNT_OF(columns),
             .unsupported = unsupported},
    .question = "How wrong is C = A B, by format, accumulator, order of summation, library and size?",
    .detail =
        "A (m x k) and B (k x n) are rounded to the format and multiplied: products rounded to `product`, sums to "
        "`accum` in the given order, the result to `out`. With a `model` a matrix unit multiplies and adds instead,"
        " block by block, in the order sequential or splitk. An `algorithm` puts other numbers in the place of A and "
        "B, "
        "or adds in its own way. Columns err_* compare with the exact product of the "
        "stored matrices, beside the deterministic bound (about k u |A||B|) and the probabilistic one (about "
        "sqrt(k) u); columns repr_* say what rounding the data did, beside the first-order formula.",
    .sources =
        (const char *const[]){
            "Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., SIAM 2002, 3.5",
            "Jeannerod & Rump, Improved error bounds for inner products in floating-point "
            "arithmetic, SIMAX 34(2), 2013",
            "Higham & Mary, A new approach to probabilistic rounding error analysis, SISC 41(5), 2019",
            "Blanchard, Higham, Lopez, Mary & Pranesh, Mixed precision block fused multiply-add, "
            "SISC 42(3), 2020",
            NULL},
    .highlights = (const char *const[]){"err_cw_max", "bound_det", "slack_det", "bound_prob", "repr_cw_max",
                                        "pred_first_order", NULL},
    .cost = cost,
    .run = run,
};
