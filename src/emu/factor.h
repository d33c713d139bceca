/* Factorisations and triangular solves: rows of emu's path table.
 *
 * The blocked paths split the matrix in halves, again and again, and update by PX_OP_GEMM what lies to the right and
 * below: each entry gets the updates of the definition in the definition's order, so its bits, at the speed of the
 * products. */
#ifndef PX_EMU_FACTOR_H
#define PX_EMU_FACTOR_H

#include "emu/emu.h"

void px_define_lu(const px_task *task);
void px_define_cholesky(const px_task *task);
void px_define_trsm(const px_task *task);

bool px_lu_blocked_matches(const px_task *task);
bool px_cholesky_blocked_matches(const px_task *task);
bool px_trsm_blocked_matches(const px_task *task);
void px_lu_run_blocked(const px_task *task);
void px_cholesky_run_blocked(const px_task *task);
void px_trsm_run_blocked(const px_task *task);

#endif
