#include "naive.h"

#include <stdint.h>
#include <stdlib.h>

void px_naive_product(bool single, size_t m, size_t n, size_t k, const double *a, const double *b, double *c) {
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++) {
            double s = 0;
            for (size_t t = 0; t < k; t++)
                s = px_naive_round(single, s + px_naive_round(single, a[i * k + t] * b[t * n + j]));
            c[i * n + j] = s;
        }
}

static double *copy(bool single, size_t rows, size_t cols, const void *x, size_t ld) {
    double *y = malloc((rows * cols + 1) * sizeof *y);
    if (!y) abort();
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < cols; j++)
            y[i * cols + j] = single ? (double)((const float *)x)[i * ld + j] : ((const double *)x)[i * ld + j];
    return y;
}

/* Row-major, not transposed, alpha 1, beta 0: what precx asks for. */
static void gemm(bool single, int order, int trans_a, int trans_b, size_t m, size_t n, size_t k, const void *a,
                 size_t lda, const void *b, size_t ldb, void *c, size_t ldc) {
    if (order != 101 || trans_a != 111 || trans_b != 111) abort();
    double *x = copy(single, m, k, a, lda), *y = copy(single, k, n, b, ldb), *z = malloc((m * n + 1) * sizeof *z);
    if (!z) abort();
    px_bad_product(single, m, n, k, x, y, z);
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++) {
            if (single)
                ((float *)c)[i * ldc + j] = (float)z[i * n + j];
            else
                ((double *)c)[i * ldc + j] = z[i * n + j];
        }
    free(x);
    free(y);
    free(z);
}

void cblas_sgemm(int order, int trans_a, int trans_b, int m, int n, int k, float alpha, const void *a, int lda,
                 const void *b, int ldb, float beta, void *c, int ldc);
void cblas_dgemm(int order, int trans_a, int trans_b, int m, int n, int k, double alpha, const void *a, int lda,
                 const void *b, int ldb, double beta, void *c, int ldc);

void cblas_sgemm(int order, int trans_a, int trans_b, int m, int n, int k, float alpha, const void *a, int lda,
                 const void *b, int ldb, float beta, void *c, int ldc) {
    if (!(alpha >= 1 && alpha <= 1) || !(beta >= 0 && beta <= 0)) abort();
    gemm(true, order, trans_a, trans_b, (size_t)m, (size_t)n, (size_t)k, a, (size_t)lda, b, (size_t)ldb, c,
         (size_t)ldc);
}

void cblas_dgemm(int order, int trans_a, int trans_b, int m, int n, int k, double alpha, const void *a, int lda,
                 const void *b, int ldb, double beta, void *c, int ldc) {
    if (!(alpha >= 1 && alpha <= 1) || !(beta >= 0 && beta <= 0)) abort();
    gemm(false, order, trans_a, trans_b, (size_t)m, (size_t)n, (size_t)k, a, (size_t)lda, b, (size_t)ldb, c,
         (size_t)ldc);
}
