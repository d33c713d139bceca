/* Precision policies: which format every operation of a training step computes in. */
#ifndef PX_NN_POLICY_H
#define PX_NN_POLICY_H

#include <stdbool.h>

#include "arith/recipe.h"
#include "base/error.h"

/* How one class of operations computes: operands are rounded to `in` first (p = 0: taken as they are; a wider operand
 * format never is), steps to `acc`, products to `mul`, the result to `out`. */
typedef struct px_nn_rule {
    px_fp in, mul, acc, out;
} px_nn_rule;

/* Classes of operations, THE list: X(id, name, what belongs to it). */
#define PX_NN_CLASS_LIST(X)                                                                                            \
    X(LINEAR, "linear", "products of activations and weights, biases, and their gradients")                            \
    X(ATTENTION, "attention", "the two products of attention, and their gradients")                                    \
    X(SOFTMAX, "softmax", "softmax and its gradient")                                                                  \
    X(NORM, "norm", "layer norm and its gradients")                                                                    \
    X(GELU, "gelu", "GELU and its gradient")                                                                           \
    X(RESIDUAL, "residual", "residual additions, embeddings, the gradient along them")                                 \
    X(LOSS, "loss", "the loss and its gradient")                                                                       \
    X(UPDATE, "update", "unscaled gradients, their norm, optimizer and its state")
#define PX_NN_AS_CLASS(id, name, text) PX_NN_CLASS_##id,
typedef enum px_nn_class { PX_NN_CLASS_LIST(PX_NN_AS_CLASS) PX_NN_CLASS_COUNT } px_nn_class;

/* The policies, THE list. 16 bits: everywhere in pure; in amp where torch.autocast has them: products in 16 bits with
 * an fp32 accumulator, GELU computed in fp32 and kept in 16 bits; softmax, norms, residuals and loss in fp32. */
#define PX_NN_POLICY_LIST(X)                                                                                           \
    X(FP64, "fp64", "everything in fp64")                                                                              \
    X(FP32, "fp32", "everything in fp32")                                                                              \
    X(FP16_PURE, "fp16_pure", "every operation rounded to fp16")                                                       \
    X(BF16_PURE, "bf16_pure", "every operation rounded to bf16")                                                       \
    X(FP16_AMP, "fp16_amp", "autocast to fp16: products in fp16 with fp32 accumulators, the rest in fp32")             \
    X(BF16_AMP, "bf16_amp", "autocast to bf16")                                                                        \
    X(FP8_AMP, "fp8_amp", "as bf16_amp, but the blocks' linear layers multiply in fp8_e4m3 on the way forward")
#define PX_NN_AS_POLICY(id, name, text) PX_NN_POLICY_##id,
typedef enum px_nn_policy_id { PX_NN_POLICY_LIST(PX_NN_AS_POLICY) PX_NN_POLICY_COUNT } px_nn_policy_id;

/* How operands are brought into the range of fp8, THE list: X(id, name, what it does). Factors are powers of two. */
#define PX_NN_QUANTIZE_LIST(X)                                                                                         \
    X(DIRECT, "none", "not at all: rounded as they are")                                                               \
    X(CURRENT, "current", "the tensor's largest magnitude comes to the top of the range")                              \
    X(DELAYED, "delayed", "by the least factor that it would have had in the last `history` steps; 1 in the first")
#define PX_NN_AS_QUANTIZE(id, name, text) PX_NN_QUANTIZE_##id,
typedef enum px_nn_quantize { PX_NN_QUANTIZE_LIST(PX_NN_AS_QUANTIZE) PX_NN_QUANTIZE_COUNT } px_nn_quantize;

typedef struct px_nn_policy {
    px_nn_rule rule[PX_NN_CLASS_COUNT];
    px_fp master;            /* format in which parameters are kept and updated */
    px_fp reduce;            /* of the sum over ranks */
    px_fp forward;           /* operands of the blocks' linear layers on the way forward; p = 0: as the class says */
    px_nn_quantize quantize; /* of them */
    int64_t history;         /* delayed: steps */
    int16_t model;           /* px_model of a matrix unit for linear and attention, PX_MODEL_NONE: a rounding a step */
    uint8_t order;           /* px_order of all sums inside operations */
    bool fused;              /* linear and attention: one rounding a step, the product is not rounded */
    int32_t block;
} px_nn_policy;

/* The policy as listed. The parameters of amp policies have an fp32 master copy and are updated in fp32; those of the
 * others are kept and updated in the policy's one format. */
px_nn_policy px_nn_policy_of(px_nn_policy_id id);

/* Everything a class computes with becomes f: the override `softmax = fp16`. */
void px_nn_policy_override(px_nn_policy *policy, px_nn_class which, px_fp f);

/* A master copy in fp32, updated in fp32; or none: parameters are kept in the format in which products take them. */
void px_nn_policy_set_master(px_nn_policy *policy, bool master);

px_recipe px_nn_recipe(const px_nn_policy *policy, px_nn_class which);

#endif
