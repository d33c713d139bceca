/* The executors of this plug-in and what they have in common: every slot of a program in device memory, views. */
#ifndef PX_CUDA_EXEC_H
#define PX_CUDA_EXEC_H

#include "task.h"

/* A program on the device. */
struct state {
    const px_prog *prog;
    void **slots; /* device memory, in the slots' carriers, row-major without gaps */
    workspace work;
    const px_exec *self;
    void *library; /* a cuBLAS handle, in its executors */
};

px_status state_open(const px_exec *self, void **st, const px_prog *prog, px_error *err);
px_status state_put(void *st, int slot, const px_wide *value, px_error *err);
px_status state_get(void *st, int slot, px_wide *value, px_error *err);
px_status state_census(void *st, int slot, const px_wide *truth, px_census *census, px_error *err); /* census.cu */
void state_close(void *st);

/* The call's task; slots NULL: to be looked at only, not to run. */
task task_of(const px_prog *prog, const px_call *call, void *const *slots);

int refuse(char *why, size_t n, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* precx's own kernels. */
int kernels_support(const px_prog *prog, const px_call *call, char *why, size_t n);
px_status kernels_run(void *st, int first, int count, px_error *err);

/* What px_plugin.sanity promises (sanity.cu); the architectures of the code that the device has loaded for it, and of the
 * PTX that this was made from. */
px_status device_sanity(px_error *err);
void device_code(int *real, int *ptx);

px_scalars_function scalars_run; /* px_plugin.scalars (scalars.cu) */
px_unit_function unit_dot;       /* px_plugin.unit (gemm_wmma.cu) */

/* Products by cuBLAS (cublas.cu): one executor a variant of cublasGemmEx. */
const px_exec *cublas_execs(int *n);

#endif
