/* Executors by the name that the `backend` axis uses. */
#ifndef PX_BACKEND_REGISTRY_H
#define PX_BACKEND_REGISTRY_H

#include "op/op.h"

const px_exec *const *px_backends(int *n);
const px_exec *px_backend_find(const char *name); /* NULL: unknown */

const px_exec *px_backend_emulated(void); /* every rounding by precx's own code: the same bits on every machine */
const px_exec *px_backend_openblas(void); /* whatever the OpenBLAS loaded here does, on one thread */

/* One call on these inputs with a fresh state: open, put, run, get of out[0] (and out[1] when extra is not NULL). */
px_status px_backend_call(const px_exec *exec, const px_prog *prog, const px_mat *inputs, int n_inputs, px_mat *out,
                          px_mat *extra, px_error *err);

#endif
