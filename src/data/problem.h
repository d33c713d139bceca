/* Problems for optimizers: where they start, and the numbers in their gradients. */
#ifndef PX_DATA_PROBLEM_H
#define PX_DATA_PROBLEM_H

#include <stdbool.h>

#include "data/data.h"

/* THE list (axis `problem` of kind optimizer): X(id, what it is). */
#define PX_PROBLEM_LIST(X)                                                                                             \
    X(scalar, "n = 1: w_0 = 0.5, g = (w - 0.1) + 0.02 sin(3 t)")                                                       \
    X(textbook, "n = 2: w_0 = (0.5, -0.3), g = (0.1, -0.2) at every step")                                             \
    X(drift, "w_0 from U[1,1.5), g = -1 at every step: all weights want to grow alike")                     \
    X(quadratic, "w_0 from N(0,1), g_i = l_i w_i, l_i = kappa^(-i/(n-1)), i = 0 .. n-1")                               \
    X(rosenbrock, "w_0 = (-1.2, 1, ...), f = sum of 100 (b - a^2)^2 + (1 - a)^2 over pairs (a, b)")
#define PX_PROBLEM_ENUM(id, text) PX_PROBLEM_##id,
typedef enum px_problem_id { PX_PROBLEM_LIST(PX_PROBLEM_ENUM) PX_PROBLEM_COUNT } px_problem_id;
#undef PX_PROBLEM_ENUM

/* Why the problem has no such size, or NULL. */
const char *px_problem_refused(int which, int64_t n);

/* w_0, n x 1. */
px_wide px_problem_start(px_arena *arena, int which, px_draw draw, int64_t n);

/* n x 1: g of textbook and drift, l of quadratic (by MPFR), -0.1 of scalar, -1 for the (1 - a) of rosenbrock. */
px_wide px_problem_numbers(px_arena *arena, int which, int64_t n, double kappa);

/* 0.02 sin(3 t), n x 1: the part of scalar's gradient that moves. By MPFR. */
px_wide px_problem_force(px_arena *arena, int64_t n, int64_t t);

/* f(w), in binary64 (a sum of squares: relative error below 2^-50 n). False for problems given by their gradient. */
bool px_problem_loss(int which, const px_mat *w, const px_mat *numbers, double *f);

#endif
