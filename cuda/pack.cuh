/* Views as dense row-major arrays of a device's number type, padded with zeros, and back. */
#ifndef PX_CUDA_PACK_CUH
#define PX_CUDA_PACK_CUH

#include "arith.cuh"
#include "task.h"

/* Numbers of the type's own format: exact. */
static __device__ inline void pack_number(__half *to, double x) { *to = __float2half_rn((float)x); }
static __device__ inline void pack_number(__nv_bfloat16 *to, double x) { *to = __float2bfloat16_rn((float)x); }
static __device__ inline void pack_number(float *to, double x) { *to = (float)x; }
static __device__ inline void pack_number(double *to, double x) { *to = x; }
static __device__ inline double unpack_number(__half x) { return (double)__half2float(x); }
static __device__ inline double unpack_number(__nv_bfloat16 x) { return (double)__bfloat162float(x); }
static __device__ inline double unpack_number(float x) { return (double)x; }
static __device__ inline double unpack_number(double x) { return x; }

/* rows x cols numbers: `sign` times those of v where v has them, zeros elsewhere (everywhere, where v is absent). */
template <class T> static __global__ void pack(view v, double sign, T *to, int64_t rows, int64_t cols) {
    for (int64_t e = (int64_t)blockIdx.x * BLOCK + threadIdx.x; e < rows * cols; e += (int64_t)gridDim.x * BLOCK) {
        int64_t i = e / cols, j = e % cols;
        bool inside = v.data && i < v.rows && j < v.cols;
        pack_number(&to[e], inside ? sign * v.get(i, j) : 0.0);
    }
}

/* The view's part of such an array, rounded to recipe.out. */
template <class T> static __global__ void unpack(task t, const T *from, int64_t cols) {
    int64_t n = t.out[0].rows * t.out[0].cols;
    for (int64_t e = (int64_t)blockIdx.x * BLOCK + threadIdx.x; e < n; e += (int64_t)gridDim.x * BLOCK) {
        int64_t i = e / t.out[0].cols, j = e % t.out[0].cols;
        t.out[0].set(i, j, last_rounding(t.recipe, unpack_number(from[i * cols + j])));
    }
}

#endif
