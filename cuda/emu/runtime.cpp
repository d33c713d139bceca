#include "runtime.h"

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <utility>

#include "control.h"
#include "device.h"
#include "memory.h"
#include "unit.h"

/* THE list of errors: what they are called and mean. */
#define ERRORS(X)                                                                                                      \
    X(cudaSuccess, "no error")                                                                                         \
    X(cudaErrorInvalidValue, "invalid argument")                                                                       \
    X(cudaErrorMemoryAllocation, "out of memory")                                                                      \
    X(cudaErrorInvalidConfiguration, "invalid configuration argument")                                                 \
    X(cudaErrorInvalidDevicePointer, "invalid device pointer")                                                         \
    X(cudaErrorInvalidMemcpyDirection, "invalid copy direction for memcpy")                                            \
    X(cudaErrorInsufficientDriver, "CUDA driver version is insufficient for CUDA runtime version")                     \
    X(cudaErrorNoDevice, "no CUDA-capable device is detected")                                                         \
    X(cudaErrorInvalidDevice, "invalid device ordinal")                                                                \
    X(cudaErrorInvalidResourceHandle, "invalid resource handle")                                                       \
    X(cudaErrorLaunchFailure, "unspecified launch failure")                                                            \
    X(cudaErrorUnknown, "unknown error")

struct CUstream_st {};
struct CUevent_st {
    bool recorded = false;
    std::chrono::steady_clock::time_point when;
};

namespace cuda_emu {

namespace {
std::atomic<long> calls, failing, things;
thread_local cudaError_t last = cudaSuccess;

std::mutex lock;
std::map<const void *, int> opted_in; /* kernel: bytes of dynamic shared memory */

void read_environment() {
    static const bool once = [] {
        const char *word = std::getenv("PRECX_CUDA_FAIL_AT");
        if (word) failing = std::strtol(word, nullptr, 10);
        return true;
    }();
    (void)once;
}

cudaError_t report(cudaError_t error) {
    if (error != cudaSuccess) last = error;
    return error;
}

/* Every function that can fail: the injected failure, or what was found. */
cudaError_t result(cudaError_t injected, cudaError_t found) { return report(injected_failure() ? injected : found); }
} // namespace

bool injected_failure() {
    read_environment();
    const long n = ++calls;
    return failing != 0 && n == failing;
}

void made(int n) { things += n; }

size_t dynamic_limit(const void *kernel) {
    std::lock_guard<std::mutex> guard(lock);
    const auto found = opted_in.find(kernel);
    return found == opted_in.end() || (size_t)found->second < MAX_SHARED ? (size_t)MAX_SHARED : (size_t)found->second;
}

static cudaError_t configuration_error(const void *kernel, dim3 grid, dim3 block, size_t dynamic_bytes) {
    const bool empty = !grid.x || !grid.y || !grid.z || !block.x || !block.y || !block.z;
    if (empty || grid.x > MAX_GRID_X || grid.y > MAX_GRID_YZ || grid.z > MAX_GRID_YZ || block.x > MAX_BLOCK_XY ||
        block.y > MAX_BLOCK_XY || block.z > MAX_BLOCK_Z || (size_t)block.x * block.y * block.z > MAX_THREADS)
        return cudaErrorInvalidConfiguration;
    return dynamic_bytes > dynamic_limit(kernel) ? cudaErrorInvalidValue : cudaSuccess;
}

cudaError_t start_error(const void *kernel, dim3 grid, dim3 block, size_t dynamic_bytes) {
    return result(cudaErrorLaunchFailure, configuration_error(kernel, grid, block, dynamic_bytes));
}

} // namespace cuda_emu

using namespace cuda_emu;

void px_cuda_emu_fail_at(long n) {
    read_environment();
    calls = 0;
    failing = n;
}
long px_cuda_emu_calls(void) { return calls; }
long px_cuda_emu_live(void) { return things; }

const char *cudaGetErrorName(cudaError_t error) {
#define NAME(id, text)                                                                                                 \
    if (error == id) return #id;
    ERRORS(NAME)
#undef NAME
    return "unrecognized error code";
}

const char *cudaGetErrorString(cudaError_t error) {
#define TEXT(id, text)                                                                                                 \
    if (error == id) return text;
    ERRORS(TEXT)
#undef TEXT
    return "unrecognized error code";
}

cudaError_t cudaGetLastError() { return std::exchange(last, cudaSuccess); }
cudaError_t cudaPeekAtLastError() { return last; }

cudaError_t cudaRuntimeGetVersion(int *version) {
    *version = 0;
    return result(cudaErrorUnknown, cudaSuccess);
}
cudaError_t cudaDriverGetVersion(int *version) {
    *version = 0;
    return result(cudaErrorUnknown, cudaSuccess);
}
/* On failure CUDA leaves the count as it was. */
cudaError_t cudaGetDeviceCount(int *count) {
    const cudaError_t error = result(cudaErrorNoDevice, cudaSuccess);
    if (error == cudaSuccess) *count = 1;
    return error;
}
cudaError_t cudaGetDevice(int *device) {
    *device = 0;
    return result(cudaErrorUnknown, cudaSuccess);
}
cudaError_t cudaSetDevice(int device) {
    return result(cudaErrorInvalidDevice, device == 0 ? cudaSuccess : cudaErrorInvalidDevice);
}

cudaError_t cudaGetDeviceProperties(cudaDeviceProp *properties, int device) {
    const cudaError_t error = result(cudaErrorInvalidDevice, device == 0 ? cudaSuccess : cudaErrorInvalidDevice);
    if (error != cudaSuccess) return error;
    *properties = {};
    std::snprintf(properties->name, sizeof properties->name, "cuda_emu: fibers on the CPU, no GPU");
    const int capability = px_cuda_emu_capability();
    properties->major = capability / 10;
    properties->minor = capability % 10;
    properties->warpSize = 32;
    properties->totalGlobalMem = GLOBAL_MEMORY;
    properties->sharedMemPerBlock = MAX_SHARED;
    properties->sharedMemPerBlockOptin = MAX_SHARED_OPTIN;
    properties->maxThreadsPerBlock = MAX_THREADS;
    properties->maxThreadsDim[0] = properties->maxThreadsDim[1] = MAX_BLOCK_XY;
    properties->maxThreadsDim[2] = MAX_BLOCK_Z;
    properties->maxGridSize[0] = MAX_GRID_X;
    properties->maxGridSize[1] = properties->maxGridSize[2] = MAX_GRID_YZ;
    properties->multiProcessorCount = 1;
    return cudaSuccess;
}

cudaError_t cudaDeviceSynchronize() { return result(cudaErrorLaunchFailure, cudaSuccess); }
cudaError_t cudaDeviceReset() { return result(cudaErrorUnknown, cudaSuccess); }

cudaError_t cudaMalloc(void **pointer, size_t bytes) {
    const cudaError_t error = result(cudaErrorMemoryAllocation, pointer ? cudaSuccess : cudaErrorInvalidValue);
    if (error != cudaSuccess) return error;
    *pointer = bytes ? allocate(bytes) : nullptr;
    return report(*pointer || !bytes ? cudaSuccess : cudaErrorMemoryAllocation);
}

/* An injected failure reports an earlier one, as asynchronous errors do; the memory is gone all the same. */
cudaError_t cudaFree(void *pointer) {
    const bool good = !pointer || release_memory(pointer);
    return result(cudaErrorLaunchFailure, good ? cudaSuccess : cudaErrorInvalidValue);
}

cudaError_t cudaMemGetInfo(size_t *free_bytes, size_t *total) {
    *total = GLOBAL_MEMORY;
    *free_bytes = GLOBAL_MEMORY - allocated();
    return result(cudaErrorUnknown, cudaSuccess);
}

static cudaError_t copy_error(const void *to, const void *from, size_t bytes, cudaMemcpyKind kind) {
    if (kind < cudaMemcpyHostToHost || kind > cudaMemcpyDeviceToDevice) return cudaErrorInvalidMemcpyDirection;
    const bool to_device = kind == cudaMemcpyHostToDevice || kind == cudaMemcpyDeviceToDevice;
    const bool from_device = kind == cudaMemcpyDeviceToHost || kind == cudaMemcpyDeviceToDevice;
    if (bytes == 0) return cudaSuccess;
    if (to_device ? !owns(to, bytes) : is_device(to)) return cudaErrorInvalidValue;
    if (from_device ? !owns(from, bytes) : is_device(from)) return cudaErrorInvalidValue;
    return cudaSuccess;
}

cudaError_t cudaMemcpy(void *to, const void *from, size_t bytes, cudaMemcpyKind kind) {
    const cudaError_t error = result(cudaErrorLaunchFailure, copy_error(to, from, bytes, kind));
    if (error == cudaSuccess && bytes) copy(to, from, bytes);
    return error;
}
cudaError_t cudaMemcpyAsync(void *to, const void *from, size_t bytes, cudaMemcpyKind kind, cudaStream_t) {
    return cudaMemcpy(to, from, bytes, kind);
}

cudaError_t cudaMemset(void *pointer, int byte, size_t bytes) {
    const bool good = bytes == 0 || owns(pointer, bytes);
    const cudaError_t error = result(cudaErrorLaunchFailure, good ? cudaSuccess : cudaErrorInvalidValue);
    if (error == cudaSuccess && bytes) fill(pointer, byte, bytes);
    return error;
}
cudaError_t cudaMemsetAsync(void *pointer, int byte, size_t bytes, cudaStream_t) {
    return cudaMemset(pointer, byte, bytes);
}

template <class T> static cudaError_t make(T **thing) {
    const cudaError_t error = result(cudaErrorMemoryAllocation, cudaSuccess);
    if (error != cudaSuccess) return error;
    *thing = new T;
    made(+1);
    return cudaSuccess;
}
template <class T> static cudaError_t unmake(T *thing) {
    if (thing) made(-1);
    const bool good = thing != nullptr;
    delete thing;
    return result(cudaErrorLaunchFailure, good ? cudaSuccess : cudaErrorInvalidResourceHandle);
}

cudaError_t cudaStreamCreate(cudaStream_t *stream) { return make(stream); }
cudaError_t cudaStreamDestroy(cudaStream_t stream) { return unmake(stream); }
cudaError_t cudaStreamSynchronize(cudaStream_t) { return result(cudaErrorLaunchFailure, cudaSuccess); }
cudaError_t cudaEventCreate(cudaEvent_t *event) { return make(event); }
cudaError_t cudaEventDestroy(cudaEvent_t event) { return unmake(event); }

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t) {
    const cudaError_t error = result(cudaErrorLaunchFailure, event ? cudaSuccess : cudaErrorInvalidResourceHandle);
    if (error != cudaSuccess) return error;
    event->recorded = true;
    event->when = std::chrono::steady_clock::now();
    return cudaSuccess;
}
cudaError_t cudaEventSynchronize(cudaEvent_t event) {
    return result(cudaErrorLaunchFailure, event ? cudaSuccess : cudaErrorInvalidResourceHandle);
}
cudaError_t cudaEventElapsedTime(float *milliseconds, cudaEvent_t start, cudaEvent_t end) {
    const bool good = start && end && start->recorded && end->recorded;
    const cudaError_t error = result(cudaErrorLaunchFailure, good ? cudaSuccess : cudaErrorInvalidResourceHandle);
    if (error == cudaSuccess) *milliseconds = std::chrono::duration<float, std::milli>(end->when - start->when).count();
    return error;
}

cudaError_t cudaFuncSetAttribute(const void *kernel, cudaFuncAttribute attribute, int value) {
    const bool good = kernel && attribute == cudaFuncAttributeMaxDynamicSharedMemorySize && value >= 0 &&
                      (size_t)value <= MAX_SHARED_OPTIN;
    const cudaError_t error = result(cudaErrorInvalidValue, good ? cudaSuccess : cudaErrorInvalidValue);
    if (error != cudaSuccess) return error;
    std::lock_guard<std::mutex> guard(lock);
    opted_in[kernel] = value;
    return cudaSuccess;
}

cudaError_t cudaFuncGetAttributes(cudaFuncAttributes *attributes, const void *kernel) {
    const cudaError_t error = result(cudaErrorInvalidValue, kernel ? cudaSuccess : cudaErrorInvalidValue);
    if (error != cudaSuccess) return error;
    *attributes = {};
    attributes->maxThreadsPerBlock = MAX_THREADS;
    attributes->maxDynamicSharedSizeBytes = (int)dynamic_limit(kernel);
    return cudaSuccess;
}
