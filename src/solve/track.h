/* The steps of a method: kept, and judged by its stopping rule. The figures are plain double arithmetic on what the
 * method itself knows; the truth plays no part. */
#ifndef PX_SOLVE_TRACK_H
#define PX_SOLVE_TRACK_H

#include "solve/program.h"

typedef struct px_track {
    const px_linear *l;
    px_solution *solution;
    double norm_a, norm_b; /* inf-norms */
    double best;           /* the smallest quantity so far */
    int64_t best_step, capacity;
} px_track;

px_track px_track_new(const px_linear *l, px_solution *solution);

/* Step number solution->n_steps is x, r; d is the correction that led to x (NULL at step 0). Copies them. True: stop,
 * and the solution's cause says why. */
bool px_track_step(px_track *t, const double *x, const double *r, const double *d, int64_t inner);

#endif
