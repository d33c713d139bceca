/* A linear system in the tunnel: solved, judged against its certified solution, and the rows that say so. */
#ifndef PX_KIND_SOLVING_H
#define PX_KIND_SOLVING_H

#include "kind/kind.h"
#include "metric/linear.h"
#include "ref/system.h"
#include "solve/solve.h"

typedef struct px_solving {
    px_solve how;
    px_mat a, b; /* as stored, in how.work */
    bool history;
    px_solution solution;
    px_system_truth truth;
    px_linear_truth linear; /* truth as metric/ reads it */
    px_factors factors;     /* .lu NULL where there are none */
} px_solving;

enum { PX_SOLVING_COLUMNS = 25 };
extern const px_column px_solving_columns[PX_SOLVING_COLUMNS];
extern const char *const px_solving_highlights[];

/* Solves how, a and b, finds the truth, judges, emits a row a step (with history) and that of the outcome, dumps. */
px_status px_solving_run(px_solving *s, const px_case *c, px_lab *lab, px_sink *sink, px_error *err);

#endif
