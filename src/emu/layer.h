/* The operations of op/layer.h by their scalar definitions in kernel/layer.h: the last row of their path tables. */
#ifndef PX_EMU_LAYER_H
#define PX_EMU_LAYER_H

#include "emu/emu.h"

/* The paths of one of them; NULL for an operation that is not of op/layer.h. */
const px_path *px_layer_paths(px_op op, int *n);

/* Whether the definition covers a call, as px_emu_supports. */
int px_layer_supports(const px_call *call, char *why, size_t n);

#endif
