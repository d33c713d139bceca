/* Calls to try an executor on: every operation, in random recipes, at sizes where a parallel kernel's ends lie, on data
 * that make arithmetic go wrong, through views of all sorts. A case is a function of its key. */
#ifndef PX_SELFTEST_CASES_H
#define PX_SELFTEST_CASES_H

#include "op/op.h"

/* Data, THE list: X(enumerator, name, what). */
#define PX_TRIAL_DATA_LIST(X)                                                                                          \
    X(PX_DATA_RANDOM, "random", "U(-2, 2)")                                                                            \
    X(PX_DATA_SUBNORMAL, "subnormal", "at and below the smallest normal number")                                       \
    X(PX_DATA_LARGE, "large", "near overflow")                                                                         \
    X(PX_DATA_SPECIAL, "special", "one in four is an infinity, a NaN, a zero or an end of the range")                  \
    X(PX_DATA_CANCELLING, "cancelling", "pairs x, -x, of a few magnitudes")                                            \
    X(PX_DATA_INTEGERS, "integers", "small ones: every partial sum is exact in any order")
#define PX_TRIAL_DATA_ENUM(id, name, text) id,
typedef enum px_trial_data {
    PX_TRIAL_DATA_LIST(PX_TRIAL_DATA_ENUM) PX_TRIAL_DATA_COUNT,
    PX_DATA_WORDS = PX_TRIAL_DATA_COUNT /* of sweeps, not of random calls: every word of 16 bits */
} px_trial_data;
#undef PX_TRIAL_DATA_ENUM
const char *px_trial_data_name(px_trial_data data);

/* How free the recipe is. */
typedef enum px_trial_recipe {
    PX_RECIPE_ANY,     /* formats of the list and others, any order, rounding, rule */
    PX_RECIPE_NATIVE,  /* one of fp16, bf16, fp32, fp64 throughout, to nearest even, sequential, fused or not */
    PX_RECIPE_UNIT,    /* products by a matrix unit */
    PX_RECIPE_LIBRARY, /* products as a vendor's library makes them */
    PX_RECIPE_WORDS,   /* operands of fp16 or bf16 by turns, in any recipe */
    PX_RECIPE_COUNT
} px_trial_recipe;

enum {
    PX_TRIAL_SLOTS = PX_MAX_IN + PX_MAX_OUT,
    PX_TRIAL_FORMATS = 8 /* PX_RECIPE_LIBRARY: the case's number chooses one of so many triples of formats */
};

typedef struct px_trial_key {
    uint64_t seed;
    px_op op;
    int64_t size; /* of the longest side */
    px_trial_data data;
    px_trial_recipe recipe;
    int model; /* px_model, for PX_RECIPE_UNIT */
    uint64_t number;
} px_trial_key;

/* A program of one call. The slots of inputs come first, each with its numbers. */
typedef struct px_trial_case {
    px_trial_key key;
    px_slot slots[PX_TRIAL_SLOTS];
    px_mat in[PX_TRIAL_SLOTS]; /* by slot; data NULL: of an output */
    px_call call;
    px_prog prog; /* points into this struct: do not copy it */
} px_trial_case;

void px_trial_case_make(px_arena *arena, const px_trial_key *key, px_trial_case *c);

/* "gemm fp16*fp16 mul fp16 acc fp32 out fp16 pairwise nearest_even 33 x 5 x 7, random": for a line of a report. */
const char *px_trial_case_text(px_arena *arena, const px_trial_case *c);

/* key->size numbers of the key's data as a row, in one of all formats, `exact` among them; PX_DATA_WORDS: in fp16 or
 * bf16, by the key's number. */
px_mat px_trial_tensor(px_arena *arena, const px_trial_key *key);

/* Operations that have cases: all but factorisations. */
int px_trial_covers(px_op op);

#endif
