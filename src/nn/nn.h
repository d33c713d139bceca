/* A Transformer's training step as a program of op/op.h: nanoGPT's block, stacked, with its losses, gradients, loss
 * scaling and update. Built once from sizes and a precision policy; executors run it and know nothing of layers. A loop
 * over its calls is all that errors, census and counts need.
 *
 * One step is one program. Its inputs are the slots that no call writes: parameters and optimizer state as they stand
 * before the step, data, and the scalars `seed` (what the loss's gradient is multiplied by: S over the number of
 * micro-batches) and `unscale` (1/S). Its outputs hold the state after the step; train.h carries it over. */
#ifndef PX_NN_NN_H
#define PX_NN_NN_H

#include <stdbool.h>

#include "base/arena.h"
#include "nn/optimizer.h"
#include "nn/policy.h"
#include "nn/schedule.h"

#define PX_NN_LOSS_LIST(X)                                                                                             \
    X(DOT, "dot", "<dy, y>, dy given: the gradient that arrives from above")                                           \
    X(MSE, "mse", "mean of (y - target)^2")                                                                            \
    X(CROSS_ENTROPY, "cross_entropy", "of the next character: embedding below, layer norm and tied head above")
/* Over what a number is normalised, before gain and bias. Batch: layer norm of the transposed activations. */
#define PX_NN_NORM_LIST(X)                                                                                             \
    X(LAYER, "layer", "the features of its position: layer norm (Ba et al. 2016)")                                     \
    X(BATCH, "batch", "its feature at all positions of the batch: batch norm (Ioffe & Szegedy 2015)")                  \
    X(NONE, "none", "nothing: gain and bias alone")
#define PX_NN_SCALING_LIST(X)                                                                                          \
    X(NONE, "none", "the loss is not scaled, nothing is checked")                                                      \
    X(STATIC, "static", "the loss times a constant; steps with inf or nan are skipped")                                \
    X(DYNAMIC, "dynamic", "as torch.amp.GradScaler: halved after inf or nan, doubled after a run of clean steps")
#define PX_NN_UPDATE_LIST(X)                                                                                           \
    X(PLAIN, "plain", "w + d rounded to nearest")                                                                      \
    X(STOCHASTIC, "stochastic", "w + d rounded stochastically")                                                        \
    X(KAHAN, "kahan", "w + d with the lost part carried along")

#define PX_NN_AS_LOSS(id, name, text)    PX_NN_LOSS_##id,
#define PX_NN_AS_NORM(id, name, text)    PX_NN_NORM_##id,
#define PX_NN_AS_SCALING(id, name, text) PX_NN_SCALING_##id,
#define PX_NN_AS_UPDATE(id, name, text)  PX_NN_UPDATE_##id,
typedef enum px_nn_loss { PX_NN_LOSS_LIST(PX_NN_AS_LOSS) PX_NN_LOSS_COUNT } px_nn_loss;
typedef enum px_nn_normal { PX_NN_NORM_LIST(PX_NN_AS_NORM) PX_NN_NORM_COUNT } px_nn_normal;
typedef enum px_nn_scaling { PX_NN_SCALING_LIST(PX_NN_AS_SCALING) PX_NN_SCALING_COUNT } px_nn_scaling;
typedef enum px_nn_update { PX_NN_UPDATE_LIST(PX_NN_AS_UPDATE) PX_NN_UPDATE_COUNT } px_nn_update;

/* What is built. */
typedef struct px_nn_model {
    int64_t layers, batch, length, width, heads; /* B, T, C; heads divides width */
    int64_t vocab;                               /* cross_entropy only */
    px_nn_loss loss;
    px_nn_normal norm;
    px_optimizer_id optimizer;
    px_optimizer_constants constants;
    px_schedule schedule;
    double decay, l1; /* of weight matrices: decay w (or beside the step, decoupled), l1 sign w; not part of the loss */
    px_nn_update update;
    int gelu, softmax;    /* PX_GELU_..., PX_SOFTMAX_... of op/layer.h */
    bool scale_before;    /* q times 1/sqrt(head size) before the product with k, not the product itself */
    double mask;          /* value of a masked score: -inf, or finite */
    double dropout;       /* 0: none */
    double norm_eps;      /* 1e-5 */
    double clip;          /* largest norm of the gradient; inf: not clipped */
    int64_t micro, ranks; /* micro-batches a rank, ranks of a simulated all-reduce; each has its own data */
    bool reduce_tree;     /* ranks are added pairwise, else one after another */
    uint64_t seed;        /* of dropout and stochastic rounding */
} px_nn_model;

/* Stages, in the order in which they run; forward and backward alternate, once a micro-batch. */
#define PX_NN_STAGE_LIST(X)                                                                                            \
    X(FORWARD, "forward")                                                                                              \
    X(BACKWARD, "backward")                                                                                            \
    X(REDUCE, "reduce") X(UNSCALE, "unscale") X(CHECK, "check") X(CLIP, "clip") X(UPDATE, "update")
#define PX_NN_AS_STAGE(id, name) PX_NN_STAGE_##id,
typedef enum px_nn_stage { PX_NN_STAGE_LIST(PX_NN_AS_STAGE) PX_NN_STAGE_COUNT } px_nn_stage;

typedef struct px_nn_segment {
    px_nn_stage stage;
    int32_t first, count; /* calls */
} px_nn_segment;

/* What a slot is. Casts are the same tensor in another format. */
#define PX_NN_ROLE_LIST(X)                                                                                             \
    X(PARAMETER, "parameter")                                                                                          \
    X(STATE, "state")                                                                                                  \
    X(DATA, "data")                                                                                                    \
    X(SCALAR, "scalar")                                                                                                \
    X(CAST, "cast")                                                                                                    \
    X(ACTIVATION, "activation")                                                                                        \
    X(STATISTIC, "statistic")                                                                                          \
    X(ACTIVATION_GRADIENT, "activation_gradient")                                                                      \
    X(PARAMETER_GRADIENT, "parameter_gradient")                                                                        \
    X(UNSCALED, "unscaled") X(CLIPPED, "clipped") X(UPDATE, "update") X(NEW_PARAMETER, "new_parameter")                \
        X(NEW_STATE, "new_state")
#define PX_NN_AS_ROLE(id, name) PX_NN_ROLE_##id,
typedef enum px_nn_role { PX_NN_ROLE_LIST(PX_NN_AS_ROLE) PX_NN_ROLE_COUNT } px_nn_role;

const char *px_nn_role_name(px_nn_role role);
const char *px_nn_stage_name(px_nn_stage stage);

/* A parameter and what a step makes of it: slots, -1 where there is none. Named as in nanoGPT's state dict, with "h.0."
 * before the layer's; weights of linear layers are stored [out, in]. */
enum { PX_NN_STATES = PX_OPTIMIZER_STATES + 1 };
typedef struct px_nn_param {
    int32_t value;                   /* before the step: the master copy, or the only one */
    int32_t grad;                    /* scaled, summed over micro-batches and ranks */
    int32_t unscaled, clipped;       /* in the format of the update */
    int32_t state[PX_NN_STATES];     /* before: the optimizer's; last: Kahan's rest */
    int32_t new_state[PX_NN_STATES]; /* after */
    int32_t update, new_value;       /* d, w + d */
    int32_t decay_call;              /* the call of -lr decay w; -1: none */
    int32_t first_call, n_calls;     /* its calls of stage update: attributes and streams change from step to step */
    bool matrix;                     /* a weight matrix, not a bias or a gain */
} px_nn_param;

/* The program; everything lives in the arena. */
typedef struct px_nn_program {
    px_prog prog;
    px_nn_model model;
    px_nn_policy policy;
    int32_t
        *draw; /* of each call: 0, or the number of its random stream (forward and backward of a dropout share one) */
    px_call *calls;   /* prog.calls, for train.h */
    px_nn_role *role; /* of each slot */
    int32_t *origin;  /* of each slot: CAST, UNSCALED, ...: the slot that it was made from; else itself */
    px_nn_segment *segments;
    int32_t n_segments;
    int32_t (
        *carry)[2]; /* pairs of slots: a number, and where the last ones are kept for the next step, newest first */
    int32_t n_carry;
    px_nn_param *params;
    int32_t n_params;
    /* Slots; x, dy, target, tokens: one a micro-batch, ranks outermost. -1: not in this model. */
    int32_t n_batches;        /* micro times ranks */
    int32_t *x, *dy, *target; /* x: what the first layer takes in; target: wanted values, or tokens (n x 1) */
    int32_t *tokens;          /* tokens in (n x 1) */
    int32_t *y, *dx;          /* what comes out of the last layer; the gradient of x */
    int32_t *losses;          /* of each batch */
    int32_t seed, unscale, loss, found, clip_factor, grad_norm;
} px_nn_program;

/* Forward alone, THE list. Scores are B heads T x T numbers in `forward`, masked ones included; in the others they are
 * those that the mask leaves, position by position. */
#define PX_NN_PASS_LIST(X)                                                                                             \
    X(FORWARD, "forward", "all positions at once, whole squares of scores")                                            \
    X(CAUSAL, "causal", "all positions at once, masked scores left out")                                               \
    X(DECODE, "decode", "one new position a sequence, the last of T; keys and values of the others from a cache")
#define PX_NN_AS_PASS(id, name, text) PX_NN_PASS_##id,
typedef enum px_nn_pass { PX_NN_PASS_LIST(PX_NN_AS_PASS) PX_NN_PASS_COUNT } px_nn_pass;

/* PX_USAGE with what cannot be: heads that do not divide the width, say. */
px_status px_nn_check(const px_nn_model *model, px_error *err);
px_status px_nn_build(px_arena *arena, const px_nn_model *model, const px_nn_policy *policy, px_nn_program *program,
                      px_error *err);

/* infer.c: without loss and gradients. In: parameters, and x[0] (B T x C; decode: B x C), or tokens[0] (B T x 1; B x 1)
 * where the loss is cross_entropy; decode: "h.L.attn.k_cache" and "h.L.attn.v_cache" (B T x C), whose last position of
 * each sequence is not read before it is written. Out: y[0], logits where the loss is cross_entropy. Scores are scaled
 * after the product, dropout is none. */
px_status px_nn_build_inference(px_arena *arena, const px_nn_model *model, const px_nn_policy *policy, px_nn_pass pass,
                                px_nn_program *program, px_error *err);

#endif
