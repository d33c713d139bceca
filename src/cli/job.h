/* One experiment of a command line: loaded, planned, and then printed or run. */
#ifndef PX_CLI_JOB_H
#define PX_CLI_JOB_H

#include "cli/cli.h"
#include "kind/kind.h"
#include "run/run.h"
#include "spec/experiment.h"

typedef struct px_job {
    px_arena *arena;  /* owns the rest */
    const char *path; /* as found */
    px_experiment experiment;
    px_plan plan;
    const px_kind *kind;
} px_job;

/* The file that an operand means: itself when it exists, else experiments/NAME.ini. PX_BAD_FILE when there is neither.
 */
px_status px_job_find(px_arena *arena, const char *operand, const char **path, px_error *err);

/* --dry-run: axes with their values, combinations, what is left out and why, cells, memory, time. */
void px_job_print_plan(const px_job *job);

/* What a run leaves on stdout: the table in the style of --format (a summary on a terminal), the path of the CSV, and
 * on a terminal what to type next. */
px_status px_job_print_result(const px_cli *cli, const px_job *job, const px_run_result *result, px_error *err);

#endif
