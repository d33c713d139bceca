/* A run in flight: what the files of this room share. */
#ifndef PX_RUN_SWEEP_H
#define PX_RUN_SWEEP_H

#include <pthread.h>

#include "kind/shared.h"
#include "run/journal.h"
#include "run/progress.h"
#include "run/run.h"
#include "run/schedule.h"
#include "run/layout.h"

typedef struct px_sweep {
    const px_experiment *experiment;
    const px_plan *plan;
    const px_kind *kind;
    const px_run_options *options;
    px_arena *arena;
    const char *directory; /* of the results */
    const px_case **cells; /* of this shard, in plan order */
    int64_t n_cells, n_kept;
    bool *kept;      /* n_cells: found in the journal */
    double *seconds; /* n_cells: of those computed in this run */
    px_shared *shared; /* what cells have in common */
    px_layout main, library;
    px_progress progress;
    double started;   /* px_seconds */
    int64_t epoch;    /* seconds since 1970: what `started` says in the meta file */
    bool epoch_given; /* by SOURCE_DATE_EPOCH: no clock may show in the meta file */
    /* Under the lock: */
    pthread_mutex_t lock;
    px_journal journal;
    px_error trouble; /* the first error of the disk; status PX_OK: none */
} px_sweep;

/* results/NAME.SUFFIX; results/NAME.IofN.SUFFIX for a shard. NAME is the experiment's stem. */
void px_sweep_path(const px_sweep *s, const char *suffix, char path[PX_PATH_CHARS]);

/* Refuses to replace a file that is not of a run: PX_BAD_FILE. */
px_status px_own_file_check(const char *path, const char *suffix, px_error *err);

/* A word as a shell reads it back. */
void px_add_shell_word(px_text *out, const char *word);

/* cell.c: px_schedule's compute. Runs the kind, puts its rows (or one failed row) into the journal. context: px_sweep.
 */
void px_cell_compute(void *context, const px_task *task, px_arena *arena);

/* What publishing found in the journal. */
typedef struct px_tally {
    int64_t rows[PX_CELL_STATUS_COUNT];
    int64_t cells[PX_CELL_STATUS_COUNT]; /* by the worst status of their rows */
} px_tally;

/* publish.c: from a complete journal to the files of a run, all under temporary names first, then renamed, the table
 * before its side files. Removes the journal, which stays when anything failed. */
px_status px_publish(px_sweep *s, px_tally *tally, px_error *err);

/* provenance.c: the text of NAME.meta.json, sorted keys. */
typedef struct px_published {
    const char *name; /* of the file, without directory */
    const char *hash; /* SHA-256 in hex */
} px_published;
void px_provenance(const px_sweep *s, const px_tally *tally, const px_published *main, const px_published *library,
                   px_text *out);

#endif
