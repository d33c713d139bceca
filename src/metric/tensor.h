/* How far a tensor of a training step is from the truth: the figures of px_tensor_errors beside those of
 * metric/error.h. The truth is an enclosure; where it contains 0 the entry counts as 0: no relative error, no sign. */
#ifndef PX_METRIC_TENSOR_H
#define PX_METRIC_TENSOR_H

#include <stdint.h>

#include "base/error.h"
#include "matrix/wide.h"

/* THE list: X(field, column, formula). E = computed - exact. */
#define PX_TENSOR_METRICS(X)                                                                                           \
    X(err_rel_2, "err_rel_2", "||E||_2 / ||exact||_2 over all entries")                                                \
    X(err_rel_max, "err_rel_max", "max |E| / max |exact|")                                                             \
    X(err_p50, "err_p50", "median of |E| / |exact| over entries whose exact value is not 0 (lower median)")            \
    X(err_p99, "err_p99", "99 % quantile of |E| / |exact| over the same entries (order statistic ceil(0.99 N))")       \
    X(cosine, "cosine", "<computed, exact> / (||computed||_2 ||exact||_2)")

typedef struct px_tensor_errors {
#define PX_METRIC_FIELD(field, column, text) double field;
    PX_TENSOR_METRICS(PX_METRIC_FIELD)
#undef PX_METRIC_FIELD
    int64_t n_sign_flips; /* computed and exact value have opposite signs, neither is 0 */
    int64_t n_ref_zero;   /* exact value 0, or not told apart from 0 */
    int64_t n_undecided;  /* figures whose 8th digit the truth's radius does not decide: PX_UNDEFINED */
} px_tensor_errors;

/* computed: any format, the shape of the truth. Every figure is the exact value of its definition, correctly rounded to
 * 8 significant decimal digits, or PX_UNDEFINED: where it is not decided; where the truth is 0 everywhere; the cosine
 * also where computed is 0 everywhere or has an entry that is not finite. */
px_tensor_errors px_tensor_measure(const px_mat *computed, const px_truth *truth);

#endif
