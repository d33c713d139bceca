/* Linear systems A x = b in several precisions: direct solves, iterative refinement by LU, Cholesky or GMRES, conjugate
 * gradients. Written on px_exec: factorisations, triangular solves and matrix-vector products are an executor's; what
 * is left (norms, stopping, vectors of a Krylov method) is arithmetic of arith/round.h in the stated format. */
#ifndef PX_SOLVE_SOLVE_H
#define PX_SOLVE_SOLVE_H

#include "op/op.h"

/* THE list of methods: X(id, what it does). */
#define PX_METHOD_LIST(X)                                                                                              \
    X(lu, "LU with partial pivoting in `factor`, no refinement")                                                       \
    X(cholesky, "Cholesky in `factor`, no refinement")                                                                 \
    X(lu_ir, "iterative refinement: LU and corrections in `factor`, residuals in `residual`, x in `work`")             \
    X(cholesky_ir, "the same with Cholesky")                                                                           \
    X(gmres_ir, "refinement by GMRES in `work`, preconditioned by the LU factors, products in `apply`")                \
    X(cg, "conjugate gradients in `work`, products in `apply`, the true residual (in `residual`) every `replace` "     \
          "steps")

/* Scalings before the factorisation, by powers of two (Higham, Pranesh & Zounon, SISC 41(4), 2019). */
#define PX_SCALING_LIST(X)                                                                                             \
    X(none, "the matrix is rounded as it is")                                                                          \
    X(max, "mu A with the largest entry at most `theta` times the largest number of `factor`")                         \
    X(two_sided, "mu R A S: rows, then columns, to a largest entry in [1/2, 1); mu as for max")

/* Stopping rules; the quantity is taken from the computed residual r and correction d, u that of `work`. */
#define PX_STOP_LIST(X)                                                                                                \
    X(normwise, "||r|| <= sqrt(n) u (||A|| ||x|| + ||b||), inf-norms (LAPACK's dsgesv)")                               \
    X(componentwise, "max |r_i| / (|A||x| + |b|)_i <= sqrt(n) u")                                                      \
    X(correction, "||d|| <= 2 u ||x||, inf-norms (Demmel et al., TOMS 32(2), 2006)")

/* Why a method stopped without its rule being met: X(id, what it is). */
#define PX_CAUSE_LIST(X)                                                                                               \
    X(none, "the stopping rule was met, or there is none")                                                             \
    X(zero_pivot, "a pivot is 0")                                                                                      \
    X(indefinite, "a pivot of Cholesky, or p^T A p, is not positive")                                                  \
    X(overflow, "the matrix, a factor or the solution is not finite")                                                  \
    X(divergence, "the quantity of the stopping rule grew a thousandfold, or ended above its first value")             \
    X(stagnation, "no tenth less in the last 8 steps")                                                                 \
    X(max_steps, "`max_steps` steps were not enough")                                                                  \
    X(inaccurate, "the rule `correction` was met, but fwd_norm is above 4 u of `work`: the judge's word")

#define PX_METHOD_ENUM(id, text)  PX_METHOD_##id,
#define PX_SCALING_ENUM(id, text) PX_SCALING_##id,
#define PX_STOP_ENUM(id, text)    PX_STOP_##id,
#define PX_CAUSE_ENUM(id, text)   PX_CAUSE_##id,
typedef enum px_method { PX_METHOD_LIST(PX_METHOD_ENUM) PX_METHOD_COUNT } px_method;
typedef enum px_scaling { PX_SCALING_LIST(PX_SCALING_ENUM) PX_SCALING_COUNT } px_scaling;
typedef enum px_stop { PX_STOP_LIST(PX_STOP_ENUM) PX_STOP_COUNT } px_stop;
typedef enum px_cause { PX_CAUSE_LIST(PX_CAUSE_ENUM) PX_CAUSE_COUNT } px_cause;
#undef PX_METHOD_ENUM
#undef PX_SCALING_ENUM
#undef PX_STOP_ENUM
#undef PX_CAUSE_ENUM
const char *px_cause_name(px_cause cause);

static inline bool px_method_factors(px_method m) { return m != PX_METHOD_cg; }
static inline bool px_method_is_symmetric(px_method m) {
    return m == PX_METHOD_cholesky || m == PX_METHOD_cholesky_ir || m == PX_METHOD_cg;
}
static inline bool px_method_is_direct(px_method m) { return m == PX_METHOD_lu || m == PX_METHOD_cholesky; }

/* How to solve. Everything is rounded to nearest even. */
typedef struct px_solve {
    px_method method;
    px_scaling scaling;
    px_stop stop;
    px_fp work;            /* of A, b and x */
    px_fp residual, apply; /* p = 0: binary128, by MPFR with 113 bits; a residual is then kept as a double */
    px_recipe factor;      /* of the factorisation and its triangular solves; A is rounded to factor.out */
    bool reciprocal;       /* columns are multiplied by the pivot's reciprocal */
    double theta;
    double inner_tolerance; /* gmres_ir: each inner solve reduces its residual by this factor */
    int64_t max_steps, max_inner;
    int64_t replace; /* cg: steps between two replacements of the residual; 0: never */
    const px_exec *exec;
} px_solve;

/* Entry (i, j) becomes 2^(mu + row[i] + column[j]) a_ij: exact but for underflow. */
typedef struct px_scales {
    int mu;
    const int *row, *column; /* n each */
} px_scales;

/* Step k: x_k, and the residual as the method computed it. Step 0 of a refinement is the direct solve, of cg x = 0. */
typedef struct px_solve_step {
    const double *x, *r;
    double quantity; /* of the stopping rule; a NaN where it does not exist yet */
    int64_t inner;   /* gmres_ir: iterations that led here */
} px_solve_step;

typedef struct px_solution {
    px_solve_step *steps;
    int64_t n_steps; /* 0: the factorisation failed */
    px_cause cause;
    /* The direct solve as it was: factor * factor_x = factor_b with the matrix rounded (and scaled) to factor.out; LU
     * is as PX_OP_LU has it, or the Cholesky factor. Not there for cg; factor_x NULL where the factorisation failed. */
    px_scales scales;
    px_mat matrix, lu;
    const double *pivots, *factor_b, *factor_x;
} px_solution;

/* Why the executor cannot do this for n equations, or NULL. Text in the arena. */
const char *px_solve_refused(px_arena *arena, const px_solve *how, int64_t n);

/* a: n x n, b: n x 1, both in how->work. The solution lives in the arena. Events of the numbers are its cause, never an
 * error. */
px_status px_solve_run(px_arena *arena, const px_solve *how, const px_mat *a, const px_mat *b, px_solution *solution,
                       px_error *err);

#endif
