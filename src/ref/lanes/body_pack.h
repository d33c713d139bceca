/* Strips of lines for the tiles, and norms; PX_TILE_ROWS and TILE_COLS are known here, so that loops over them are
 * vectors. */
#include "base/prefetch.h"
#include "ref/lanes/kernels.h"
#include "ref/lanes/lanes.h"

/* 4 terms of 4 lines. */
TILE_INLINE void turn(double *to, int64_t width, const double *x, int64_t line_step) {
#if defined(__FMA__)
    __m256d a = _mm256_loadu_pd(x), b = _mm256_loadu_pd(x + line_step);
    __m256d c = _mm256_loadu_pd(x + 2 * line_step), d = _mm256_loadu_pd(x + 3 * line_step);
    __m256d ab02 = _mm256_unpacklo_pd(a, b), cd02 = _mm256_unpacklo_pd(c, d);
    __m256d ab13 = _mm256_unpackhi_pd(a, b), cd13 = _mm256_unpackhi_pd(c, d);
    _mm256_storeu_pd(to, _mm256_permute2f128_pd(ab02, cd02, 0x20));
    _mm256_storeu_pd(to + width, _mm256_permute2f128_pd(ab13, cd13, 0x20));
    _mm256_storeu_pd(to + 2 * width, _mm256_permute2f128_pd(ab02, cd02, 0x31));
    _mm256_storeu_pd(to + 3 * width, _mm256_permute2f128_pd(ab13, cd13, 0x31));
#else
    for (int q = 0; q < 4; q++)
        for (int t = 0; t < 4; t++) to[t * width + q] = x[q * line_step + t];
#endif
}

enum { AHEAD = 32 }; /* terms, where each lies far from the next */

TILE_INLINE void pack_of(const int width, double *to, const double *x, int64_t lines, int64_t terms, int64_t line_step,
                         int64_t term_step) {
    int64_t k = 0;
    if (lines == width && line_step == 1)
        for (; k < terms; k++) {
            if (k + AHEAD < terms) px_prefetch_l2(x + (k + AHEAD) * term_step, (size_t)width * sizeof *x);
            memcpy(to + k * width, x + k * term_step, (size_t)width * sizeof *to);
        }
    if (lines == width && term_step == 1 && width % 4 == 0)
        for (; k + 8 <= terms; k += 8) /* 64 bytes of each line */
            for (int q = 0; q < width; q += 4)
                for (int t = 0; t < 8; t += 4)
                    turn(to + (k + t) * width + q, width, x + q * line_step + k + t, line_step);
    for (; k < terms; k++)
        for (int q = 0; q < width; q++) to[k * width + q] = q < lines ? x[q * line_step + k * term_step] : 0;
}

static void pack(int width, double *to, const double *x, int64_t lines, int64_t terms, int64_t line_step,
                 int64_t term_step) {
    if (width == PX_TILE_ROWS)
        pack_of(PX_TILE_ROWS, to, x, lines, terms, line_step, term_step);
    else
        pack_of(TILE_COLS, to, x, lines, terms, line_step, term_step);
}

/* By way of bytes, as numbers of one type take the place of another's. */
TILE_INLINE void narrow_strip_of(const int width, double *lo, const double *hi, int64_t terms, const double *anchor) {
    double by[TILE_COLS];
    for (int q = 0; q < width; q++) by[q] = anchor[q] > 0 ? 1 / anchor[q] : 0;
    for (int64_t k = 0; k < terms; k++) {
        double low[TILE_COLS];
        float both[2 * TILE_COLS];
        memcpy(low, lo + k * width, (size_t)width * sizeof *low);
        for (int q = 0; q < width; q++) {
            both[q] = (float)(hi[k * width + q] * by[q]);
            both[width + q] = (float)(low[q] * 0x1p53 * by[q]);
        }
        memcpy(lo + k * width, both, 2 * (size_t)width * sizeof *both);
    }
}

static void narrow_strip(int width, double *lo, const double *hi, int64_t terms, const double *anchor) {
    if (width == PX_TILE_ROWS)
        narrow_strip_of(PX_TILE_ROWS, lo, hi, terms, anchor);
    else
        narrow_strip_of(TILE_COLS, lo, hi, terms, anchor);
}

/* The power of two that takes x, the largest of some numbers, to about 1: their squares then stay numbers. */
static double scale_of(double x) {
    int e;
    frexp(x, &e);
    return ldexp(1, e < -1000 ? 1000 : -e);
}

TILE_INLINE void strip_norms_of(const int width, const double *strip, int64_t terms, double *norm) {
    double top[TILE_COLS] = {0}, scale[TILE_COLS], sum[TILE_COLS] = {0};
    for (int64_t k = 0; k < terms; k++)
        for (int q = 0; q < width; q++) {
            double x = fabs(strip[k * width + q]);
            top[q] = x <= top[q] ? top[q] : x; /* a NaN is in the sum at the latest */
        }
    for (int q = 0; q < width; q++) scale[q] = scale_of(isfinite(top[q]) ? top[q] : 1);
    for (int64_t k = 0; k < terms; k++)
        for (int q = 0; q < width; q++) {
            double x = strip[k * width + q] * scale[q];
            sum[q] += x * x;
        }
    for (int q = 0; q < width; q++)
        norm[q] = isfinite(top[q]) ? __builtin_sqrt(sum[q]) / scale[q] * PX_PAIR_SAFE : (double)INFINITY;
}

static void strip_norms(int width, const double *strip, int64_t terms, double *norm) {
    if (width == PX_TILE_ROWS)
        strip_norms_of(PX_TILE_ROWS, strip, terms, norm);
    else
        strip_norms_of(TILE_COLS, strip, terms, norm);
}

static double norm(int64_t n, const double *x) {
    v8 top = all(0), sum = all(0);
    double largest = 0, rest = 0;
    int64_t whole = n / 8 * 8;
    for (int64_t i = 0; i < whole; i += 8) {
        v8 a = abs8(load8(x + i));
        top = select8(a <= top, top, a); /* a NaN is in the sum at the latest */
    }
    for (int q = 0; q < 8; q++) largest = top[q] <= largest ? largest : top[q];
    for (int64_t i = whole; i < n; i++) largest = fabs(x[i]) <= largest ? largest : fabs(x[i]);
    if (largest == 0 || !isfinite(largest)) return largest == 0 ? 0 : (double)INFINITY;
    double scale = scale_of(largest);
    for (int64_t i = 0; i < whole; i += 8) {
        v8 a = load8(x + i) * scale;
        sum += a * a;
    }
    for (int64_t i = whole; i < n; i++) rest += x[i] * scale * (x[i] * scale);
    return __builtin_sqrt(sum_lanes(sum) + rest) / scale * PX_PAIR_SAFE;
}
