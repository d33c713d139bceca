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
enum { LANES = PX_BYTES / 8, WIDTH = PX_VECTORS * LANES, TILE_WIDTH = 2 * WIDTH };

INLINE vec load(const double *p) {
    vec v;
    memcpy(&v, p, sizeof v);
    return v;
}
INLINE void store(double *p, vec v) { memcpy(p, &v, sizeof v); }
INLINE vec all(double x) { return x - (vec){0}; }

typedef float fvec __attribute__((vector_size(PX_BYTES)));
typedef float half __attribute__((vector_size(PX_BYTES / 2)));
enum { FLANES = PX_BYTES / 4, FVECTORS = WIDTH / FLANES }; /* of one strip of B */

/* a b + c: fused, but in the portable table. */
#if PX_BYTES == 64
INLINE vec fma_of(vec a, vec b, vec c) { return (vec)_mm512_fmadd_pd((__m512d)a, (__m512d)b, (__m512d)c); }
INLINE fvec fma_of_floats(fvec a, fvec b, fvec c) { return (fvec)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c); }
#elif PX_BYTES == 32
INLINE vec fma_of(vec a, vec b, vec c) { return (vec)_mm256_fmadd_pd((__m256d)a, (__m256d)b, (__m256d)c); }
INLINE fvec fma_of_floats(fvec a, fvec b, fvec c) { return (fvec)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c); }
#else
INLINE vec fma_of(vec a, vec b, vec c) { return a * b + c; }
INLINE fvec fma_of_floats(fvec a, fvec b, fvec c) { return a * b + c; }
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
#pragma GCC unroll 2
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
            store(tile->hi + i * TILE_WIDTH + v * LANES, s[i][v] - 3);
            store(tile->lo + i * TILE_WIDTH + v * LANES, rest[i][v]);
        }
}

static void plain(const px_ref_tile *tile) {
    const double *a = tile->a, *a2 = a + tile->n * PX_ROWS, *b = tile->b;
    vec s[2 * PX_ROWS][PX_VECTORS];
    for (int i = 0; i < 2 * PX_ROWS; i++)
        for (int v = 0; v < PX_VECTORS; v++) s[i][v] = all(0);
    for (int64_t t = 0; t < tile->n; t++, a += PX_ROWS, a2 += PX_ROWS, b += WIDTH) {
        vec y[PX_VECTORS];
        for (int v = 0; v < PX_VECTORS; v++) y[v] = load(b + v * LANES);
        for (int i = 0; i < 2 * PX_ROWS; i++) {
            vec x = all(i < PX_ROWS ? a[i] : a2[i - PX_ROWS]);
            for (int v = 0; v < PX_VECTORS; v++) s[i][v] = fma_of(x, y[v], s[i][v]);
        }
    }
    for (int i = 0; i < 2 * PX_ROWS; i++)
        for (int v = 0; v < PX_VECTORS; v++) store(tile->hi + i * TILE_WIDTH + v * LANES, s[i][v]);
}

/* ---- Magnitudes ---- */

INLINE vec magnitude(vec x) { return (vec)((mask)x & ~(mask)all(-0.0)); }

INLINE void add_fvec(double *sum, fvec x) {
    half h[2];
    memcpy(h, &x, sizeof x);
    for (int p = 0; p < 2; p++) store(sum + p * LANES, load(sum + p * LANES) + __builtin_convertvector(h[p], vec));
}

static void sizes(const px_ref_sizes *tile) {
    const float *a[] = {tile->a, tile->a + tile->n * PX_ROWS}, *b[] = {tile->b, tile->b + tile->n * WIDTH};
    memset(tile->sum, 0, 2 * PX_ROWS * TILE_WIDTH * sizeof(double));
    for (int64_t done = 0; done < tile->n; done += PX_REF_SIZES_BLOCK) {
        int64_t terms = tile->n - done < PX_REF_SIZES_BLOCK ? tile->n - done : PX_REF_SIZES_BLOCK;
        fvec s[2 * PX_ROWS][2 * FVECTORS];
        for (int i = 0; i < 2 * PX_ROWS; i++)
            for (int v = 0; v < 2 * FVECTORS; v++) s[i][v] = (fvec){0};
        for (int64_t t = done; t < done + terms; t++) {
            fvec y[2 * FVECTORS];
            for (int v = 0; v < 2 * FVECTORS; v++)
                memcpy(&y[v], b[v / FVECTORS] + t * WIDTH + v % FVECTORS * FLANES, sizeof y[v]);
            for (int i = 0; i < 2 * PX_ROWS; i++) {
                fvec x = a[i / PX_ROWS][t * PX_ROWS + i % PX_ROWS] - (fvec){0};
                for (int v = 0; v < 2 * FVECTORS; v++) s[i][v] = fma_of_floats(x, y[v], s[i][v]);
            }
        }
        for (int i = 0; i < 2 * PX_ROWS; i++)
            for (int v = 0; v < 2 * FVECTORS; v++) add_fvec(tile->sum + i * TILE_WIDTH + v * FLANES, s[i][v]);
    }
}

/* ---- Strips and rows ---- */

INLINE vec pick(mask m, vec x, vec y) { return (vec)(((mask)x & m) | ((mask)y & ~m)); }

/* Numbers of a strip lie line by line within a term: after `period` vectors the lines come again. */
enum { MOST_VECTORS = PX_ROWS > PX_VECTORS ? PX_ROWS : PX_VECTORS };
INLINE int period_of(int lines) { return lines % LANES == 0 ? lines / LANES : LANES % lines == 0 ? 1 : lines; }

INLINE void survey_line(px_ref_survey *v, int i, double squares, double least, bool negative) {
    v->squares[i] += squares;
    v->least[i] = least < v->least[i] ? least : v->least[i];
    v->negative[i] |= negative;
}

INLINE void survey_lines(const double *x, int64_t count, const int lines, px_ref_survey *v) {
    const int period = period_of(lines);
    const vec inf = all((double)INFINITY), zero = {0};
    vec squares[MOST_VECTORS], least[MOST_VECTORS];
    mask words[MOST_VECTORS];
    for (int p = 0; p < period; p++) squares[p] = zero, least[p] = inf, words[p] = (mask){0};
    for (int i = 0; i < lines; i++) v->squares[i] = 0, v->least[i] = (double)INFINITY, v->negative[i] = false;
    int64_t at = 0;
    for (; at + period * LANES <= count; at += period * LANES)
        for (int p = 0; p < period; p++) {
            vec y = load(x + at + p * LANES), size = magnitude(y), counted = pick(size > zero, size, inf);
            squares[p] += y * y;
            least[p] = pick(counted < least[p], counted, least[p]);
            words[p] |= (mask)y;
        }
    for (int e = 0; e < period * LANES; e++)
        survey_line(v, e % lines, squares[e / LANES][e % LANES], least[e / LANES][e % LANES],
                    words[e / LANES][e % LANES] < 0);
    for (; at < count; at++)
        survey_line(v, (int)(at % lines), x[at] * x[at], x[at] == 0 ? (double)INFINITY : fabs(x[at]),
                    signbit(x[at]) != 0);
}

static void survey(const double *x, int64_t k, bool rows, px_ref_survey *v) {
    if (rows)
        survey_lines(x, k * PX_ROWS, PX_ROWS, v);
    else
        survey_lines(x, k * WIDTH, WIDTH, v);
}

INLINE void scale_lines(double *x, float *of, int64_t count, const int lines, const double *factors) {
    const int period = period_of(lines);
    vec by[MOST_VECTORS];
    for (int e = 0; e < period * LANES; e++) by[e / LANES][e % LANES] = factors[e % lines];
    int64_t at = 0;
    for (; at + period * LANES <= count; at += period * LANES)
        for (int p = 0; p < period; p++) {
            vec y = load(x + at + p * LANES) * by[p];
            half size = __builtin_convertvector(magnitude(y), half);
            store(x + at + p * LANES, y);
            if (of) memcpy(of + at + p * LANES, &size, sizeof size);
        }
    for (; at < count; at++) {
        x[at] *= factors[at % lines];
        if (of) of[at] = (float)fabs(x[at]);
    }
}

static void scale(double *x, float *sizes_of_x, int64_t k, bool rows, const double *factors) {
    if (rows)
        scale_lines(x, sizes_of_x, k * PX_ROWS, PX_ROWS, factors);
    else
        scale_lines(x, sizes_of_x, k * WIDTH, WIDTH, factors);
}

static bool finish(const px_ref_row *row) {
    mask doubt = {0};
    vec scale_of_row = all(row->scale), quantum = all(row->quantum), zero = {0};
    for (int j = 0; j < TILE_WIDTH; j += LANES) {
        vec by = scale_of_row * load(row->scales + j);
        vec x = load(row->hi + j), y = load(row->lo + j), sum = x + y, z = sum - x; /* Knuth's two-sum */
        vec hi = sum * by, lo = ((x - (sum - z)) + (y - z)) * by;
        vec radius = pick(quantum + load(row->quanta + j) >= row->finest, zero, row->radius * by);
        vec size = magnitude(lo), ends = pick(radius > zero, radius + 0x1p-51 * size, zero);
        doubt |= ~((hi + (lo + ends) == hi) & (hi + (lo - ends) == hi) & (hi != zero)) | (by == (double)INFINITY);
        store(row->out_hi + j, hi);
        if (row->out_lo) store(row->out_lo + j, lo);
        if (row->out_radius) store(row->out_radius + j, radius);
        if (!row->out_b) continue;
        vec b = load(row->b + j);
        doubt |= ~(b >= row->least);
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
    .sizes = sizes,
    .survey = survey,
    .scale = scale,
    .finish = finish,
};
