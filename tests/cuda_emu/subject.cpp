#include "subject.h"

#include <cfenv>
#include <vector>

#include "device_vector.h"
#include "px_cuda.h"

using cuda_emu::direction;

double subject_value(int format, unsigned word) {
    return format == 0 ? __ushort_as_half((uint16_t)word).value() : __ushort_as_bfloat16((uint16_t)word).value();
}

unsigned subject_round(int format, int to, double x) {
    return format == 0 ? __half::round(x, (direction)to).word : __nv_bfloat16::round(x, (direction)to).word;
}

template <class T> static unsigned operation(int op, unsigned a, unsigned b, unsigned c) {
    const T x = {(uint16_t)a}, y = {(uint16_t)b}, z = {(uint16_t)c};
    const T results[SUBJECT_OPS] = {__hadd_rn(x, y), __hsub_rn(x, y), __hmul_rn(x, y), __hfma(x, y, z)};
    return results[op].word;
}

unsigned subject_op(int format, int op, unsigned a, unsigned b, unsigned c) {
    return format == 0 ? operation<__half>(op, a, b, c) : operation<__nv_bfloat16>(op, a, b, c);
}

float subject_float(int to, double x) { return cuda_emu::to_float(x, (direction)to); }
float subject_tf32(float x) { return nvcuda::wmma::__float_to_tf32(x); }

/* ---- collectives ---- */

__global__ void shuffle_kernel(int kind, int argument, int width, int *got) {
    const int lane = (int)threadIdx.x, v = lane + 100;
    const unsigned all = 0xffffffffu;
    if (kind == 0)
        got[lane] = __shfl_sync(all, v, argument, width);
    else if (kind == 1)
        got[lane] = __shfl_up_sync(all, v, (unsigned)argument, width);
    else if (kind == 2)
        got[lane] = __shfl_down_sync(all, v, (unsigned)argument, width);
    else
        got[lane] = __shfl_xor_sync(all, v, argument, width);
}

void subject_shuffle(int kind, int argument, int width, int got[32]) {
    const device_vector<int> d(32);
    PX_LAUNCH(shuffle_kernel, dim3(1), dim3(32), 0, nullptr, kind, argument, width, d.get());
    d.read(got);
}

__global__ void vote_kernel(unsigned low, unsigned predicates, unsigned *got) {
    const unsigned lane = threadIdx.x, mask = low >> lane & 1 ? low : ~low;
    const int predicate = predicates >> lane & 1;
    for (int i = 0; i < (low >> lane & 1 ? 1 : 2); i++) {
        got[3 * lane] = __ballot_sync(mask, predicate);
        got[3 * lane + 1] = (unsigned)__any_sync(mask, predicate);
        got[3 * lane + 2] = (unsigned)__all_sync(mask, predicate);
    }
    __syncwarp();
}

void subject_votes(int split, unsigned predicates, unsigned got[32][3]) {
    const device_vector<unsigned> d(96);
    PX_LAUNCH(vote_kernel, dim3(1), dim3(32), 0, nullptr, (1u << split) - 1, predicates, d.get());
    d.read(got[0]);
}

__global__ void barrier_kernel(unsigned step, int *got) {
    const int yes = threadIdx.x % step == 0;
    const int count = __syncthreads_count(yes), any = __syncthreads_or(yes), all = __syncthreads_and(yes);
    if (threadIdx.x + 1 == blockDim.x) {
        got[0] = count;
        got[1] = any;
        got[2] = all;
    }
}

void subject_barriers(unsigned n, unsigned step, int got[3]) {
    const device_vector<int> d(3);
    PX_LAUNCH(barrier_kernel, dim3(1), dim3(n), 0, nullptr, step, d.get());
    d.read(got);
}

/* ---- who runs ---- */

__global__ void index_kernel(unsigned *got) {
    const size_t thread = threadIdx.x + blockDim.x * (threadIdx.y + (size_t)blockDim.y * threadIdx.z);
    const size_t block = blockIdx.x + gridDim.x * (blockIdx.y + (size_t)gridDim.y * blockIdx.z);
    atomicAdd(&got[block * blockDim.x * blockDim.y * blockDim.z + thread], 1u);
}

void subject_indices(const unsigned grid[3], const unsigned block[3], unsigned *got, size_t n) {
    const device_vector<unsigned> d(n);
    cudaMemset(d.get(), 0, n * sizeof(unsigned));
    PX_LAUNCH(index_kernel, dim3(grid[0], grid[1], grid[2]), dim3(block[0], block[1], block[2]), 0, nullptr, d.get());
    d.read(got);
}

__global__ void atomic_kernel(unsigned *got) {
    const unsigned i = blockIdx.x * blockDim.x + threadIdx.x, v = 7 * i % 1000;
    if (i >= 1000) return;
    atomicAdd(&got[0], v);
    atomicMax(&got[1], v);
    atomicMin(&got[2], v);
    atomicOr(&got[3], v);
    atomicAnd(&got[4], v);
    for (unsigned old = got[5 + v % 16];;) { /* an addition by compare and swap */
        const unsigned seen = atomicCAS(&got[5 + v % 16], old, old + 1);
        if (seen == old) break;
        old = seen;
    }
}

void subject_atomics(unsigned got[5 + 16]) {
    std::vector<unsigned> start(21, 0);
    start[2] = start[4] = 0xffffffffu;
    const device_vector<unsigned> d(start);
    PX_LAUNCH(atomic_kernel, dim3(8), dim3(128), 0, nullptr, d.get());
    d.read(got);
}

__global__ void schedule_kernel(unsigned *order) {
    PX_SHARED(unsigned, next, [1]);
    next[0] = 0;
    __syncthreads();
    order[atomicAdd(next, 1u)] = threadIdx.x;
}

void subject_schedule(unsigned n, unsigned *order) {
    const device_vector<unsigned> d(n);
    PX_LAUNCH(schedule_kernel, dim3(1), dim3(n), 0, nullptr, d.get());
    d.read(order);
}

/* As many numbers as functions keep in registers, and more; the direction, in the words of x87 and of SSE. */
__global__ void keeping_kernel(const uint64_t *given, int *lost) {
    static const int directions[] = {FE_TONEAREST, FE_DOWNWARD, FE_UPWARD, FE_TOWARDZERO};
    const uint64_t *own = given + 8 * threadIdx.x;
    volatile double one = 1, three = 3, before, after; /* divided where it says */
    uint64_t a = own[0], b = own[1], c = own[2], d = own[3], e = own[4], f = own[5], g = own[6], h = own[7];
    std::fesetround(directions[threadIdx.x % 4]);
    before = one / three;
    for (int i = 0; i < 3; i++) {
        __syncthreads();
        a += b ^ c, b += c ^ d, c += d ^ e, d += e ^ f, e += f ^ g, f += g ^ h, g += h ^ a, h += a ^ b;
    }
    after = one / three;
    const bool same_direction = std::fegetround() == directions[threadIdx.x % 4] && after == before;
    std::fesetround(FE_TONEAREST);
    uint64_t want[8];
    for (int k = 0; k < 8; k++) want[k] = own[k];
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 8; k++) want[k] += want[(k + 1) % 8] ^ want[(k + 2) % 8];
    const uint64_t got[8] = {a, b, c, d, e, f, g, h};
    if (!same_direction || std::memcmp(got, want, sizeof got) != 0) atomicAdd(lost, 1);
}

int subject_kept(unsigned n) {
    std::vector<uint64_t> given(8 * n);
    for (size_t i = 0; i < given.size(); i++) given[i] = 0x9e3779b97f4a7c15u * (i + 1);
    const device_vector<uint64_t> numbers(given);
    const device_vector<int> lost(std::vector<int>{0});
    PX_LAUNCH(keeping_kernel, dim3(2), dim3(n), 0, nullptr, numbers.get(), lost.get());
    int count;
    lost.read(&count);
    return count;
}

__global__ void dynamic_kernel(unsigned *got, unsigned n) {
    PX_DYNAMIC_SHARED(unsigned, s);
    for (unsigned i = threadIdx.x; i < n; i += blockDim.x) s[i] = i;
    __syncthreads();
    if (threadIdx.x == 0) got[0] = s[n - 1];
}

const char *subject_dynamic(size_t bytes, int opt_in) {
    const device_vector<unsigned> d(1);
    if (cudaFuncSetAttribute(dynamic_kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, opt_in ? (int)bytes : 0) !=
        cudaSuccess)
        return cudaGetErrorName(cudaGetLastError());
    const unsigned n = (unsigned)(bytes / sizeof(unsigned));
    PX_LAUNCH(dynamic_kernel, dim3(1), dim3(32), bytes, nullptr, d.get(), n);
    const cudaError_t error = cudaGetLastError();
    if (error != cudaSuccess) return cudaGetErrorName(error);
    unsigned got;
    d.read(&got);
    return got == n - 1 ? "ran" : "wrong";
}
