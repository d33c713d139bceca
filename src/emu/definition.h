/* Every operation by its scalar definition in kernel/, element by element: the last row of emu's path tables. */
#ifndef PX_EMU_DEFINITION_H
#define PX_EMU_DEFINITION_H

#include "emu/emu.h"

void px_define_add(const px_task *task);
void px_define_mul(const px_task *task);
/* n sums or products of doubles, of one call, from `element` on. */
void px_define_elements(const px_call *call, int64_t n, const double *a, const double *b, uint64_t element, double *y);
void px_define_round(const px_task *task);
void px_define_sum(const px_task *task);
void px_define_gemm(const px_task *task);

#endif
