#include "kind/columns.h"

#include <math.h>
#include <stdio.h>

#include "base/text.h"

/* Through 14 digits, so that a figure whose true value is a tie of 8 digits (0.000244140625) is seen as one. */
void px_columns_figure(px_row *row, const char *column, double x) {
    char digits[PX_DOUBLE_CHARS];
    snprintf(digits, sizeof digits, "%.13e", x);
    PX_ASSERT(px_double_parse(digits, &x));
    px_row_number(row, column, isfinite(x) ? px_round_digits(x) : x);
}

void px_columns_error(px_row *row, const px_trial *t) {
#define SET(field, column, unit, text) px_row_number(row, column, t->errors.field);
    PX_ERROR_METRICS(SET)
#undef SET
}

void px_columns_bound(px_row *row, const px_trial *t) {
    px_columns_figure(row, "bound_det", t->det.valid ? t->det.beta : PX_UNDEFINED);
    px_columns_figure(row, "bound_det_eta", t->det.valid ? t->det.eta : PX_UNDEFINED);
    px_row_number(row, "slack_det", t->slack_det);
    px_row_text(row, "bound_note", t->det.source);
}

void px_columns_probable(px_row *row, const px_trial *t) {
    px_columns_figure(row, "bound_prob", t->prob.valid ? t->prob.beta : PX_UNDEFINED);
    px_row_number(row, "slack_prob", t->slack_prob);
    px_columns_figure(row, "lambda", t->prob.valid ? t->prob.lambda : PX_UNDEFINED);
    px_columns_figure(row, "probability", t->prob.valid ? t->prob.probability : PX_UNDEFINED);
    double terms = (double)t->in[0].cols, u = px_fp_u(t->how.recipe.acc);
    px_columns_figure(row, "n_u", terms * u);
    px_columns_figure(row, "sqrt_n_u", sqrt(terms) * u);
}

void px_columns_amplification(px_row *row, const px_trial *t) {
    double worst = PX_UNDEFINED;
    for (int64_t i = 0; i < t->computed.rows; i++)
        for (int64_t j = 0; j < t->computed.cols; j++) {
            double b = px_mat_get(&t->truth.absab.hi, i, j), v = fabs(px_mat_get(&t->truth.v.hi, i, j));
            if (v > 0 && isfinite(b)) worst = fmax(worst, b / v);
        }
    px_columns_figure(row, "amplification", worst);
}

void px_columns_count(px_row *row, const px_trial *t) {
    px_row_integer(row, "n_inf", t->errors.n_inf);
    px_row_integer(row, "n_nan", t->errors.n_nan);
    px_row_integer(row, "n_subnormal", t->errors.n_subnormal);
    px_row_integer(row, "n_flushed", t->errors.n_flushed);
    px_row_integer(row, "n_ref_zero", t->errors.n_ref_zero);
}

void px_columns_single(px_row *row, const px_trial *t) {
    if (t->computed.rows * t->computed.cols != 1) return;
    px_row_value(row, "computed", px_mat_get(&t->computed, 0, 0));
    px_row_value(row, "reference", px_mat_get(&t->truth.v.hi, 0, 0));
}

void px_columns_status(px_row *row, px_cell_status s) { px_row_text(row, "status", px_cell_status_name(s)); }
