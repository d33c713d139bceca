/* The singular values of a matrix in binary64, by one-sided Jacobi: the same bits on every machine, unlike LAPACK's.
 *
 * Demmel & Veselic, SIMAX 13(4), 1992. The order of the rotations is a round robin (Brent & Luk, SISSC 6(1), 1985),
 * every sum has one order, nothing is contracted. About 5 n^3 operations a sweep, six to ten sweeps. */
#ifndef PX_SOLVE_JACOBI_H
#define PX_SOLVE_JACOBI_H

#include <stdbool.h>

#include "base/arena.h"
#include "matrix/mat.h"

typedef struct px_spectrum {
    double *sigma; /* min(rows, cols) of them, largest first; the arena's */
    int64_t n;
    double kappa_2; /* sigma[0] / sigma[n-1]; inf where that is 0 */
    /* |kappa_2 / exact - 1| is at most this, by a backward error analysis (jacobi.c): n^(3/2) u kappa_2 and more. inf
     * where nothing is known: kappa_2 may be that of noise then. */
    double radius;
    bool converged;
} px_spectrum;

/* Every entry of m is finite. */
px_spectrum px_jacobi_spectrum(px_arena *arena, const px_mat *m);

#endif
