/* Models of matrix units ("tensor cores"): one algorithm (kernel/mma.h) and THE list of its parameters for each model,
 * input format and result format. Every unit here sums a block of products and the accumulator on one grid of bits: cut
 * to it toward zero, added exactly, rounded once.
 *
 * Sources: [FHMP] Fasi, Higham, Mikaitis, Pranesh, PeerJ CS 7:e330 (2021); [KM] Khattak, Mikaitis, arXiv 2512.07004,
 * and the rows they recorded on hardware (MATLAB-tensor-core); [MS] Xie et al., arXiv 2511.10909 (MMA-Sim). */
#ifndef PX_ARITH_MODEL_H
#define PX_ARITH_MODEL_H

#include "arith/fp.h"

/* THE models: X(enumerator, name, hardware). */
#define PX_MODEL_LIST(X)                                                                                               \
    X(PX_MODEL_V100, "v100", "NVIDIA V100 (Volta)")                                                                    \
    X(PX_MODEL_TURING, "turing", "NVIDIA T4 (Turing)")                                                                 \
    X(PX_MODEL_A100, "a100", "NVIDIA A100, A30, A2 (Ampere)")                                                          \
    X(PX_MODEL_ADA, "ada", "NVIDIA RTX 1000 Ada, L40S (Ada)")                                                          \
    X(PX_MODEL_H100, "h100", "NVIDIA H100, H200 (Hopper); fp8 by wgmma")                                               \
    X(PX_MODEL_H100_MMASYNC, "h100_mmasync", "NVIDIA H100, H200 (Hopper); fp8 by mma.sync")                            \
    X(PX_MODEL_B200, "b200", "NVIDIA B200 (Blackwell); fp8 by tcgen05")                                                \
    X(PX_MODEL_B200_MMASYNC, "b200_mmasync", "NVIDIA B200 (Blackwell); fp8 by mma.sync")

#define PX_MODEL_ENUM(id, name, text) id,
typedef enum px_model { PX_MODEL_NONE, PX_MODEL_LIST(PX_MODEL_ENUM) PX_MODEL_COUNT } px_model;
#undef PX_MODEL_ENUM

const char *px_model_name(px_model model); /* "none" for PX_MODEL_NONE */
const char *px_model_help(px_model model);
int px_model_find(const char *name); /* the model, '-' and '_' alike; -1 when there is none */

enum {
    PX_MMA_NO_FLOOR = INT16_MIN, /* `floor`: none is known, or the operands cannot reach it */
    PX_MMA_UNCUT = 0             /* `fraction`: nothing is cut, a block is one rounding of its exact value */
};

/* A row of THE list of parameters (model.c). */
typedef struct px_mma_row {
    px_model model;
    const char *in, *out;    /* names of formats; several inputs are separated by blanks; fp8 formats may be mixed */
    int16_t width, fraction; /* W and F, as in px_mma */
    int16_t precision;       /* P: fraction bits of a block's result */
    uint8_t rounding;        /* px_rounding_mode of a block's result */
    int16_t floor;           /* as in px_mma */
    uint8_t blocks;          /* as in px_mma; 2: mma.sync of fp8, which adds c at the end */
    const char *instruction; /* the native instruction and how many blocks it is */
    const char *sources;     /* who published these numbers */
    const char *validated;   /* what was compared with hardware, by whom; "" is nothing */
} px_mma_row;
const px_mma_row *px_mma_rows(int *n); /* model by model */

/* Where published models differ and no recorded row decides. All false is the answer chosen here, each true the other
 * one. They matter near and below the smallest normal numbers, and for zero times something huge. */
typedef struct px_mma_quirks {
    bool no_floor;            /* `floor` is not applied */
    bool zero_c_counts;       /* fp32 results: a zero start value takes part in the largest exponent, as -126 */
    bool zero_product_counts; /* a product with a zero factor takes part, as -126 + the other factor's exponent */
    bool normalised_c;       /* a subnormal fp16 start value takes part with its leading bit's exponent, not with -14 */
    bool positive_underflow; /* a negative sum that rounds to zero is +0, not -0 */
} px_mma_quirks;

/* One unit. Its formats carry their own rules, and hypotheses can be built from them: subnormals = 0 flushes operands
 * (a, b) or start values and results (acc and out); overflow = saturate in acc and out saturates. No unit of the list
 * does. */
typedef struct px_mma {
    px_fp a, b;       /* in which the operands reach the multipliers */
    px_fp acc;        /* a block's result is rounded to this: `out`, or the same with fewer significand bits */
    px_fp out;        /* format of start value and result */
    uint8_t rounding; /* px_rounding_mode of a block's result; overflow gives infinity even toward zero */
    int16_t width;    /* W: products a block */
    int16_t fraction; /* F: bits kept below the largest exponent of a block's terms, or PX_MMA_UNCUT (width 1 only) */
    int16_t floor;    /* that exponent is never taken smaller than this, or PX_MMA_NO_FLOOR */
    uint8_t blocks;   /* blocks a step of the chain; they take the step's elements in turn, two at a time */
    bool late_c;      /* a step starts from +0; its start value is added at its end, rounded to nearest even */
    bool normalised;  /* hypothesis: a product in [2, 4) takes part with its leading bit's exponent */
    bool descending;  /* hypothesis: steps in descending order of k */
    px_mma_quirks quirks;
} px_mma;

/* The unit of a model for products of formats in_a and in_b. PX_USAGE with what the model has otherwise. Their rules
 * for subnormals and overflow are not looked at: the unit's own hold. */
px_status px_mma_find(px_model model, px_fp in_a, px_fp in_b, px_fp out, px_mma *unit, px_error *err);

/* The word of a result: px_encode (arith/codec.h), but the canonical NaN is 7fff or 7fffffff [MS]. */
uint64_t px_mma_encode(px_fp out, double x);

#endif
