/* Before anything is believed: memory comes back as it went, a kernel's threads know their places, and a launch that
 * cannot be is reported, so that a silent failure cannot look like a pass. */
#include "exec.h"

static __global__ void count_places(int64_t n, unsigned *places) {
    int64_t i = (int64_t)blockIdx.x * BLOCK + threadIdx.x;
    if (i < n) places[i] = (unsigned)i;
}

static px_status check(unsigned *device, unsigned *here, int64_t n, px_error *err) {
    size_t bytes = (size_t)n * sizeof *here;
    for (int64_t i = 0; i < n; i++) here[i] = (unsigned)i * 2654435761u;
    PX_CUDA_TRY(cudaMemcpy(device, here, bytes, cudaMemcpyHostToDevice));
    memset(here, 0, bytes);
    PX_CUDA_TRY(cudaMemcpy(here, device, bytes, cudaMemcpyDeviceToHost));
    for (int64_t i = 0; i < n; i++)
        if (here[i] != (unsigned)i * 2654435761u)
            return px_fail(err, PX_INCOMPLETE, "a copy to the device came back changed");
    PX_CUDA_TRY(cudaMemset(device, 0xff, bytes));
    PX_START(count_places, grid_for(n, BLOCK), BLOCK, n, device);
    PX_CUDA_TRY(cudaDeviceSynchronize());
    PX_CUDA_TRY(cudaMemcpy(here, device, bytes, cudaMemcpyDeviceToHost));
    for (int64_t i = 0; i < n; i++)
        if (here[i] != (unsigned)i)
            return px_fail(err, PX_INCOMPLETE, "thread %lld of a kernel did not run", (long long)i);
    PX_LAUNCH(count_places, dim3(1), dim3(2048), 0, nullptr, n, device);
    if (cudaGetLastError() == cudaSuccess)
        return px_fail(err, PX_INCOMPLETE, "a block of 2048 threads was not refused");
    return PX_OK;
}

px_status device_sanity(px_error *err) {
    constexpr int64_t n = 1000;
    unsigned here[n], *device = nullptr;
    PX_CUDA_TRY(cudaMalloc(&device, sizeof here));
    px_status status = check(device, here, n, err);
    cudaFree(device);
    return status;
}

void device_code(int *real, int *ptx) {
    cudaFuncAttributes about = {};
    if (cudaFuncGetAttributes(&about, count_places) != cudaSuccess) about = {};
    *real = about.binaryVersion;
    *ptx = about.ptxVersion;
}
