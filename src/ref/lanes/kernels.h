/* What every instruction set offers the executor of pairs (ref/pairs.h): the same kernels, from the same bodies, with
 * the same bits. One translation unit each; the choice is ref/isa.c's. Nothing here is shared with emu/. */
#ifndef PX_REF_LANES_KERNELS_H
#define PX_REF_LANES_KERNELS_H

#include <stdbool.h>
#include <stdint.h>

enum { PX_TILE_BLOCK = 32 }; /* residues of a product summed before they go to the total */

/* Covers the fewer than 2^12 roundings of a bound's own arithmetic. */
#define PX_PAIR_SAFE 1.0001

/* Numbers that the kernels need in twice the precision. */
typedef struct px_pair_constants {
    double exp_hi[32], exp_lo[32];             /* 2^(j/32) */
    double ln2[3];                             /* ln 2 / 32 in parts of 36, 36 and 53 bits */
    double factorial_hi[12], factorial_lo[12]; /* 1/j! */
    double gelu1[2], gelu3[2];                 /* 2 sqrt(2/pi), and 0.044715 times that */
} px_pair_constants;

/* What a row operation says about itself: 2-norms over the row of bounds of its own roundings, operands taken as exact.
 * */
typedef struct px_row_report {
    double rounding[3]; /* of each result; of a column result the bound of its one entry */
    double largest[3];  /* see the kernel */
    double size[3];     /* 2-norms: see the kernel */
    int undecided;      /* no bound */
} px_row_report;

/* Rows are arrays of n entries, padded to a multiple of 8; padding in operands is 0, in results anything. */
typedef struct px_pair_row {
    double *h, *l;
} px_pair_row;

/* Where a tile goes: rows `step` numbers apart. past_cache: everything aligned to 64 bytes; for what is not read soon;
 * a fence before another thread reads it. */
typedef struct px_tile_out {
    double *h, *l;
    int64_t step;
    bool past_cache;
} px_tile_out;

typedef struct px_pair_kernels {
    const char *name;
    int rows, cols; /* of a tile */
    /* lines x terms numbers to a strip of `width` lines (rows or cols), the lines of one term side by side; missing
     * lines are zeros. */
    void (*pack)(int width, double *to, const double *x, int64_t lines, int64_t terms, int64_t line_step,
                 int64_t term_step);
    /* The 2-norm of every line of a strip, times PX_PAIR_SAFE; infinite or NaN where a number is. */
    void (*strip_norms)(int width, const double *strip, int64_t terms, double *norm);
    /* The same of n numbers side by side. */
    double (*norm)(int64_t n, const double *x);
    /* One tile of A B, K terms: a packed k-major by rows, b by cols; alpha, beta: powers of two above the 2-norms of
     * A's rows and B's columns, (1 + 2^-20 included); al, bl NULL: exactly 0. */
    void (*tile)(int64_t k, const double *ah, const double *al, const double *bh, const double *bl, const double *alpha,
                 const double *beta, px_tile_out out);
    /* The same with the lo parts in binary32: al and bl as narrow_strip left them. */
    void (*narrow_tile)(int64_t k, const double *ah, const double *al, const double *bh, const double *bl,
                        const double *alpha, const double *beta, px_tile_out out);
    /* Strips of numbers and of their lo parts, of `width` lines: in the place of the latter come, term by term, the
     * numbers and 2^53 times the lo parts, each over the anchor of its line (a power of two; 0 where all numbers are),
     * rounded to binary32. */
    void (*narrow_strip)(int width, double *lo, const double *hi, int64_t terms, const double *anchor);
    /* A tile in plain double by fused steps, k ascending: for bounds of norms. */
    void (*plain_tile)(int64_t k, const double *a, const double *b, double *o);

    /* y = a + b, y = a b. */
    px_row_report (*add)(int64_t n, px_pair_row y, px_pair_row a, px_pair_row b);
    /* largest[0], [1]: max |a|, max |b|. */
    px_row_report (*mul)(int64_t n, px_pair_row y, px_pair_row a, px_pair_row b);
    /* s[0] = the sum of the row: rounding[0]. */
    px_row_report (*sum)(int64_t n, double s[2], px_pair_row a);
    /* The same of the 8 columns of a matrix of n rows, `step` apart: the bits that sum gives for each. */
    void (*sums)(int64_t n, int64_t step, double h[8], double l[8], double rounding[8], px_pair_row a);
    /* y = gelu(x), dy/dx in g: rounding[0], [1]; largest[0]: max |g|. */
    px_row_report (*gelu)(const px_pair_constants *c, int64_t n, px_pair_row y, px_pair_row g, px_pair_row x);
    /* Softmax of scale times the first `visible` entries, 0 for the others. */
    px_row_report (*softmax)(const px_pair_constants *c, int64_t n, int64_t visible, const double scale[2],
                             px_pair_row p, px_pair_row s);
    /* ds = scale p (dp - <dp, p>): largest[0]: max |dp - <dp, p>|; size[0]: ||dp||; largest[1]: a bound of the norm of
     * diag(p) - p p'. */
    px_row_report (*softmax_backward)(int64_t n, int64_t visible, const double scale[2], px_pair_row ds, px_pair_row dp,
                                      px_pair_row p);
    /* k = (x - mean) rstd, y = k gamma + beta; mean, rstd: pairs. rounding: of y, mean and rstd; largest[0]: max
     * |gamma|, largest[1]: max |k|. gamma.h NULL: 1, beta.h NULL: 0. */
    px_row_report (*layernorm)(int64_t n, const double eps[2], px_pair_row y, double mean[2], double rstd[2],
                               px_pair_row x, px_pair_row gamma, px_pair_row beta);
    /* g = dy gamma; largest[0]: max |gamma|; [1]: |avg(g k)|; [2]: a bound of the norm of I - 11'/n - kk'/n; size: of
     * dx, g and k. */
    px_row_report (*layernorm_backward)(int64_t n, px_pair_row dx, px_pair_row dy, px_pair_row x, const double mean[2],
                                        const double rstd[2], px_pair_row gamma);
    /* k = (x - mean) rstd alone: rounding[0]; size[0]: ||k||. */
    px_row_report (*normalise)(int64_t n, px_pair_row k, px_pair_row x, const double mean[2], const double rstd[2]);
} px_pair_kernels;

extern const px_pair_kernels px_pair_portable, px_pair_avx2, px_pair_avx512;
const px_pair_kernels *px_pair_kernels_chosen(void);
const px_pair_constants *px_pair_numbers(void); /* by MPFR, once */

#endif
