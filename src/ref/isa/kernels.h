/* The loops of isa.h, for vectors of PX_BYTES; the including file sets PX_BYTES, the shape of a tile (PX_ROWS rows,
 * PX_VECTORS vectors of columns), PX_NAME and PX_TABLE. */
#include "ref/isa/isa.h"

#include <string.h>
#if PX_BYTES > 16
#include <immintrin.h>
#endif

typedef double vec __attribute__((vector_size(PX_BYTES)));
typedef int64_t mask __attribute__((vector_size(PX_BYTES)));

#define INLINE static inline __attribute__((always_inline))
enum { LANES = PX_BYTES / 8, WIDTH = PX_VECTORS * LANES };

INLINE vec load(const double *p) {
    vec v;
    memcpy(&v, p, sizeof v);
    return v;
}
INLINE void store(double *p, vec v) { memcpy(p, &v, sizeof v); }
INLINE vec all(double x) { return x - (vec){0}; }

#if PX_BYTES == 64
INLINE vec fma_of(vec a, vec b, vec c) { return (vec)_mm512_fmadd_pd((__m512d)a, (__m512d)b, (__m512d)c); }
#elif PX_BYTES == 32
INLINE vec fma_of(vec a, vec b, vec c) { return (vec)_mm256_fmadd_pd((__m256d)a, (__m256d)b, (__m256d)c); }
#endif

/* A factor as the step below wants it; without a fused operation, with its upper and lower half (Veltkamp). */
typedef struct factor {
    vec x;
#if PX_BYTES == 16
    vec upper, lower;
#endif
} factor;

INLINE factor factor_of(vec x) {
    factor f = {.x = x};
#if PX_BYTES == 16
    vec c = x * 134217729.0; /* 2^27 + 1 */
    f.upper = c - (c - x);
    f.lower = x - f.upper;
#endif
    return f;
}

/* S + a b rounded takes the place of S; the residue of it is added to c. T - S is exact, since S and T lie in one
 * binade. */
INLINE void anchored_step(vec *s, vec *c, const factor *a, const factor *b) {
#if PX_BYTES > 16
    vec t = fma_of(a->x, b->x, *s), d = t - *s;
    *c += fma_of(a->x, b->x, -d);
    *s = t;
#else
    vec p = a->x * b->x, t = *s + p, d = t - *s; /* p - d is exact (Dekker's fast two-sum), and so is e (his product) */
    vec e = ((a->upper * b->upper - p) + a->upper * b->lower + a->lower * b->upper) + a->lower * b->lower;
    *c += (p - d) + e;
    *s = t;
#endif
}

static void anchored(const px_ref_tile *tile) {
    const double *a = tile->a, *b = tile->b;
    vec s[PX_ROWS][PX_VECTORS], rest[PX_ROWS][PX_VECTORS], c[PX_ROWS][PX_VECTORS];
    for (int i = 0; i < PX_ROWS; i++)
        for (int v = 0; v < PX_VECTORS; v++) s[i][v] = all(3), rest[i][v] = all(0);
    for (int64_t done = 0; done < tile->n; done += PX_REF_BLOCK) {
        int64_t terms = tile->n - done < PX_REF_BLOCK ? tile->n - done : PX_REF_BLOCK;
        for (int i = 0; i < PX_ROWS; i++)
            for (int v = 0; v < PX_VECTORS; v++) c[i][v] = all(0);
        for (int64_t t = 0; t < terms; t++, a += PX_ROWS, b += WIDTH) {
            factor y[PX_VECTORS];
            for (int v = 0; v < PX_VECTORS; v++) y[v] = factor_of(load(b + v * LANES));
            for (int i = 0; i < PX_ROWS; i++) {
                factor x = factor_of(all(a[i]));
                for (int v = 0; v < PX_VECTORS; v++) anchored_step(&s[i][v], &c[i][v], &x, &y[v]);
            }
        }
        for (int i = 0; i < PX_ROWS; i++)
            for (int v = 0; v < PX_VECTORS; v++) rest[i][v] += c[i][v];
    }
    for (int i = 0; i < PX_ROWS; i++)
        for (int v = 0; v < PX_VECTORS; v++) {
            vec x = s[i][v] - 3, y = rest[i][v], h = x + y, z = h - x; /* Knuth's two-sum */
            store(tile->hi + i * WIDTH + v * LANES, h);
            store(tile->lo + i * WIDTH + v * LANES, (x - (h - z)) + (y - z));
        }
}

INLINE vec magnitude(vec x) { return (vec)((mask)x & ~(mask)all(-0.0)); }

INLINE void add_up(const px_ref_tile *tile, const bool magnitudes) {
    const double *a = tile->a, *b = tile->b;
    const double *a2 = a + tile->n * PX_ROWS;
    vec s[2 * PX_ROWS][PX_VECTORS];
    for (int i = 0; i < 2 * PX_ROWS; i++)
        for (int v = 0; v < PX_VECTORS; v++) s[i][v] = all(0);
    for (int64_t t = 0; t < tile->n; t++, a += PX_ROWS, a2 += PX_ROWS, b += WIDTH) {
        vec y[PX_VECTORS];
        for (int v = 0; v < PX_VECTORS; v++) y[v] = magnitudes ? magnitude(load(b + v * LANES)) : load(b + v * LANES);
        for (int i = 0; i < 2 * PX_ROWS; i++) {
            vec x = all(i < PX_ROWS ? a[i] : a2[i - PX_ROWS]);
            if (magnitudes) x = magnitude(x);
            for (int v = 0; v < PX_VECTORS; v++) {
#if PX_BYTES > 16
                s[i][v] = fma_of(x, y[v], s[i][v]);
#else
                s[i][v] += x * y[v];
#endif
            }
        }
    }
    for (int i = 0; i < 2 * PX_ROWS; i++)
        for (int v = 0; v < PX_VECTORS; v++) store(tile->hi + i * WIDTH + v * LANES, s[i][v]);
}

static void plain(const px_ref_tile *tile) { add_up(tile, false); }
static void magnitudes(const px_ref_tile *tile) { add_up(tile, true); }

INLINE vec pick(mask m, vec x, vec y) { return (vec)(((mask)x & m) | ((mask)y & ~m)); }

static bool finish(const px_ref_row *row) {
    mask doubt = {0};
    vec scale = all(row->scale), quantum = all(row->quantum), zero = {0};
    for (int j = 0; j < WIDTH; j += LANES) {
        vec by = scale * load(row->scales + j);
        vec hi = load(row->hi + j) * by, lo = load(row->lo + j) * by;
        vec radius = pick(quantum + load(row->quanta + j) >= row->finest, zero, row->radius * by);
        vec size = magnitude(lo), ends = pick(radius > zero, radius + 0x1p-51 * size, zero);
        doubt |= ~((hi + (lo + ends) == hi) & (hi + (lo - ends) == hi) & (hi != zero)) | (by == (double)INFINITY);
        store(row->out_hi + j, hi);
        store(row->out_lo + j, lo);
        if (row->out_radius) store(row->out_radius + j, radius);
        if (!row->out_b) continue;
        vec b = load(row->b + j);
        doubt |= ~(b > zero);
        store(row->out_b + j, b * by);
    }
    for (int i = 0; i < LANES; i++)
        if (doubt[i]) return false;
    return true;
}

_Static_assert(PX_ROWS <= (int)PX_REF_MAX_ROWS && (int)WIDTH <= (int)PX_REF_MAX_WIDTH, "room for a tile");

const px_ref_isa PX_TABLE = {
    .name = PX_NAME,
    .rows = PX_ROWS,
    .width = WIDTH,
    .anchored = anchored,
    .plain = plain,
    .magnitudes = magnitudes,
    .finish = finish,
};
