/* A-priori bounds as functions of the recipe: |E| <= beta B + eta for every entry, B the sum of magnitudes. Filled
 * only where a named theorem's hypotheses hold for the recipe and the data; else empty, with the reason. */
#ifndef PX_METRIC_BOUND_H
#define PX_METRIC_BOUND_H

#include <stdbool.h>
#include <stdint.h>

#include "arith/recipe.h"

typedef struct px_bound {
    bool valid;
    double beta, eta;           /* rounded up; eta has the unit of the result */
    double lambda, probability; /* probabilistic bounds only: of all entries together (union bound), else 0 */
    const char *source;         /* theorem and where to find it, or why there is none; static text */
} px_bound;

/* What a bound may ask about the data. */
typedef struct px_bound_data {
    int64_t k;       /* terms of one sum */
    int64_t entries; /* sums in the result, for the union bound */
    bool has_c;      /* a start value other than +0 */
    bool products;   /* terms are products a b (gemm, dot) rather than numbers (sum) */
    bool finite;     /* result, accumulators and products are finite (nothing overflowed or was saturated) */
    px_fp in;        /* format of the operands; of both: the wider */
    px_liberties liberties;      /* of who computes */
    double largest_a, largest_b; /* algorithms and liberties only: magnitudes of the operands */
    double tiny;                 /* models only: px_bound_mma_tiny of the operands; 0: not looked at */
} px_bound_data;

/* THE list of bounds: X(enumerator, name, formula, validity, source). Printed by `precx list bounds`. u = 2^-p of the
 * format named; v = u/(1+u) to nearest, 2u in the other modes; N: inexact roundings of one sum; h: of the longest path
 * of one term through it; n: terms. */
#define PX_BOUND_LIST(X)                                                                                               \
    X(PX_BOUND_ANY_ORDER, "any_order", "N u", "sums to nearest in one format, any order; terms exact until added",     \
      "Jeannerod & Rump, SIAM J. Matrix Anal. Appl. 34 (2013)")                                                        \
    X(PX_BOUND_DOT, "dot", "n u", "products and sums to nearest in the same format, any order",                        \
      "Jeannerod & Rump, SIAM J. Matrix Anal. Appl. 34 (2013)")                                                        \
    X(PX_BOUND_TREE, "tree", "(1 + u/(1+u))^h - 1", "to nearest: pairwise, blocked, few terms",                        \
      "Higham, ASNA 2nd ed., 4.2; u/(1+u): Jeannerod & Rump, Math. Comp. 87 (2018)")                                   \
    X(PX_BOUND_DIRECTED, "directed", "(1 + 2u)^h - 1", "toward_zero, up, down, odd, stochastic",                       \
      "Higham, ASNA 2nd ed., 4.2, with the error 2u of a directed rounding")                                           \
    X(PX_BOUND_MIXED, "mixed", "(1 + v_mul)(1 + sum in acc)(1 + v_out) - 1; split-k: partials (1 + v_split)",          \
      "product, accumulator, partial sums and result in formats of their own",                                         \
      "composition of the above; Blanchard, Higham, Lopez, Mary & Pranesh, SISC 42(3) (2020)")                         \
    X(PX_BOUND_BLOCK_FMA, "block_fma", "((1 + v)(1 + C 2^-F))^q - 1: q blocks, C = W or W+1 of whose terms are cut",   \
      "models of matrix units: v = 2^-P toward zero; on top of it what promotion, split-k and `out` add",              \
      "Blanchard, Higham, Lopez, Mary & Pranesh, SISC 42(3) (2020), with the cut at alignment: derived in "            \
      "metric/bound_mma.c")                                                                                            \
    X(PX_BOUND_BF16_PARTS, "bf16_parts",                                                                               \
      "what the sum of the products of parts has, and of products left out: about "                                    \
      "3 u^2 (bf16x3), 2 u^3 (bf16x6), 0 (bf16x9), u = 2^-8",                                                          \
      "algorithms bf16xN, operands in fp32 or shorter",                                                                \
      "Henry, Tang & Heinecke, ARITH 2019; derived in metric/bound_algorithm.c")                                       \
    X(PX_BOUND_LIBRARY, "library",                                                                                     \
      "directed or mixed, composed with itself; with (1 + 2 u_out)^n - 1 where any sum may be rounded to `out`; with " \
      "2d + d^2, d = 2u, where operands are rounded first",                                                            \
      "vendors' libraries: any order, any unit; subnormals kept, operands in the range of what they are rounded to",   \
      "Blanchard, Higham, Lopez, Mary & Pranesh, SISC 42(3) (2020); derived in metric/bound_library.c")                \
    X(PX_BOUND_MX, "mx",                                                                                               \
      "2 d + d^2 and what the sum has; d = 2^-3 (fp8 elements) or 2^-2 (fp4); eta: k quanta of "                       \
      "elements of the largest block",                                                                                 \
      "block-scaled algorithms",                                                                                       \
      "OCP Microscaling Formats v1.0, 6.3; derived in "                                                                \
      "metric/bound_algorithm.c")                                                                                      \
    X(PX_BOUND_OZAKI, "ozaki", "s(s+1)/2 u; eta: k (s+2) 2^(e_a + e_b - 7s), 2^e above the largest operand",           \
      "algorithm ozaki: normwise",                                                                                     \
      "Ozaki, Ogita, Oishi & Rump, Numer. Algorithms 59 (2012); derived in "                                           \
      "metric/bound_algorithm.c")                                                                                      \
    X(PX_BOUND_DOT2, "dot2", "u + (n u/(1 - n u))^2; eta: 5 n times the smallest subnormal",                           \
      "algorithm dot2, n u < 1/2", "Ogita, Rump & Oishi, SISC 26(6) (2005), prop. 5.5")                                \
    X(PX_BOUND_KAHAN, "kahan", "(u + K + (n-1) u v) / (1 - u - (n-1) u v), K = 2v + O(u^2)",                           \
      "to nearest, subnormals kept, u + (n-1) u v < 1, start value +0",                                                \
      "Kahan 1965, Knuth TAOCP 2, 4.2.2, ex. 19, with all terms: derived in metric/bound_compensated.c")               \
    X(PX_BOUND_NEUMAIER, "neumaier", "v + (1 + v)(n-1)(n-2) u^2",                                                      \
      "to nearest, subnormals kept, terms in the accumulator's format, start value +0",                                \
      "Ogita, Rump & Oishi, SISC 26(6) (2005), prop. 4.5, with Jeannerod & Rump 2013 for gamma")                       \
    X(PX_BOUND_OPERATION, "operation", "u/(1+u) to nearest, 2u else", "one rounded operation",                         \
      "Jeannerod & Rump, Math. Comp. 87 (2018)")                                                                       \
    X(PX_BOUND_UNDERFLOW, "underflow",                                                                                 \
      "eta: half the smallest subnormal a rounded product (all of it when not to "                                     \
      "nearest), 0 a sum; 2^emin a rounding where subnormals are flushed",                                             \
      "the absolute term of every bound above", "Hauser, TOPLAS 18(2) (1996); Demmel, SISSC 5(4) (1984)")              \
    X(PX_BOUND_HIGHAM_MARY, "higham_mary", "exp(lambda sqrt(sum u_i^2) + sum u_i^2/(1-u_i)) - 1, u_i along a path",    \
      "to nearest: a model, errors taken as independent with mean 0; reported, never gated",                           \
      "Higham & Mary, SISC 41(5) (2019), theorems 2.4 and 3.1; union bound over entries and terms")                    \
    X(PX_BOUND_STOCHASTIC, "stochastic", "the same with 2 u_i, and 2 u_i 2^-r a rounding for r random bits",           \
      "stochastic rounding: a theorem", "Connolly, Higham & Mary, SISC 43(1) (2021); union bound, entries and terms")

#define PX_BOUND_ENUM(id, name, formula, validity, source) id,
typedef enum px_bound_id { PX_BOUND_LIST(PX_BOUND_ENUM) PX_BOUND_COUNT } px_bound_id;
#undef PX_BOUND_ENUM

typedef struct px_bound_row {
    const char *name, *formula, *validity, *source;
} px_bound_row;
const px_bound_row *px_bound_rows(int *n);

/* Deterministic. Every order and mode, but: kahan and neumaier to nearest only; empty where something overflowed, and
 * where the bound is beyond the range of double. */
px_bound px_bound_sum(const px_recipe *recipe, const px_bound_data *data);

/* Probabilistic: to nearest (a model) and stochastic rounding (a theorem); not kahan and neumaier. lambda is chosen so
 * that all entries together hold with probability at least 0.99. */
px_bound px_bound_sum_probable(const px_recipe *recipe, const px_bound_data *data);

/* One rounded operation on numbers of its own format: u/(1+u) (nearest), 2u (else), and the underflow term. Product 0:
 * a sum or difference. */
px_bound px_bound_operation(px_fp fp, px_rounding rounding, bool product);

#endif
