#include <math.h>

#include "kind/columns.h"
#include "kind/dump.h"
#include "kind/gallery.h"
#include "kind/kinds.h"
#include "kind/represent.h"
#include "ref/perturbed.h"
#include "ref/rank.h"

enum { LARGEST = 128 };

static const char *const words_perturb[] = {"both", "matrix", "rhs", NULL};
enum { BOTH, MATRIX, RHS };

static const px_param params[] = {PX_AXIS_FORMAT,
                                  {"perturb", PX_PARAM_WORD, "both", words_perturb, NULL, 0, 0, false,
                                   "what is rounded to the format: the matrix, the right side (rhs), or both"},
                                  PX_AXES_GALLERY,
                                  PX_AXIS_REP};

#define PERTURBATION_COLUMNS(X)                                                                                        \
    X("delta_a", "1", PX_COLUMN_NUMBER, "||dA|| / ||A||, inf-norms: what rounding did to the matrix")                  \
    X("delta_b", "1", PX_COLUMN_NUMBER, "||db|| / ||b||: what it did to the right side")                               \
    X("delta_cw", "1", PX_COLUMN_NUMBER, "omega, the largest of |dA|/|A| and |db|/|b| over the entries")               \
    X("kappa_inf", "1", PX_COLUMN_NUMBER, "||A|| ||A^-1|| of the ideal matrix, by MPFR, to nearest")                   \
    X("cond_skeel", "1", PX_COLUMN_NUMBER, "Skeel's cond(A) = || |A^-1||A| || of the ideal matrix")                    \
    X("amplification", "1", PX_COLUMN_NUMBER,                                                                          \
      "|| |A^-1| (|A||x| + |b|) || / ||x||: first-order growth of a componentwise perturbation")                       \
    X("fwd_norm", "1", PX_COLUMN_NUMBER, "||dx|| / ||x||, both systems solved exactly: the relative error of x")       \
    X("pred_first_order", "1", PX_COLUMN_NUMBER, "kappa (delta_a + delta_b): the prediction of the notes")             \
    X("bound_det", "1", PX_COLUMN_NUMBER,                                                                              \
      "kappa (delta_a + delta_b) / (1 - kappa delta_a): a theorem; empty from kappa delta_a >= 1 on")                  \
    X("slack_det", "1", PX_COLUMN_NUMBER, "fwd_norm / bound_det: at most 1")                                           \
    X("bound_cw", "1", PX_COLUMN_NUMBER,                                                                               \
      "omega amplification / (1 - omega cond(A)): a theorem, blind to row scaling; empty from omega cond(A) >= 1 on")  \
    X("slack_cw", "1", PX_COLUMN_NUMBER, "fwd_norm / bound_cw: at most 1")                                             \
    X("bound_note", "", PX_COLUMN_TEXT, "the theorem behind bound_det, or why there is none")

static const px_column columns[] = {PERTURBATION_COLUMNS(PX_AS_COLUMN) PX_COLUMNS_STATUS(PX_AS_COLUMN)};

/* A system: what was meant, and what is stored. */
typedef struct px_system {
    px_source source;
    px_ref_matrix ideal, kept; /* kept: the matrix that is solved with, the stored one unless only b is rounded */
    px_mat a, b;               /* stored */
    double *x, *b_kept;        /* b_kept NULL: b is not rounded */
    int64_t n;
} px_system;

static void entry_of_source(const void *context, int64_t i, int64_t j, mpfr_t x) { px_source_entry(context, i, j, x); }

static px_status make_system(const px_case *c, px_arena *arena, px_system *s, px_error *err) {
    PX_TRY(px_source_make(arena, c, &s->source, err));
    px_mat hi = s->source.ideal.hi;
    px_fp format = px_case_fp(c, "format");
    px_draw draw = {c->seed, (uint64_t)px_case_int(c, "rep"), "x"};
    int perturb = px_case_word(c, "perturb");
    if (hi.rows != hi.cols || hi.rows > LARGEST)
        return px_fail(err, PX_BAD_FILE, "%s: a system has a square matrix, up to %d x %d, not %lld x %lld",
                       px_case_text(c, "matrix"), LARGEST, LARGEST, (long long)hi.rows, (long long)hi.cols);
    s->n = hi.rows;
    s->ideal = (px_ref_matrix){s->n, s->n, entry_of_source, &s->source};
    s->x = PX_NEW_ARRAY(arena, double, s->n);
    for (int64_t i = 0; i < s->n; i++) s->x[i] = 2 * px_draw_uniform(draw, (uint64_t)i) - 1;
    px_wide side = px_ref_right_side(arena, &s->ideal, s->x);
    s->a = px_data_store(arena, &s->source.ideal, format);
    s->b = px_data_store(arena, &side, format);
    s->kept = perturb == RHS ? s->ideal : px_ref_matrix_of(&s->a);
    s->b_kept = PX_NEW_ARRAY(arena, double, s->n);
    for (int64_t i = 0; i < s->n; i++) s->b_kept[i] = px_mat_get(&s->b, i, 0);
    if (perturb == MATRIX) s->b_kept = NULL;
    return PX_OK;
}

static bool all_finite(const px_mat *m) {
    for (int64_t i = 0; i < m->rows; i++)
        for (int64_t j = 0; j < m->cols; j++)
            if (!isfinite(px_mat_get(m, i, j))) return false;
    return true;
}

static px_cell_status status_of(const px_system *s, px_arena *arena, int perturb) {
    bool lost = (perturb != RHS && !all_finite(&s->a)) || (s->b_kept && !all_finite(&s->b));
    if (lost) return PX_CELL_OVERFLOW;
    bool random = !s->source.ideal.lo.data; /* a matrix of the gallery that needs more than doubles is not singular */
    if (random && px_ref_singular(arena, &s->source.ideal.hi)) return PX_CELL_SINGULAR;
    return perturb != RHS && px_ref_singular(arena, &s->a) ? PX_CELL_SINGULAR : PX_CELL_OK;
}

/* A bound and the error over it; nothing where the denominator, 1 - loss, is not positive. */
static void set_bound(px_row *row, const char *bound, const char *slack, double first_order, double loss,
                      double error) {
    if (!(loss < 1) || !isfinite(first_order)) return;
    double most = first_order / (1 - loss);
    px_columns_figure(row, bound, most);
    px_columns_figure(row, slack, most > 0 ? error / most : 0);
}

static void set_row(px_row *row, const px_ref_perturbed *p) {
    double first = p->kappa * (p->delta_a + p->delta_b), loss = p->kappa * p->delta_a;
    px_columns_figure(row, "delta_a", p->delta_a);
    px_columns_figure(row, "delta_b", p->delta_b);
    px_columns_figure(row, "delta_cw", isfinite(p->omega) ? p->omega : PX_UNDEFINED);
    px_row_number(row, "kappa_inf", p->kappa);
    px_row_number(row, "cond_skeel", p->cond);
    px_columns_figure(row, "amplification", p->amplification);
    px_columns_figure(row, "fwd_norm", p->forward);
    px_columns_figure(row, "pred_first_order", first);
    set_bound(row, "bound_det", "slack_det", first, loss, p->forward);
    set_bound(row, "bound_cw", "slack_cw", p->omega * p->amplification, p->omega * p->cond, p->forward);
    px_row_text(row, "bound_note",
                loss < 1 ? "Higham, ASNA, theorem 7.2" : "kappa delta_a >= 1: A + dA may be singular");
}

static px_status run(const px_case *c, px_lab *lab, px_sink *sink, px_error *err) {
    px_row row = px_row_new(lab->arena, columns, PX_KIND_COUNT_OF(columns));
    px_system s;
    PX_TRY(make_system(c, lab->arena, &s, err));
    px_cell_status status = status_of(&s, lab->arena, px_case_word(c, "perturb"));
    if (status == PX_CELL_OK) {
        px_ref_perturbed p;
        PX_TRY(px_ref_perturb(&s.ideal, &s.kept, s.x, s.b_kept, &p, err));
        set_row(&row, &p);
    } else {
        px_row_text(&row, "bound_note", status == PX_CELL_SINGULAR ? "a matrix is singular" : "an entry overflowed");
    }
    px_columns_status(&row, status);
    px_mat x = px_mat_new(lab->arena, px_fp_exact(), s.n, 1);
    for (int64_t i = 0; i < s.n; i++) px_mat_set(&x, i, 0, s.x[i]);
    PX_TRY(px_dump_matrices(lab, c, 3, (const char *const[]){"A", "b", "x"}, (const px_mat *const[]){&s.a, &s.b, &x},
                            err));
    return sink->emit(sink, &row, err);
}

static const char *unsupported(px_arena *arena, const px_case *c) {
    if (px_source_order(c) > LARGEST) return px_arena_printf(arena, "systems are solved exactly up to n = %d", LARGEST);
    return px_source_refused(arena, c);
}

/* Two inverses and their residuals in MPFR, 100 ns a product. A file counts as 64 x 64. */
static px_cost cost(const px_case *c) {
    double n = (double)px_source_order(c);
    if (n == 0) n = 64;
    return (px_cost){.work = 600 * n * n * n, .bytes = 1000 * n * n};
}

const px_kind px_kind_perturbation = {
    .spec = {.name = "perturbation",
             .params = params,
             .n_params = PX_KIND_COUNT_OF(params),
             .columns = columns,
             .n_columns = PX_KIND_COUNT_OF(columns),
             .unsupported = unsupported},
    .question =
        "How far does the solution of A x = b move when A and b are rounded, and what do condition numbers say?",
    .detail = "x is drawn, b = A x made exactly, then A, b or both are rounded to the format and the perturbed system "
              "is solved "
              "exactly, by MPFR: fwd_norm is perturbation alone, no arithmetic error in it. Beside it the measured "
              "perturbations, the notes' prediction kappa (delta_a + delta_b), its rigorous form, and the "
              "componentwise bound, "
              "which is far smaller where rows are badly scaled. All norms are inf-norms.",
    .sources =
        (const char *const[]){"Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., SIAM 2002, "
                              "theorems 7.2 and 7.4",
                              "Skeel, Scaling for numerical stability in Gaussian elimination, J. ACM 26(3), 1979",
                              NULL},
    .highlights = (const char *const[]){"kappa_inf", "delta_a", "delta_b", "fwd_norm", "pred_first_order", "bound_det",
                                        "slack_det", "bound_cw", NULL},
    .check = px_source_check,
    .cost = cost,
    .run = run,
};
