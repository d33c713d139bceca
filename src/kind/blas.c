#include <math.h>
#include <string.h>

#include "data/data.h"
#include "kind/axes.h"
#include "kind/columns.h"
#include "kind/conduct.h"
#include "kind/fingerprint.h"
#include "kind/kinds.h"

/* Rows of A times 2^-20 .. 2^20, columns of B the other way round; less where the format ends sooner. */
enum { SCALE = 20 };

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
    PX_AXIS_FUSED,
    PX_AXIS_ROUNDING,
    PX_AXIS_SUBNORMAL,
    PX_AXIS_BACKEND,
    PX_AXIS_SIZE("n", "128", 1 << 12, "rows and columns of the matrices that accuracy and conduct are judged by"),
    PX_AXIS_REP};

#define GRADE_COLUMNS(X)                                                                                               \
    X("grade", "", PX_COLUMN_TEXT,                                                                                     \
      "A: within the componentwise bound, also for scaled rows and columns; B: only within the normwise bound of a "   \
      "fast product; F: neither, or operands cut; empty: no bound for this recipe")                                    \
    X("defect", "", PX_COLUMN_TEXT, "what it does that it should not, worst first")                                    \
    X("err_cw_max", "1", PX_COLUMN_NUMBER, "max |E| / (|A||B|) for N(0,1)")                                            \
    X("err_cw_scaled", "1", PX_COLUMN_NUMBER, "the same with rows of A and columns of B scaled by powers of two")      \
    X("bound_det", "1", PX_COLUMN_NUMBER, "beta of the componentwise bound of the recipe; empty if none holds")        \
    X("slack_det", "1", PX_COLUMN_NUMBER, "max |E| / bound for N(0,1): at most 1 for grade A")                         \
    X("slack_scaled", "1", PX_COLUMN_NUMBER, "the same for the scaled matrices")                                       \
    X("slack_norm", "1", PX_COLUMN_NUMBER,                                                                             \
      "max |E| / (f(n, n0) u max |A| max |B|), the bound of Winograd's variant of Strassen's product to first order; " \
      "where rows and columns are mixed")                                                                              \
    X("mixes_from", "1", PX_COLUMN_INTEGER,                                                                            \
      "smallest size, a power of two up to n, at which an entry depends on other rows and columns; 0: none")

#define FINGERPRINT_COLUMNS(X)                                                                                         \
    X("operand_bits", "bits", PX_COLUMN_INTEGER, "significand bits of A and B that reach the products")                \
    X("sum_bits", "bits", PX_COLUMN_INTEGER, "significand bits in which the running sum is really kept")               \
    X("join_bits", "bits", PX_COLUMN_INTEGER, "the same where the first three products meet")                          \
    X("sum_rounding", "", PX_COLUMN_TEXT, "how the running sum is really rounded")                                     \
    X("products", "", PX_COLUMN_TEXT,                                                                                  \
      "fit: no product is longer than the sum; fused: longer, not rounded before it is added; rounded")                \
    X("sum_order", "", PX_COLUMN_TEXT,                                                                                 \
      "order of summation: sequential, reverse, pairwise, blocked, lanes, unit (several products at once), other")     \
    X("sum_block", "1", PX_COLUMN_INTEGER, "its size; found in sums of up to 2048 products")                           \
    X("sum_depth", "1", PX_COLUMN_INTEGER, "additions on the longest path of a sum of 32 products")                    \
    X("same_order", "", PX_COLUMN_TEXT,                                                                                \
      "all entries of a 32 x 32 result are summed in the same order; no: what is said here is entry (0, 0)'s")

#define CONDUCT_COLUMNS(X)                                                                                             \
    X("keeps_nan", "", PX_COLUMN_TEXT, "a NaN operand reaches all of its row or column")                               \
    X("keeps_inf", "", PX_COLUMN_TEXT, "so does an infinity, and 0 inf and inf - inf are NaN")                         \
    X("keeps_subnormal", "", PX_COLUMN_TEXT, "subnormal operands and results are kept")                                \
    X("same_repeats", "", PX_COLUMN_TEXT, "the same bits when asked again")                                            \
    X("same_threads", "", PX_COLUMN_TEXT, "libraries: the same bits with 1 thread and with 4")                         \
    X("same_alignment", "", PX_COLUMN_TEXT, "libraries: the same bits wherever the operands lie within 64 bytes")

static const px_column columns[] = {GRADE_COLUMNS(PX_AS_COLUMN) FINGERPRINT_COLUMNS(PX_AS_COLUMN)
                                        CONDUCT_COLUMNS(PX_AS_COLUMN) PX_COLUMNS_STATUS(PX_AS_COLUMN)};

/* What a cell has found out. */
typedef struct findings {
    px_trial plain, scaled;
    px_conduct conduct;
    px_fingerprint print;
    bool has_print; /* not where rows are mixed: nothing can be asked then */
    int most_bits;  /* that operands can have */
    double slack_norm;
} findings;

static void plan(px_trial *t, const px_case *c) {
    px_treatment how = px_treatment_of(c);
    int64_t n = px_case_int(c, "n");
    px_trial_plan(t, &how, PX_OP_GEMM, (const int64_t[][2]){{n, n}, {n, n}});
}

static const char *unsupported(px_arena *arena, const px_case *c) {
    const char *why = px_treatment_refused(arena, c);
    if (why) return why;
    px_trial t;
    plan(&t, c);
    if (t.how.recipe.rounding == PX_STOCHASTIC) return "questions have one answer: not with rounding stochastic";
    bool sorted = t.how.recipe.order == PX_SORTED_UP || t.how.recipe.order == PX_SORTED_DOWN;
    if (sorted) return "questions are about one order: not with one that goes by the numbers";
    return px_trial_refused(arena, &t);
}

/* Row r and row r + n/2 of a Strassen product are added: they must differ by far, and so must r and r + n/4, ... Linear
 * exponents, from -e to e. */
static int exponent(int64_t i, int64_t n, int e) { return (int)(2 * e * i / n) - e; }

static px_status try_matrices(const px_case *c, px_lab *lab, int e, px_trial *t, px_error *err) {
    plan(t, c);
    int64_t n = px_case_int(c, "n");
    uint64_t rep = (uint64_t)px_case_int(c, "rep");
    px_matrix p = {.which = PX_MATRIX_normal, .draw_a = {c->seed, rep, "A"}, .draw_b = {c->seed, rep, "B"}};
    p.m = p.n = p.k = n;
    px_wide ideal[2];
    px_mat stored[2];
    px_matrix_fill(lab->arena, &p, &ideal[0], &ideal[1]);
    for (int s = 0; s < 2; s++) stored[s] = px_data_store(lab->arena, &ideal[s], t->how.in);
    for (int64_t i = 0; i < n && e > 0; i++)
        for (int64_t j = 0; j < n; j++) {
            px_mat_set(&stored[0], i, j, ldexp(px_mat_get(&stored[0], i, j), exponent(i, n, e)));
            px_mat_set(&stored[1], j, i, ldexp(px_mat_get(&stored[1], j, i), -exponent(i, n, e)));
        }
    return px_trial_run(t, lab, stored, err);
}

static double largest(const px_mat *m) {
    double top = 0;
    for (int64_t i = 0; i < m->rows; i++)
        for (int64_t j = 0; j < m->cols; j++) top = fmax(top, fabs(px_mat_get(m, i, j)));
    return top;
}

/* The factor of u |A| |B| (largest entries) for Strassen's product, Winograd's variant, which is the larger one:
 * (n/n0)^(log2 18) (n0^2 + 6 n0) - 6 n, to first order (Higham, ASNA 2nd ed., 23.2.2). The recursion ends at n0,
 * half of the smallest size at which rows were mixed; (n/n0)^(log2 18) = 18^levels. */
static double winograd_factor(int64_t n, int mixes_from) {
    double n0 = mixes_from / 2.0, levels = 1, size = n0;
    for (; size < (double)n; size *= 2) levels *= 18;
    return levels * (n0 * n0 + 6 * n0) - 6 * size;
}

static double normwise_slack(const findings *f) {
    const px_trial *t = &f->plain;
    double factor = winograd_factor(t->in[0].rows, f->conduct.mixes_from) * px_fp_u(t->how.recipe.acc);
    return t->errors.err_abs / (factor * largest(&t->in[0]) * largest(&t->in[1]));
}

static int scale_of(const px_asked *w, int64_t n) {
    int room = w->hi - 3;
    for (int64_t k = 1; k < n; k *= 2) room--;
    room /= 2;
    return room < 0 ? 0 : room > SCALE ? SCALE : room;
}

static px_status find_out(const px_case *c, px_lab *lab, findings *f, px_error *err) {
    int64_t n = px_case_int(c, "n");
    PX_TRY(try_matrices(c, lab, 0, &f->plain, err));
    px_asked w = px_asked_of(&f->plain.how);
    PX_TRY(try_matrices(c, lab, scale_of(&w, n), &f->scaled, err));
    PX_TRY(px_conduct_watch(&w, n, c->seed, &f->conduct, err));
    PX_TRY(px_operand_bits(&w, &f->print.operand_bits, &f->most_bits, err));
    f->slack_norm = f->conduct.mixes_from > 0 ? normwise_slack(f) : PX_UNDEFINED;
    f->has_print = f->conduct.mixes_from == 0;
    return f->has_print ? px_fingerprint_take(&w, &f->print, err) : PX_OK;
}

static bool all_finite(const px_trial *t) { return t->errors.n_nan == 0 && t->errors.n_inf == 0; }
static bool operands_cut(const findings *f) { return f->print.operand_bits < f->most_bits; }

static const char *grade_of(const findings *f) {
    bool wrong = !all_finite(&f->plain) || operands_cut(f);
    if (!wrong && !f->plain.det.valid) return "";
    if (!wrong && f->plain.slack_det <= 1 && f->scaled.slack_det <= 1) return "A";
    return !wrong && f->slack_norm <= 1 ? "B" : "F";
}

static const char *join(px_arena *arena, const char *list, bool applies, const char *defect) {
    if (!applies) return list;
    return *list ? px_arena_printf(arena, "%s; %s", list, defect) : defect;
}

static const char *defects_of(px_arena *arena, const findings *f) {
    const px_fingerprint *p = &f->print;
    const px_conduct *c = &f->conduct;
    const px_recipe *r = &f->plain.how.recipe;
    const char *promised = px_rounding_name((px_rounding_mode)r->rounding), *list = "";
    bool print = f->has_print;
    list = join(arena, list, !all_finite(&f->plain), "NaN or infinity for finite operands");
    list = join(arena, list, operands_cut(f), px_arena_printf(arena, "operands cut to %d bits", p->operand_bits));
    list = join(arena, list, c->mixes_from > 0,
                px_arena_printf(arena, "rows and columns mixed as by Strassen, from size %d on", c->mixes_from));
    list = join(arena, list, print && p->sum_bits > 0 && p->sum_bits < r->acc.p,
                px_arena_printf(arena, "sums kept in %d bits", p->sum_bits));
    list = join(arena, list, print && *p->rounding && strcmp(p->rounding, promised) != 0,
                px_arena_printf(arena, "sums rounded %s", p->rounding));
    list = join(arena, list, c->keeps_nan == PX_ANSWER_NO, "NaN lost");
    list = join(arena, list, c->keeps_infinity == PX_ANSWER_NO, "infinity lost");
    list = join(arena, list, c->spreads == PX_ANSWER_YES, "NaN reaches other rows");
    list = join(arena, list, c->keeps_subnormals == PX_ANSWER_NO && r->out.subnormals, "subnormal numbers flushed");
    list = join(arena, list, *c->environment != '\0', "changes the floating-point environment");
    return join(arena, list, c->same_repeats == PX_ANSWER_NO, "repeats differ");
}

/* 0 stands for: cannot be told. */
static void set_found(px_row *row, const char *column, int x) {
    if (x > 0) px_row_integer(row, column, x);
}

static void set_fingerprint(px_row *row, const findings *f) {
    const px_fingerprint *p = &f->print;
    px_row_integer(row, "operand_bits", p->operand_bits);
    if (!f->has_print) return;
    set_found(row, "sum_bits", p->sum_bits);
    set_found(row, "join_bits", p->join_bits);
    px_row_text(row, "sum_rounding", p->rounding);
    px_row_text(row, "products", px_products_name(p->products));
    if (p->depth > 0) px_row_text(row, "sum_order", px_shape_name(p->order));
    set_found(row, "sum_block", p->block);
    set_found(row, "sum_depth", p->depth);
    if (p->depth > 0) px_row_text(row, "same_order", p->uniform ? "yes" : "no");
}

static void set_conduct(px_row *row, const px_conduct *c) {
    px_row_text(row, "keeps_nan", px_answer_text(c->keeps_nan));
    px_row_text(row, "keeps_inf", px_answer_text(c->keeps_infinity));
    px_row_text(row, "keeps_subnormal", px_answer_text(c->keeps_subnormals));
    px_row_text(row, "same_repeats", px_answer_text(c->same_repeats));
    px_row_text(row, "same_threads", px_answer_text(c->same_threads));
    px_row_text(row, "same_alignment", px_answer_text(c->same_alignment));
}

static px_status run(const px_case *c, px_lab *lab, px_sink *sink, px_error *err) {
    px_row row = px_row_new(lab->arena, columns, PX_KIND_COUNT_OF(columns));
    findings *f = PX_NEW(lab->arena, findings);
    PX_TRY(find_out(c, lab, f, err));
    px_row_text(&row, "grade", grade_of(f));
    px_row_text(&row, "defect", defects_of(lab->arena, f));
    px_row_number(&row, "err_cw_max", f->plain.errors.err_cw_max);
    px_row_number(&row, "err_cw_scaled", f->scaled.errors.err_cw_max);
    px_columns_figure(&row, "bound_det", f->plain.det.valid ? f->plain.det.beta : PX_UNDEFINED);
    px_row_number(&row, "slack_det", f->plain.slack_det);
    px_row_number(&row, "slack_scaled", f->scaled.slack_det);
    px_columns_figure(&row, "slack_norm", f->slack_norm);
    px_row_integer(&row, "mixes_from", f->conduct.mixes_from);
    set_fingerprint(&row, f);
    set_conduct(&row, &f->conduct);
    px_columns_status(&row, px_trial_status(&f->plain));
    return sink->emit(sink, &row, err);
}

static px_cost cost(const px_case *c) {
    double n = (double)px_case_int(c, "n");
    px_treatment how = px_treatment_of(c);
    /* some 14 products of that size, two references, and the questions about the order */
    return (px_cost){.work = (20 + 14 * px_treatment_step(&how)) * n * n * n + 5e6 * px_treatment_step(&how),
                     .bytes = 400 * n * n};
}

const px_kind px_kind_blas = {
    .spec = {.name = "blas",
             .params = params,
             .n_params = PX_KIND_COUNT_OF(params),
             .columns = columns,
             .n_columns = PX_KIND_COUNT_OF(columns),
             .unsupported = unsupported},
    .question =
        "What does this matrix product really do: how accurate is it, in which precision and order does it sum?",
    .detail =
        "Grades whoever multiplies, a library above all. Accuracy: N(0,1) as it is, and with rows and columns scaled "
        "by "
        "powers of two, which an ordinary product does not notice and a fast one (Strassen's) does. Fingerprint: small "
        "products with one possible exact result each tell how many bits of operands and sums are kept, whether "
        "products are rounded before they are added, and which tree the sum is. Conduct: NaN, infinities, subnormal "
        "numbers, and whether the same product comes out the same with other threads, at other addresses, again.",
    .sources =
        (const char *const[]){
            "Demmel, Dumitriu, Holtz & Kleinberg, Fast matrix multiplication is stable, Numer. Math. "
            "106 (2007); Demmel et al., grading of BLAS accuracy",
            "Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., SIAM 2002, 3.5 and 23.2",
            "Xie, Gao & Xue, FPRev: revealing the order of floating-point summation, arXiv 2411.00442",
            "Demmel et al., Proposed consistent exception handling for the BLAS and LAPACK, "
            "arXiv 2207.09281",
            NULL},
    .highlights = (const char *const[]){"grade", "defect", "sum_bits", "products", "sum_order", "sum_block",
                                        "operand_bits", "slack_det", NULL},
    .cost = cost,
    .run = run,
};
