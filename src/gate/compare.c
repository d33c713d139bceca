#include "gate/compare.h"

#include <math.h>
#include <string.h>

#include "base/text.h"

const char *px_result_value(const px_result *r, size_t i, int j) { return r->csv.rows[i][j]; }

const char *px_result_hex(const px_result *r, size_t i, int j) {
    return r->hex[j] < 0 ? "" : r->csv.rows[i][r->hex[j]];
}

double px_relative_change(const char *a, const char *b) {
    double x, y;
    if (!px_double_parse(a, &x) || !px_double_parse(b, &y) || !isfinite(x) || !isfinite(y) || x == 0) return HUGE_VAL;
    return fabs((y - x) / x);
}

/* Hexfloats, where a side has them, must say the same as its decimals. */
static bool same(const px_result *a, size_t i, int ja, const px_result *b, size_t k, int jb) {
    const char *x = px_result_value(a, i, ja), *y = px_result_value(b, k, jb);
    const char *x_hex = px_result_hex(a, i, ja), *y_hex = px_result_hex(b, k, jb);
    return px_same_value(x, y) && (!*x_hex || px_same_value(x_hex, y)) && (!*y_hex || px_same_value(x, y_hex));
}

enum { NOT_COMPARED = -1, GONE = -2 }; /* columns */

static px_verdict compare_row(const px_result *a, size_t i, const px_result *b, size_t k, const int *column_of,
                              px_verdicts *v) {
    px_verdict worst = PX_VERDICT_OK;
    for (int j = 0; j < a->csv.n_columns; j++) {
        if (column_of[j] == GONE && worst > PX_VERDICT_MISSING) worst = PX_VERDICT_MISSING;
        if (column_of[j] < 0 || same(a, i, j, b, k, column_of[j])) continue;
        const char *was = px_result_value(a, i, j), *hex = px_result_hex(a, i, j);
        if (*hex && px_same_value(was, px_result_value(b, k, column_of[j]))) was = hex; /* what differs */
        if (worst > PX_VERDICT_CHANGED) worst = PX_VERDICT_CHANGED;
        px_verdicts_add(v, (px_finding){.verdict = PX_VERDICT_CHANGED,
                                        .row = a->keys[i],
                                        .metric = a->csv.header[j],
                                        .value = px_result_value(b, k, column_of[j]),
                                        .limit = "",
                                        .baseline = was,
                                        .rule = "exact",
                                        .place = "",
                                        .badness = px_relative_change(was, px_result_value(b, k, column_of[j]))});
    }
    return worst;
}

static void add_plain(px_verdicts *v, px_verdict verdict, const char *row, const char *metric) {
    px_verdicts_add(v, (px_finding){.verdict = verdict,
                                    .row = row,
                                    .metric = metric,
                                    .value = "",
                                    .limit = "",
                                    .baseline = "",
                                    .rule = "",
                                    .place = "",
                                    .badness = HUGE_VAL});
}

/* Where each column of a stands in b, or why it does not. */
static int *match_columns(const px_result *a, const px_result *b, px_verdict when_missing, px_verdicts *v) {
    int *column_of = PX_NEW_ARRAY(v->arena, int, a->csv.n_columns);
    for (int j = 0; j < a->csv.n_columns; j++) {
        bool compared = a->roles[j] != PX_ROLE_KEY && a->roles[j] != PX_ROLE_HEX;
        column_of[j] = compared ? px_csv_column(&b->csv, a->csv.header[j]) : NOT_COMPARED;
        if (!compared || column_of[j] >= 0) continue;
        column_of[j] = GONE;
        add_plain(v, when_missing, "", a->csv.header[j]);
    }
    return column_of;
}

void px_compare(const px_result *before, const px_result *after, px_verdicts *v) {
    int *column_of = match_columns(before, after, PX_VERDICT_MISSING, v);
    match_columns(after, before, PX_VERDICT_NEW, v);
    int64_t *row_of = px_result_match(v->arena, before, after);
    int64_t *row_back = px_result_match(v->arena, after, before);
    for (size_t i = 0; i < before->csv.n_rows; i++) {
        px_verdict verdict = PX_VERDICT_MISSING;
        if (row_of[i] >= 0)
            verdict = compare_row(before, i, after, (size_t)row_of[i], column_of, v);
        else
            add_plain(v, verdict, before->keys[i], "");
        v->rows[verdict]++;
    }
    for (size_t k = 0; k < after->csv.n_rows; k++) {
        if (row_back[k] >= 0) continue;
        add_plain(v, PX_VERDICT_NEW, after->keys[k], "");
        v->rows[PX_VERDICT_NEW]++;
    }
    px_verdicts_sort(v);
}
