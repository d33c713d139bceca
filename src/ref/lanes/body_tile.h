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

/* *a b + c. With AVX-512 *a comes straight from memory: a broadcast to a register takes Zen 4 half a turn of its
 * multipliers (measured: a product without lo parts in 2.4 turns a vector and term, 2.8 with one broadcast in four). */
TILE_INLINE wide wide_fma_at(const double *a, wide b, wide c) {
#if PX_TILE_BYTES == 64
    __asm__("vfmadd231pd %2%{1to8%}, %1, %0" : "+v"(c) : "v"(b), "m"(*a));
    return c;
#else
    return wide_fma(wide_of(*a), b, c);
#endif
}

/* Past the caches, p aligned. */
TILE_INLINE void wide_stream(double *p, wide x) {
#if PX_TILE_BYTES == 64
    _mm512_stream_pd(p, (__m512d)x);
#elif PX_TILE_BYTES == 32
    _mm256_stream_pd(p, (__m256d)x);
#else
    wide_store(p, x);
#endif
}

/* ---- binary32, for lo parts that may be rounded: a row of a tile is one vector ---- */

typedef float narrow __attribute__((vector_size(PX_TILE_BYTES)));
typedef float half_narrow __attribute__((vector_size(PX_TILE_BYTES / 2)));
_Static_assert(PX_TILE_VECTORS == 2, "as many numbers in a vector of binary32 as a tile has columns");

TILE_INLINE narrow narrow_fma_at(const float *a, narrow b, narrow c) {
#if PX_TILE_BYTES == 64
    __asm__("vfmadd231ps %2%{1to16%}, %1, %0" : "+v"(c) : "v"(b), "m"(*a));
    return c;
#elif PX_TILE_BYTES == 32
    return (narrow)_mm256_fmadd_ps(_mm256_set1_ps(*a), (__m256)b, (__m256)c);
#else
    for (int i = 0; i < TILE_COLS; i++) c[i] = fmaf(*a, b[i], c[i]);
    return c;
#endif
}

/* Both terms of the lo parts, of every row; a and b as narrow_strip left them. */
TILE_INLINE void narrow_step(narrow c[PX_TILE_ROWS], const float *a, const float *b) {
    narrow hi, lo;
    memcpy(&hi, b, sizeof hi);
    memcpy(&lo, b + TILE_COLS, sizeof lo);
#pragma GCC unroll 8
    for (int r = 0; r < PX_TILE_ROWS; r++) {
        c[r] = narrow_fma_at(&a[PX_TILE_ROWS + r], hi, c[r]);
        c[r] = narrow_fma_at(&a[r], lo, c[r]);
    }
}

TILE_INLINE wide wide_of_half(narrow x, int v) {
    half_narrow h[2];
    memcpy(h, &x, sizeof x);
    return __builtin_convertvector(h[v], wide);
}

/* ---- tiles ---- */

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
    for (int r = 0; r < PX_TILE_ROWS; r++) { /* stage by stage: side by side stand what does not wait for each other */
        wide e[PX_TILE_VECTORS];
        for (int v = 0; v < PX_TILE_VECTORS; v++) {
            wide sum = wide_fma_at(&ah[r], b[v], s[r][v]);
            e[v] = s[r][v] - sum;
            s[r][v] = sum;
        }
        for (int v = 0; v < PX_TILE_VECTORS; v++) e[v] = wide_fma_at(&ah[r], b[v], e[v]);
        for (int v = 0; la && v < PX_TILE_VECTORS; v++) e[v] = wide_fma_at(&al[r], b[v], e[v]);
        for (int v = 0; lb && v < PX_TILE_VECTORS; v++) e[v] = wide_fma_at(&ah[r], low[v], e[v]);
        for (int v = 0; v < PX_TILE_VECTORS; v++) c[r][v] += e[v];
    }
}

TILE_INLINE void tile_of(const int la, const int lb, const int narrowed, int64_t n, const double *ah, const double *al,
                         const double *bh, const double *bl, const double *alpha, const double *beta, px_tile_out out) {
    tile_of_wide s, c, total, cross;
    narrow low[PX_TILE_ROWS];
#pragma GCC unroll 8
    for (int r = 0; r < PX_TILE_ROWS; r++)
#pragma GCC unroll 8
        for (int v = 0; v < PX_TILE_VECTORS; v++) {
            s[r][v] = wide_of(3 * alpha[r]) * wide_load(beta + TILE_LANES * v);
            total[r][v] = cross[r][v] = wide_of(0);
        }
    for (int64_t from = 0; from < n; from += PX_TILE_BLOCK) {
        int64_t to = from + PX_TILE_BLOCK < n ? from + PX_TILE_BLOCK : n;
#pragma GCC unroll 8
        for (int r = 0; r < PX_TILE_ROWS; r++)
#pragma GCC unroll 8
            for (int v = 0; v < PX_TILE_VECTORS; v++) c[r][v] = wide_of(0);
#pragma GCC unroll 8
        for (int r = 0; r < PX_TILE_ROWS; r++) low[r] = (narrow){0};
        for (int64_t k = from; k < to; k++) {
            tile_step(la, lb, s, c, ah + k * PX_TILE_ROWS, la ? al + k * PX_TILE_ROWS : ah, bh + k * TILE_COLS,
                      lb ? bl + k * TILE_COLS : bh);
            if (narrowed) narrow_step(low, (const float *)(al + k * PX_TILE_ROWS), (const float *)(bl + k * TILE_COLS));
        }
#pragma GCC unroll 8
        for (int r = 0; r < PX_TILE_ROWS; r++)
#pragma GCC unroll 8
            for (int v = 0; v < PX_TILE_VECTORS; v++) {
                total[r][v] += c[r][v];
                if (narrowed) cross[r][v] += wide_of_half(low[r], v);
            }
    }
#pragma GCC unroll 8
    for (int r = 0; r < PX_TILE_ROWS; r++)
#pragma GCC unroll 8
        for (int v = 0; v < PX_TILE_VECTORS; v++) { /* Knuth's two-sum */
            wide x = s[r][v] - wide_of(3 * alpha[r]) * wide_load(beta + TILE_LANES * v), y = total[r][v];
            if (narrowed) y += cross[r][v] * (wide_of(0x1p-53 * alpha[r]) * wide_load(beta + TILE_LANES * v));
            wide h = x + y;
            wide z = h - x, l = (x - (h - z)) + (y - z);
            double *to_h = out.h + r * out.step + TILE_LANES * v, *to_l = out.l + r * out.step + TILE_LANES * v;
            if (out.past_cache) {
                wide_stream(to_h, h);
                wide_stream(to_l, l);
            } else {
                wide_store(to_h, h);
                wide_store(to_l, l);
            }
        }
}

static void tile(int64_t n, const double *ah, const double *al, const double *bh, const double *bl, const double *alpha,
                 const double *beta, px_tile_out out) {
    if (al && bl)
        tile_of(1, 1, 0, n, ah, al, bh, bl, alpha, beta, out);
    else if (al)
        tile_of(1, 0, 0, n, ah, al, bh, bl, alpha, beta, out);
    else if (bl)
        tile_of(0, 1, 0, n, ah, al, bh, bl, alpha, beta, out);
    else
        tile_of(0, 0, 0, n, ah, al, bh, bl, alpha, beta, out);
}

static void narrow_tile(int64_t n, const double *ah, const double *al, const double *bh, const double *bl,
                        const double *alpha, const double *beta, px_tile_out out) {
    tile_of(0, 0, 1, n, ah, al, bh, bl, alpha, beta, out);
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
            for (int v = 0; v < PX_TILE_VECTORS; v++) s[r][v] = wide_fma_at(&a[k * PX_TILE_ROWS + r], y[v], s[r][v]);
    }
#pragma GCC unroll 8
    for (int r = 0; r < PX_TILE_ROWS; r++)
#pragma GCC unroll 8
        for (int v = 0; v < PX_TILE_VECTORS; v++) wide_store(o + r * TILE_COLS + TILE_LANES * v, s[r][v]);
}
