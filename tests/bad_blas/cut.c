/* Operands cut to 11 bits, sums as they should be: what a product through tf32 units does to fp32. */
#include <math.h>
#include <stdlib.h>

#include "naive.h"

static double *cut(size_t n, const double *x) {
    double *y = malloc((n + 1) * sizeof *y);
    if (!y) abort();
    for (size_t i = 0; i < n; i++) {
        int e;
        double f = frexp(x[i], &e);
        y[i] = isfinite(x[i]) ? ldexp(trunc(ldexp(f, 11)), e - 11) : x[i];
    }
    return y;
}

void px_bad_product(bool single, size_t m, size_t n, size_t k, const double *a, const double *b, double *c) {
    double *x = cut(m * k, a), *y = cut(k * n, b);
    px_naive_product(single, m, n, k, x, y, c);
    free(x);
    free(y);
}
