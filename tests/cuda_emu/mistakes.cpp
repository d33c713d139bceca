/* Calls with mistakes, and what CUDA answers to them. */
#include <cstring>
#include <vector>

#include "device_vector.h"
#include "emu/control.h"
#include "subject.h"

__global__ void nothing(int *) {}

static cudaError_t start(dim3 grid, dim3 block, size_t dynamic = 0) {
    PX_LAUNCH(nothing, grid, block, dynamic, nullptr, nullptr);
    return cudaGetLastError();
}

static cudaError_t copy_too_long() {
    const device_vector<int> d(10);
    int host[11];
    return cudaMemcpy(host, d.get(), sizeof host, cudaMemcpyDeviceToHost);
}

static cudaError_t copy_from_the_host_as_device() {
    const device_vector<int> d(10);
    int host[10] = {0};
    return cudaMemcpy(d.get(), host, sizeof host, cudaMemcpyDeviceToDevice);
}

static cudaError_t free_twice() {
    int *p;
    need(cudaMalloc(&p, 4));
    need(cudaFree(p));
    return cudaFree(p);
}

static cudaError_t free_inside() {
    int *p;
    need(cudaMalloc(&p, 8));
    const cudaError_t error = cudaFree(p + 1);
    need(cudaFree(p));
    return error;
}

static cudaError_t event_not_recorded() {
    cudaEvent_t a, b;
    float ms;
    need(cudaEventCreate(&a));
    need(cudaEventCreate(&b));
    need(cudaEventRecord(a));
    const cudaError_t error = cudaEventElapsedTime(&ms, a, b);
    need(cudaEventDestroy(a));
    need(cudaEventDestroy(b));
    return error;
}

/* The last error stays until it is asked for, and a success does not hide it. */
static cudaError_t remembered() {
    start(dim3(1), dim3(1)); /* forgets */
    PX_LAUNCH(nothing, dim3(1), dim3(2000), 0, nullptr, nullptr);
    PX_LAUNCH(nothing, dim3(1), dim3(1), 0, nullptr, nullptr);
    if (cudaPeekAtLastError() != cudaErrorInvalidConfiguration) return cudaErrorUnknown;
    const cudaError_t error = cudaGetLastError();
    return cudaGetLastError() == cudaSuccess ? error : cudaErrorUnknown;
}

/* Memory that nobody has written is NaN. */
static cudaError_t fresh_memory() {
    const device_vector<float> d(100);
    std::vector<float> got(100);
    d.read(got.data());
    for (float x : got)
        if (x == x) return cudaErrorUnknown;
    return cudaSuccess;
}

static cudaError_t count_after_failure() {
    int count = -7;
    px_cuda_emu_fail_at(1);
    const cudaError_t error = cudaGetDeviceCount(&count);
    px_cuda_emu_fail_at(0);
    return count == -7 ? error : cudaErrorUnknown;
}

/* What it says of itself: no GPU. */
static cudaError_t properties() {
    cudaDeviceProp p;
    need(cudaGetDeviceProperties(&p, 0));
    const bool honest = std::strcmp(p.name, "cuda_emu: fibers on the CPU, no GPU") == 0;
    return honest && p.major == 9 && p.minor == 0 && p.warpSize == 32 ? cudaSuccess : cudaErrorUnknown;
}

/* THE list of what is done and answered. */
#define MISTAKES(X)                                                                                                    \
    X("1024 threads", start(dim3(1), dim3(1024)), cudaSuccess)                                                         \
    X("1025 threads", start(dim3(1), dim3(1025)), cudaErrorInvalidConfiguration)                                       \
    X("1024 threads in two dimensions", start(dim3(1), dim3(32, 32)), cudaSuccess)                                     \
    X("2048 threads in two dimensions", start(dim3(1), dim3(64, 32)), cudaErrorInvalidConfiguration)                   \
    X("65 layers of threads", start(dim3(1), dim3(1, 1, 65)), cudaErrorInvalidConfiguration)                           \
    X("no threads", start(dim3(1), dim3(0)), cudaErrorInvalidConfiguration)                                            \
    X("no blocks", start(dim3(1, 0), dim3(1)), cudaErrorInvalidConfiguration)                                          \
    X("65535 rows of blocks", start(dim3(1, 65535), dim3(1)), cudaSuccess)                                             \
    X("65536 rows of blocks", start(dim3(1, 65536), dim3(1)), cudaErrorInvalidConfiguration)                           \
    X("65536 layers of blocks", start(dim3(1, 1, 65536), dim3(1)), cudaErrorInvalidConfiguration)                      \
    X("too much dynamic memory", start(dim3(1), dim3(1), 49153), cudaErrorInvalidValue)                                \
    X("a copy too long", copy_too_long(), cudaErrorInvalidValue)                                                       \
    X("host memory as device memory", copy_from_the_host_as_device(), cudaErrorInvalidValue)                           \
    X("freed twice", free_twice(), cudaErrorInvalidValue)                                                              \
    X("an address inside is freed", free_inside(), cudaErrorInvalidValue)                                              \
    X("freed NULL", cudaFree(nullptr), cudaSuccess)                                                                    \
    X("more memory than there is", cudaMalloc((void **)&sink, (size_t)1 << 62), cudaErrorMemoryAllocation)             \
    X("a second device", cudaSetDevice(1), cudaErrorInvalidDevice)                                                     \
    X("an event that was not recorded", event_not_recorded(), cudaErrorInvalidResourceHandle)                          \
    X("an error is remembered", remembered(), cudaErrorInvalidConfiguration)                                           \
    X("fresh memory is NaN", fresh_memory(), cudaSuccess)                                                              \
    X("a failure leaves the count", count_after_failure(), cudaErrorNoDevice)                                          \
    X("its properties", properties(), cudaSuccess)

static void *sink;

const subject_answer subject_mistakes[] = {
#define ROW(which, call, answer) {which, #answer},
    MISTAKES(ROW)
#undef ROW
        {nullptr, nullptr}};

const char *subject_mistake(const char *which) {
    cudaGetLastError();
#define TRY(name, call, answer)                                                                                        \
    if (std::strcmp(which, name) == 0) return cudaGetErrorName(call);
    MISTAKES(TRY)
#undef TRY
    return "unknown mistake";
}
