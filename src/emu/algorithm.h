/* Products by the algorithms of arith/recipe.h: rows and columns replaced, multiplied by another path; or sums of their
 * own. */
#ifndef PX_EMU_ALGORITHM_H
#define PX_EMU_ALGORITHM_H

#include "emu/emu.h"

/* Where other numbers stand for the operands: their product by the fastest path. */
bool px_algorithm_replaced(const px_task *task);
void px_algorithm_run(const px_task *task);

/* Every algorithm, its products by the definition. */
void px_algorithm_define(const px_task *task);

/* 1, or 0 and why, as px_emu_supports; the rest of the recipe is looked at there. */
int px_algorithm_supports(const px_prog *prog, const px_call *call, char *why, size_t n);

#endif
