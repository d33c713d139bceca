/* A plain CBLAS product, for libraries that are wrong on purpose. Every library defines its own px_bad_product. */
#ifndef PX_TESTS_BAD_BLAS_NAIVE_H
#define PX_TESTS_BAD_BLAS_NAIVE_H

#include <stdbool.h>
#include <stddef.h>

/* C = A B: row-major without gaps, numbers of binary32 (single) or binary64 held as doubles. */
void px_bad_product(bool single, size_t m, size_t n, size_t k, const double *a, const double *b, double *c);

/* The same as it should be: k ascending, a rounding a product and a rounding a sum. */
void px_naive_product(bool single, size_t m, size_t n, size_t k, const double *a, const double *b, double *c);

/* x rounded to binary32 if single: binary64 operations on binary32 numbers, rounded again, are binary32's. */
static inline double px_naive_round(bool single, double x) { return single ? (double)(float)x : x; }

#endif
