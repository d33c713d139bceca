/* Tiles of products, PX_TILE_ROWS x PX_TILE_VECTORS vectors of PX_TILE_BYTES, by sums anchored at S0 = 3 alpha beta: by
 * Cauchy and Schwarz every partial sum of hi products stays within alpha beta of it, so S never leaves the binade
 * [2 alpha beta, 4 alpha beta], what an addition to it loses is one exact residue e of the product, and the residues
 * are summed on their own, in blocks of PX_TILE_BLOCK so that their own roundings stay small. pair_product.c has the
 * bound. Every entry is summed alone, in the order of k: its bits do not depend on the shape of the tile. */
#include "ref/lanes/kernels.h"
#include "ref/lanes/lanes.h"

typedef double wide __attribute__((vector_size(PX_TILE_BYTES)));
enum { TILE_LANES = PX_TILE_BYTES / 8, TILE_COLS = PX_TILE_VECTORS * TILE_LANES };

#define TILE_INLINE static inline __attribute__((always_inline))

TILE_INLINE wide wide_of(double x) { return x - (wide){0}; }
TILE_INLINE wide wide_load(const double *p) {
    wide x;
    memcpy(&x, p, sizeof x);
    return x;
}
TILE_INLINE void wide_store(double *p, wide x) { memcpy(p, &x, sizeof x); }

TILE_INLINE wide wide_fma(wide a, wide b, wide c) {
#if PX_TILE_BYTES == 64
    return (wide)_mm512_fmadd_pd((__m512d)a, (__m512d)b, (__m512d)c);
#elif PX_TILE_BYTES == 32
    return (wide)_mm256_fmadd_pd((__m256d)a, (__m256d)b, (__m256d)c);
#else
    for (int i = 0; i < TILE_LANES; i++) c[i] = fma(a[i], b[i], c[i]);
    return c;
#endif
}

typedef wide tile_of_wide[PX_TILE_ROWS][PX_TILE_VECTORS];

/* One term of every sum: a row of A's numbers, a row of B's. */
TILE_INLINE void tile_step(const int la, const int lb, tile_of_wide s, tile_of_wide c, const double *ah,
                           const double *al, const double *bh, const double *bl) {
    wide b[PX_TILE_VECTORS], low[PX_TILE_VECTORS];
    for (int v = 0; v < PX_TILE_VECTORS; v++) {
        b[v] = wide_load(bh + TILE_LANES * v);
        low[v] = lb ? wide_load(bl + TILE_LANES * v) : b[v];
    }
#pragma GCC unroll 8
    for (int r = 0; r < PX_TILE_ROWS; r++) {
        wide a = wide_of(ah[r]);
#pragma GCC unroll 8
        for (int v = 0; v < PX_TILE_VECTORS; v++) {
            wide sum = wide_fma(a, b[v], s[r][v]), d = sum - s[r][v], e = wide_fma(a, b[v], -d);
            s[r][v] = sum;
            if (la) e = wide_fma(wide_of(al[r]), b[v], e);
            if (lb) e = wide_fma(a, low[v], e);
            c[r][v] += e;
        }
    }
}

TILE_INLINE void tile_of(const int la, const int lb, int64_t n, const double *ah, const double *al, const double *bh,
                         const double *bl, const double *alpha, const double *beta, double *oh, double *ol) {
    tile_of_wide s, c, total;
#pragma GCC unroll 8
    for (int r = 0; r < PX_TILE_ROWS; r++)
#pragma GCC unroll 8
        for (int v = 0; v < PX_TILE_VECTORS; v++) {
            s[r][v] = wide_of(3 * alpha[r]) * wide_load(beta + TILE_LANES * v);
            total[r][v] = wide_of(0);
        }
    for (int64_t from = 0; from < n; from += PX_TILE_BLOCK) {
        int64_t to = from + PX_TILE_BLOCK < n ? from + PX_TILE_BLOCK : n;
#pragma GCC unroll 8
        for (int r = 0; r < PX_TILE_ROWS; r++)
#pragma GCC unroll 8
            for (int v = 0; v < PX_TILE_VECTORS; v++) c[r][v] = wide_of(0);
        for (int64_t k = from; k < to; k++)
            tile_step(la, lb, s, c, ah + k * PX_TILE_ROWS, la ? al + k * PX_TILE_ROWS : ah, bh + k * TILE_COLS,
                      lb ? bl + k * TILE_COLS : bh);
#pragma GCC unroll 8
        for (int r = 0; r < PX_TILE_ROWS; r++)
#pragma GCC unroll 8
            for (int v = 0; v < PX_TILE_VECTORS; v++) total[r][v] += c[r][v];
    }
#pragma GCC unroll 8
    for (int r = 0; r < PX_TILE_ROWS; r++)
#pragma GCC unroll 8
        for (int v = 0; v < PX_TILE_VECTORS; v++) { /* Knuth's two-sum */
            wide x = s[r][v] - wide_of(3 * alpha[r]) * wide_load(beta + TILE_LANES * v), y = total[r][v], h = x + y;
            wide z = h - x;
            wide_store(oh + r * TILE_COLS + TILE_LANES * v, h);
            wide_store(ol + r * TILE_COLS + TILE_LANES * v, (x - (h - z)) + (y - z));
        }
}

static void tile(int64_t n, const double *ah, const double *al, const double *bh, const double *bl, const double *alpha,
                 const double *beta, double *oh, double *ol) {
    if (al && bl)
        tile_of(1, 1, n, ah, al, bh, bl, alpha, beta, oh, ol);
    else if (al)
        tile_of(1, 0, n, ah, al, bh, bl, alpha, beta, oh, ol);
    else if (bl)
        tile_of(0, 1, n, ah, al, bh, bl, alpha, beta, oh, ol);
    else
        tile_of(0, 0, n, ah, al, bh, bl, alpha, beta, oh, ol);
}

static void plain_tile(int64_t n, const double *a, const double *b, double *o) {
    tile_of_wide s;
#pragma GCC unroll 8
    for (int r = 0; r < PX_TILE_ROWS; r++)
#pragma GCC unroll 8
        for (int v = 0; v < PX_TILE_VECTORS; v++) s[r][v] = wide_of(0);
    for (int64_t k = 0; k < n; k++) {
        wide y[PX_TILE_VECTORS];
        for (int v = 0; v < PX_TILE_VECTORS; v++) y[v] = wide_load(b + k * TILE_COLS + TILE_LANES * v);
#pragma GCC unroll 8
        for (int r = 0; r < PX_TILE_ROWS; r++)
#pragma GCC unroll 8
            for (int v = 0; v < PX_TILE_VECTORS; v++)
                s[r][v] = wide_fma(wide_of(a[k * PX_TILE_ROWS + r]), y[v], s[r][v]);
    }
#pragma GCC unroll 8
    for (int r = 0; r < PX_TILE_ROWS; r++)
#pragma GCC unroll 8
        for (int v = 0; v < PX_TILE_VECTORS; v++) wide_store(o + r * TILE_COLS + TILE_LANES * v, s[r][v]);
}
