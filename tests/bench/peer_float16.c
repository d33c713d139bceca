/* The peer that anyone can write: gcc's _Float16, one operation a statement (in one expression gcc keeps intermediate
 * results in binary32). Compiled for the machine's conversion instructions where it has them. */
#include <stdlib.h>

#include "bench/bench.h"

__extension__ typedef _Float16 half;

void peer_float16_ikj(int64_t n, const float *a, const float *b, float *c) {
    size_t count = (size_t)(n * n);
    half *x = malloc(count * sizeof *x), *y = malloc(count * sizeof *y), *z = calloc(count, sizeof *z);
    if (!x || !y || !z) abort();
    for (size_t i = 0; i < count; i++) x[i] = (half)a[i], y[i] = (half)b[i];
    for (int64_t i = 0; i < n; i++)
        for (int64_t k = 0; k < n; k++)
            for (int64_t j = 0; j < n; j++) {
                half product = x[i * n + k] * y[k * n + j];
                z[i * n + j] = z[i * n + j] + product;
            }
    for (size_t i = 0; i < count; i++) c[i] = (float)z[i];
    free(z);
    free(y);
    free(x);
}
