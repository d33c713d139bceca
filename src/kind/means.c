#include "kind/means.h"

#include <math.h>
#include <stdlib.h>

#include "kind/columns.h"
#include "kind/settled.h"

/* A sum in twice the digits of a double, so that its own roundings do not count. */
typedef struct twofold {
    double hi, lo;
} twofold;

static void add(twofold *s, double x) {
    double sum = s->hi + x, z = sum - s->hi; /* Knuth's two-sum */
    s->lo += (s->hi - (sum - z)) + (x - z);
    s->hi = sum;
}

/* Sums over entries: |E|/B, E/B with the sign of the exact value; and how far enclosures leave them open. */
typedef struct sums {
    twofold error, bias;
    double open;
} sums;

static void add_entry(sums *s, double computed, double hi, double lo, double b) {
    if (!(b > 0)) return;
    double part = ((computed - hi) - lo) / b;
    add(&s->error, fabs(part));
    add(&s->bias, hi < 0 ? -part : hi > 0 ? part : 0);
}

static void add_unsettled(sums *s, const px_truth *truth, double x, int64_t i, int64_t j) {
    px_unsettled e = px_unsettle(truth, i, j);
    add_entry(s, x, e.hi, e.lo_least, e.b_least);
    if (!(e.b_least > 0) || (e.lo_least == e.lo_most && e.b_least == e.b_most)) return;
    double error = fmax(fabs((x - e.hi) - e.lo_least), fabs((x - e.hi) - e.lo_most));
    /* 2^-49: for the roundings of this part and of the settled one */
    s->open += (e.lo_most - e.lo_least + error * ((e.b_most - e.b_least) / e.b_least + 0x1p-49)) / e.b_least;
}

static sums sums_of(const px_trial *t, bool settled) {
    sums s = {.open = 0};
    int64_t cols = t->computed.cols;
    double *row = malloc((size_t)(cols > 0 ? cols : 1) * sizeof *row);
    if (!row) px_out_of_memory((unsigned long long)cols * sizeof *row);
    for (int64_t i = 0; i < t->computed.rows; i++) {
        px_mat_get_row(&t->computed, i, 0, cols, row);
        for (int64_t j = 0; j < cols; j++) {
            if (!settled) {
                add_unsettled(&s, &t->truth, row[j], i, j);
                continue;
            }
            px_settled e = px_settle(&t->truth, i, j);
            add_entry(&s, row[j], e.hi, e.lo, e.b);
        }
    }
    free(row);
    return s;
}

/* 8 digits of x, whatever x is within `open`? */
static bool decided(double x, double open) {
    return open == 0 || px_round_digits(x - open) == px_round_digits(x + open);
}

void px_columns_means(px_row *row, const px_trial *t) {
    double count = (double)t->computed.rows * (double)t->computed.cols;
    if (count == 0 || t->errors.n_nan > 0 || t->errors.n_inf > 0) {
        px_row_number(row, "err_cw_mean", PX_UNDEFINED);
        px_row_number(row, "bias_cw_mean", PX_UNDEFINED);
        return;
    }
    sums s = sums_of(t, false);
    double open = s.open == 0 ? 0 : 2 * s.open / count; /* twice: for the roundings of its sum, and of these lines */
    double error = (s.error.hi + s.error.lo) / count, bias = (s.bias.hi + s.bias.lo) / count;
    if (!decided(error, open + error * 0x1p-50 * (open > 0)) || !decided(bias, open + error * 0x1p-50 * (open > 0))) {
        s = sums_of(t, true);
        error = (s.error.hi + s.error.lo) / count;
        bias = (s.bias.hi + s.bias.lo) / count;
    }
    px_columns_figure(row, "err_cw_mean", error);
    px_columns_figure(row, "bias_cw_mean", bias);
}
