/* Reads C although beta = 0. */
#include <stddef.h>

void cblas_sgemm(int order, int trans_a, int trans_b, int m, int n, int k, float alpha, const float *a, int lda,
                 const float *b, int ldb, float beta, float *c, int ldc);

void cblas_sgemm(int order, int trans_a, int trans_b, int m, int n, int k, float alpha, const float *a, int lda,
                 const float *b, int ldb, float beta, float *c, int ldc) {
    (void)order, (void)trans_a, (void)trans_b;
    for (int i = 0; i < m; i++)
        for (int j = 0; j < n; j++) {
            float s = beta * c[(size_t)i * (size_t)ldc + (size_t)j];
            for (int t = 0; t < k; t++)
                s += alpha * a[(size_t)i * (size_t)lda + (size_t)t] * b[(size_t)t * (size_t)ldb + (size_t)j];
            c[(size_t)i * (size_t)ldc + (size_t)j] = s;
        }
}
