/* Writing a program, inside this room: slots and calls one after another. */
#ifndef PX_NN_BUILD_H
#define PX_NN_BUILD_H

#include "nn/nn.h"

typedef struct px_builder {
    px_arena *arena;
    px_nn_program *p;
    px_slot *slots;   /* p->prog.slots, growing, as do p->role, p->origin, p->calls, p->draw */
    int32_t *inverse; /* of a slot that was made with a factor: the slot of what undoes it */
    int32_t carry_room;
    int32_t slots_room, calls_room, segments_room;
    int32_t draws;
    int32_t *parts;  /* gradients: parameter i of batch k is parts[i * n_batches + k] */
    int32_t batch;   /* the one being written */
    char prefix[16]; /* of its slots' names */
    px_nn_pass pass;
} px_builder;

/* What a norm leaves for its backward pass: slots, and what gain and bias were given (not of layer norm). */
typedef struct px_nn_statistics {
    int32_t mean, rstd;
    px_arg normal;
} px_nn_statistics;

/* The same of a layer. */
typedef struct px_nn_trace {
    int32_t x, ln_1, qkv, q_scaled, scores, probs, probs_used, z, mid, ln_2, fc, gelu;
    px_nn_statistics norm_1, norm_2;
    int32_t drop_probs, drop_attn, drop_mlp; /* random streams */
} px_nn_trace;

/* A new slot; the batch's prefix stands before the name. */
int32_t px_nn_slot(px_builder *b, px_nn_role role, int64_t rows, int64_t cols, px_fp fmt, const char *format, ...)
    __attribute__((format(printf, 6, 7)));
/* The name of a slot without the batch's prefix. */
const char *px_nn_bare(const px_builder *b, int32_t slot);

/* After a step, `from` becomes the first of `to` (1 x n, zeros at first); what was there moves on by one place. */
void px_nn_carry(px_builder *b, int32_t from, int32_t to);

/* A new call with all views absent, the class's recipe, without matrix unit and fusing. Valid until the next one. */
px_call *px_nn_call(px_builder *b, px_op op, px_nn_class which);
void px_nn_begin(px_builder *b, px_nn_stage stage);

px_arg px_nn_all(const px_builder *b, int32_t slot);
px_arg px_nn_turned(px_arg v);                             /* transposed */
px_arg px_nn_as_column(const px_builder *b, int32_t slot); /* of a contiguous slot: all entries, n x 1 */
px_arg px_nn_as_row(const px_builder *b, int32_t slot);    /* 1 x n */
px_arg px_nn_spread(const px_builder *b, int32_t slot, int64_t rows, int64_t cols); /* a row, or one number */

/* The slot rounded to what the class takes in; itself where nothing is lost. Made once, then found again. */
int32_t px_nn_cast(px_builder *b, int32_t slot, px_nn_class which);
int32_t px_nn_round(px_builder *b, int32_t slot, px_fp f);

/* out = c + a b by the class, matrix unit included; c may be absent. */
void px_nn_gemm(px_builder *b, px_nn_class which, px_arg out, px_arg a, px_arg x, px_arg c);
/* out = a + x, shapes as out. */
void px_nn_add(px_builder *b, px_nn_class which, px_arg out, px_arg a, px_arg x);

/* y = x W^T + bias, and backward from dy: leaves the gradients of W and bias, returns that of x. Parameters by number;
 * bias -1: none. */
int32_t px_nn_linear(px_builder *b, int32_t x, int32_t weight, int32_t bias, const char *name);
int32_t px_nn_linear_backward(px_builder *b, int32_t dy, int32_t x, int32_t weight, int32_t bias);

/* norm.c: the model's norm of x by parameters gain, gain + 1. */
int32_t px_nn_norm(px_builder *b, int32_t x, int32_t gain, const char *name, px_nn_statistics *s);
int32_t px_nn_norm_backward(px_builder *b, int32_t dy, int32_t x, int32_t gain, const px_nn_statistics *s);
/* The gradient of a bias: the sums of dy's columns. */
void px_nn_column_sums(px_builder *b, px_nn_class which, px_arg dy, int32_t parameter);

/* The gradient of a parameter in this batch. */
int32_t px_nn_parameter_gradient(px_builder *b, int32_t parameter, px_fp fmt);

/* Parameters: of layer l, in this order. */
enum {
    PX_NN_LN_1,
    PX_NN_LN_1_BIAS,
    PX_NN_QKV,
    PX_NN_QKV_BIAS,
    PX_NN_OUT,
    PX_NN_OUT_BIAS,
    PX_NN_LN_2,
    PX_NN_LN_2_BIAS,
    PX_NN_FC,
    PX_NN_FC_BIAS,
    PX_NN_PROJ,
    PX_NN_PROJ_BIAS,
    PX_NN_LAYER_PARAMS
};
static inline int32_t px_nn_of_layer(int32_t layer, int32_t which) { return layer * PX_NN_LAYER_PARAMS + which; }

/* Parameters after those of the layers: of cross_entropy alone. */
enum { PX_NN_LN_F, PX_NN_LN_F_BIAS, PX_NN_WTE, PX_NN_WPE };
static inline int32_t px_nn_outer(const px_builder *b, int32_t which) {
    return px_nn_of_layer((int32_t)b->p->model.layers, which);
}

/* The parameters' slots, the first of a program. */
void px_nn_add_parameters(px_builder *b);

/* block.c: y of layer l, and the gradient of its x. */
int32_t px_nn_block(px_builder *b, int32_t layer, int32_t x, px_nn_trace *t);
int32_t px_nn_block_backward(px_builder *b, int32_t layer, const px_nn_trace *t, int32_t dy);
/* attention.c: z from qkv; and the gradient of qkv from that of z. */
void px_nn_attention(px_builder *b, const char *layer, px_nn_trace *t);
int32_t px_nn_attention_backward(px_builder *b, const char *layer, const px_nn_trace *t, int32_t dz);
/* infer.c: z from qkv, scores that the mask leaves alone. */
void px_nn_attention_by_rows(px_builder *b, const char *layer, px_nn_trace *t);
/* y = dropout(x) by the stream's number; x itself where the model has none. */
int32_t px_nn_dropout(px_builder *b, px_nn_class which, int32_t x, int32_t draw);

/* loss.c: the sum of the tokens' rows of wte and of the rows of wpe from `position` on, spread over sequences. */
int32_t px_nn_embed(px_builder *b, int32_t tokens, int64_t position);
/* One batch, from the data to the gradients of all parameters. */
void px_nn_batch(px_builder *b);
/* update.c: the stages after the backward passes. */
void px_nn_reduce_and_update(px_builder *b);

#endif
