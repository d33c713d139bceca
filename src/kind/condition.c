#include <math.h>

#include "data/gallery.h"
#include "kind/columns.h"
#include "kind/dump.h"
#include "kind/gallery.h"
#include "kind/kappa.h"
#include "kind/kinds.h"
#include "kind/represent.h"
#include "ref/inverse.h"
#include "ref/rank.h"
#include "ref/svd.h"
#include "solve/jacobi.h"

enum { LARGEST_EXACT = 128 }; /* of both dimensions, for what MPFR finds */

static const px_param params[] = {PX_AXIS_FORMAT, PX_AXES_GALLERY, PX_AXIS_REP};

#define CONDITION_COLUMNS(X)                                                                                           \
    X("rows", "1", PX_COLUMN_INTEGER, "rows of the matrix")                                                            \
    X("cols", "1", PX_COLUMN_INTEGER, "columns of the matrix")                                                         \
    X("repr_rel_a", "1", PX_COLUMN_NUMBER, "representation error: max |dA|/|A| over entries, A rounded to the format") \
    X("kappa_2", "1", PX_COLUMN_NUMBER,                                                                                \
      "sigma_max/sigma_min of the stored matrix, by one-sided Jacobi in binary64; inf where it is exactly singular")   \
    X("kappa_2_radius", "1", PX_COLUMN_NUMBER,                                                                         \
      "certificate: |kappa_2 / exact - 1| is at most this; empty where the analysis says nothing")                     \
    X("kappa_2_err", "1", PX_COLUMN_NUMBER, "|kappa_2 / kappa_2_mpfr - 1|: what binary64 did to it")                   \
    X("slack_det", "1", PX_COLUMN_NUMBER, "kappa_2_err / kappa_2_radius: at most 1")                                   \
    X("reliable", "", PX_COLUMN_TEXT, "no where kappa_2 2^-53 > 0.1: binary64 cannot know kappa_2 then")               \
    X("kappa_2_mpfr", "1", PX_COLUMN_NUMBER, "the same of the stored matrix, by MPFR, to nearest; up to 128 x 128")    \
    X("sigma_max", "1", PX_COLUMN_NUMBER, "largest singular value of the stored matrix, by MPFR")                      \
    X("sigma_min", "1", PX_COLUMN_NUMBER, "least singular value of the stored matrix, by MPFR; 0: it is singular")     \
    X("kappa_2_ideal", "1", PX_COLUMN_NUMBER, "of the ideal matrix, by MPFR, to nearest: before it was stored")        \
    X("kappa_2_closed", "1", PX_COLUMN_NUMBER, "of the ideal matrix by its closed form, where there is one")           \
    X("kappa_1", "1", PX_COLUMN_NUMBER, "||A|| ||A^-1|| of the stored matrix in the 1-norm, by MPFR, to nearest")      \
    X("kappa_inf", "1", PX_COLUMN_NUMBER, "the same in the inf-norm")                                                  \
    X("cond_skeel", "1", PX_COLUMN_NUMBER, "Skeel's cond(A) = || |A^-1||A| ||_inf, by MPFR: no row scaling matters")   \
    X("cond_ax", "1", PX_COLUMN_NUMBER,                                                                                \
      "cond(A,x) = || |A^-1||A||x| ||_inf / ||x||_inf for an x from U[-1,1), by MPFR")                                 \
    X("kappa_u", "1", PX_COLUMN_NUMBER,                                                                                \
      "kappa_2 (by MPFR where it is there) times u of the format: from 1 on no digit of a solution is certain")
#define LAPACK_COLUMNS(X)                                                                                              \
    X("kappa_2_gesdd", "1", PX_COLUMN_NUMBER, "kappa_2 by LAPACK's dgesdd")                                            \
    X("kappa_2_gesvd", "1", PX_COLUMN_NUMBER, "kappa_2 by LAPACK's dgesvd")                                            \
    X("kappa_1_gecon", "1", PX_COLUMN_NUMBER, "kappa_1 as estimated by LAPACK's dgecon")                               \
    X("kappa_inf_gecon", "1", PX_COLUMN_NUMBER, "kappa_inf as estimated by LAPACK's dgecon")

static const px_column columns[] = {CONDITION_COLUMNS(PX_AS_COLUMN) LAPACK_COLUMNS(PX_AS_LIBRARY_COLUMN)
                                        PX_COLUMNS_STATUS(PX_AS_COLUMN)};

/* A cell at work. */
typedef struct cell {
    const px_case *c;
    px_lab *lab;
    px_row *row;
    px_source source;
    px_mat stored;
    px_cell_status status;
    bool small; /* MPFR has its say */
    bool same;  /* the stored matrix is the ideal one */
} cell;

static void entry_of_source(const void *context, int64_t i, int64_t j, mpfr_t x) { px_source_entry(context, i, j, x); }

/* What storing did: overflow (with nothing to find then), underflow, singular, ok. */
static px_cell_status status_of(const cell *w) {
    px_cell_status status = PX_CELL_OK;
    for (int64_t i = 0; i < w->stored.rows; i++)
        for (int64_t j = 0; j < w->stored.cols; j++) {
            double x = px_mat_get(&w->stored, i, j);
            if (!isfinite(x)) return isnan(x) ? PX_CELL_NAN : PX_CELL_OVERFLOW;
            if (x == 0 && px_mat_get(&w->source.ideal.hi, i, j) != 0) status = PX_CELL_UNDERFLOW;
        }
    return w->small && px_ref_singular(w->lab->arena, &w->stored) ? PX_CELL_SINGULAR : status;
}

/* Singular: what is left is known without computing. */
static void set_singular(const cell *w) {
    px_row_number(w->row, "kappa_2", (double)INFINITY);
    px_row_number(w->row, "kappa_2_mpfr", (double)INFINITY);
    px_row_number(w->row, "sigma_min", 0);
    if (w->stored.rows != w->stored.cols) return;
    px_row_number(w->row, "kappa_1", (double)INFINITY);
    px_row_number(w->row, "kappa_inf", (double)INFINITY);
}

static px_status set_kappa_2(const cell *w, px_error *err) {
    px_spectrum spectrum = px_jacobi_spectrum(w->lab->arena, &w->stored);
    double best = spectrum.kappa_2;
    px_row_number(w->row, "kappa_2", spectrum.kappa_2);
    px_columns_figure(w->row, "kappa_2_radius", isfinite(spectrum.radius) ? spectrum.radius : PX_UNDEFINED);
    px_row_text(w->row, "reliable", spectrum.kappa_2 * 0x1p-53 > 0.1 ? "no" : "yes");
    if (w->small) {
        px_ref_svd svd;
        px_ref_matrix stored = px_ref_matrix_of(&w->stored);
        PX_TRY(px_ref_svd_find(&stored, &svd, err));
        best = svd.kappa_2;
        px_row_number(w->row, "kappa_2_mpfr", svd.kappa_2);
        if (w->same) px_row_number(w->row, "kappa_2_ideal", svd.kappa_2);
        double wrong = fabs(spectrum.kappa_2 / svd.kappa_2 - 1);
        px_columns_figure(w->row, "kappa_2_err", wrong);
        if (isfinite(spectrum.radius)) px_columns_figure(w->row, "slack_det", wrong / spectrum.radius);
        px_row_number(w->row, "sigma_max", svd.sigma_max);
        px_row_number(w->row, "sigma_min", svd.sigma_min);
    }
    px_columns_figure(w->row, "kappa_u", best * px_fp_u(px_case_fp(w->c, "format")));
    return PX_OK;
}

/* kappa_1, kappa_inf, cond(A), cond(A, x): of square matrices. */
static px_status set_inverse(const cell *w, px_error *err) {
    px_ref_inverse inverse;
    px_ref_matrix stored = px_ref_matrix_of(&w->stored);
    PX_TRY(px_ref_inverse_find(&stored, &inverse, err));
    px_ref_conditions k = px_ref_inverse_conditions(&inverse);
    px_draw draw = {w->c->seed, (uint64_t)px_case_int(w->c, "rep"), "x"};
    px_dense x = px_dense_new(w->stored.rows, 1, 53);
    for (int64_t i = 0; i < x.rows; i++) mpfr_set_d(x.x[i], 2 * px_draw_uniform(draw, (uint64_t)i) - 1, MPFR_RNDN);
    px_row_number(w->row, "kappa_1", k.kappa_1);
    px_row_number(w->row, "kappa_inf", k.kappa_inf);
    px_row_number(w->row, "cond_skeel", k.cond_skeel);
    px_row_number(w->row, "cond_ax", px_ref_inverse_amplification(&inverse, (const mpfr_t *)x.x, 1, NULL));
    px_dense_free(&x);
    px_ref_inverse_free(&inverse);
    return PX_OK;
}

static px_status set_ideal(const cell *w, px_error *err) {
    double closed;
    if (!w->source.file && px_gallery_kappa_2(&w->source.g, &closed)) px_row_number(w->row, "kappa_2_closed", closed);
    if (!w->small || (w->same && w->status != PX_CELL_SINGULAR))
        return PX_OK; /* beyond reach, or found as the stored one's */
    px_mat hi = w->source.ideal.hi;
    bool doubles = !w->source.ideal.lo.data; /* no matrix of the gallery that needs more is singular */
    bool singular = doubles && px_ref_singular(w->lab->arena, &hi);
    px_ref_svd svd = {.kappa_2 = (double)INFINITY};
    px_ref_matrix ideal = {hi.rows, hi.cols, entry_of_source, &w->source};
    if (!singular) PX_TRY(px_ref_svd_find(&ideal, &svd, err));
    px_row_number(w->row, "kappa_2_ideal", svd.kappa_2);
    return PX_OK;
}

static void set_lapack(const cell *w) {
    px_arena *arena = w->lab->arena;
    px_row_number(w->row, "kappa_2_gesdd", px_kappa_2_lapack(arena, &w->stored));
    px_row_number(w->row, "kappa_2_gesvd", px_kappa_2_lapack_gesvd(arena, &w->stored));
    if (w->stored.rows != w->stored.cols) return;
    px_row_number(w->row, "kappa_1_gecon", px_kappa_lapack_gecon(arena, &w->stored, '1'));
    px_row_number(w->row, "kappa_inf_gecon", px_kappa_lapack_gecon(arena, &w->stored, 'I'));
}

static px_status measure(cell *w, px_error *err) {
    w->status = status_of(w);
    px_row_integer(w->row, "rows", w->stored.rows);
    px_row_integer(w->row, "cols", w->stored.cols);
    double largest = px_represent_max(&w->source.ideal, &w->stored);
    w->same = largest == 0 && !w->source.ideal.lo.data;
    px_columns_figure(w->row, "repr_rel_a", largest);
    PX_TRY(set_ideal(w, err));
    if (w->status == PX_CELL_NAN || w->status == PX_CELL_OVERFLOW) return PX_OK;
    set_lapack(w);
    if (w->status == PX_CELL_SINGULAR)
        set_singular(w);
    else
        PX_TRY(set_kappa_2(w, err));
    if (w->small && w->status != PX_CELL_SINGULAR && w->stored.rows == w->stored.cols) PX_TRY(set_inverse(w, err));
    return PX_OK;
}

static px_status run(const px_case *c, px_lab *lab, px_sink *sink, px_error *err) {
    px_row row = px_row_new(lab->arena, columns, PX_KIND_COUNT_OF(columns));
    cell w = {.c = c, .lab = lab, .row = &row};
    PX_TRY(px_source_make(lab->arena, c, &w.source, err));
    w.stored = px_data_store(lab->arena, &w.source.ideal, px_case_fp(c, "format"));
    w.small = w.stored.rows <= LARGEST_EXACT && w.stored.cols <= LARGEST_EXACT;
    PX_TRY(measure(&w, err));
    px_columns_status(&row, w.status);
    PX_TRY(px_dump_matrices(lab, c, 1, (const char *const[]){"A"}, (const px_mat *const[]){&w.stored}, err));
    return sink->emit(sink, &row, err);
}

/* Jacobi in binary64: about 50 n^3 operations; MPFR, twice, at 25 ns each. A file counts as 64 x 64. */
static px_cost cost(const px_case *c) {
    double n = (double)px_source_order(c);
    if (n == 0) n = 64;
    double cube = n * n * n;
    return (px_cost){.work = 50 * cube + (n <= LARGEST_EXACT ? 3500 * cube : 0), .bytes = 500 * n * n};
}

const px_kind px_kind_condition = {
    .spec = {.name = "condition",
             .params = params,
             .n_params = PX_KIND_COUNT_OF(params),
             .columns = columns,
             .n_columns = PX_KIND_COUNT_OF(columns),
             .unsupported = px_source_refused},
    .question =
        "How badly conditioned is a matrix, what does storing it in a format do to that, and can binary64 tell?",
    .detail =
        "A matrix of the gallery or of a file is rounded to the format: the stored matrix is another one than the "
        "ideal. "
        "kappa_2 = sigma_max/sigma_min of the stored matrix is computed in binary64 by one-sided Jacobi, the same bits "
        "on every machine, with a certificate of its error; beside it MPFR's, certified to the last bit, of the stored "
        "and of the ideal matrix; kappa_1, kappa_inf and Skeel's cond(A) and cond(A,x) from a certified inverse; and, "
        "in the library table, what LAPACK says. A stored matrix that is exactly singular is proved so.",
    .sources =
        (const char *const[]){
            "Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., SIAM 2002, 6.2, 7.1, 7.2, ch. 15 and 28",
            "Demmel & Veselic, Jacobi's method is more accurate than QR, SIMAX 13(4), 1992",
            "Skeel, Scaling for numerical stability in Gaussian elimination, J. ACM 26(3), 1979", NULL},
    .highlights = (const char *const[]){"kappa_2", "kappa_2_mpfr", "reliable", "kappa_2_ideal", "kappa_2_closed",
                                        "cond_skeel", "kappa_u", NULL},
    .check = px_source_check,
    .cost = cost,
    .run = run,
};
