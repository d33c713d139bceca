/* Inputs: vectors for sums and matrices for products. Every number is a function of (seed, rep, stream, index) and of the
 * input axes, made by integers and by precx's own deterministic functions (or MPFR), never by libm; never of format, order,
 * backend or thread. */
#ifndef PX_DATA_DATA_H
#define PX_DATA_DATA_H

#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "matrix/wide.h"

typedef struct px_draw {
    uint64_t seed, rep;
    const char *stream; /* "A", "B", "x" */
} px_draw;

/* U[0,1): a multiple of 2^-53. N(0,1): by inverse distribution, deterministic. */
double px_draw_uniform(px_draw d, uint64_t index);
double px_draw_normal(px_draw d, uint64_t index);
double px_draw_lognormal(px_draw d, uint64_t index); /* exp(N(0,1)) */
uint64_t px_draw_bits(px_draw d, uint64_t index);

/* THE list of vector data (axis `data` of kind sum): X(name, what it is). A vector is m = 1 or more independent rows. */
#define PX_VECTOR_LIST(X)                                                                                             \
    X("uniform", "U[0,1)")                                                                                            \
    X("uniform_pm1", "U[-1,1)")                                                                                       \
    X("normal", "N(0,1)")                                                                                             \
    X("lognormal", "exp(N(0,1))")                                                                                     \
    X("harmonic", "1, 1/2, 1/3, ...")                                                                                 \
    X("ones", "all 1")                                                                                                \
    X("constant", "all 1/3")                                                                                          \
    X("alternating", "(-1)^i / (i + 1)")                                                                              \
    X("conditioned", "sum |x_i| / |sum x_i| about `cond` (Ogita, Rump, Oishi 2005, algorithm 6.1, for a sum)")

/* THE list of matrices (axis `matrix` of kind gemm). */
#define PX_MATRIX_LIST(X)                                                                                             \
    X("uniform", "U[0,1): sums of one sign, errors drift")                                                            \
    X("uniform_pm1", "U[-1,1): zero mean, errors cancel")                                                             \
    X("normal", "N(0,1)")                                                                                             \
    X("wide", "(U - 1/2) exp(2 N): wide exponents (Ozaki's phi = 2)")                                                 \
    X("outlier", "N(0,1) with one inner index in 64 times 2^5: outlier features of language models")                  \
    X("cancelling", "pairs of inner indices that cancel but for 2^-8")                                                \
    X("scaled", "N(0,1), rows of A times 2^(i mod 9 - 4), columns of B times 2^-(j mod 9 - 4): power-of-two scaled")

const char *const *px_vector_names(void); /* NULL-terminated, for px_param.words */
const char *const *px_matrix_names(void);
const char *px_vector_help(int i);
const char *px_matrix_help(int i);

/* The ideal data, before any rounding to a format: real numbers as px_wide where a double cannot hold them (1/3), else
 * hi only. x: rows x n. cond is read by `conditioned` only. */
px_status px_vector_fill(px_arena *arena, int which, px_draw d, int64_t n, double cond, px_wide *x, px_error *err);
px_status px_matrix_fill(px_arena *arena, int which, px_draw a, px_draw b, int64_t m, int64_t n, int64_t k, px_wide *A,
                         px_wide *B, px_error *err);

/* The ideal data rounded once (to nearest even unless said) into the format: what the experiment stores and computes
 * with. */
px_mat px_data_store(px_arena *arena, const px_wide *ideal, px_fp fmt);

#endif
