#include "metric/error.h"

#include <math.h>
#include <stdlib.h>

#include "base/parallel.h"
#include "metric/entry.h"
#include "metric/isa/isa.h"
#include "metric/normwise.h"
#include "metric/rough.h"
#include "metric/statistic.h"

/* ---- One look at every entry ---- */

typedef struct survey {
    px_maximum top[PX_RATIO_COUNT];
    bool wanted[PX_RATIO_COUNT];
    px_enclosure largest; /* of max |exact| over finite ones */
    px_squares squares;
    double *b_most;      /* upper ends of |E| / B of every entry; NULL: not wanted */
    double near;         /* the lower ends are this near, relatively, but for some of the */
    double widest;       /* ratios up to this one */
    int64_t first, last; /* rows */
    const px_comparison *c;
    const px_mat *rounded;
    px_errors *out; /* the counts */
} survey;

static void count_event(const survey *s, px_fp fp, int64_t i, int64_t j, double x) {
    double min_normal = px_fp_is_exact(fp) ? 0 : px_fp_min_normal(fp);
    s->out->n_inf += isinf(x) != 0;
    s->out->n_nan += isnan(x) != 0;
    s->out->n_subnormal += x != 0 && fabs(x) < min_normal;
    if (!s->rounded) return;
    double rounded = px_mat_get(s->rounded, i, j);
    s->out->n_flushed += x == 0 && rounded != 0;
    s->out->n_underflow += fabs(x) < min_normal && fabs(rounded) >= min_normal;
}

/* What is not ordinary is looked at closely, and so is what may be the largest exact value. */
static void look_closely(survey *s, const px_comparison *c, const px_rough *row, int64_t i) {
    bool small = row->largest * (1 + 0x1p-40) < s->largest.lo;
    for (int64_t j = 0; j < row->cols && !(small && row->all_ordinary); j++) {
        if (row->ordinary[j] == 1 && row->exact[j] * (1 + 0x1p-40) < s->largest.lo) continue;
        px_entry e = px_entry_at(c, i, j);
        if (!e.special && !e.zero) px_enclosure_include(&s->largest, e.exact);
        s->out->n_ref_zero += e.zero;
    }
}

/* |E| / B of a row. */
static void scale_errors(survey *s, const px_comparison *c, const px_rough *row, int64_t i) {
    double *most = s->b_most + i * row->cols;
    s->widest = fmax(s->widest, row->loops->scaled(row, s->near, most));
    for (int64_t j = 0; j < row->cols && !row->all_ordinary; j++) {
        if (row->ordinary[j] == 1) continue;
        px_enclosure x = px_scaled_error(c, i, j);
        most[j] = x.hi;
        if (!(x.lo >= x.hi * (1 - s->near))) s->widest = fmax(s->widest, x.hi);
    }
}

static void look(survey *s, const px_comparison *c, px_rough *row, int64_t i) {
    px_fp fp = c->computed->fmt;
    px_rough_row(row, c, i);
    bool small = !px_fp_is_exact(fp) && row->smallest < px_fp_min_normal(fp);
    for (int64_t j = 0; j < row->cols && (small || !row->all_ordinary); j++) count_event(s, fp, i, j, row->computed[j]);
    look_closely(s, c, row, i);
    px_squares_add(&s->squares, c, row, i);
    if (s->b_most) scale_errors(s, c, row, i);
    for (int r = 0; r < PX_RATIO_COUNT; r++)
        if (s->wanted[r]) px_maximum_include(&s->top[r], c, (px_ratio)r, row, i);
}

static void survey_rows(void *parts, int64_t p) {
    survey *s = (survey *)parts + p;
    px_rough row = px_rough_new(s->c->computed->cols);
    for (int64_t i = s->first; i < s->last; i++) look(s, s->c, &row, i);
    px_rough_free(&row);
}

/* Adds what a part has found. */
static void join(survey *s, const survey *part) {
    for (int r = 0; r < PX_RATIO_COUNT; r++) {
        px_enclosure_include(&s->top[r].top, part->top[r].top);
        s->top[r].any |= part->top[r].any;
    }
    px_enclosure_include(&s->largest, part->largest);
    px_squares_join(&s->squares, &part->squares);
    s->widest = fmax(s->widest, part->widest);
    int64_t *to[] = {&s->out->n_inf,     &s->out->n_nan,       &s->out->n_subnormal,
                     &s->out->n_flushed, &s->out->n_underflow, &s->out->n_ref_zero};
    const px_errors *o = part->out;
    const int64_t found[] = {o->n_inf, o->n_nan, o->n_subnormal, o->n_flushed, o->n_underflow, o->n_ref_zero};
    for (size_t i = 0; i < sizeof to / sizeof *to; i++) *to[i] += found[i];
}

/* Rows in parts, one a thread: no figure depends on how many. */
static void survey_all(survey *s) {
    int64_t rows = s->c->computed->rows, parts = px_parallel_parts(rows * s->c->computed->cols);
    survey part[PX_MOST_PARTS];
    px_errors counts[PX_MOST_PARTS] = {{0}};
    for (int r = 0; r < PX_RATIO_COUNT; r++)
        if (s->wanted[r]) s->top[r] = px_maximum_new(rows);
    for (int64_t p = 0; p < parts; p++) {
        part[p] = *s;
        part[p].out = &counts[p];
        part[p].first = rows * p / parts;
        part[p].last = rows * (p + 1) / parts;
    }
    px_parallel_for(parts, survey_rows, part);
    for (int64_t p = 0; p < parts; p++) join(s, &part[p]);
}

static px_status set_figures(const survey *s, const px_comparison *c, px_errors *out, px_error *err) {
    double *const maxima[] = {[PX_RATIO_ABS] = &out->err_abs,
                              [PX_RATIO_REL] = &out->err_rel,
                              [PX_RATIO_ULP] = &out->err_ulp,
                              [PX_RATIO_B] = &out->err_cw_max};
    for (int r = 0; r < PX_RATIO_BOUND; r++)
        if (s->wanted[r]) PX_TRY(px_maximum_digits(&s->top[r], c, (px_ratio)r, maxima[r], err));
    int64_t n = c->computed->rows * c->computed->cols;
    const int64_t k[] = {(n - 1) / 2, (99 * n + 99) / 100 - 1};
    double quantiles[] = {PX_UNDEFINED, PX_UNDEFINED};
    if (s->b_most) PX_TRY(px_scaled_quantiles(c, s->b_most, s->near, s->widest, k, quantiles, err));
    out->err_cw_p50 = quantiles[0];
    out->err_cw_p99 = quantiles[1];
    px_norms norms = {.error = s->top[PX_RATIO_ABS].top, .exact = s->largest, .summed = true, .squares = s->squares};
    return px_normwise(c, &norms, &out->err_rel_max, &out->err_rel_fro, err);
}

px_status px_errors_measure_rows(const px_mat *computed, const px_truth *truth, const px_mat *rounded, px_errors *out,
                                 double *tops, px_error *err) {
    px_comparison c = {.computed = computed, .truth = truth};
    int64_t n = computed->rows * computed->cols;
    PX_ASSERT(computed->rows == truth->v.hi.rows && computed->cols == truth->v.hi.cols);
    *out = (px_errors){
#define PX_METRIC_NONE(field, column, unit, text) .field = PX_UNDEFINED,
        PX_ERROR_METRICS(PX_METRIC_NONE)
#undef PX_METRIC_NONE
    };
    survey s = {.c = &c, .rounded = rounded, .out = out, .near = 0x1p-30 + 4 * truth->absab.relative, .widest = -1};
    s.wanted[PX_RATIO_ABS] = s.wanted[PX_RATIO_REL] = true;
    s.wanted[PX_RATIO_ULP] = !px_fp_is_exact(computed->fmt);
    s.wanted[PX_RATIO_B] = truth->absab.hi.data != NULL;
    if (s.wanted[PX_RATIO_B]) s.b_most = px_new_doubles(n);
    survey_all(&s);
    px_status status = set_figures(&s, &c, out, err);
    for (int64_t i = 0; i < computed->rows && tops; i++)
        tops[i] = s.b_most ? s.top[PX_RATIO_B].row_top[i] : (double)INFINITY;
    for (int r = 0; r < PX_RATIO_COUNT; r++)
        if (s.wanted[r]) px_maximum_free(&s.top[r]);
    free(s.b_most);
    return status;
}

px_status px_errors_measure(const px_mat *computed, const px_truth *truth, const px_mat *rounded, px_errors *out,
                            px_error *err) {
    return px_errors_measure_rows(computed, truth, rounded, out, NULL, err);
}

/* ---- Slacks ---- */

typedef struct slack {
    px_comparison c;
    bool wanted;
    px_maximum top;
} slack;

/* |E| / (beta B + eta) is at most |E| / B / beta: so far down may a row stay unread. 2^-40: for what is rounded here. */
static bool may_matter(slack *s, const double *tops, int64_t i) {
    if (!tops) return true;
    double most = tops[i] / s->c.beta * (1 + 0x1p-40);
    if (!(most < s->top.top.lo)) return true;
    s->top.row_top[i] = most;
    return false;
}

/* Row i; is every number of the result finite? */
static bool include_row(slack *s, int n, px_rough *row, const double *tops, int64_t i) {
    bool matters = false, finite = true;
    for (int b = 0; b < n; b++) matters |= s[b].wanted && may_matter(&s[b], tops, i);
    if (!matters) return true;
    px_rough_row(row, &s->c, i);
    for (int64_t j = 0; j < row->cols && !row->all_ordinary; j++) finite &= isfinite(row->computed[j]) != 0;
    for (int b = 0; b < n && finite; b++)
        if (s[b].wanted) px_maximum_include(&s[b].top, &s[b].c, PX_RATIO_BOUND, row, i);
    return finite;
}

/* Of n > 0 numbers; the first of the largest ones. */
static int64_t place_of_largest(const double *x, int64_t n) {
    int64_t place = 0;
    for (int64_t i = 1; i < n; i++)
        if (x[i] > x[place]) place = i;
    return place;
}

px_status px_errors_slacks(const px_mat *computed, const px_truth *truth, const double *tops, int n, const double *beta,
                           const double *eta, double *figure, px_error *err) {
    slack s[PX_MAX_SLACKS];
    int64_t rows = computed->rows, first = tops && rows > 0 ? place_of_largest(tops, rows) : 0;
    bool finite = truth->absab.hi.data != NULL;
    PX_ASSERT(n <= PX_MAX_SLACKS);
    for (int b = 0; b < n; b++) {
        s[b] = (slack){.c = {.computed = computed, .truth = truth, .beta = beta[b], .eta = eta[b]}};
        s[b].wanted = isfinite(beta[b]) && isfinite(eta[b]);
        s[b].top = px_maximum_new(rows);
        figure[b] = PX_UNDEFINED;
        PX_ASSERT(!isfinite(beta[b]) || (beta[b] >= 0 && eta[b] >= 0));
    }
    px_rough row = px_rough_new(computed->cols);
    for (int64_t i = 0; i < rows && finite; i++) /* the row of the largest |E| / B before the others */
        finite = include_row(s, n, &row, tops, i == 0 ? first : i <= first ? i - 1 : i);
    px_rough_free(&row);
    px_status status = PX_OK;
    for (int b = 0; b < n; b++) {
        if (finite && s[b].wanted && status == PX_OK)
            status = px_maximum_digits(&s[b].top, &s[b].c, PX_RATIO_BOUND, &figure[b], err);
        px_maximum_free(&s[b].top);
    }
    return status;
}

px_status px_errors_slack(const px_mat *computed, const px_truth *truth, double beta, double eta, double *figure,
                          px_error *err) {
    return px_errors_slacks(computed, truth, NULL, 1, &beta, &eta, figure, err);
}
