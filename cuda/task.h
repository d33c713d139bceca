/* A call with its operands found on the device, and the way kernels get started. */
#ifndef PX_CUDA_TASK_H
#define PX_CUDA_TASK_H

#include "px_cuda.h"

#include "house.h"

/* A tensor's view: element (i, j) is data[i rs + j cs], float where px_fits_float(fmt), else double. NULL: absent. */
struct view {
    void *data;
    px_fp fmt;
    int64_t rows, cols, rs, cs;

    __device__ double get(int64_t i, int64_t j) const {
        int64_t at = i * rs + j * cs;
        return px_fits_float(fmt) ? (double)static_cast<const float *>(data)[at]
                                  : static_cast<const double *>(data)[at];
    }
    __device__ void set(int64_t i, int64_t j, double x) const { /* x belongs to fmt */
        int64_t at = i * rs + j * cs;
        if (px_fits_float(fmt))
            static_cast<float *>(data)[at] = (float)x;
        else
            static_cast<double *>(data)[at] = x;
    }
};

/* Passed to kernels by value: a launch carries up to 4 KiB. */
struct task {
    px_op op;
    px_recipe recipe;
    double attr[PX_MAX_ATTR];
    uint64_t stream;
    view in[PX_MAX_IN], out[PX_MAX_OUT];
};

static inline bool is_named(px_fp f, const char *name) {
    px_fp named;
    PX_ASSERT(px_fp_parse(name, &named, nullptr) == PX_OK);
    return px_fp_equal(f, named);
}

/* Device memory that a call may use until it has ended: one piece, which grows. */
struct workspace {
    void *memory;
    size_t bytes;
};
px_status workspace_take(workspace *w, size_t bytes, void **memory, px_error *err);

/* PX_INCOMPLETE with the error's text and the call's. */
px_status cuda_failed(cudaError_t error, const char *call, px_error *err);

#define PX_CUDA_TRY(call)                                                                                              \
    do {                                                                                                               \
        cudaError_t px_cuda_error = (call);                                                                            \
        if (px_cuda_error != cudaSuccess) return cuda_failed(px_cuda_error, #call, err);                               \
    } while (0)

/* A launch that cannot fail unseen. What an earlier call has left behind was told by that call, or did not matter. */
#define PX_START(kernel, grid, block, ...)                                                                             \
    do {                                                                                                               \
        cudaGetLastError();                                                                                            \
        PX_LAUNCH(kernel, dim3((unsigned)(grid)), dim3(block), 0, nullptr, __VA_ARGS__);                               \
        PX_CUDA_TRY(cudaGetLastError());                                                                               \
    } while (0)

/* Threads of a block: of kernels whose threads go their own ways, and of those whose threads share a sum or a row. Kernels
 * with tiles have sizes of their own. */
static constexpr int BLOCK = 64, TEAM = 32;

/* Blocks for n things, each block going on with the things `grid` further; at least one. */
static inline int64_t grid_for(int64_t n, int64_t a_block) {
    int64_t blocks = (n + a_block - 1) / a_block;
    return blocks < 1 ? 1 : blocks > 1 << 20 ? 1 << 20 : blocks;
}

/* A kernel: the first path of its operation that matches runs. */
struct path {
    px_op op;
    const char *name;
    px_comparison compared;
    bool (*matches)(const task *t);
    px_status (*run)(const task *t, workspace *w, px_error *err);
};

/* THE paths (paths.cu), fastest first within an operation. NULL: none. */
const path *path_for(const task *t);

#endif
