/* Optimizers: what each is made of, as calls of op/op.h. */
#ifndef PX_NN_OPTIMIZER_H
#define PX_NN_OPTIMIZER_H

#include <stdbool.h>

#include "op/op.h"

/* THE list: X(id, name, the update and its convention). */
#define PX_OPTIMIZER_LIST(X)                                                                                           \
    X(SGD, "sgd", "w - lr g")                                                                                          \
    X(MOMENTUM, "momentum", "b = mu b + g, w - lr b: the gradient is not dampened")                                    \
    X(NESTEROV, "nesterov", "b = mu b + g, w - lr (g + mu b)")                                                         \
    X(ADAM, "adam", "Kingma & Ba 2015: bias corrected, eps outside the root; decay is added to g")                     \
    X(ADAMW, "adamw", "Adam; decay is decoupled (Loshchilov & Hutter 2019): w - lr decay w beside Adam's step")        \
    X(EPS_INSIDE, "adam_eps_inside", "Adam with eps added to v before the root")                                       \
    X(AMSGRAD, "amsgrad", "Reddi et al. 2018: the largest v so far, corrected for bias after the maximum")             \
    X(ADABELIEF, "adabelief", "Zhuang et al. 2020: v is the variance of g about m, plus eps")                          \
    X(RMSPROP, "rmsprop", "v = beta2 v + (1 - beta2) g^2, no correction of bias, eps outside the root")                \
    X(ADAGRAD, "adagrad", "v = v + g^2, eps outside the root")
#define PX_OPTIMIZER_ENUM(id, name, text) PX_OPTIMIZER_##id,
typedef enum px_optimizer_id { PX_OPTIMIZER_LIST(PX_OPTIMIZER_ENUM) PX_OPTIMIZER_COUNT } px_optimizer_id;
#undef PX_OPTIMIZER_ENUM

enum { PX_OPTIMIZER_STATES = 3 }; /* m or b, v, x: inputs and outputs 1, 2, 3 of the call */
typedef struct px_optimizer {
    px_op op;
    int form; /* of PX_OP_ADAPTIVE */
    bool keeps[PX_OPTIMIZER_STATES];
    bool ahead;     /* sgd's call once more, on the buffer just made */
    bool decoupled; /* decay stands beside the step, not in the gradient */
} px_optimizer;
const px_optimizer *px_optimizer_of(px_optimizer_id id);

/* Why a constant of the optimizer other than its default makes no difference, or NULL: momentum 0.9, beta1 0.9, beta2
 * 0.999, eps 1e-8. */
typedef struct px_optimizer_constants {
    double lr, mu, beta1, beta2, eps;
} px_optimizer_constants;
const char *px_optimizer_refused(px_optimizer_id id, const px_optimizer_constants *k);

/* The attributes of the optimizer's call; and what changes in them from step to step, t from 1 (other operations are
 * left alone). */
void px_optimizer_attributes(px_optimizer_id id, const px_optimizer_constants *k, px_call *call);
void px_optimizer_set_step(px_call *call, int64_t t, double lr);

#endif
