#include "metric/error.h"

#include <math.h>
#include <stdlib.h>

#include "metric/entry.h"
#include "metric/normwise.h"
#include "metric/rough.h"
#include "metric/statistic.h"

/* ---- One look at every entry ---- */

typedef struct survey {
    px_maximum top[PX_RATIO_COUNT];
    bool wanted[PX_RATIO_COUNT];
    px_enclosure largest; /* of max |exact| over finite ones */
    px_squares squares;
    double *b_lo, *b_hi; /* |E| / B of every entry; NULL: not wanted */
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
    for (int64_t j = 0; j < row->cols; j++) {
        if (row->ordinary[j] == 1 && row->exact[j] * (1 + 0x1p-40) < s->largest.lo) continue;
        px_entry e = px_entry_at(c, i, j);
        if (!e.special && !e.zero) px_enclosure_include(&s->largest, e.exact);
        s->out->n_ref_zero += e.zero;
    }
}

/* |E| / B of a row. */
static void scale_errors(const survey *s, const px_comparison *c, const px_rough *row, int64_t i) {
    double *lo = s->b_lo + i * row->cols, *hi = s->b_hi + i * row->cols;
    for (int64_t j = 0; j < row->cols; j++) {
        lo[j] = row->error_least[j] / row->b_most[j] * (1 - 0x1p-48);
        hi[j] = row->error_most[j] / row->b_least[j] * (1 + 0x1p-48);
    }
    for (int64_t j = 0; j < row->cols && !row->all_ordinary; j++) {
        if (row->ordinary[j] == 1) continue;
        px_enclosure x;
        px_entry e = px_entry_at(c, i, j);
        PX_ASSERT(px_entry_ratio(c, &e, PX_RATIO_B, &x));
        lo[j] = x.lo;
        hi[j] = x.hi;
    }
}

static void look(survey *s, const px_comparison *c, px_rough *row, int64_t i) {
    px_fp fp = c->computed->fmt;
    px_rough_row(row, c, i);
    bool small = !px_fp_is_exact(fp) && row->smallest < px_fp_min_normal(fp);
    for (int64_t j = 0; j < row->cols && (small || !row->all_ordinary); j++) count_event(s, fp, i, j, row->computed[j]);
    look_closely(s, c, row, i);
    px_squares_add(&s->squares, c, row, i);
    if (s->b_lo) scale_errors(s, c, row, i);
    for (int r = 0; r < PX_RATIO_COUNT; r++)
        if (s->wanted[r]) px_maximum_include(&s->top[r], c, (px_ratio)r, row, i);
}

static void survey_all(survey *s, const px_comparison *c) {
    px_rough row = px_rough_new(c->computed->cols);
    for (int r = 0; r < PX_RATIO_COUNT; r++)
        if (s->wanted[r]) s->top[r] = px_maximum_new(c->computed->rows);
    for (int64_t i = 0; i < c->computed->rows; i++) look(s, c, &row, i);
    px_rough_free(&row);
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
    if (s->b_lo) PX_TRY(px_scaled_quantiles(c, s->b_lo, s->b_hi, k, quantiles, err));
    out->err_cw_p50 = quantiles[0];
    out->err_cw_p99 = quantiles[1];
    px_norms norms = {.error = s->top[PX_RATIO_ABS].top, .exact = s->largest, .summed = true, .squares = s->squares};
    return px_normwise(c, &norms, &out->err_rel_max, &out->err_rel_fro, err);
}

px_status px_errors_measure(const px_mat *computed, const px_truth *truth, const px_mat *rounded, px_errors *out,
                            px_error *err) {
    px_comparison c = {.computed = computed, .truth = truth};
    int64_t n = computed->rows * computed->cols;
    PX_ASSERT(computed->rows == truth->v.hi.rows && computed->cols == truth->v.hi.cols);
    *out = (px_errors){
#define PX_METRIC_NONE(field, column, unit, text) .field = PX_UNDEFINED,
        PX_ERROR_METRICS(PX_METRIC_NONE)
#undef PX_METRIC_NONE
    };
    survey s = {.rounded = rounded, .out = out};
    s.wanted[PX_RATIO_ABS] = s.wanted[PX_RATIO_REL] = true;
    s.wanted[PX_RATIO_ULP] = !px_fp_is_exact(computed->fmt);
    s.wanted[PX_RATIO_B] = truth->absab.hi.data != NULL;
    if (s.wanted[PX_RATIO_B]) {
        s.b_lo = px_new_doubles(n);
        s.b_hi = px_new_doubles(n);
    }
    survey_all(&s, &c);
    px_status status = set_figures(&s, &c, out, err);
    for (int r = 0; r < PX_RATIO_COUNT; r++)
        if (s.wanted[r]) px_maximum_free(&s.top[r]);
    free(s.b_lo);
    free(s.b_hi);
    return status;
}

px_status px_errors_slacks(const px_mat *computed, const px_truth *truth, int n, const double *beta, const double *eta,
                           double *slack, px_error *err) {
    px_comparison c[PX_MAX_SLACKS];
    px_maximum top[PX_MAX_SLACKS];
    bool finite = truth->absab.hi.data != NULL;
    PX_ASSERT(n <= PX_MAX_SLACKS);
    for (int b = 0; b < n; b++) {
        c[b] = (px_comparison){.computed = computed, .truth = truth, .beta = beta[b], .eta = eta[b]};
        slack[b] = PX_UNDEFINED;
        top[b] = px_maximum_new(computed->rows);
        PX_ASSERT(!isfinite(beta[b]) || (beta[b] >= 0 && eta[b] >= 0));
    }
    px_rough row = px_rough_new(computed->cols);
    for (int64_t i = 0; i < computed->rows && finite; i++) {
        px_rough_row(&row, c, i);
        for (int64_t j = 0; j < row.cols && !row.all_ordinary; j++) finite &= isfinite(row.computed[j]) != 0;
        for (int b = 0; b < n; b++)
            if (isfinite(beta[b]) && isfinite(eta[b])) px_maximum_include(&top[b], &c[b], PX_RATIO_BOUND, &row, i);
    }
    px_rough_free(&row);
    px_status status = PX_OK;
    for (int b = 0; b < n; b++) {
        bool defined = finite && isfinite(beta[b]) && isfinite(eta[b]) && status == PX_OK;
        if (defined) status = px_maximum_digits(&top[b], &c[b], PX_RATIO_BOUND, &slack[b], err);
        px_maximum_free(&top[b]);
    }
    return status;
}

px_status px_errors_slack(const px_mat *computed, const px_truth *truth, double beta, double eta, double *slack,
                          px_error *err) {
    return px_errors_slacks(computed, truth, 1, &beta, &eta, slack, err);
}
