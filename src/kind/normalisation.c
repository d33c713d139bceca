#include <math.h>

#include "backend/registry.h"
#include "data/data.h"
#include "kind/axes.h"
#include "kind/columns.h"
#include "kind/dump.h"
#include "kind/kinds.h"
#include "kind/represent.h"
#include "metric/tensor.h"
#include "ref/balls.h"

/* Ways to normalise, THE list: those of the operation, in its order, and the two that layers have. */
#define WORD(id, name, text) name,
static const char *const methods[] = {PX_NORMALISE_LIST(WORD) "layer_norm", "batch_norm", NULL};
enum { LAYER_NORM = PX_NORMALISE_COUNT, BATCH_NORM };

static const px_param params[] = {
    {"method", PX_PARAM_WORD, "two_pass", methods, NULL, 0, 0, false,
     "z-score by the way to its variance (two_pass, one_pass, welford), min_max, layer_norm, batch_norm"},
    PX_AXIS_FORMAT,
    PX_AXIS_ACCUM,
    PX_AXIS_NUMBER("mean", PX_PARAM_REAL, "0", -1e6, 1e6, "mean of the data, in deviations"),
    PX_AXIS_NUMBER("deviation", PX_PARAM_REAL, "1", 1e-30, 1e30, "standard deviation of the data"),
    {"eps", PX_PARAM_REAL, "1e-5", NULL, NULL, 0, 1, false, "layer_norm and batch_norm: added to the variance"},
    PX_AXIS_SIZE("m", "16", 1 << 16, "rows; batch_norm: what a column is normalised over"),
    PX_AXIS_SIZE("n", "256", 1 << 20, "columns: what a row is normalised over"),
    PX_AXIS_REP,
};

#define COLUMNS(X)                                                                                                     \
    X("centre_err", "1", PX_COLUMN_NUMBER, "largest |computed - exact| of the means (of the minima), in deviations")   \
    X("spread_err", "1", PX_COLUMN_NUMBER,                                                                             \
      "largest relative error of the variances (ranges; layer_norm, batch_norm: of 1/sqrt(var + eps))")                \
    X("kappa", "1", PX_COLUMN_NUMBER, "largest sqrt(1 + mean^2/var) of the stored data: condition of the variance")    \
    X("pred_first_order", "1", PX_COLUMN_NUMBER,                                                                       \
      "first-order bound of spread_err: two_pass (n + 3) u + (n u kappa)^2, one_pass n u kappa^2 (Chan, Golub & "      \
      "LeVeque 1983), min_max u; empty where overflow or underflow voids it")                                          \
    X("negative", "1", PX_COLUMN_INTEGER, "variances that came out below 0: their rows are nan")                       \
    X("n_inf", "entries", PX_COLUMN_INTEGER, "infinite normalised numbers")                                            \
    X("n_nan", "entries", PX_COLUMN_INTEGER, "normalised numbers that are nan")
#define FIGURES(field, column, text) {column, "1", PX_COLUMN_NUMBER, PX_CLASS_EXACT, text},
static const px_column columns[] = {COLUMNS(PX_AS_COLUMN) PX_TENSOR_METRICS(FIGURES) PX_COLUMNS_STATUS(PX_AS_COLUMN)};

/* Calls: the method, and the exact mean and variance of the same groups of numbers. */
enum { X, Y, CENTRE, SPREAD, Z, MEAN, VARIANCE, SLOTS };
typedef struct cell {
    px_slot slots[SLOTS];
    px_call calls[2];
    px_prog prog;
    int method;
    int64_t groups, length;
    px_fp acc;
    px_wide computed[SLOTS], exact[SLOTS];
} cell;

static const char *unsupported(px_arena *arena, const px_case *c) {
    (void)arena;
    bool layer = px_case_word(c, "method") >= LAYER_NORM;
    return px_case_real(c, "eps") != 1e-5 && !layer ? "eps is for layer_norm and batch_norm" : NULL;
}

static px_call call_of(const cell *w, px_op op, px_arg in, int first) {
    px_call call = {.op = op, .recipe = px_recipe_uniform(w->acc)};
    for (int k = 0; k < PX_MAX_IN; k++) call.in[k] = px_arg_absent();
    for (int k = 0; k < PX_MAX_OUT; k++) call.out[k] = px_arg_absent();
    call.in[0] = in;
    for (int k = 0; k < 3; k++) call.out[k] = px_arg_whole(&w->prog, first + k);
    return call;
}

static void build(cell *w, const px_case *c) {
    int64_t m = px_case_int(c, "m"), n = px_case_int(c, "n");
    *w = (cell){.method = px_case_word(c, "method"), .acc = px_case_fp(c, "accum")};
    bool columnwise = w->method == BATCH_NORM, layer = w->method >= LAYER_NORM;
    w->groups = columnwise ? n : m;
    w->length = columnwise ? m : n;
    w->prog = (px_prog){.slots = w->slots, .calls = w->calls, .n_slots = SLOTS, .n_calls = 2};
    w->slots[X] = (px_slot){.name = "x", .rows = m, .cols = n, .fmt = px_case_fp(c, "format")};
    for (int s = Y; s < SLOTS; s++) {
        bool whole = s == Y || s == Z;
        w->slots[s] = (px_slot){.name = "", .rows = w->groups, .cols = whole ? w->length : 1, .fmt = w->acc};
    }
    px_arg in = columnwise ? px_arg_transposed(&w->prog, X) : px_arg_whole(&w->prog, X);
    w->calls[0] = call_of(w, layer ? PX_OP_LAYERNORM : PX_OP_NORMALISE, in, Y);
    w->calls[0].attr[0] = layer ? px_case_real(c, "eps") : w->method;
    w->calls[1] = call_of(w, PX_OP_NORMALISE, in, Z);
}

static px_mat make_data(const px_case *c, px_arena *arena, const cell *w) {
    px_draw draw = {c->seed, (uint64_t)px_case_int(c, "rep"), "x"};
    double mean = px_case_real(c, "mean"), deviation = px_case_real(c, "deviation");
    px_wide x = px_wide_of(px_mat_new(arena, px_fp_exact(), w->slots[X].rows, w->slots[X].cols));
    for (int64_t i = 0; i < x.hi.rows; i++)
        for (int64_t j = 0; j < x.hi.cols; j++)
            px_mat_set(&x.hi, i, j, deviation * (px_draw_normal(draw, (uint64_t)i << 32 | (uint64_t)j) + mean));
    return px_data_store(arena, &x, w->slots[X].fmt);
}

static px_status execute(const cell *w, const px_exec *exec, int calls, px_arena *arena, const px_mat *x,
                         px_wide *values, px_error *err) {
    void *state = NULL;
    px_wide in = px_wide_of(*x);
    px_status status = exec->open(exec, &state, &w->prog, err);
    if (status == PX_OK) status = exec->put(state, X, &in, err);
    if (status == PX_OK) status = exec->run(state, 0, calls, err);
    for (int s = Y; s < Y + 3 * calls && status == PX_OK; s++) {
        values[s] = px_wide_new(arena, w->slots[s].rows, w->slots[s].cols);
        status = exec->get(state, s, &values[s], err);
    }
    if (state) exec->close(state);
    return status;
}

static double error_of(const cell *w, int slot, int64_t i) {
    double e = px_mat_get(&w->computed[slot].hi, i, 0) - px_mat_get(&w->exact[slot].hi, i, 0);
    return isnan(e) ? (double)INFINITY : fabs(e - px_mat_get(&w->exact[slot].lo, i, 0));
}

/* The two statistics of each group of numbers. */
static void set_statistics(const cell *w, px_row *row) {
    double centre = 0, spread = 0, kappa = 0, u = px_fp_u(w->acc), n = (double)w->length;
    int64_t negative = 0;
    bool finite = true;
    for (int64_t i = 0; i < w->groups; i++) {
        double mean = px_mat_get(&w->exact[MEAN].hi, i, 0), var = px_mat_get(&w->exact[VARIANCE].hi, i, 0);
        double found = px_mat_get(&w->computed[SPREAD].hi, i, 0);
        finite &= isfinite(found) && fabs(found) >= px_fp_min_normal(w->acc);
        negative += found < 0;
        centre = fmax(centre, error_of(w, CENTRE, i) / sqrt(var));
        spread = fmax(spread, error_of(w, SPREAD, i) / px_mat_get(&w->exact[SPREAD].hi, i, 0));
        kappa = fmax(kappa, sqrt(1 + mean * mean / var));
    }
    const double predicted[] = {[PX_NORMALISE_TWO_PASS] = (n + 3) * u + n * u * kappa * n * u * kappa,
                                [PX_NORMALISE_ONE_PASS] = n * u * kappa * kappa,
                                [PX_NORMALISE_MIN_MAX] = u};
    bool known =
        w->method == PX_NORMALISE_TWO_PASS || w->method == PX_NORMALISE_ONE_PASS || w->method == PX_NORMALISE_MIN_MAX;
    px_columns_figure(row, "centre_err", centre);
    px_columns_figure(row, "spread_err", spread);
    px_columns_figure(row, "kappa", kappa);
    if (known && finite) px_columns_figure(row, "pred_first_order", predicted[w->method]);
    px_row_integer(row, "negative", negative);
}

/* nan, then overflow: of the numbers, or of a variance that makes all of them 0 (its inverse root is 0 then). */
static px_cell_status set_numbers(const cell *w, px_row *row) {
    px_tensor_errors e = px_tensor_measure(&w->computed[Y].hi, &(px_truth){.v = w->exact[Y]});
    int64_t n_inf = 0, n_nan = 0;
    for (int64_t i = 0; i < w->groups; i++)
        for (int64_t j = 0; j < w->length; j++) {
            double y = px_mat_get(&w->computed[Y].hi, i, j);
            n_inf += isinf(y) != 0;
            n_nan += isnan(y) != 0;
        }
#define SET(field, column, text) px_row_number(row, column, e.field);
    PX_TENSOR_METRICS(SET)
#undef SET
    px_row_integer(row, "n_inf", n_inf);
    px_row_integer(row, "n_nan", n_nan);
    for (int64_t i = 0; i < w->groups; i++) {
        double spread = px_mat_get(&w->computed[SPREAD].hi, i, 0);
        n_inf += w->method >= LAYER_NORM ? spread == 0 : isinf(spread);
    }
    return n_nan ? PX_CELL_NAN : n_inf ? PX_CELL_OVERFLOW : PX_CELL_OK;
}

static px_status run(const px_case *c, px_lab *lab, px_sink *sink, px_error *err) {
    px_row row = px_row_new(lab->arena, columns, PX_KIND_COUNT_OF(columns));
    px_ref_balls balls = px_ref_balls_of(PX_BALLS_BITS);
    cell *w = PX_NEW(lab->arena, cell);
    build(w, c);
    px_mat x = make_data(c, lab->arena, w);
    PX_TRY(execute(w, px_backend_emulated(), 1, lab->arena, &x, w->computed, err));
    PX_TRY(execute(w, &balls.exec, 2, lab->arena, &x, w->exact, err));
    set_statistics(w, &row);
    px_columns_status(&row, set_numbers(w, &row));
    PX_TRY(px_dump_matrices(lab, c, 4, (const char *const[]){"x", "y", "R_hi", "R_lo"},
                            (const px_mat *const[]){&x, &w->computed[Y].hi, &w->exact[Y].hi, &w->exact[Y].lo}, err));
    return sink->emit(sink, &row, err);
}

static px_cost cost(const px_case *c) {
    double numbers = (double)px_case_int(c, "m") * (double)px_case_int(c, "n");
    return (px_cost){.work = 2000 * numbers, .bytes = 600 * numbers}; /* two calls on balls of 256 bits */
}

const px_kind px_kind_normalisation = {
    .spec = {.name = "normalisation",
             .params = params,
             .n_params = PX_KIND_COUNT_OF(params),
             .columns = columns,
             .n_columns = PX_KIND_COUNT_OF(columns),
             .unsupported = unsupported},
    .question = "What does low precision do to means, variances and normalised data, by the way they are computed?",
    .detail =
        "Rows of N(mean, 1) times the deviation are rounded to the format and normalised, every operation rounded to "
        "`accum`; the same rows in exact arithmetic (MPFR) are the truth. The variance has a condition number, "
        "kappa = sqrt(1 + mean^2/var): one pass over the data (mean of squares less square of the mean) loses "
        "kappa^2, two passes only (n u kappa)^2. Squares overflow or vanish long before the data do: in fp16 beyond "
        "256 and below 2^-12. min_max has neither squares nor sums.",
    .sources =
        (const char *const[]){
            "Chan, Golub & LeVeque, Algorithms for computing the sample variance, The American Statistician 37(3), "
            "1983",
            "Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., SIAM 2002, 1.9 and problem 1.10",
            "Welford, Note on a method for calculating corrected sums of squares and products, Technometrics 4(3), "
            "1962",
            "Ba, Kiros & Hinton, Layer normalization, 2016; Ioffe & Szegedy, Batch normalization, ICML 2015", NULL},
    .highlights =
        (const char *const[]){"spread_err", "pred_first_order", "kappa", "negative", "err_rel_2", "n_nan", NULL},
    .cost = cost,
    .run = run,
};
