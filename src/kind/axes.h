/* The axes that several kinds have, defined once: rows of a px_param table, so that the same name means the same thing
 * everywhere. A numeric axis whose default is 0 does not apply to every cell: 0 stands for "none", or for the number in
 * its help where it does apply; treatment.h refuses other values where it does not, since such cells would be
 * duplicates. */
#ifndef PX_KIND_AXES_H
#define PX_KIND_AXES_H

#include "arith/rounding.h"
#include "spec/param.h"

/* Words of the axes, in the order of their lists: the index of a word is the enumerator. NULL-terminated. */
extern const char *const px_words_rounding[];
extern const char *const px_words_order[];
extern const char *const px_words_model[];
extern const char *const px_words_algorithm[];
extern const char *const px_words_vector[];
extern const char *const px_words_pair[];
extern const char *const px_words_matrix[];
extern const char *const px_words_backend[];
extern const char *const px_words_exact[];

extern const char *const px_words_fused[];
enum { PX_FUSED_NO, PX_FUSED_YES };
extern const char *const px_words_subnormal[];
enum { PX_SUBNORMAL_KEEP, PX_SUBNORMAL_FLUSH };
extern const char *const px_words_overflow[];
enum { PX_OVERFLOW_OWN };

/* Fields, in order: name, type, default, words, same_as, lo, hi, input, help. */
#define PX_AXIS_FORMAT                                                                                                 \
    {"format", PX_PARAM_FORMAT, "fp16", NULL, NULL, 0, 0, false,                                                       \
     "format of the operands: the data are rounded to it"}
#define PX_AXIS_PRODUCT                                                                                                \
    {"product", PX_PARAM_FORMAT, "same", px_words_exact, "accum", 0, 0, false,                                         \
     "products are rounded to this format before they are added; exact: not rounded"}
#define PX_AXIS_ACCUM                                                                                                  \
    {"accum", PX_PARAM_FORMAT, "same", NULL, "format", 0, 0, false,                                                    \
     "accumulator: every sum is rounded to this format"}
#define PX_AXIS_OUT(of)                                                                                                \
    {"out", PX_PARAM_FORMAT, "same", NULL, of, 0, 0, false,                                                            \
     "format of the result"}
#define PX_AXIS_ORDER                                                                                                  \
    {"order", PX_PARAM_WORD, "sequential", px_words_order, NULL, 0, 0, false,                                          \
     "order of summation (`precx list orders`)"}
#define PX_AXIS_BLOCK                                                                                                  \
    {"block", PX_PARAM_INT, "0", NULL, NULL, 0, 1 << 20, false,                                                        \
     "order blocked: terms of a block; 0 stands for 32"}
#define PX_AXIS_SPLITS                                                                                                 \
    {"splits", PX_PARAM_INT, "0", NULL, NULL, 0, 1 << 20, false,                                                       \
     "order splitk: number of chunks; 0 stands for 4"}
#define PX_AXIS_PARTIAL                                                                                                \
    {"partial", PX_PARAM_FORMAT, "same", NULL, "accum", 0, 0, false,                                                   \
     "order splitk: partial sums are rounded to this format"}
#define PX_AXIS_MODEL                                                                                                  \
    {"model", PX_PARAM_WORD, "none", px_words_model, NULL, 0, 0, false,                                                \
     "matrix unit that multiplies and adds, its results in accum (`precx list models`); none: a rounding a step"}
#define PX_AXIS_PROMOTE                                                                                                \
    {"promote", PX_PARAM_INT, "0", NULL, NULL, 0, 1 << 20, false,                                                      \
     "models: after so many terms the unit's sum is added to one outside and starts anew; 0 stands for never"}
#define PX_AXIS_ALGORITHM                                                                                              \
    {"algorithm", PX_PARAM_WORD, "none", px_words_algorithm, NULL, 0, 0, false,                                        \
     "products put together from shorter ones, or of block-scaled operands (`precx list algorithms`)"}
#define PX_AXIS_SLICES                                                                                                 \
    {"slices", PX_PARAM_INT, "0", NULL, NULL, 0, 24, false,                                                            \
     "algorithm ozaki: slices of 7 bits; 0 stands for 4"}
#define PX_AXIS_MX_BLOCK                                                                                               \
    {"mx_block", PX_PARAM_INT, "0", NULL, NULL, 0, 1 << 20, false,                                                     \
     "block-scaled algorithms: terms that share a power of two; 0 stands for 32"}
#define PX_AXIS_FUSED                                                                                                  \
    {"fused", PX_PARAM_WORD, "no", px_words_fused, NULL, 0, 0, false,                                                  \
     "yes: one rounding a step, the product is not rounded"}
#define PX_AXIS_ROUNDING                                                                                               \
    {"rounding", PX_PARAM_WORD, "nearest_even", px_words_rounding, NULL, 0, 0, false,                                  \
     "rounding of every operation (the data are always rounded to nearest even)"}
#define PX_AXIS_SR_BITS                                                                                                \
    {"sr_bits", PX_PARAM_INT, "0", NULL, NULL, 0, PX_SR_BITS_MAX, false,                                               \
     "rounding stochastic: random bits a rounding; 0 stands for 32"}
#define PX_AXIS_SUBNORMAL                                                                                              \
    {"subnormal", PX_PARAM_WORD, "keep", px_words_subnormal, NULL, 0, 0, false,                                        \
     "subnormal numbers, operands and results: kept, or flushed to zero"}
#define PX_AXIS_OVERFLOW                                                                                               \
    {"overflow", PX_PARAM_WORD, "own", px_words_overflow, NULL, 0, 0, false,                                           \
     "what a result beyond the largest number becomes; own: the format's rule (inf; nan for fp8_e4m3)"}
#define PX_AXIS_BACKEND                                                                                                \
    {"backend", PX_PARAM_PATTERN, "emulated", px_words_backend, NULL, 0, 0, false,                                     \
     "who computes (`precx list backends`); blas:PATH, blas:LABEL=PATH: a CBLAS library"}
#define PX_AXIS_DATA(words, what)                                                                                      \
    {"data", PX_PARAM_WORD, "uniform", words, NULL, 0, 0, true,                                                        \
     "the numbers (`precx list " what "`)"}
#define PX_AXIS_SIZE(id, standard, top, text)                                                                          \
    {id, PX_PARAM_INT, standard, NULL, NULL, 1, top, true,                                                             \
     text}
#define PX_AXIS_SIZE_AS_N(id, top, text)                                                                               \
    {id, PX_PARAM_INT, "same", NULL, "n", 1, top, true,                                                                \
     text}
#define PX_AXIS_REP                                                                                                    \
    {"rep", PX_PARAM_INT, "1", NULL, NULL, 1, 1000000, true,                                                           \
     "number of the draw: repetitions are independent"}
/* An axis of one kind alone: a number that its data depend on. */
#define PX_AXIS_NUMBER(id, type, standard, lo, hi, text)                                                               \
    {id, type, standard, NULL, NULL, lo, hi, true,                                                                     \
     text}

#endif
