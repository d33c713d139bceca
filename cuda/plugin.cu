/* The plug-in's one symbol: precx_cuda.so, and the same text as precx_cuda_emu.so. */
#include "exec.h"
#include "px_cublas.h"

extern "C" const char *const px_plugin_build; /* build.c: version and commit */

static px_status probe(px_error *err) {
    int count = 0, driver = 0;
    cudaError_t error = cudaGetDeviceCount(&count);
    if (cudaDriverGetVersion(&driver) != cudaSuccess) driver = 0;
    if (error == cudaSuccess && count > 0) return PX_OK;
    if (driver == 0) return px_fail(err, PX_SKIPPED, "no usable CUDA device: no NVIDIA driver (libcuda.so.1) here");
    return px_fail(err, PX_SKIPPED, "no usable CUDA device: %s",
                   error == cudaSuccess ? "the driver sees none" : cudaGetErrorString(error));
}

/* What only a device's build has. */
static void about_libraries(char *text, size_t n) {
#if defined(__CUDACC__)
    int clock = 0, major = 0, minor = 0, patch = 0;
    cudaDeviceGetAttribute(&clock, cudaDevAttrClockRate, 0);
    cublasGetProperty(MAJOR_VERSION, &major);
    cublasGetProperty(MINOR_VERSION, &minor);
    cublasGetProperty(PATCH_LEVEL, &patch);
    snprintf(text, n, ", %d MHz, cuBLAS %d.%d.%d, compiled by CUDA %d", clock / 1000, major, minor, patch,
             CUDART_VERSION);
#else
    if (n > 0) *text = '\0';
#endif
}

static void info(char *text, size_t n) {
    cudaDeviceProp device = {};
    int driver = 0, runtime = 0, real, ptx;
    char libraries[128];
    cudaGetDeviceProperties(&device, 0);
    cudaDriverGetVersion(&driver);
    cudaRuntimeGetVersion(&runtime);
    device_code(&real, &ptx);
    about_libraries(libraries, sizeof libraries);
    snprintf(
        text, n,
        "%s, compute capability %d.%d, %d multiprocessors, ECC %s, driver %d, runtime %d, code for sm_%d of PTX %d%s",
        device.name, device.major, device.minor, device.multiProcessorCount, device.ECCEnabled ? "on" : "off", driver,
        runtime, real, ptx, libraries);
}

static const px_exec kernels = {
    PX_EXEC_ABI,
#if defined(__CUDACC__)
    "cuda",
#else
    "cuda_emu",
#endif
    "precx's own CUDA kernels",
    kernels_support,
    state_open,
    state_put,
    kernels_run,
    state_get,
    state_census,
    state_close,
};

extern "C" __attribute__((visibility("default"))) const px_plugin *px_plugin_get(void) {
    constexpr int MOST = 16;
    static const px_exec *all[MOST] = {&kernels};
    static px_plugin plugin = {};
    int n;
    const px_exec *library = cublas_execs(&n);
    for (int i = 0; i < n && i + 1 < MOST; i++) all[i + 1] = &library[i];
    plugin = {PX_PLUGIN_ABI, px_ops_hash(), px_plugin_build, all,      n + 1,
              probe,         device_sanity, scalars_run,     unit_dot, info};
    return &plugin;
}
