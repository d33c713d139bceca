/* An experiment kind: its question, axes, columns, and how a cell is computed. One file a kind; THE list is kinds.c. */
#ifndef PX_KIND_KIND_H
#define PX_KIND_KIND_H

#include "base/arena.h"
#include "base/error.h"
#include "op/op.h"
#include "spec/experiment.h"
#include "spec/param.h"

/* What a cell may use while it runs; one a thread. */
typedef struct px_lab {
    px_arena *arena; /* the cell's: reset after its rows are written */
    px_engine engine;
    const char *dump_dir; /* --dump: a folder that exists, or NULL */
    struct px_shared *shared; /* what cells have in common (kind/shared.h); NULL: each makes its own */
} px_lab;

/* What a cell will take: flops-like units (1e9 of them are about a second of one thread) and bytes. */
typedef struct px_cost {
    double work;
    double bytes;
} px_cost;

typedef struct px_kind {
    px_kind_spec spec;
    const char *question; /* one sentence */
    const char *detail;   /* a paragraph for `describe`: what is measured, what stands beside it */
    const char *const *sources; /* NULL-terminated */
    const char *const *highlights; /* the columns that a summary shows, most telling first; NULL-terminated, NULL: all */
    /* Reads what the plan names from outside (files), before anything is written: PX_BAD_FILE with the place. NULL:
     * nothing. */
    px_status (*check)(const px_plan *plan, px_error *err);
    px_cost (*cost)(const px_case *c);
    /* Computes the cell and emits its row(s). A returned error fails the cell (a row with status failed), not the run.
     * Never reads anything but c and lab, never writes but to the sink and lab->dump_dir. */
    px_status (*run)(const px_case *c, px_lab *lab, px_sink *sink, px_error *err);
} px_kind;

/* PX_OK when every backend of the plan can compute here, else PX_SKIPPED or PX_INCOMPLETE with what is missing. */
px_status px_kind_ready(const px_plan *plan, px_error *err);

/* Does a table of the plan say where its cells were executed? Where a backend may do so elsewhere than on the CPU. The
 * column is `executed_on`: cpu or gpu. */
bool px_kind_placed(const px_plan *plan);
const char *px_kind_executed_on(const px_case *c);

const px_kind *const *px_kinds(int *n);
const px_kind *px_kind_find(const char *name); /* NULL: unknown */
const px_kind_catalogue *px_kind_catalogue_get(void);

#endif
