/* Does an executor compute here what it promises? Checks from the simplest on, so that the first failure is near its
 * cause, and so that what was done is worth most when time runs out. */
#ifndef PX_SELFTEST_SELFTEST_H
#define PX_SELFTEST_SELFTEST_H

#include <stdio.h>

#include "base/text.h"
#include "selftest/judge.h"

/* Exit code of a disagreement; an error of the executor is PX_INCOMPLETE, a device that is not here PX_SKIPPED. */
enum { PX_DISAGREES = PX_REGRESSION };

typedef struct px_selftest_options {
    const char *backend; /* cpu, or a name of the registry */
    bool full;           /* else a few seconds */
    const char *only;    /* a pattern for names of checks (*, ?); NULL: all */
    int keep;            /* mismatches of a check that are told in full */
    uint64_t seed;
} px_selftest_options;

typedef enum px_outcome { PX_PASSED, PX_FAILED, PX_NOT_RUN, PX_OUTCOME_COUNT } px_outcome;
const char *px_outcome_name(px_outcome o); /* passed, failed, skipped */

/* One check, done. */
typedef struct px_check {
    const char *name;
    px_comparison compared;
    px_outcome outcome;
    px_tally tally;
    double seconds;
    px_text told; /* mismatches, or why it was skipped; the caller's after `done` returns */
} px_check;

/* A check that the caller adds after the others, as it needs more of the house: a training step. */
typedef struct px_extra_check {
    const char *name;
    px_status (*run)(const px_selftest_options *o, px_tally *tally, px_error *err);
} px_extra_check;

/* Runs the checks in order; `done` gets each one. PX_SKIPPED and PX_INCOMPLETE as px_backend_ready has them; an error of
 * the executor in a check ends the rest. counts: by outcome. */
typedef void px_check_done(void *context, const px_check *check);
px_status px_selftest(const px_selftest_options *o, const px_extra_check *extra, px_check_done *done, void *context,
                      int counts[PX_OUTCOME_COUNT], px_error *err);

#endif
