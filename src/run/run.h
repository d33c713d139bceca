/* Runs a plan: schedule, journal, table, provenance. Knows no numerics. */
#ifndef PX_RUN_RUN_H
#define PX_RUN_RUN_H

#include "kind/kind.h"
#include "spec/experiment.h"

typedef enum px_when { PX_AUTO, PX_ALWAYS, PX_NEVER } px_when;

typedef struct px_run_options {
    const char *output_dir; /* NULL: the experiment's [output] dir, else "results" */
    const char *dump_dir;   /* NULL: none */
    px_when progress;
    bool resume, quiet;
    int shard, n_shards;     /* 1 of 1: everything; 0 of 0 means the same */
    const char *const *argv; /* the command line: for provenance and for the words "continue with"; NULL: unknown */
    int argc;
    const px_overrides *overrides; /* --set and --filter, for provenance; NULL: none */
} px_run_options;

typedef struct px_run_result {
    char csv_path[512];
    int64_t n_cells, n_kept; /* cells of this table (of this shard); those that --resume found in the journal */
    int64_t by_status[PX_CELL_STATUS_COUNT]; /* rows */
    double seconds;
} px_run_result;

/* Computes the cells of the plan and writes NAME.csv and its side files (NAME is the experiment's stem). PX_INCOMPLETE
 * when the disk fails (nothing half-named is left; the journal stays) or another run is writing this table, PX_BAD_FILE
 * when --resume meets another plan or an edited journal, or a file that is not ours bears one of our names,
 * PX_INTERRUPTED after SIGINT or SIGTERM (the journal is complete so far; err says how to go on; a second signal ends
 * the process at once). A failed cell is a row, a warning on stderr, and PX_OK. */
px_status px_run(const px_experiment *experiment, const px_plan *plan, const px_kind *kind,
                 const px_run_options *options, px_run_result *result, px_error *err);

/* Bytes that a run never exceeds, as its cells estimate them: those that run at the same time, and what they leave
 * behind for others. largest: of one cell. */
double px_run_memory(double largest, int64_t n_cells);

#endif
