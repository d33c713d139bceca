/* Matrix products by the row kernels of isa/: rows of emu's path table. */
#ifndef PX_EMU_GEMM_H
#define PX_EMU_GEMM_H

#include "emu/emu.h"

/* So few results that columns one by one are quicker than panels of them: an inner product. */
bool px_gemm_by_chains(const px_task *task);

bool px_gemm_in_binary32(const px_task *task);
bool px_gemm_in_binary64(const px_task *task);
void px_gemm_run_binary32(const px_task *task);
void px_gemm_run_binary64(const px_task *task);

#endif
