/* The slots of a program as matrices in this machine's memory: what both executors of this room keep. */
#ifndef PX_BACKEND_TENSORS_H
#define PX_BACKEND_TENSORS_H

#include "op/op.h"

typedef struct px_tensors {
    const px_prog *prog;
    px_arena *arena;
    px_mat *slots; /* contiguous: ld = cols */
} px_tensors;

px_tensors *px_tensors_new(const px_prog *prog);
void px_tensors_free(px_tensors *t); /* NULL is allowed */

/* The put, get and close of px_exec; the state is a px_tensors. The `run` of an executor with this close needs nothing
 * else of its `open`: it may get slots that belong to its caller. */
px_status px_tensors_put(void *state, int slot, const px_wide *value, px_error *err);
px_status px_tensors_get(void *state, int slot, px_wide *value, px_error *err);
void px_tensors_close(void *state);

#endif
