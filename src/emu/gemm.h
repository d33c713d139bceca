/* Matrix products by the row kernels of isa/: rows of emu's path table. */
#ifndef PX_EMU_GEMM_H
#define PX_EMU_GEMM_H

#include "emu/emu.h"

bool px_gemm_in_binary32(const px_task *task);
bool px_gemm_in_binary64(const px_task *task);
void px_gemm_run_binary32(const px_task *task);
void px_gemm_run_binary64(const px_task *task);

#endif
