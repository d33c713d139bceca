/* Products by matrix units (kernel/mma.h), tile by tile: a row of emu's path table. */
#ifndef PX_EMU_MMA_H
#define PX_EMU_MMA_H

#include "emu/emu.h"

/* Not where units have no blocks (fp64), nor where a split or a stretch of k ends inside a step of the unit. */
bool px_mma_tiles_match(const px_task *task);
void px_mma_tiles_run(const px_task *task);

#endif
