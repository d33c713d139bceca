/* The kind transformer, inside this room: what a cell's axes mean, its data, its rows. */
#ifndef PX_KIND_TRANSFORMER_H
#define PX_KIND_TRANSFORMER_H

#include "data/text.h"
#include "kind/kinds.h"
#include "nn/train.h"

/* Which tensors get rows. */
#define PX_TENSORS_LIST(X)                                                                                             \
    X(STEP, "step", "none: one row a step")                                                                            \
    X(GRADIENTS, "gradients", "gradients of parameters, as they come out of the backward pass (scaled)")               \
    X(UPDATES, "updates", "parameters after the update")                                                               \
    X(ATTENTION, "attention", "of attention: scores, probabilities, what comes of them, and their gradients")          \
    X(ALL, "all", "all but data, casts and scalars")
#define PX_TENSORS_ENUM(id, name, text) PX_TENSORS_##id,
typedef enum px_tensors_id { PX_TENSORS_LIST(PX_TENSORS_ENUM) PX_TENSORS_COUNT } px_tensors_id;

enum { PX_JUDGE_EXACT, PX_JUDGE_NONE };

/* A cell: the program, its run, and what is reported of it. */
typedef struct px_transformer {
    px_nn_model model;
    px_nn_policy policy;
    px_nn_scaler scaler;
    int64_t steps, every; /* rows of tensors for steps 1, 1 + every, ... */
    px_tensors_id tensors;
    int judge;
    bool histogram;    /* rows of exponents, too */
    double init, grad; /* standard deviations of weights and of dy */
    uint64_t rep;
    px_text_data text; /* loss cross_entropy */
    px_nn_program program;
    px_nn_train train;
} px_transformer;

/* Reads the axes; the reason in the arena when the combination makes no sense, else NULL. */
const char *px_transformer_read(px_arena *arena, const px_case *c, px_transformer *t);

/* Parameters and data of the first step; fresh data for the step to come. Functions of seed, rep, sizes and the axes
 * that belong to the input alone; stored in the formats of the program. */
void px_transformer_start(const px_case *c, px_transformer *t);
void px_transformer_batch(const px_case *c, px_transformer *t);

/* Emits the rows of the step just made. */
px_status px_transformer_emit(const px_transformer *t, const px_nn_report *report, px_lab *lab, px_sink *sink,
                              px_error *err);

/* What the kind's table points to. */
const char *px_transformer_unsupported(px_arena *arena, const px_case *c);
px_cost px_transformer_cost(const px_case *c);
px_status px_transformer_run(const px_case *c, px_lab *lab, px_sink *sink, px_error *err);

#endif
