/* Executors by the name that the `backend` axis uses. */
#ifndef PX_BACKEND_REGISTRY_H
#define PX_BACKEND_REGISTRY_H

#include "op/op.h"

const px_exec *const *px_backends(int *n);
const px_exec *px_backend_find(const char *name); /* NULL: unknown */

/* The executor of a value of the axis: its text, and its path where it has one (blas:LABEL=PATH), else NULL. */
const px_exec *px_backend_of(const char *name, const char *path);

/* PX_OK when it can compute here; PX_SKIPPED and why where a plug-in or its device is missing. */
px_status px_backend_ready(const char *name, px_error *err);

/* Where it computes here: "cpu" or "gpu". Whether that is worth a column: not for those that know only the CPU. */
const char *px_backend_place(const char *name);
bool px_backend_may_move(const char *name);

const px_exec *px_backend_emulated(void); /* every rounding by precx's own code: the same bits on every machine */
const px_exec *px_backend_openblas(void); /* whatever the OpenBLAS loaded here does, on one thread */

/* A program of one call with a fresh state: open, put inputs[i] into the slot of the call's in[i] (whole slots, as
 * stored; those of absent operands are skipped), run, get the slots of out[0] and, when extra is not NULL, of out[1].
 * The caller shapes out and extra. Executors that keep their tensors in this machine's memory compute where inputs and
 * results lie, without copies: results must not overlap inputs. */
px_status px_backend_call(const px_exec *exec, const px_prog *prog, const px_mat *inputs, int n_inputs, px_mat *out,
                          px_mat *extra, px_error *err);

#endif
