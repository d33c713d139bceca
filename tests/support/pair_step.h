/* A whole training step in pairs: its program, its inputs, and whether the exact step lies in what it encloses. */
#ifndef PAIR_STEP_H
#define PAIR_STEP_H

#include "nn/nn.h"

typedef struct pair_step {
    px_arena *arena;
    px_nn_program program;
    px_mat *inputs; /* by slot; of what no call writes */
} pair_step;

/* One layer and sequence; weights of about 0.02, data of about 1, all of 24 bits. Free s->arena. */
void pair_step_make(pair_step *s, px_nn_policy_id policy, px_nn_normal norm, int64_t width, int64_t length,
                    int64_t heads);

/* Forward and backward; the executor's state, to be closed. */
void *pair_step_run(const pair_step *s, const px_exec *e);

/* No value of balls lies outside its radius; every parameter's gradient has one of at most `most` times its largest
 * entry (the key bias's, which is 0: of the tensor that it is a part of). */
void pair_step_check(const pair_step *s, double most);

#endif
