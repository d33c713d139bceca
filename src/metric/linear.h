/* Linear systems A x = b: conditions, backward and forward errors of an approximate solution, growth, and the bounds
 * that stand beside them. Norms are infinity norms. Figures are computed in binary64 with an error of some n 2^-53, so
 * their 8 digits are the same on every machine; what is called a bound is rounded up by more than that. */
#ifndef PX_METRIC_LINEAR_H
#define PX_METRIC_LINEAR_H

#include <stdbool.h>

#include "arith/recipe.h"
#include "base/arena.h"
#include "matrix/wide.h"

/* The system as stored, its solution, and R, alpha with || |A^-1| v || <= || |R| v || / (1 - alpha) for v >= 0
 * (ref/system.h). Matrices row-major without gaps. */
typedef struct px_linear_truth {
    int64_t n;
    const double *a, *b, *inverse;
    double alpha;
    const px_wide *x;
} px_linear_truth;

/* Upper bounds, at most a factor 1 / (1 - alpha) above the values; alpha is about n kappa 2^-53. */
typedef struct px_linear_conditions {
    double kappa_inf; /* ||A|| ||A^-1|| */
    double cond;      /* || |A^-1| |A| ||: Skeel's cond(A) */
    double cond_x;    /* || |A^-1| |A| |x| || / ||x||: cond(A, x) */
} px_linear_conditions;
px_linear_conditions px_linear_conditions_of(px_arena *arena, const px_linear_truth *t);

/* Of an approximate solution y (finite). r: the exact b - A y, scale: (|A||y| + |b|), n each. */
typedef struct px_linear_errors {
    double bwd_norm;  /* ||r|| / (||A|| ||y|| + ||b||): Rigal & Gaches, JACM 14, 1967 */
    double bwd_comp;  /* max |r_i| / scale_i, 0/0 = 0: Oettli & Prager, Numer. Math. 6, 1964 */
    double fwd_norm;  /* ||y - x|| / ||x|| */
    double fwd_comp;  /* max |y_i - x_i| / |x_i| over x_i that are not 0 */
    double bound_fwd; /* bwd_comp || |A^-1| scale || / ||x|| >= fwd_norm: a theorem without conditions, since
                         y - x = -A^-1 r and |r| <= bwd_comp scale (Higham, ASNA 7.2) */
} px_linear_errors;
px_linear_errors px_linear_errors_of(px_arena *arena, const px_linear_truth *t, const double *y, const double *r,
                                     const double *scale);

/* The factors of a direct solve in one format: l (unit, below the diagonal) and u in one matrix, or Cholesky's l. */
typedef struct px_factors {
    int64_t n;
    const double *matrix, *lu; /* what was factorised; the factors */
    const double *pivots;      /* row exchanges; ignored for cholesky */
    bool cholesky;
    px_recipe recipe;
    bool reciprocal; /* pivots may enter by their rounded reciprocals, and sums be added in any order: a library's */
} px_factors;

/* max |u_ij| / max |a_ij|; of Cholesky max l_ij^2 / max |a_ij|. */
double px_growth(const px_factors *f);

/* Backward error bound of the direct solve: |b - A y| <= beta |L||U||y| + eta, entry by entry, with
 * beta = 3 n u + n^2 u^2 (n + 1 more for Cholesky): Rump & Jeannerod, Improved backward error bounds for LU and
 * Cholesky factorizations, SIMAX 35(2), 2014; Higham's 3 gamma_n without its condition; with reciprocals gamma_(3n+3).
 * eta: what underflow may add. Where there is no bound beta is a NaN and `source` says why. */
typedef struct px_solve_bound {
    double beta;
    const char *source;
    double slack; /* max |r_i| / (beta (|L||U||y|)_i + eta_i): at most 1 */
} px_solve_bound;

/* y: the computed solution in the format of the factors, r: the exact b - A y of the system that was factorised. */
px_solve_bound px_solve_bound_of(px_arena *arena, const px_factors *f, const double *y, const double *r);

/* 3 n u || |A^-1||L||U| ||, u of the factorisation: below 1, refinement by these factors converges (Carson & Higham,
 * SISC 40(2), 2018, 3). The factors are of a matrix scaled by 2^mu, row and column exponents: NULL for none. */
double px_convergence_factor(px_arena *arena, const px_linear_truth *t, const px_factors *f, const int *row_exponents,
                             const int *column_exponents, int mu);

#endif
