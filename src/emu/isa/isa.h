/* What every instruction set offers: the same kernels, from the same bodies, with the same bits. One translation unit
 * each (portable.c, avx2.c, avx512.c) sets the width of its vectors, includes the bodies and exports one table. */
#ifndef PX_EMU_ISA_ISA_H
#define PX_EMU_ISA_ISA_H

#include <stdbool.h>
#include <stdint.h>

/* Rounding to a format, done in a host format (binary32 or binary64) by adding and subtracting a number whose ulp is
 * the wanted quantum. */
typedef struct px_target {
    int p;
    double least;       /* below it the quantum shrinks no further: 2^emin, or the host's where results are flushed */
    double flush_below; /* smaller results become zeros: 2^emin, or 0 where subnormals are kept */
    double max_finite;
    double beyond;      /* what takes the place of larger finite numbers: inf, nan or max_finite */
    double at_infinity; /* what takes the place of an infinity */
} px_target;

/* How one row of results is summed. Terms are t_k = a_k b_k; every flag says what a step needs beyond the host's own
 * operation, so "none of them" is native arithmetic. */
typedef struct px_plan {
    int order;           /* px_order: sequential, blocked, pairwise, kahan or neumaier */
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
    px_target mul, acc, split, out;
} px_plan;

/* width columns at once: c[j] = sum over k of a[k] b[k width + j], by the plan. c holds the start values
 * (plan->has_start) and is overwritten. last (may be NULL; sequential only): 1 + the index of the last term that
 * changed the sum, or 0. */
typedef void px_rows_f64(const px_plan *plan, int64_t n, const double *a, const double *b, double *c, double *last);
typedef void px_rows_f32(const px_plan *plan, int64_t n, const float *a, const float *b, float *c, float *last);

typedef struct px_isa {
    const char *name;
    int width_f64, width_f32;          /* columns of a panel */
    px_rows_f64 *rows_f64, *chain_f64; /* chain: one column */
    px_rows_f32 *rows_f32, *chain_f32;
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
