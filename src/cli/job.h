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

/* Loads job->path. All mistakes are printed, and err->text is empty then. */
px_status px_job_load(px_job *job, const px_overrides *o, px_error *err);

/* Every operand of a command line that runs experiments, loaded, and how to run them. */
typedef struct px_jobs {
    px_job *at;
    int n;
    px_overrides overrides;
    px_run_options options; /* refers to the overrides: the struct stays where it is */
} px_jobs;

/* Reads the options and loads every operand; mistakes of all files are printed, the worst status returned. Two files of
 * one stem are a mistake. To be freed in any case. */
px_status px_jobs_prepare(const px_cli *cli, px_jobs *all, px_error *err);
void px_jobs_free(px_jobs *all);

/* "NAME: title   (seed 42, profile ci)" and a newline. */
void px_job_print_title(const px_job *job);

/* --dry-run: axes with their values, combinations, what is left out and why, cells, memory, time. */
void px_job_print_plan(const px_job *job);

/* What a run leaves on stdout: the table in the style of --format (a summary on a terminal), the path of the CSV, and
 * on a terminal what to type next. */
px_status px_job_print_result(const px_cli *cli, const px_job *job, const px_run_result *result, px_error *err);

#endif
