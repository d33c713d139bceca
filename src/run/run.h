/* Runs a plan: schedule, journal, table, provenance. Knows no numerics. */
#ifndef PX_RUN_RUN_H
#define PX_RUN_RUN_H

#include "kind/kind.h"
#include "spec/experiment.h"

typedef enum px_when { PX_AUTO, PX_ALWAYS, PX_NEVER } px_when;

typedef struct px_run_options {
    const char *output_dir; /* default "results" */
    const char *dump_dir;   /* NULL: none */
    px_when progress;
    bool resume, quiet;
    int shard, n_shards; /* 1 of 1: everything */
    const char *const *argv; /* for provenance */
    int argc;
} px_run_options;

typedef struct px_run_result {
    char csv_path[512];
    int64_t n_cells, n_kept;
    int64_t by_status[PX_CELL_STATUS_COUNT]; /* rows */
    double seconds;
} px_run_result;

/* Computes the cells of the plan and writes NAME.csv and its side files. PX_INCOMPLETE when the disk fails (nothing
 * half-named is left; the journal stays), PX_BAD_FILE when --resume meets another plan, PX_INTERRUPTED after SIGINT or
 * SIGTERM (the journal is flushed; err says how to go on). A failed cell is a row, and PX_OK. */
px_status px_run(const px_experiment *experiment, const px_plan *plan, const px_kind *kind, const px_run_options *options,
                 px_run_result *result, px_error *err);

#endif
