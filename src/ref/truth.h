/* The reference: what a program's call would give in exact arithmetic. Shares no code with what it judges: integers and
 * MPFR, and of the house only formats and recipes as data. Every value is exact until it is rounded into hi and lo. */
#ifndef PX_REF_TRUTH_H
#define PX_REF_TRUTH_H

#include "base/arena.h"
#include "op/op.h"

/* The mpfr executor behind the common interface: put, run, get; recipes are ignored, nothing is rounded between calls.
 * */
const px_exec *px_ref_mpfr(void);

/* The truth about out[0] of one call, on these operands (the views of call->in, in order; an absent one has data
 * NULL). The truth lives in the arena. For add and mul the "sum of magnitudes" is |a| + |b| and |a b|. Infinite and
 * nan operands give what IEEE arithmetic gives. Exact sums in fixed point (ref/accumulate.h). */
px_status px_ref_truth(px_arena *arena, const px_call *call, const px_mat *in, int n_in, px_truth *truth,
                       px_error *err);

/* The same, number for number, by mpfr_sum over exact products: engine = mpfr. `in` must outlive the truth. Slow. */
px_status px_ref_truth_mpfr(px_arena *arena, const px_call *call, const px_mat *in, int n_in, px_truth *truth,
                            px_error *err);

/* The exact result rounded once to out's format `fp`: what a perfect algorithm would have returned. Stochastic: to
 * nearest. An exact zero keeps the sign it has in the truth. PX_INCOMPLETE when an enclosure without sharpen cannot
 * decide. */
px_status px_ref_rounded(const px_truth *truth, px_fp fp, px_rounding rounding, px_mat *out, px_error *err);

/* The same for the entries in which |computed| < bound, a result of the same shape; the others of out stay as
 * they are. */
px_status px_ref_rounded_where(const px_truth *truth, px_fp fp, px_rounding rounding, const px_mat *computed,
                               double bound, px_mat *out, px_error *err);

/* Correctly rounded dot product sum a_i b_i + c, to fp: `precx eval dot --order exact`. */
double px_ref_dot(int64_t n, const double *a, const double *b, double c, px_fp fp, px_rounding rounding);

#endif
