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

/* *a b + c for every number of b: fused, but in the portable table. In 512 bits the operation itself spreads *a: an
 * instruction of its own for that, which compilers choose where *a is used twice, takes turns of the pipes that multiply
 * and add (on Zen 4 a quarter of the time of a tile). */
#if PX_BYTES == 64
INLINE vec fma_of(const double *a, vec b, vec c) {
    __asm__("vfmadd231pd %2%{1to8%}, %1, %0" : "+v"(c) : "v"(b), "m"(*a));
    return c;
}
INLINE fvec fma_of_floats(const float *a, fvec b, fvec c) {
    __asm__("vfmadd231ps %2%{1to16%}, %1, %0" : "+v"(c) : "v"(b), "m"(*a));
    return c;
}
#elif PX_BYTES == 32
INLINE vec fma_of(const double *a, vec b, vec c) {
    return (vec)_mm256_fmadd_pd((__m256d)all(*a), (__m256d)b, (__m256d)c);
}
INLINE fvec fma_of_floats(const float *a, fvec b, fvec c) {
    return (fvec)_mm256_fmadd_ps(_mm256_set1_ps(*a), (__m256)b, (__m256)c);
}
#else
INLINE vec fma_of(const double *a, vec b, vec c) { return *a * b + c; }
INLINE fvec fma_of_floats(const float *a, fvec b, fvec c) { return *a * b + c; }
#endif

/* A number of B as the step below wants it; without a fused operation, with its upper and lower half (Veltkamp). */
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

/* S + a b rounded takes the place of S, the residue of it is added to c, for a row of vectors: each operation on all of
 * them before the next, since pairs of products and pairs of sums keep all pipes busy. T - S is exact, since S and T lie
 * in one binade. */
INLINE void anchored_step(vec s[PX_VECTORS], vec c[PX_VECTORS], const double *a, const factor b[PX_VECTORS]) {
#if PX_BYTES > 16
    vec t[PX_VECTORS], e[PX_VECTORS];
    for (int v = 0; v < PX_VECTORS; v++) t[v] = fma_of(a, b[v].x, s[v]);
    for (int v = 0; v < PX_VECTORS; v++) e[v] = s[v] - t[v], s[v] = t[v];
    for (int v = 0; v < PX_VECTORS; v++) e[v] = fma_of(a, b[v].x, e[v]);
    for (int v = 0; v < PX_VECTORS; v++) c[v] += e[v];
#else
    factor x = factor_of(all(*a));
    for (int v = 0; v < PX_VECTORS; v++) { /* p - d is exact (Dekker's fast two-sum), and so is e (his product) */
        vec p = x.x * b[v].x, t = s[v] + p, d = t - s[v];
        vec e = ((x.upper * b[v].upper - p) + x.upper * b[v].lower + x.lower * b[v].upper) + x.lower * b[v].lower;
        c[v] += (p - d) + e;
        s[v] = t;
    }
#endif
}

static void anchored(const px_ref_tile *tile) {
    const double *a = tile->a, *b = tile->b;
    vec s[PX_ROWS][PX_VECTORS], rest[PX_ROWS][PX_VECTORS], c[PX_ROWS][PX_VECTORS];
#pragma GCC unroll 16
    for (int i = 0; i < PX_ROWS; i++)
        for (int v = 0; v < PX_VECTORS; v++) s[i][v] = all(3), rest[i][v] = all(0);
    for (int64_t done = 0; done < tile->n; done += PX_REF_BLOCK) {
        int64_t terms = tile->n - done < PX_REF_BLOCK ? tile->n - done : PX_REF_BLOCK;
#pragma GCC unroll 16
        for (int i = 0; i < PX_ROWS; i++)
            for (int v = 0; v < PX_VECTORS; v++) c[i][v] = all(0);
#pragma GCC unroll 2
        for (int64_t t = 0; t < terms; t++, a += PX_ROWS, b += WIDTH) {
            factor y[PX_VECTORS];
            for (int v = 0; v < PX_VECTORS; v++) y[v] = factor_of(load(b + v * LANES));
#pragma GCC unroll 16
            for (int i = 0; i < PX_ROWS; i++) anchored_step(s[i], c[i], &a[i], y);
        }
#pragma GCC unroll 16
        for (int i = 0; i < PX_ROWS; i++)
            for (int v = 0; v < PX_VECTORS; v++) rest[i][v] += c[i][v];
    }
#pragma GCC unroll 16
    for (int i = 0; i < PX_ROWS; i++)
        for (int v = 0; v < PX_VECTORS; v++) {
            store(tile->hi + i * TILE_WIDTH + v * LANES, s[i][v] - 3);
            store(tile->lo + i * TILE_WIDTH + v * LANES, rest[i][v]);
        }
}

static void plain(const px_ref_tile *tile) {
    const double *a = tile->a, *a2 = a + tile->n * PX_ROWS, *b = tile->b;
    vec s[2 * PX_ROWS][PX_VECTORS];
#pragma GCC unroll 16
    for (int i = 0; i < 2 * PX_ROWS; i++)
        for (int v = 0; v < PX_VECTORS; v++) s[i][v] = all(0);
    for (int64_t t = 0; t < tile->n; t++, a += PX_ROWS, a2 += PX_ROWS, b += WIDTH) {
        vec y[PX_VECTORS];
        for (int v = 0; v < PX_VECTORS; v++) y[v] = load(b + v * LANES);
#pragma GCC unroll 16
        for (int i = 0; i < 2 * PX_ROWS; i++) {
            const double *x = i < PX_ROWS ? a + i : a2 + i - PX_ROWS;
            for (int v = 0; v < PX_VECTORS; v++) s[i][v] = fma_of(x, y[v], s[i][v]);
        }
    }
#pragma GCC unroll 16
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
#pragma GCC unroll 16
        for (int i = 0; i < 2 * PX_ROWS; i++)
            for (int v = 0; v < 2 * FVECTORS; v++) s[i][v] = (fvec){0};
        for (int64_t t = done; t < done + terms; t++) {
            fvec y[2 * FVECTORS];
            for (int v = 0; v < 2 * FVECTORS; v++)
                memcpy(&y[v], b[v / FVECTORS] + t * WIDTH + v % FVECTORS * FLANES, sizeof y[v]);
#pragma GCC unroll 16
            for (int i = 0; i < 2 * PX_ROWS; i++) {
                const float *x = a[i / PX_ROWS] + t * PX_ROWS + i % PX_ROWS;
                for (int v = 0; v < 2 * FVECTORS; v++) s[i][v] = fma_of_floats(x, y[v], s[i][v]);
            }
        }
#pragma GCC unroll 16
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
    const px_ref_row r = *row; /* so that no store makes its fields be read again */
    const vec scale_of_row = all(r.scale), quantum = all(r.quantum), zero = {0};
    mask sure = ~(mask){0};
    for (int j = 0; j < TILE_WIDTH; j += LANES) {
        vec by = scale_of_row * load(r.scales + j);
        vec x = load(r.hi + j), y = load(r.lo + j), sum = x + y, z = sum - x; /* Knuth's two-sum */
        vec hi = sum * by, lo = ((x - (sum - z)) + (y - z)) * by;
        vec radius = pick(quantum + load(r.quanta + j) >= r.finest, zero, r.radius * by);
        vec ends =
            radius + 0x1p-51 * magnitude(lo); /* of exact results more than is needed, which is a doubt at most */
        sure &= (hi + (lo + ends) == hi) & (hi + (lo - ends) == hi) & (hi != zero) & (by < (double)INFINITY);
        store(r.out_hi + j, hi);
        if (r.out_lo) store(r.out_lo + j, lo);
        if (r.out_radius) store(r.out_radius + j, radius);
        if (!r.out_b) continue;
        vec b = load(r.b + j);
        sure &= b >= r.least;
        store(r.out_b + j, b * by);
    }
    for (int i = 0; i < LANES; i++)
        if (!sure[i]) return false;
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
