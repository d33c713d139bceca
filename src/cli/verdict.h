/* Verdicts for people: what check, compare and accept print. */
#ifndef PX_CLI_VERDICT_H
#define PX_CLI_VERDICT_H

#include "cli/cli.h"
#include "gate/verdict.h"

/* "WHAT: FAILED   3 regressed, 1131 ok   (NOTE)", then the findings, worst first: the first ten, all with --verbose.
 * Columns that are empty throughout are left out. note "" or NULL: none. */
void px_print_verdicts(const px_cli *cli, const char *what, const char *note, const px_verdicts *v);

/* The last line for people and for readers of logs: "1131 passed, 3 failed, 0 skipped". */
void px_print_totals(int64_t passed, int64_t failed, int64_t skipped);

#endif
