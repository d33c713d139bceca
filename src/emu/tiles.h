/* Matrix products by the tile kernels of isa/, for the recipes and data that are worth it: a row of emu's path
 * table. */
#ifndef PX_EMU_TILES_H
#define PX_EMU_TILES_H

#include "emu/emu.h"
#include "emu/isa/isa.h"

/* The step that the kernel takes; PX_STEPS when the task does not match. */
px_step px_tiles_step(const px_task *task);

bool px_tiles_match(const px_task *task);
void px_tiles_run(const px_task *task);

#endif
