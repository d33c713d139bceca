/* One case on an executor against the plain definition (kernel/), and what differs. */
#ifndef PX_SELFTEST_JUDGE_H
#define PX_SELFTEST_JUDGE_H

#include "op/plugin.h"
#include "selftest/cases.h"

const char *px_comparison_name(px_comparison c);

/* Differences by kind, THE list. The names point at causes: a flushed subnormal at -ftz, one ulp of fused operations at
 * -fmad. X(enumerator, name) */
#define PX_DIFFERENCE_LIST(X)                                                                                          \
    X(PX_DIFFERS_NAN, "NaN")                                                                                           \
    X(PX_DIFFERS_INF, "infinity")                                                                                      \
    X(PX_DIFFERS_ZERO_SIGN, "sign of zero")                                                                            \
    X(PX_DIFFERS_FLUSHED, "subnormal flushed")                                                                         \
    X(PX_DIFFERS_ONE_ULP, "1 ulp")                                                                                     \
    X(PX_DIFFERS_MORE, "more than 1 ulp")
#define PX_DIFFERENCE_ENUM(id, name) id,
typedef enum px_difference { PX_DIFFERENCE_LIST(PX_DIFFERENCE_ENUM) PX_DIFFERENCE_COUNT } px_difference;
#undef PX_DIFFERENCE_ENUM
const char *px_difference_name(px_difference d);

/* What came of cases. Doubles are compared as words, ulps are those of the result's format. */
typedef struct px_tally {
    int64_t cases, values, different, by_kind[PX_DIFFERENCE_COUNT];
    double most_ulps;
    uint64_t digest;        /* of all results, in order */
    int64_t repeats_differ; /* cases whose second run gave other bits */
    int64_t beyond_bound;   /* PX_BOUNDED: values whose error exceeds the bound */
    double slack;           /* PX_BOUNDED: the largest error over its bound */
    int lines_left;         /* mismatches that are still told in full, to `told` */
    struct px_text *told;   /* NULL: none are */
} px_tally;

/* Adds one number; false when the two differ, by so many ulps of f. The word of x: a NaN is a NaN. */
bool px_tally_number(px_tally *t, px_fp f, double got, double want, double *ulps);
uint64_t px_tally_word(double x);

/* Makes the case, runs it twice on exec, and adds to the tally. An error of the executor ends it. Cases that exec does
 * not support are not counted. */
px_status px_judge_case(const px_exec *exec, const px_trial_key *key, px_comparison how, px_tally *tally,
                        px_error *err);

#endif
