/* Zeros are not multiplied, so 0 NaN and 0 inf count as 0: an old shortcut of reference BLAS. */
#include "naive.h"

void px_bad_product(bool single, size_t m, size_t n, size_t k, const double *a, const double *b, double *c) {
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++) {
            double s = 0;
            for (size_t t = 0; t < k; t++) {
                double x = a[i * k + t], y = b[t * n + j];
                if ((x >= 0 && x <= 0) || (y >= 0 && y <= 0)) continue;
                s = px_naive_round(single, s + px_naive_round(single, x * y));
            }
            c[i * n + j] = s;
        }
}
