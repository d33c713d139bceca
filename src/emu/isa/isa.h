/* What every instruction set offers: the same kernels, from the same bodies, with the same bits. One translation unit
 * each (portable.c, avx2.c, avx512.c) sets the width of its vectors, includes the bodies and exports one table. */
#ifndef PX_EMU_ISA_ISA_H
#define PX_EMU_ISA_ISA_H

#include <stdbool.h>
#include <stdint.h>

/* ---- rows: any order, any format that the host (binary32 or binary64) can carry ---- */

/* Rounding to a format, done in a host format by adding and subtracting a number whose ulp is the wanted quantum. */
typedef struct px_target {
    int p;
    double least;       /* below it the quantum shrinks no further: 2^emin, or the host's where results are flushed */
    double flush_below; /* smaller results become zeros: 2^emin, or 0 where subnormals are kept */
    double max_finite;
    double beyond;      /* what takes the place of larger finite numbers: inf, nan or max_finite */
    double at_infinity; /* what takes the place of an infinity */
} px_target;

enum { PX_SORT_BYTES = 128 };

/* How one row of results is summed. Terms are t_k = a_k b_k; every flag says what a step needs beyond the host's own
 * operation, so "none of them" is native arithmetic. */
typedef struct px_plan {
    int order;           /* px_order: sequential, blocked, pairwise, kahan, neumaier, or sorted */
    void *room;          /* of sorted orders: PX_SORT_BYTES a term */
    int64_t block;       /* terms of a block */
    bool fused;          /* s + a b in one rounding of the host (its product is not exact) */
    bool rounds_product; /* to mul */
    bool odd;            /* the host's sum must be rounded to odd before it is rounded to acc */
    bool rounds_sum;     /* to acc */
    bool quick_sum;      /* and that in two operations, unless special */
    bool rounds_partial; /* block sums, to split */
    bool rounds_out;     /* the result, to out */
    bool has_start;      /* c holds start values */
    bool flushes;        /* mul or acc has no subnormals */
    bool signed_zeros;   /* the sign of a zero may matter */
    bool special;        /* overflow, infinities, NaN or flushing may occur */
    int mode, mul_mode;  /* px_rounding_mode, of products apart; others than nearest_even: odd, special, in binary64 */
    bool directed;       /* or, toward zero, up and down: the host rounds so, and the caller has set it */
    bool odd_product;    /* the host's product is not exact: it is rounded to odd before it is rounded to mul */
    int sr_bits;         /* of PX_STOCHASTIC, which is for sequential order in binary64; */
    bool reversed;       /* its terms are the last one first; */
    uint64_t stream, element; /* and the first column's bits are px_bits(stream, element, step), see kernel/sum.h */
    px_target mul, acc, split, out;
} px_plan;

/* width columns at once: c[j] = sum over k of a[k] b[k width + j], by the plan. c holds the start values
 * (plan->has_start) and is overwritten. last (may be NULL; sequential only): 1 + the index of the last term that
 * changed the sum, or 0. */
typedef void px_rows_f64(const px_plan *plan, int64_t n, const double *a, const double *b, double *c, double *last);
typedef void px_rows_f32(const px_plan *plan, int64_t n, const float *a, const float *b, float *c, float *last);

/* ---- tiles: rows x width results in registers, k in order, for the steps worth it ---- */

/* Steps, s <- s + a b: X(enumerator, product, sum). Rounded products are `free` of underflow, or `clamped` at the
 * quantum of the subnormals, which takes longer, or `guarded`: clamped where some product of the k-th terms may be
 * subnormal. They read two copies of B, side by side in each row: (C - 1) b and C b, for C = 2^(P - p) of the product's
 * format; clamped ones b and C b. */
#define PX_STEP_LIST(X)                                                                                                \
    X(PX_STEP_NATIVE, "host", "host")                                                                                  \
    X(PX_STEP_FUSED, "fused", "host")                                                                                  \
    X(PX_STEP_FREE_NATIVE, "free", "host")                                                                             \
    X(PX_STEP_GUARDED_NATIVE, "guarded", "host")                                                                       \
    X(PX_STEP_CLAMPED_NATIVE, "clamped", "host")                                                                       \
    X(PX_STEP_QUICK, "host", "quick")                                                                                  \
    X(PX_STEP_FREE_QUICK, "free", "quick")                                                                             \
    X(PX_STEP_GUARDED_QUICK, "guarded", "quick")                                                                       \
    X(PX_STEP_CLAMPED_QUICK, "clamped", "quick")
#define PX_STEP_ENUM(id, product, sum) id,
typedef enum px_step { PX_STEP_LIST(PX_STEP_ENUM) PX_STEPS } px_step;
#undef PX_STEP_ENUM

/* What becomes of c: sums from +0 take its place; or go on from it; or are added to it, as a step adds. */
typedef enum px_tile_mode { PX_TILE_STORE, PX_TILE_RESUME, PX_TILE_ADD } px_tile_mode;

typedef struct px_tile {
    int64_t k;
    const void *a; /* element (i, k) at i row_step + k k_step */
    int64_t row_step, k_step;
    const void *b; /* k x width, or k x 2 width: panels as px_pack_panel makes them */
    void *c;       /* rows x width, ldc apart */
    int64_t ldc;
    px_tile_mode mode;
    /* Sums that are rounded, and the copies of B with them, hold 2^scale times their values, and drift: each step loses
     * the factor 2^acc_shift (P - p of the accumulator's format), each `period` steps get it back. */
    int scale, acc_shift, period;
    const float *mul_least; /* of each phase of a period: 1.5 C 2^emin of the product's format, scaled alike */
    /* The k-th terms are guarded where least_a[k] + least_b[k] < least_limit; words, see least_across. */
    const uint32_t *least_a, *least_b;
    uint32_t least_limit;
} px_tile;

typedef struct px_tile_kernel {
    int rows, width;
    void (*run)(const px_tile *tile);
} px_tile_kernel;

/* ---- matrix units: tiles of sums by blocks, of operands of at most 11 bits ---- */

enum { PX_MMA_BYTE = 63, PX_MMA_SPREAD = 62 };

/* How a row of A or a panel of columns of B is held: times 2^up, so that exponents of all products lie well inside
 * binary32; and each exponent, that of a subnormal being `emin`, as a byte, which is PX_MMA_BYTE for `least` (before
 * 2^up) and at most PX_MMA_SPREAD more, and 0 for a zero. So the byte of a product, the sum of two, tells one with a
 * zero factor from all others. */
typedef struct px_mma_frame {
    int emin, least, up;
    float factor; /* 2^up */
} px_mma_frame;

/* mma_rows x mma_columns sums over k products, `width` a block. Kernels with exponents in bytes: `ea` has a byte four
 * times in a uint32_t; `eb` rows of mma_columns bytes, that of column v L + l at 4 l + v (L lanes); byte less `bias` is
 * a binary32's exponent field, and a block's largest is taken to be at least `floor`. They read ea and eb one block
 * past the end. The general kernel: significands in a and b, exponents in int32_t ea and eb, `floor` an exponent. */
typedef struct px_mma_tile {
    int64_t k; /* a multiple of width */
    int width, fraction, bias, floor;
    int32_t kept; /* the bits of a result's word that are kept */
    const float *a;
    const void *ea;
    int64_t lda; /* of a and ea */
    const float *b;
    const void *eb;
    float *c; /* in the frame of the products; mma_columns a row */
} px_mma_tile;

/* X(enumerator): results in fp32, fp16; `twice` where the sum of a block may take 33 bits. */
#define PX_MMA_KERNEL_LIST(X)  X(SINGLE) X(SINGLE_TWICE) X(HALF) X(HALF_TWICE) X(GENERAL) X(GENERAL_TWICE)
#define PX_MMA_KERNEL_ENUM(id) PX_MMA_##id,
typedef enum px_mma_kernel { PX_MMA_KERNEL_LIST(PX_MMA_KERNEL_ENUM) PX_MMA_KERNELS } px_mma_kernel;
#undef PX_MMA_KERNEL_ENUM

typedef struct px_mma_isa {
    int rows, columns; /* of a tile */
    void (*run[PX_MMA_KERNELS])(const px_mma_tile *tile);
    /* Numbers into a frame, in place, and their bytes: n of a row (a multiple of 16), n x columns of a panel. */
    void (*pack_row)(const px_mma_frame *frame, int64_t n, float *x, uint32_t *bytes);
    void (*pack_panel)(const px_mma_frame *frame, int64_t n, float *x, uint8_t *bytes);
    /* n numbers (a multiple of 16) out of a frame, as the general kernel reads them. */
    void (*split)(const px_mma_frame *frame, int64_t n, const float *x, float *significand, int32_t *exponent);
    /* The largest sum of `width` significands, as integers of 24 bits with the first bit set; n and width multiples of
     * 16. */
    int64_t (*heaviest)(int64_t n, int width, const float *x);
    /* sum += part, to nearest even in fp32 or (half) fp16; n a multiple of 16. The rounding mode is that. */
    void (*add)(int64_t n, bool half, float *sum, const float *part);
} px_mma_isa;

/* ---- the steps of op/layer.h: arrays in binary64, rounded operation by operation ---- */

/* X(enumerator): of two numbers, then of one. */
#define PX_RND_LIST(X)  X(ADD) X(SUBTRACT) X(MULTIPLY) X(DIVIDE) X(SQRT) X(EXP) X(TANH) X(ERF)
#define PX_RND_ENUM(id) PX_RND_##id,
typedef enum px_rnd_op { PX_RND_LIST(PX_RND_ENUM) } px_rnd_op;
#undef PX_RND_ENUM

/* A format of at most 24 bits, and whether it is binary32 itself, to which a conversion rounds. */
typedef struct px_rnd_format {
    px_target target;
    bool binary32;
} px_rnd_format;

/* ---- arrays ---- */

/* The smallest nonzero and the largest magnitude; largest is an infinity when there is one, or a NaN. Adds to *scan. */
typedef struct px_scan {
    float least, largest;
} px_scan;
#define PX_SCAN_EMPTY ((px_scan){.least = __builtin_inff(), .largest = 0})

typedef struct px_isa {
    const char *name;
    bool fuses;                        /* a fused operation is one instruction */
    int width_f64, width_f32;          /* columns of a panel of rows */
    px_rows_f64 *rows_f64, *chain_f64; /* chain: one column */
    px_rows_f32 *rows_f32, *chain_f32;
    px_tile_kernel tiles_f64[PX_STEPS], tiles_f32[PX_STEPS]; /* run is NULL where there is none */
    /* n rows of `width` numbers, `step` apart, one behind the other: `copies` of each, multiplied by their factors,
     * which are `period` times `copies`, for each row the next ones. */
    void (*pack_f64)(int64_t n, int width, int copies, int period, const double *factors, const double *from,
                     int64_t step, double *to);
    void (*pack_f32)(int64_t n, int width, int copies, int period, const double *factors, const float *from,
                     int64_t step, float *to);
    /* least[k], k = 0 .. n-1: the smallest of the nonzero numbers x[k step + j], j < width (across), or x[i step + k],
     * i < rows (along): the word of its magnitude less 1; 2^31 - 1 where there is none. The word of a normal x is
     * at most 2^23 (127 + log2 x), so that the sum of two tells that a product is large enough. */
    void (*least_across_f32)(int64_t n, int width, const float *x, int64_t step, uint32_t *least);
    void (*least_along_f32)(int64_t n, int rows, const float *x, int64_t step, uint32_t *least);
    void (*scan_f32)(int64_t n, const float *x, px_scan *scan);
    /* y = x rounded, n numbers, in a px_rounding_mode: to any format that plan.h allows (chance: for stochastic, else
     * NULL); to the host's exponents with `drop` bits fewer (not stochastic); to fp16, to nearest even (NULL where the
     * machine has no instruction for it). y may be x. */
    void (*round_f64)(const px_target *target, int mode, int64_t n, const double *x, const double *chance, double *y);
    void (*round_f32)(const px_target *target, int mode, int64_t n, const float *x, const float *chance, float *y);
    void (*round_words_f64)(int drop, int mode, int64_t n, const double *x, double *y);
    void (*round_words_f32)(int drop, int mode, int64_t n, const float *x, float *y);
    void (*round_fp16_f32)(int64_t n, const float *x, float *y);
    /* chance[i] = the low `bits` (1 .. 52) bits of px_bits(stream, element + i, step), / 2^bits. */
    void (*chances)(int bits, uint64_t stream, uint64_t element, uint64_t step, int64_t n, double *chance);
    /* y = x, past the caches; others may read it after stream_end. */
    void (*stream_f32)(int64_t n, const float *x, float *y);
    void (*stream_end)(void);
    /* y = a + b, a b, n numbers, in the host's arithmetic; and rounded to odd, false where that cannot be. down: zeros
     * have the sign of that mode. */
    void (*add_f64)(int64_t n, const double *a, const double *b, double *y);
    void (*add_f32)(int64_t n, const float *a, const float *b, float *y);
    void (*multiply_f64)(int64_t n, const double *a, const double *b, double *y);
    void (*multiply_f32)(int64_t n, const float *a, const float *b, float *y);
    bool (*add_to_odd_f64)(bool down, int64_t n, const double *a, const double *b, double *y);
    bool (*multiply_to_odd_f64)(int64_t n, const double *a, const double *b, double *y);
    /* y[i] = rnd(a[i] op b[i step]), or rnd(op a[i]); n numbers; y may be a or b. NaNs of any sign. */
    void (*rnd_f64)(const px_rnd_format *to, px_rnd_op op, int64_t n, const double *a, const double *b, int64_t step,
                    double *y);
    px_mma_isa mma;
} px_isa;

extern const px_isa px_isa_portable, px_isa_avx2, px_isa_avx512;

/* The best of this processor, or the one that the environment variable PRECX_ISA (avx512 | avx2 | portable) names; the
 * best, too, when it names none that can run here (px_emu_ready says so). Chosen once. */
const px_isa *px_isa_chosen(void);

/* From now on this one: for tests and the bench, which compare them. Not while other threads compute. */
void px_isa_use(const px_isa *isa);

/* All that this processor can run, the portable one first. */
const px_isa *const *px_isa_usable(int *n);

#endif
