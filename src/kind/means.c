#include "kind/means.h"

#include <math.h>

#include "kind/columns.h"
#include "kind/settled.h"

/* Sums over entries, in order: |E|/B, E/B with the sign of the exact value; and how far enclosures leave them open. */
typedef struct sums {
    double error, bias, open;
} sums;

static void add(sums *s, double computed, double hi, double lo, double b) {
    if (!(b > 0)) return;
    double part = ((computed - hi) - lo) / b;
    s->error += fabs(part);
    s->bias += hi < 0 ? -part : hi > 0 ? part : 0;
}

static sums sums_of(const px_trial *t, bool settled) {
    sums s = {0};
    for (int64_t i = 0; i < t->computed.rows; i++)
        for (int64_t j = 0; j < t->computed.cols; j++) {
            double x = px_mat_get(&t->computed, i, j);
            if (settled) {
                px_settled e = px_settle(&t->truth, i, j);
                add(&s, x, e.hi, e.lo, e.b);
                continue;
            }
            px_unsettled e = px_unsettle(&t->truth, i, j);
            add(&s, x, e.hi, e.lo_least, e.b_least);
            double error = fmax(fabs((x - e.hi) - e.lo_least), fabs((x - e.hi) - e.lo_most));
            if (e.b_least > 0)
                s.open += (e.lo_most - e.lo_least + error * ((e.b_most - e.b_least) / e.b_least)) / e.b_least;
        }
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
    /* Twice: both sums were rounded count times, and so will those of settled entries be. */
    double open = s.open == 0 ? 0 : (2 * s.open + 4 * count * 0x1p-53 * s.error) / count;
    if (!decided(s.error / count, open) || !decided(s.bias / count, open)) s = sums_of(t, true);
    px_columns_figure(row, "err_cw_mean", s.error / count);
    px_columns_figure(row, "bias_cw_mean", s.bias / count);
}
