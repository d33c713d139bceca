/* What a run says on stderr while it lives: one line redrawn in place (erased at the end), and lines that stay. */
#ifndef PX_RUN_PROGRESS_H
#define PX_RUN_PROGRESS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct px_progress {
    pthread_mutex_t lock;
    bool drawing, drawn; /* a line is wanted; a line is on the screen */
    int64_t n_cells, n_done;
    double work, work_done;     /* estimated work of this run and what is done of it: the ETA goes by it */
    double started, last_drawn; /* seconds, monotonic clock */
    int64_t n_warnings;
} px_progress;

/* n_done cells of n_cells are there already; `work` is what remains to be done. */
void px_progress_begin(px_progress *p, bool drawing, int64_t n_cells, int64_t n_done, double work);
void px_progress_cell(px_progress *p, double work); /* a cell is done */

/* A line that stays. Of warnings ("precx: warning: " and the text) the first PX_MAX_WARNINGS are shown, the rest
 * counted. */
void px_progress_note(px_progress *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
void px_progress_warn(px_progress *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
void px_progress_end(px_progress *p); /* erases the line, tells how many warnings were not shown */

enum { PX_MAX_WARNINGS = 10 };

double px_seconds(void); /* monotonic clock */

#endif
