/* What the results of an operation have in common: each is a sum of products, out_ij = [c_ij] + sum_t a_t b_t. */
#ifndef PX_REF_TERMS_H
#define PX_REF_TERMS_H

#include <stdbool.h>

#include "base/arena.h"
#include "op/op.h"
#include "ref/accumulate.h"

/* Entry (i, j): products of a[i a_i + j a_j + t] and b[i b_i + j b_j + t b_step], t = 0 .. n-1, and c[i cols + j] when
 * c is there. The numbers live in the arena. */
typedef struct px_ref_terms {
    int64_t rows, cols, n;
    const px_num *a, *b, *c;
    int64_t n_a, n_b; /* numbers in a, in b */
    int64_t a_i, a_j, b_i, b_j;
    int b_step;
    int e_min, e_max; /* of a.e + b.e, for px_accumulator_start */
    bool special;     /* some operand is an infinity or nan */
} px_ref_terms;

/* The terms of PX_OP_ADD, MUL, ROUND, SUM or GEMM; PX_ASSERTs on shapes. PX_INCOMPLETE for an operation that is no sum
 * of products. */
px_status px_ref_terms_of(px_arena *arena, const px_call *call, const px_mat *in, int n_in, px_ref_terms *terms,
                          px_error *err);

/* Sets e_min, e_max and special, by a look at all numbers. */
void px_ref_find_range(px_ref_terms *terms);

static inline const px_num *px_ref_a(const px_ref_terms *t, int64_t i, int64_t j) {
    return t->a + i * t->a_i + j * t->a_j;
}
static inline const px_num *px_ref_b(const px_ref_terms *t, int64_t i, int64_t j) {
    return t->b + i * t->b_i + j * t->b_j;
}
static inline const px_num *px_ref_c(const px_ref_terms *t, int64_t i, int64_t j) {
    return t->c ? t->c + i * t->cols + j : NULL;
}

/* Entry (i, j) and its sum of magnitudes, exactly, infinities, nans and the sign of zero included; sets the
 * precisions. */
void px_ref_entry_of_terms(const px_ref_terms *t, int64_t i, int64_t j, mpfr_t sum, mpfr_t magnitudes);

/* What IEEE arithmetic makes of the products and of their magnitudes as far as infinities and nans go: adds those to
 * *sum and *magnitudes, which start at 0. */
void px_ref_add_special(double *sum, double *magnitudes, int64_t n, const px_num *a, const px_num *b, int b_step);

/* Which kinds of finite product occur, or-ed: the sign of a zero sum depends on it. */
enum { PX_TERM_PLUS_ZERO = 1, PX_TERM_MINUS_ZERO = 2, PX_TERM_NONZERO = 4 };
unsigned px_ref_kinds(int64_t n, const px_num *a, const px_num *b, int b_step);

#endif
