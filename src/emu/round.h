/* Arrays rounded by the kernels of isa/: a row of emu's path table. */
#ifndef PX_EMU_ROUND_H
#define PX_EMU_ROUND_H

#include "emu/emu.h"

bool px_round_matches(const px_task *task);
void px_round_run(const px_task *task);

#endif
