/* Executors that plug-ins bring (op/plugin.h): libraries beside the program, loaded when one of them is asked for. */
#ifndef PX_BACKEND_PLUGIN_H
#define PX_BACKEND_PLUGIN_H

#include "op/plugin.h"

#define PX_CUBLAS_ROW(X, id, suffix, type16, type32, type64, math, reduced, operands, text)                            \
    X(id, "cublas" suffix, "precx_cuda.so", "gpu", "products by cuBLAS, in an order and on units of its choice: " text)

/* THE list: X(enumerator, name, plug-in, where its operations are executed, what it is). */
#define PX_PLUGIN_LIST(X)                                                                                              \
    X(PX_CUDA, "cuda", "precx_cuda.so", "gpu",                                                                         \
      "precx's own CUDA kernels: the same bits as emulated; with a model, the device's matrix unit")                   \
    PX_CUBLAS_LIST(PX_CUBLAS_ROW, X)                                                                                   \
    X(PX_CUDA_EMU, "cuda_emu", "precx_cuda_emu.so", "cpu",                                                             \
      "the kernels of cuda executed on the CPU, one fiber a CUDA thread: a test of them, no GPU")

#define PX_PLUGIN_ENUM(id, name, file, place, help) id,
typedef enum px_plugin_exec { PX_PLUGIN_LIST(PX_PLUGIN_ENUM) PX_PLUGIN_EXEC_COUNT } px_plugin_exec;
#undef PX_PLUGIN_ENUM

/* The executor, its plug-in loaded; where that cannot be used, one that accepts every call and cannot be opened, so
 * that a plan can be made before px_plugin_ready says what is missing. Safe to call from several threads. */
const px_exec *px_plugin_find(px_plugin_exec id);

/* One that only has its name and help; nothing is loaded. */
const px_exec *px_plugin_listed(px_plugin_exec id);

/* Loads the plug-in and asks it for its device. PX_SKIPPED: it is not here, or has no usable device. PX_INCOMPLETE:
 * it is of another build, or changes the floating-point environment. */
px_status px_plugin_ready(px_plugin_exec id, px_error *err);

/* The enumerator of a name, -1: none. "gpu", "cpu": where it computes. */
int px_plugin_named(const char *name);
const char *px_plugin_place(px_plugin_exec id);

/* Any executor of the plug-in, those that are no backend included; NULL: none of that name. */
const px_exec *px_plugin_member(px_plugin_exec id, const char *name);

/* op/plugin.h, after px_plugin_ready. */
px_status px_plugin_sanity(px_plugin_exec id, px_error *err);
px_scalars_function *px_plugin_scalars(px_plugin_exec id);
px_unit_function *px_plugin_unit(px_plugin_exec id);

/* What the device says of itself, after px_plugin_ready. */
void px_plugin_info(px_plugin_exec id, char *text, size_t n);

#endif
