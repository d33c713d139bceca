/* The truth about a linear system A x = b with stored A and b: x to more digits than a double, with a certificate. */
#ifndef PX_REF_SYSTEM_H
#define PX_REF_SYSTEM_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "matrix/wide.h"

/* What holds when `singular` is false: |x - (hi + lo)| <= radius in every entry, and for every vector v >= 0
 *
 *     || |A^-1| v ||_inf <= || |R| v ||_inf / (1 - alpha),     alpha < 1.
 *
 * Certificate (Rump, Acta Numerica 19, 2010, section 10): with ||I - R A||_inf <= alpha < 1, rounding errors of the
 * product included, A is nonsingular and ||x - x~||_inf <= ||R (b - A x~)||_inf / (1 - alpha). R is an approximate
 * inverse by binary64, or by MPFR where binary64 cannot certify it; x~ comes from x~ += R (b - A x~) with 256 bits. All
 * of it in one fixed order of operations: the same numbers on every machine. */
typedef struct px_system_truth {
    px_wide x;      /* n x 1 */
    px_mat inverse; /* R, n x n doubles */
    double alpha;
    bool singular; /* not even 1536 bits find an inverse: then nothing above holds */
} px_system_truth;

/* a: n x n, b: n x 1, finite. PX_INCOMPLETE where the system needs more than binary64 and n is above 400. */
px_status px_ref_system(px_arena *arena, const px_mat *a, const px_mat *b, px_system_truth *truth, px_error *err);

#endif
