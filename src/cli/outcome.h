/* What `check` found in one experiment, for programs: JUnit, TAP, annotations of a forge. */
#ifndef PX_CLI_OUTCOME_H
#define PX_CLI_OUTCOME_H

#include "cli/cli.h"
#include "gate/verdict.h"

typedef struct px_outcome {
    const char *name, *path; /* of the experiment */
    px_status status;        /* PX_OK, PX_REGRESSION; PX_NO_BASELINE: judged by theory alone; else not judged */
    const char *error;       /* what err says of the others; "" */
    px_verdicts verdicts;
} px_outcome;

typedef enum px_tested { PX_TESTED_PASSED, PX_TESTED_FAILED, PX_TESTED_SKIPPED } px_tested;

/* A test that judged nothing, or failed as expected, is skipped; why: "" unless skipped. */
px_tested px_outcome_tested(const px_test *test, const char **why);

/* "fp32/same/512/1: 9.1e-06, limit 4e-06, baseline 1e-06 (at most 4 x baseline)", of what a test found worst. */
const char *px_finding_text(px_arena *arena, const px_finding *finding);

/* The JUnit file of all outcomes: a suite an experiment, a case a test. */
px_status px_write_junit(const px_cli *cli, const char *path, const px_outcome *outcomes, int n, px_error *err);

/* TAP 13 on stdout. */
void px_print_tap(const px_cli *cli, const px_outcome *outcomes, int n);

/* GitHub's workflow commands on stdout, of which it shows 10 a step: the tenth counts the rest. All findings go to the file
 * that GITHUB_STEP_SUMMARY names, as a table. */
px_status px_annotate_github(const px_cli *cli, const px_outcome *outcomes, int n, px_error *err);

#endif
