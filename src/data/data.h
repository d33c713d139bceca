/* Inputs: vectors for sums, pairs for single operations, matrices for products. Every number is a function of (seed,
 * rep, stream, index) and of the input axes, made by integers and by precx's own deterministic functions (or MPFR),
 * never by libm; never of format, order, backend or thread.
 *
 * Ideal data are px_wide: hi, and lo where a double cannot hold the number (1/3); hi + lo IS the ideal number then, 106
 * bits of it, so radius is absent. Entry (i, j) does not depend on the sizes (but for `conditioned`): the input of a
 * smaller cell is the beginning of that of a larger one. */
#ifndef PX_DATA_DATA_H
#define PX_DATA_DATA_H

#include <stdint.h>

#include "base/arena.h"
#include "matrix/wide.h"

typedef struct px_draw {
    uint64_t seed, rep;
    const char *stream; /* "A", "B", "x": streams of different names are independent */
} px_draw;

/* 64 random bits. U[0,1): a multiple of 2^-53. N(0,1): the quantile function at an odd multiple of 2^-53; its relative
 * error, and that of its exponential, is below 1e-13 (tests measure it). */
uint64_t px_draw_bits(px_draw d, uint64_t index);
double px_draw_uniform(px_draw d, uint64_t index);
double px_draw_normal(px_draw d, uint64_t index);
double px_draw_lognormal(px_draw d, uint64_t index); /* exp(N(0,1)) */

/* THE list of vector data (axis `data` of kind sum): X(id, what it is). */
#define PX_VECTOR_LIST(X)                                                                                             \
    X(uniform, "U[0,1)")                                                                                              \
    X(uniform_pm1, "U[-1,1)")                                                                                         \
    X(normal, "N(0,1)")                                                                                               \
    X(lognormal, "exp(N(0,1))")                                                                                       \
    X(harmonic, "1, 1/2, 1/3, ...")                                                                                   \
    X(ones, "all 1")                                                                                                  \
    X(constant, "all 1/3")                                                                                            \
    X(alternating, "1, -1/2, 1/3, -1/4, ...")                                                                         \
    X(conditioned, "sum |x_i| / |sum x_i| = `cond`: after Ogita, Rump & Oishi 2005, algorithm 6.1, for a sum")        \
    X(one_then_tiny, "1, then `tiny` again and again: reaches the bound of recursive summation")

/* THE list of pairs (axis `data` of the kinds add and product). */
#define PX_PAIR_LIST(X)                                                                                               \
    X(uniform, "U[0,1) both")                                                                                         \
    X(uniform_pm1, "U[-1,1) both")                                                                                    \
    X(normal, "N(0,1) both")                                                                                          \
    X(wide, "(U - 1/2) exp(2 N) both: wide exponents")                                                                \
    X(cancelling, "a from N(0,1), b = -a (1 - v 2^-g), v from U[0,1), g from 0 to 23: a + b loses about g bits")      \
    X(near_edge, "random signs and magnitudes for which a + b, or a b, lies within 2^-8 .. 2^8 times 2^`edge`")       \
    X(values, "one pair: the axes `a` and `b`")

/* THE list of matrices (axis `matrix` of kind gemm). */
#define PX_MATRIX_LIST(X)                                                                                             \
    X(uniform, "U[0,1): sums of one sign, errors drift")                                                              \
    X(uniform_pm1, "U[-1,1): zero mean, errors cancel")                                                               \
    X(normal, "N(0,1)")                                                                                               \
    X(wide, "(U - 1/2) exp(2 N): wide exponents (Ozaki's phi = 2)")                                                   \
    X(outlier, "N(0,1), one inner index in 64 of A times 2^5: outlier features of language models")                   \
    X(cancelling, "N(0,1), pairs of inner indices whose products cancel but for 2^-8")                                \
    X(scaled, "N(0,1), rows of A times 2^(i mod 9 - 4), columns of B times 2^-(j mod 9 - 4): power-of-two scaled")

#define PX_VECTOR_ENUM(id, text) PX_VECTOR_##id,
#define PX_PAIR_ENUM(id, text)   PX_PAIR_##id,
#define PX_MATRIX_ENUM(id, text) PX_MATRIX_##id,
typedef enum px_vector_id { PX_VECTOR_LIST(PX_VECTOR_ENUM) PX_VECTOR_COUNT } px_vector_id;
typedef enum px_pair_id { PX_PAIR_LIST(PX_PAIR_ENUM) PX_PAIR_COUNT } px_pair_id;
typedef enum px_matrix_id { PX_MATRIX_LIST(PX_MATRIX_ENUM) PX_MATRIX_COUNT } px_matrix_id;
#undef PX_VECTOR_ENUM
#undef PX_PAIR_ENUM
#undef PX_MATRIX_ENUM

const char *const *px_vector_names(void); /* NULL-terminated, for px_param.words */
const char *const *px_pair_names(void);
const char *const *px_matrix_names(void);
const char *px_vector_help(int i);
const char *px_pair_help(int i);
const char *px_matrix_help(int i);

/* A vector: rows x n, rows of independent draws (or alike, where nothing is drawn). */
typedef struct px_vector {
    int which; /* px_vector_id */
    px_draw draw;
    int64_t rows, n;
    double cond; /* conditioned: >= 2, with n >= 2; exact to about 2^-50 cond relative */
    double tiny; /* one_then_tiny */
} px_vector;
px_wide px_vector_fill(px_arena *arena, const px_vector *v);

/* n pairs, as two n x 1 columns. `product`: the pairs will be multiplied (near_edge places the product then). */
typedef struct px_pair {
    int which; /* px_pair_id */
    px_draw draw_a, draw_b;
    int64_t n;
    bool product;
    int64_t edge;      /* near_edge: an exponent */
    const char *a, *b; /* values: decimal numbers */
} px_pair;
void px_pair_fill(px_arena *arena, const px_pair *p, px_wide *a, px_wide *b);

/* A: m x k from stream a, B: k x n from stream b. */
typedef struct px_matrix {
    int which; /* px_matrix_id */
    px_draw draw_a, draw_b;
    int64_t m, n, k;
} px_matrix;
void px_matrix_fill(px_arena *arena, const px_matrix *p, px_wide *a, px_wide *b);

/* The number that a decimal text stands for: up to 15 significant digits are meant exactly (0.1 is one tenth, hi + lo);
 * with more digits the text is the spelling of a double, and that double is meant. PX_ASSERT that it is a number. */
void px_data_decimal(const char *text, double *hi, double *lo);

/* The ideal data rounded once, to nearest even, into the format: what the experiment stores and computes with. */
px_mat px_data_store(px_arena *arena, const px_wide *ideal, px_fp fmt);

/* From theory: the first i (from 1) with x_i <= ulp(s)/2, s the exact sum of the terms before, in a format of p bits:
 * where recursive summation to nearest stops growing (a tie may still be rounded up: one later then). 0 where there is
 * no such theory: for every vector but harmonic, ones and constant. */
int64_t px_vector_stagnation(int which, int p);

#endif
