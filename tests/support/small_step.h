/* The house's training step and the hand-written one (plain_layer.h), on the same numbers. */
#ifndef SMALL_STEP_H
#define SMALL_STEP_H

#include "nn/train.h"
#include "support/plain_layer.h"

/* Sizes of plain_layer.h, one layer, loss <dy, y>; adam with its defaults. */
px_nn_model small_model(void);
plain_formats plain_formats_of(const px_nn_policy *p);
plain_options small_options(const px_nn_model *m); /* of the first step, not scaled */
void small_draws(const px_nn_model *m, int64_t attempt, plain_options *o); /* what drops out in a later one */

/* Numbers like those of training: gains about 1, weights up to `weights`; rounded to the formats in which the program
 * keeps them. */
void small_fill(plain_step *s, const plain_formats *f, uint64_t seed, double weights);

/* Gives the step's numbers to the run. */
void small_give(px_nn_train *t, const plain_step *s);

/* Compares what the run found with what the plain step found; the first difference in words, or NULL. */
const char *small_difference(const px_nn_train *t, const plain_step *s);

#endif
