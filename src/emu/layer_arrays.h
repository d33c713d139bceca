/* Operations of op/layer.h by steps on arrays (steps.h), some rows at a time: rows of emu's path tables. The same steps
 * as kernel/layer.c, in the same order. */
#ifndef PX_EMU_LAYER_ARRAYS_H
#define PX_EMU_LAYER_ARRAYS_H

#include "emu/emu.h"

/* Steps to nearest even in a format that binary32 has room for, products rounded to it, operands of no wider one;
 * softmax not online. */
bool px_layer_arrays_match(const px_task *task);

void px_arrays_norm(const px_task *task);
void px_arrays_norm_backward(const px_task *task);
void px_arrays_norm_gamma(const px_task *task);
void px_arrays_gelu(const px_task *task);
void px_arrays_gelu_backward(const px_task *task);
void px_arrays_softmax(const px_task *task);
void px_arrays_softmax_backward(const px_task *task);
void px_arrays_adam(const px_task *task);
void px_arrays_sgd(const px_task *task);

#endif
