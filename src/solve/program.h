/* A linear system on an executor: one program, whose segments the methods run. */
#ifndef PX_SOLVE_PROGRAM_H
#define PX_SOLVE_PROGRAM_H

#include "solve/scaling.h"

typedef struct px_linear {
    const px_solve *how;
    px_arena *arena;
    int64_t n;
    const double *a, *b; /* as stored, row-major */
    px_scales scales;
    int size; /* exponent of the largest entry of the scaled matrix */
    px_prog prog;
    void *state;
    px_mat column; /* n x 1, for put and get */
} px_linear;

/* Why the executor cannot do all of this, or NULL. */
const char *px_linear_refused(px_arena *arena, const px_solve *how, int64_t n);

px_status px_linear_open(px_linear *l, px_arena *arena, const px_solve *how, const px_mat *a, const px_mat *b,
                         px_error *err);
void px_linear_close(px_linear *l);

/* Scales, rounds, factorises: fills matrix, lu, pivots and cause of the solution. */
px_status px_linear_factor(px_linear *l, px_solution *solution, px_error *err);

/* x = A^-1 r by the factors, in factor.out. The right-hand side is scaled to an eighth of the matrix's largest entry
 * before it is rounded, unless `plain` and the matrix is not scaled either. When solution is not NULL, it gets the
 * system that was really solved. */
px_status px_linear_solve(px_linear *l, const double *r, bool plain, double *x, px_solution *solution, px_error *err);

/* r = b - A x, as the residual's format has it. */
px_status px_linear_residual(px_linear *l, const double *x, double *r, px_error *err);

/* z = A v in `apply`; z = M^-1 y in `apply`, M the product of the factors, unscaled. */
px_status px_linear_apply(px_linear *l, const double *v, double *z, px_error *err);
px_status px_linear_precondition(px_linear *l, const double *y, double *z, px_error *err);

#endif
