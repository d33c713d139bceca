/* Questions to an executor of products: what it answers, where the exact result is known, says how it computes. */
#ifndef PX_KIND_ASK_H
#define PX_KIND_ASK_H

#include "kind/kind.h"
#include "kind/treatment.h"

/* Is asked; nothing is kept between questions. */
typedef struct px_asked {
    px_treatment how;
    int hi, lo; /* products of powers of two from 2^lo to 2^hi, and sums of some, are numbers of all formats of the
                 * recipe; at most +-120 */
} px_asked;
px_asked px_asked_of(const px_treatment *how);

/* C = A B, all row-major: a is m x k, b is k x n, c is m x n. The numbers belong to how.in. */
px_status px_ask(const px_asked *w, int64_t m, int64_t n, int64_t k, const double *a, const double *b, double *c,
                 px_error *err);

/* A sum of k products to ask for: x_0 y_0 + ... A library is asked for a product of matrices with 32 equal rows and 32
 * equal columns, since it may have other ways for smaller ones. */
typedef struct px_sum {
    int k;
    double *x, *y; /* zeros at first */
} px_sum;
px_sum px_sum_new(px_arena *arena, int k);

/* Product t: x y; x 2^e, the power shared by both factors. */
void px_sum_product(px_sum *s, int t, double x, double y);
void px_sum_power(px_sum *s, int t, double x, int e);

/* answer: entry (0, 0). *uniform is set to false when not all entries have its bits. */
px_status px_sum_ask(const px_asked *w, const px_sum *s, double *answer, bool *uniform, px_error *err);

#endif
