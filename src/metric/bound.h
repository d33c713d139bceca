/* A-priori bounds as functions of the recipe: |E| <= beta B + eta for every entry, B the sum of magnitudes. Filled only
 * where a named theorem's hypotheses hold for the recipe and the data; else empty, with the reason. */
#ifndef PX_METRIC_BOUND_H
#define PX_METRIC_BOUND_H

#include <stdbool.h>
#include <stdint.h>

#include "arith/recipe.h"

typedef struct px_bound {
    bool valid;
    double beta, eta;
    double lambda, probability; /* probabilistic bounds only: of all entries together (union bound), else 0 */
    const char *source; /* theorem and where to find it, or why there is none; static text */
} px_bound;

/* What a bound may ask about the data. */
typedef struct px_bound_data {
    int64_t k;        /* terms of one sum */
    int64_t entries;  /* sums in the result, for the union bound */
    bool has_c;       /* a start value other than +0 */
    bool products;    /* terms are products a b (gemm, dot) rather than numbers (sum) */
    bool finite;      /* result, accumulators and products are finite (nothing overflowed) */
    px_fp in;         /* format of the operands */
} px_bound_data;

/* Deterministic: Jeannerod & Rump 2013 in any order, trees, mixed product/accumulator/out formats, Kahan and Neumaier,
 * directed modes, underflow terms (Hauser 1996), as written in the source file. */
px_bound px_bound_sum(const px_recipe *recipe, const px_bound_data *data);

/* Probabilistic: Higham & Mary 2019 (round to nearest: a model), Connolly, Higham & Mary 2021 (stochastic rounding). lambda
 * is chosen so that all entries together hold with probability at least 0.99. */
px_bound px_bound_sum_probable(const px_recipe *recipe, const px_bound_data *data);

/* One rounded operation: u (nearest), 2u (else), and the underflow term. Product 0: a sum or difference. */
px_bound px_bound_operation(px_fp fp, px_rounding rounding, bool product);

/* THE list for `precx list bounds`: X(name, formula, validity, source). */
typedef struct px_bound_row {
    const char *name, *formula, *validity, *source;
} px_bound_row;
const px_bound_row *px_bound_rows(int *n);

#endif
