/* A check under way: what the files of this room share. */
#ifndef PX_GATE_CHECK_H
#define PX_GATE_CHECK_H

#include "gate/gate.h"
#include "gate/judge.h"
#include "spec/rule.h"

typedef struct px_checking {
    px_verdicts *v;
    const px_result *result, *baseline; /* baseline NULL: none */
    px_tolerance tolerance;
    const px_case **by_id; /* the plan's cells, sorted by id */
    size_t n_cells;
    const px_case **cell;  /* one a row of the result */
    int64_t *baseline_row; /* one a row of the result; -1: none */
    int *baseline_column;  /* one a column of the result; -1: none */
    px_verdict *worst;     /* one a row of the result */
} px_checking;

/* The demand on a column in a cell, defaults included; NULL: none. */
const px_demand *px_checking_demand(const px_checking *c, const px_case *cell, int column, px_over over);

/* Judges by every rule of the demand and records the worst verdict, unless it is ok. */
px_verdict px_checking_apply(px_checking *c, const px_demand *demand, const px_evidence *e, const char *row,
                             const char *metric);

/* over_rep.c: demands over `rep`: median(METRIC), max(METRIC), within K sigma. */
void px_checking_groups(px_checking *c);

#endif
