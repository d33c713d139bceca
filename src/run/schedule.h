/* The order and the company in which cells are computed. Wide cells (those with more than 1/(4 threads) of the work
 * that is left) run first, one at a time, with all threads inside; then narrow cells, one a thread, the dearest first.
 * What runs at the same time stays under a limit of memory. */
#ifndef PX_RUN_SCHEDULE_H
#define PX_RUN_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"

typedef struct px_task {
    int64_t cell; /* position in the plan's list */
    double work;  /* estimated, any unit */
    double bytes; /* estimated */
} px_task;

/* Sorts the tasks by falling work (ties by cell) and returns how many of the first are wide. */
int64_t px_schedule_order(px_task *tasks, int64_t n, int threads);

typedef struct px_schedule {
    const px_task *tasks;
    int64_t n_tasks, n_wide;
    double memory_limit; /* bytes; a task that needs more runs alone */
    /* Computes one task; the arena is the task's own, and is reset afterwards. */
    void (*compute)(void *context, const px_task *task, px_arena *arena);
    bool (*stopped)(void *context); /* true: start no further task */
    void *context;
} px_schedule;

/* Returns when every task is computed, or those that had begun when `stopped` turned true. */
void px_schedule_run(const px_schedule *s);

#endif
