/* Operations whose every step is rounded to fp32, by the machine's own binary32: rows of emu's path tables. The same
 * steps as kernel/layer.c, in the same order; elementary functions are kernel/fn.h's. */
#ifndef PX_EMU_NATIVE_H
#define PX_EMU_NATIVE_H

#include "emu/emu.h"

/* Steps in fp32 to nearest even, sums sequential, operands that are floats side by side. */
bool px_native_matches(const px_task *task);

void px_native_norm(const px_task *task);
void px_native_norm_backward(const px_task *task);
void px_native_norm_gamma(const px_task *task);
void px_native_gelu(const px_task *task);
void px_native_gelu_backward(const px_task *task);
void px_native_softmax(const px_task *task);
void px_native_softmax_backward(const px_task *task);
void px_native_adam(const px_task *task);
void px_native_sgd(const px_task *task);

#endif
