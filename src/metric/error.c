#include "metric/error.h"

#include <math.h>
#include <stdlib.h>

#include "metric/entry.h"
#include "metric/normwise.h"
#include "metric/statistic.h"

/* ---- One look at every entry ---- */

typedef struct survey {
    px_enclosure top[PX_RATIO_COUNT]; /* of the maximum of each ratio */
    int64_t count[PX_RATIO_COUNT];    /* entries that take part */
    px_enclosure largest;             /* of max |exact| over finite ones */
    double *b_lo, *b_hi;              /* |E| / B of every entry; NULL: not wanted */
    const px_mat *rounded;
    px_errors *out; /* the counts */
} survey;

static void count_events(const survey *s, const px_comparison *c, const px_entry *e) {
    px_fp fp = c->computed->fmt;
    double x = e->computed, min_normal = px_fp_is_exact(fp) ? 0 : px_fp_min_normal(fp);
    s->out->n_inf += isinf(x) != 0;
    s->out->n_nan += isnan(x) != 0;
    s->out->n_subnormal += x != 0 && fabs(x) < min_normal;
    s->out->n_ref_zero += e->zero;
    if (!s->rounded) return;
    double rounded = px_mat_get(s->rounded, e->i, e->j);
    s->out->n_flushed += x == 0 && rounded != 0;
    s->out->n_underflow += fabs(x) < min_normal && fabs(rounded) >= min_normal;
}

static void look(void *to, const px_comparison *c, const px_entry *e) {
    survey *s = to;
    count_events(s, c, e);
    if (!e->special && !e->zero) px_enclosure_include(&s->largest, e->exact);
    for (int r = 0; r < PX_RATIO_BOUND; r++) {
        px_enclosure x;
        if (r == PX_RATIO_ULP && px_fp_is_exact(c->computed->fmt)) continue;
        if (r == PX_RATIO_B && !s->b_lo) continue;
        if (!px_entry_ratio(c, e, (px_ratio)r, &x)) continue;
        if (r == PX_RATIO_B) {
            s->b_lo[s->count[r]] = x.lo;
            s->b_hi[s->count[r]] = x.hi;
        }
        px_enclosure_include(&s->top[r], x);
        s->count[r]++;
    }
}

static px_status maximum(const px_comparison *c, const survey *s, px_ratio ratio, double *figure, px_error *err) {
    if (s->count[ratio] == 0) return PX_OK;
    return px_ratio_statistic(c, ratio, s->top[ratio], s->count[ratio] - 1, figure, err);
}

/* The k-th smallest |E| / B. */
static px_status quantile(const px_comparison *c, const survey *s, int64_t k, double *figure, px_error *err) {
    int64_t n = s->count[PX_RATIO_B];
    if (n == 0) return PX_OK;
    px_enclosure range = {px_select_smallest(s->b_lo, n, k), px_select_smallest(s->b_hi, n, k)};
    return px_ratio_statistic(c, PX_RATIO_B, range, k, figure, err);
}

px_status px_errors_measure(const px_mat *computed, const px_truth *truth, const px_mat *rounded, px_errors *out,
                            px_error *err) {
    px_comparison c = {.computed = computed, .truth = truth};
    int64_t n = computed->rows * computed->cols;
    *out = (px_errors){
#define PX_METRIC_NONE(field, column, unit, text) .field = PX_UNDEFINED,
        PX_ERROR_METRICS(PX_METRIC_NONE)
#undef PX_METRIC_NONE
    };
    survey s = {.rounded = rounded, .out = out};
    if (truth->absab.hi.data) {
        s.b_lo = px_new_doubles(n);
        s.b_hi = px_new_doubles(n);
    }
    px_entries_visit(&c, look, &s);
    px_status status = maximum(&c, &s, PX_RATIO_ABS, &out->err_abs, err);
    if (!status) status = maximum(&c, &s, PX_RATIO_REL, &out->err_rel, err);
    if (!status) status = maximum(&c, &s, PX_RATIO_ULP, &out->err_ulp, err);
    if (!status) status = maximum(&c, &s, PX_RATIO_B, &out->err_cw_max, err);
    if (!status) status = quantile(&c, &s, (n - 1) / 2, &out->err_cw_p50, err);
    if (!status) status = quantile(&c, &s, (99 * n + 99) / 100 - 1, &out->err_cw_p99, err);
    px_norms norms = {.error = s.top[PX_RATIO_ABS], .exact = s.largest};
    if (!status) status = px_normwise(&c, &norms, &out->err_rel_max, &out->err_rel_fro, err);
    free(s.b_lo);
    free(s.b_hi);
    return status;
}

typedef struct slack_survey {
    px_enclosure top;
    int64_t count;
    bool defined;
} slack_survey;

static void look_at_slack(void *to, const px_comparison *c, const px_entry *e) {
    slack_survey *s = to;
    px_enclosure x;
    s->defined &= isfinite(e->computed) != 0;
    if (!px_entry_ratio(c, e, PX_RATIO_BOUND, &x)) return;
    px_enclosure_include(&s->top, x);
    s->count++;
}

px_status px_errors_slack(const px_mat *computed, const px_truth *truth, double beta, double eta, double *slack,
                          px_error *err) {
    px_comparison c = {.computed = computed, .truth = truth, .beta = beta, .eta = eta};
    slack_survey s = {.defined = isfinite(beta) && isfinite(eta) && truth->absab.hi.data};
    *slack = PX_UNDEFINED;
    if (s.defined) px_entries_visit(&c, look_at_slack, &s);
    if (!s.defined || s.count == 0) return PX_OK;
    PX_ASSERT(beta >= 0 && eta >= 0);
    return px_ratio_statistic(&c, PX_RATIO_BOUND, s.top, s.count - 1, slack, err);
}
