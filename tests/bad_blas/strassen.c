/* Strassen's product down to blocks of 16 (Higham, ASNA 2nd ed., 23.1): accurate in norm, not entry by entry. */
#include <stdlib.h>
#include <string.h>

#include "naive.h"

enum { CUTOFF = 16 };

static void combine(bool single, size_t n, const double *x, double sign, const double *y, double *z) {
    for (size_t i = 0; i < n * n; i++) z[i] = px_naive_round(single, x[i] + sign * y[i]);
}

/* Quarter q of an n x n matrix (0 1 / 2 3), and back. */
static void take(size_t n, const double *x, int q, double *part) {
    size_t h = n / 2, top = q / 2 ? h : 0, left = q % 2 ? h : 0;
    for (size_t i = 0; i < h; i++) memcpy(part + i * h, x + (top + i) * n + left, h * sizeof *x);
}

static void put(size_t n, double *x, int q, const double *part) {
    size_t h = n / 2, top = q / 2 ? h : 0, left = q % 2 ? h : 0;
    for (size_t i = 0; i < h; i++) memcpy(x + (top + i) * n + left, part + i * h, h * sizeof *x);
}

/* n a power of two. */
static void strassen(bool single, size_t n, const double *a, const double *b, double *c) {
    if (n <= CUTOFF) {
        px_naive_product(single, n, n, n, a, b, c);
        return;
    }
    enum { SUM, OTHER = 2, PRODUCTS, QUARTERS = 10, BUFFERS = 18 };
    size_t h = n / 2;
    double *buffer = malloc(BUFFERS * h * h * sizeof *buffer), *at[BUFFERS];
    if (!buffer) abort();
    for (size_t i = 0; i < BUFFERS; i++) at[i] = buffer + i * h * h;
    double **p = at + PRODUCTS - 1, **x = at + QUARTERS, **y = at + QUARTERS + 4, *s = at[SUM], *t = at[OTHER];
    for (int q = 0; q < 4; q++) take(n, a, q, x[q]), take(n, b, q, y[q]);
    combine(single, h, x[0], 1, x[3], s), combine(single, h, y[0], 1, y[3], t), strassen(single, h, s, t, p[1]);
    combine(single, h, x[2], 1, x[3], s), strassen(single, h, s, y[0], p[2]);
    combine(single, h, y[1], -1, y[3], t), strassen(single, h, x[0], t, p[3]);
    combine(single, h, y[2], -1, y[0], t), strassen(single, h, x[3], t, p[4]);
    combine(single, h, x[0], 1, x[1], s), strassen(single, h, s, y[3], p[5]);
    combine(single, h, x[2], -1, x[0], s), combine(single, h, y[0], 1, y[1], t), strassen(single, h, s, t, p[6]);
    combine(single, h, x[1], -1, x[3], s), combine(single, h, y[2], 1, y[3], t), strassen(single, h, s, t, p[7]);
    combine(single, h, p[1], 1, p[4], s), combine(single, h, s, -1, p[5], t), combine(single, h, t, 1, p[7], s);
    put(n, c, 0, s);
    combine(single, h, p[3], 1, p[5], s), put(n, c, 1, s);
    combine(single, h, p[2], 1, p[4], s), put(n, c, 2, s);
    combine(single, h, p[1], -1, p[2], s), combine(single, h, s, 1, p[3], t), combine(single, h, t, 1, p[6], s);
    put(n, c, 3, s);
    free(buffer);
}

static double *padded(size_t n, size_t rows, size_t cols, const double *x) {
    double *y = calloc(n * n, sizeof *y);
    if (!y) abort();
    for (size_t i = 0; i < rows; i++) memcpy(y + i * n, x + i * cols, cols * sizeof *x);
    return y;
}

void px_bad_product(bool single, size_t m, size_t n, size_t k, const double *a, const double *b, double *c) {
    size_t size = 1;
    while (size < m || size < n || size < k) size *= 2;
    double *x = padded(size, m, k, a), *y = padded(size, k, n, b), *z = padded(size, 0, 0, a);
    strassen(single, size, x, y, z);
    for (size_t i = 0; i < m; i++) memcpy(c + i * n, z + i * size, n * sizeof *c);
    free(x);
    free(y);
    free(z);
}
