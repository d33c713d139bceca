/* Training on an executor: the state between steps, loss scaling, skipped steps. */
#ifndef PX_NN_TRAIN_H
#define PX_NN_TRAIN_H

#include "nn/nn.h"

/* Loss scaling by torch.amp.GradScaler's rules: `interval` clean steps in a row multiply the scale by `up`; a step with
 * inf or nan multiplies it by `down` and starts the count anew. The scale is a float, there and here. */
typedef struct px_nn_scaler {
    px_nn_scaling scaling;
    double scale, up, down;
    int64_t interval;
    int64_t clean; /* clean steps since the last change */
} px_nn_scaler;

void px_nn_scaler_update(px_nn_scaler *s, bool found_inf);

/* What a step did. */
typedef struct px_nn_report {
    double loss;      /* not scaled */
    double grad_norm; /* after unscaling, before clipping; nan in a skipped step */
    double rate;      /* learning rate */
    double scale;     /* that this step used */
    double clip;      /* factor, 1: not clipped */
    int64_t found;    /* entries of the unscaled gradient that are inf or nan */
    bool skipped;
} px_nn_report;

/* A run. inputs[slot] is what the executor was given in this step, for each slot that no call writes (data NULL else):
 * a reference can be given the same. The caller fills in the data before px_nn_step; px_nn_advance carries parameters
 * and state over. */
typedef struct px_nn_train {
    const px_nn_program *program;
    const px_exec *exec;
    void *state; /* the executor's; px_nn_get reads any slot of the step just made */
    px_mat *inputs;
    px_nn_scaler scaler;
    int64_t step;    /* steps made by the optimizer so far: skipped ones do not count */
    int64_t attempt; /* steps begun */
    bool skipped;    /* the last one */
} px_nn_train;

/* Why the executor cannot run the program, or NULL. Text in the arena. */
const char *px_nn_refused(px_arena *arena, const px_nn_program *program, const px_exec *exec);

/* Opens the executor. Inputs are zeros, scalars set by px_nn_step. px_nn_train_close in any case. */
px_status px_nn_train_open(px_arena *arena, const px_nn_program *program, const px_exec *exec, px_nn_scaler scaler,
                           px_nn_train *t, px_error *err);
void px_nn_train_close(px_nn_train *t);

/* One step: puts the inputs, runs the stages; after inf or nan (scaling not none) clip and update are left out. The
 * inputs stay those of this step until px_nn_advance. */
px_status px_nn_step(px_nn_train *t, px_nn_report *report, px_error *err);

/* The mean loss of the data and parameters in inputs: the forward passes alone, nothing dropped out. What the executor
 * held of the last step is overwritten. */
px_status px_nn_evaluate(px_nn_train *t, double *loss, px_error *err);

/* The same calls again on another executor, open on the same program: same inputs, same branch taken; up to the first stage
 * that the executor cannot run. *n_calls (may be NULL): how many, from the program's first on. */
px_status px_nn_repeat(const px_nn_train *t, const px_exec *exec, void *state, int32_t *n_calls, px_error *err);

/* The state after the step becomes that of the next one; the scaler learns what happened. */
px_status px_nn_advance(px_nn_train *t, px_error *err);

#endif
