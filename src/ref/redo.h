/* One call of a program again, in exact arithmetic, on the numbers that another executor had for it: what is left
 * between the two is this call's own error, its local error. */
#ifndef PX_REF_REDO_H
#define PX_REF_REDO_H

#include "base/arena.h"
#include "op/op.h"

/* out[k]: the exact values of the view call->out[k] (hi.data NULL where there is none), in the arena. reference: an
 * executor of real numbers; low: the executor whose numbers are taken, open on prog, its inputs of this call still in
 * place. */
px_status px_ref_redo(px_arena *arena, const px_exec *reference, const px_prog *prog, const px_call *call,
                      const px_exec *low, void *low_state, px_wide out[PX_MAX_OUT], px_error *err);

/* The exact values of a slot, put together from the calls first .. first+count-1 that write views of it, each redone.
 * Entries that none of them writes are 0. *last: the last call that did, -1: none. */
px_status px_ref_redo_slot(px_arena *arena, const px_exec *reference, const px_prog *prog, int first, int count,
                           int slot, const px_exec *low, void *low_state, px_wide *value, int *last, px_error *err);

#endif
