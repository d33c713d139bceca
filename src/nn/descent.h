/* Optimizers on problems of their own: one step, from the weights to the weights, as a program of op/op.h.
 *
 *     [copy of w in the gradient's format]  gradient  [+ decay w]  optimizer  [- lr decay w]  w + d
 *
 * The gradient is computed in one format, the update in another, states and weights are kept in their own. */
#ifndef PX_NN_DESCENT_H
#define PX_NN_DESCENT_H

#include "base/arena.h"
#include "nn/optimizer.h"

/* How d reaches w, THE list: X(id, name, what). */
#define PX_STORE_LIST(X)                                                                                               \
    X(NEAREST, "nearest", "w + d rounded to nearest even")                                                             \
    X(STOCHASTIC, "stochastic", "w + d rounded stochastically")                                                        \
    X(KAHAN, "kahan", "w + d to nearest even, what is lost carried along in a number a weight more")
#define PX_STORE_ENUM(id, name, text) PX_STORE_##id,
typedef enum px_store_id { PX_STORE_LIST(PX_STORE_ENUM) PX_STORE_COUNT } px_store_id;
#undef PX_STORE_ENUM

/* Gradients, as calls: the caller says which. */
typedef enum px_gradient {
    PX_GRADIENT_FIXED,     /* g = numbers */
    PX_GRADIENT_FORCED,    /* g = (w + numbers) + force */
    PX_GRADIENT_DIAGONAL,  /* g = numbers w */
    PX_GRADIENT_ROSENBROCK /* of sum 100 (b - a^2)^2 + (1 - a)^2 over pairs (a, b) of w; numbers = -1 */
} px_gradient;

typedef struct px_descent_how {
    px_optimizer_id optimizer;
    int store; /* px_store_id */
    px_gradient gradient;
    int64_t n;                       /* weights */
    px_fp grad, acc, state, weights; /* formats of the gradient, of every step of the update, of states, of weights */
    px_optimizer_constants constants;
    double decay;
    uint64_t stream; /* of stochastic rounding */
} px_descent_how;

enum { PX_DESCENT_STATES = PX_OPTIMIZER_STATES + 1 }; /* last: Kahan's rest */

/* Slots, -1 where there is none; all n x 1. Points into the arena. */
typedef struct px_descent {
    px_prog prog;
    px_descent_how how;
    px_slot *slots;
    px_call *calls;
    int32_t w, numbers, force; /* inputs, beside the states */
    int32_t g, update, new_w;
    int32_t state[PX_DESCENT_STATES], new_state[PX_DESCENT_STATES];
    int32_t second; /* v' (amsgrad: x'): what stands under the root */
} px_descent;

void px_descent_build(px_arena *arena, const px_descent_how *how, px_descent *d);

/* Sets what changes from step to step: t from 1, and its learning rate. */
void px_descent_set_step(px_descent *d, int64_t t, double lr);

/* Bytes a weight while training: the weights, their copy where it has a format of its own, the gradient, the states. */
double px_descent_bytes(const px_descent *d);

#endif
