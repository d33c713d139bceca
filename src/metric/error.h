/* How wrong a result is. Every figure is the exact value of its definition, correctly rounded to 8 significant
 * decimal digits, so it does not depend on the engine that found the truth: enclosures in double decide where they
 * can; for the entries that matter and are left over, px_truth.sharpen and exact arithmetic in MPFR decide.
 *
 * E = computed - exact; B = |A||B| (truth.absab); max over entries. Special values: an entry where both are NaN, or
 * both the same infinity, has error 0; any other NaN or infinity on one side, finite or not on the other: inf. In
 * |E|/B, 0/0 = 0. Undefined figures (no entries, a reference that is zero everywhere, no B) are PX_UNDEFINED and
 * print as an empty field. */
#ifndef PX_METRIC_ERROR_H
#define PX_METRIC_ERROR_H

#include <stdint.h>

#include "arith/fp.h"
#include "base/error.h"
#include "matrix/wide.h"

/* An undefined figure: a NaN that px_row_set turns into an empty field. A figure that is truly NaN does not occur. */
#define PX_UNDEFINED __builtin_nan("")

/* THE metric list: X(field, column, unit, formula and source). Printed by `precx list metrics`. */
#define PX_ERROR_METRICS(X)                                                                                           \
    X(err_abs, "err_abs", "1", "max |E|")                                                                             \
    X(err_rel, "err_rel", "1", "max |E| / |exact| over entries with exact != 0")                                      \
    X(err_ulp, "err_ulp", "ulp(out)",                                                                                 \
      "max |E| / ulp, ulp = 2^(max(floor(log2 |exact|), emin) - p + 1) of the out format; at 0 the smallest subnormal;"\
      " beyond the largest number the top binade's")                                                                   \
    X(err_rel_max, "err_rel_max", "1", "max |E| / max |exact| (normwise, max norm)")                                  \
    X(err_rel_fro, "err_rel_fro", "1", "||E||_F / ||exact||_F (normwise, Frobenius)")                                 \
    X(err_cw_max, "err_cw_max", "1", "max |E| / B: componentwise (Higham, ASNA 2nd ed., 3.5)")                        \
    X(err_cw_p50, "err_cw_p50", "1", "median over entries of |E| / B (lower median)")                                 \
    X(err_cw_p99, "err_cw_p99", "1", "99 % quantile over entries of |E| / B (order statistic ceil(0.99 N))")

typedef struct px_errors {
#define PX_METRIC_FIELD(field, column, unit, text) double field;
    PX_ERROR_METRICS(PX_METRIC_FIELD)
#undef PX_METRIC_FIELD
    int64_t n_inf, n_nan, n_subnormal; /* of the computed result */
    int64_t n_flushed;                 /* computed 0 although the rounded reference is not 0 */
    int64_t n_underflow; /* computed 0 or subnormal although the rounded reference is neither */
    int64_t n_ref_zero;  /* exact value 0, or not told apart from 0 */
} px_errors;

/* computed: in format computed->fmt, the `out` format of the ulp (exact: no err_ulp); same shape as the truth, whose
 * absab may be absent, and whose sharpen may be NULL where the enclosures are narrow (ideal data). `rounded` (may be
 * NULL): the exact result rounded to that format (px_ref_rounded), for n_flushed and n_underflow. PX_INCOMPLETE when
 * the truth has too few digits to decide a figure. */
px_status px_errors_measure(const px_mat *computed, const px_truth *truth, const px_mat *rounded, px_errors *out,
                            px_error *err);

/* The same; tops: an upper end of |E| / B in each row of the result, inf where there is no B, for px_errors_slacks. */
px_status px_errors_measure_rows(const px_mat *computed, const px_truth *truth, const px_mat *rounded, px_errors *out,
                                 double *tops, px_error *err);

/* max over entries of |E| / (beta B + eta), correctly rounded to 8 digits; 0/0 = 0; PX_UNDEFINED when an entry of
 * computed is not finite. beta and eta >= 0 are doubles taken as exact; PX_UNDEFINED when they are not finite. */
px_status px_errors_slack(const px_mat *computed, const px_truth *truth, double beta, double eta, double *slack,
                          px_error *err);

/* The same for n bounds at once, n <= PX_MAX_SLACKS. tops: of px_errors_measure_rows, so that most rows need no look;
 * or NULL. */
enum { PX_MAX_SLACKS = 2 };
px_status px_errors_slacks(const px_mat *computed, const px_truth *truth, const double *tops, int n,
                           const double *beta, const double *eta, double *slack, px_error *err);

/* x correctly rounded to 8 significant decimal digits, as the nearest double of that decimal. */
double px_round_digits(double x);

#endif
