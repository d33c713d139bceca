/* One cell: from the plan to its records in the journal. */
#include "run/sweep.h"

/* The rows of a cell, kept until the cell is done: a cell that fails half way leaves one failed row. */
typedef struct collector {
    px_sink sink; /* the first member: a px_sink * is a collector * */
    const px_sweep *sweep;
    const px_case *cell;
    px_text main, library;
    int64_t n_rows;
} collector;

static px_status collect(px_sink *sink, const px_row *row, px_error *err) {
    (void)err;
    collector *c = (collector *)sink;
    px_layout_record(&c->sweep->main, c->cell, row, &c->main);
    px_layout_library_record(&c->sweep->library, c->cell, row, &c->library);
    c->n_rows++;
    return PX_OK;
}

/* The cell's only row says that it failed; or, when what it needs is not on this machine, that it is unsupported. */
static void fail_cell(px_sweep *s, collector *c, const px_error *why) {
    bool skipped = why->status == PX_SKIPPED;
    px_progress_warn(&s->progress, "cell %s %s: %s", c->cell->id, skipped ? "is skipped" : "failed", why->text);
    c->main.length = c->library.length = 0;
    c->n_rows = 1;
    px_layout_failed(&s->main, c->cell, skipped ? PX_CELL_UNSUPPORTED : PX_CELL_FAILED, &c->main);
}

static void store(px_sweep *s, const collector *c) {
    px_error err = {PX_OK, ""};
    pthread_mutex_lock(&s->lock);
    if (s->trouble.status == PX_OK &&
        px_journal_append(&s->journal, c->cell->index, c->n_rows, &c->main, &c->library, &err) != PX_OK)
        s->trouble = err;
    pthread_mutex_unlock(&s->lock);
}

void px_cell_compute(void *context, const px_task *task, px_arena *arena) {
    px_sweep *s = context;
    const px_case *cell = s->cells[task->cell];
    collector c = {.sink = {collect}, .sweep = s, .cell = cell};
    px_lab lab = {.arena = arena, .engine = s->experiment->engine, .dump_dir = s->options->dump_dir};
    lab.shared = s->shared;
    px_error err = {PX_OK, ""};
    double begin = px_seconds();
    px_status status = s->kind->run(cell, &lab, &c.sink, &err);
    s->seconds[task->cell] = px_seconds() - begin;
    err.status = status;
    if (status != PX_OK) fail_cell(s, &c, &err);
    PX_ASSERT(c.n_rows > 0);
    store(s, &c);
    px_text_free(&c.main);
    px_text_free(&c.library);
    px_progress_cell(&s->progress, task->work);
}
