/* Row sums by the row kernels of isa/, many rows side by side: rows of emu's path table. */
#ifndef PX_EMU_SUM_H
#define PX_EMU_SUM_H

#include "emu/emu.h"

bool px_sum_in_binary32(const px_task *task);
bool px_sum_in_binary64(const px_task *task);
void px_sum_run_binary32(const px_task *task);
void px_sum_run_binary64(const px_task *task);

#endif
