/* A toy kind for the tests of src/run: cheap cells in which everything occurs that a table must hold. Axes word (plain,
 * "with, comma", failing), n, rep. A cell writes n % 3 + 1 rows (key column `step`); the cells of `failing` with rep 2
 * fail, half of them after a row. Every value is a function of the axes. */
#ifndef PX_TESTS_SUPPORT_TOY_H
#define PX_TESTS_SUPPORT_TOY_H

#include "run/run.h"

typedef struct px_toy {
    px_arena *arena;
    px_experiment experiment;
    px_plan plan;
    px_kind kind;
    char directory[64]; /* a fresh one, for results */
} px_toy;

/* n_cells cells (of 3 words x ... in plan order). */
px_toy px_toy_new(int n_cells);
void px_toy_free(px_toy *t); /* removes the directory */

extern long px_toy_sleep_us;  /* every cell sleeps this long */
extern long px_toy_signal_at; /* the process gets SIGINT while it computes this cell; -1: none */

/* Runs in a child process (so that signals, limits and threads of one run leave the next alone) and returns its exit
 * code; 128 + n when signal n killed it. stderr goes to DIRECTORY/stderr. file_limit > 0: RLIMIT_FSIZE in bytes. */
typedef struct px_toy_run {
    int jobs;
    bool resume;
    long file_limit;
    long kill_after_us; /* > 0: SIGKILL after this time */
    int shard, n_shards;
    px_when progress;
} px_toy_run;
int px_toy_go(const px_toy *t, px_toy_run how);

/* DIRECTORY/NAME's bytes, malloc'ed, with a NUL behind them; NULL when there is no such file. */
char *px_toy_read(const px_toy *t, const char *name, size_t *n);
void px_toy_write(const px_toy *t, const char *name, const char *bytes, size_t n);
bool px_toy_exists(const px_toy *t, const char *name);
void px_toy_remove(const px_toy *t, const char *name);

#endif
