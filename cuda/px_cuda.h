/* The only CUDA header that kernels include. Two builds of the same text: nvcc for the device, g++ for cuda_emu, where
 * a CUDA thread is a fiber on the CPU (emu/). cuda_emu needs no CUDA header.
 *
 * What the text may say is what both builds have, so the emulation's headers are the list:
 *   emu/language.h  threadIdx ..., __syncthreads, __shfl_*_sync, __ballot_sync, integer atomics, PX_LAUNCH, PX_SHARED
 *   emu/arith.h     __half, __nv_bfloat16, operations whose rounding is named: __fadd_rn, __hfma, ...
 *   emu/wmma.h      nvcuda::wmma, computed by the models of matrix units
 *   emu/runtime.h   cudaMalloc ...; the host's side
 * (emu/cublas.h, through px_cublas.h, for those who call it.) So there are no operators on __half, no atomics on
 * floating values, no __shared__ without PX_SHARED, no approximate functions: they would not be the same arithmetic
 * twice.
 *
 * Rules that no header can hold: every reported rounding explicit; reduction trees that depend on the block's size
 * alone; full masks in warp collectives; no return before a barrier; a warp is not assumed to run in step. */
#ifndef PX_CUDA_H
#define PX_CUDA_H

#if defined(__CUDACC__)

#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_runtime.h>
#include <mma.h>

/* Starts a kernel; a template's name with commas goes into parentheses. cudaGetLastError tells how the start went. */
#define PX_LAUNCH(kernel, grid, block, dynamic_bytes, stream, ...)                                                     \
    kernel<<<(grid), (block), (dynamic_bytes), (stream)>>>(__VA_ARGS__)

/* An array of the block: PX_SHARED(float, tile, [16][17]). Its contents are undefined at first. */
#define PX_SHARED(type, name, dims) __shared__ type name dims

/* type *name: the block's dynamic shared memory. Once a kernel. */
#define PX_DYNAMIC_SHARED(type, name)                                                                                  \
    extern __shared__ __align__(16) unsigned char px_dynamic_shared[];                                                 \
    type *name = reinterpret_cast<type *>(px_dynamic_shared)

#else

#include "emu/arith.h"
#include "emu/language.h"
#include "emu/runtime.h"
#include "emu/wmma.h"

#endif
#endif
