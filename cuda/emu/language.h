/* cuda_emu: CUDA's execution model on the CPU. A CUDA thread is a fiber, a block runs on one thread of the machine,
 * blocks run one after another. What the CUDA programming guide leaves undefined and hardware lets pass is diagnosed
 * here: on standard error, with both places, and then the program aborts. */
#ifndef PX_CUDA_EMU_LANGUAGE_H
#define PX_CUDA_EMU_LANGUAGE_H

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <tuple>
#include <utility>

#include "types.h"

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __launch_bounds__(...)
#define __align__(n) alignas(n)
#define __constant__ static

namespace cuda_emu {

struct place {
    uint3 thread, block;
    dim3 block_dim, grid_dim;
};
const place &self(); /* of the CUDA thread that runs */

/* Where a collective stands in the source. */
struct site {
    const char *what, *file;
    int line;
};

/* Waits until every thread of the block is at the same site; the number of threads whose predicate holds. */
int barrier(site at, bool predicate);

/* Waits until every lane of the mask is at the same site with the same mask; what each lane of the warp gave, 32
 * numbers that stay valid until this thread's next collective. */
const uint64_t *gather(site at, unsigned mask, uint64_t given);
int lane_of_self();

/* Ends the program: the running thread's shuffle reads a lane that takes no part. */
[[noreturn]] void absent_source(site at, int lane);

template <class T> T shuffle(site at, unsigned mask, T value, int source) {
    static_assert(sizeof(T) <= 8, "a shuffle moves up to 8 bytes");
    uint64_t word = 0;
    std::memcpy(&word, &value, sizeof value);
    const uint64_t *all = gather(at, mask, word);
    if (!(mask >> source & 1)) absent_source(at, source);
    T result;
    std::memcpy(&result, &all[source], sizeof result);
    return result;
}

/* Lanes form segments of `width`, a power of two; a source outside the own segment is the lane itself. */
inline int segment_start(int lane, int width) { return lane & ~(width - 1); }

/* Shared memory: `bytes` at one address for all threads of the block that pass the same tag. */
void *shared_array(const void *tag, size_t bytes, size_t alignment, const char *name);
void *dynamic_shared();

void run_grid(const void *kernel, const char *name, dim3 grid, dim3 block, size_t dynamic_bytes,
              const std::function<void()> &thread);

/* Arguments are converted and copied once, as a launch does. */
template <class... P, class... A>
void launch(void (*kernel)(P...), const char *name, dim3 grid, dim3 block, size_t dynamic_bytes, cudaStream_t,
            A &&...args) {
    static_assert((sizeof(P) + ... + 0) <= 4096, "a launch carries up to 4 KiB of arguments");
    const std::tuple<P...> copies(std::forward<A>(args)...);
    run_grid(reinterpret_cast<const void *>(kernel), name, grid, block, dynamic_bytes,
             [&] { std::apply(kernel, copies); });
}

} // namespace cuda_emu

#define PX_LAUNCH(kernel, grid, block, dynamic_bytes, stream, ...)                                                     \
    cuda_emu::launch(kernel, #kernel, (grid), (block), (dynamic_bytes), (stream), __VA_ARGS__)

#define PX_SHARED(type, name, dims)                                                                                    \
    static const char name##_tag = 0;                                                                                  \
    using name##_array = type dims;                                                                                    \
    name##_array &name = *static_cast<name##_array *>(                                                                 \
        cuda_emu::shared_array(&name##_tag, sizeof(name##_array), alignof(name##_array), #name))

#define PX_DYNAMIC_SHARED(type, name) type *name = static_cast<type *>(cuda_emu::dynamic_shared())

#define threadIdx (cuda_emu::self().thread)
#define blockIdx  (cuda_emu::self().block)
#define blockDim  (cuda_emu::self().block_dim)
#define gridDim   (cuda_emu::self().grid_dim)
constexpr int warpSize = 32;

/* A default argument is evaluated where the call stands. */
#define PX_HERE const char *file = __builtin_FILE(), int line = __builtin_LINE()

inline void __syncthreads(PX_HERE) { cuda_emu::barrier({"__syncthreads", file, line}, false); }
inline int __syncthreads_count(int predicate, PX_HERE) {
    return cuda_emu::barrier({"__syncthreads_count", file, line}, predicate != 0);
}
inline int __syncthreads_or(int predicate, PX_HERE) {
    return cuda_emu::barrier({"__syncthreads_or", file, line}, predicate != 0) != 0;
}
inline int __syncthreads_and(int predicate, PX_HERE) {
    return cuda_emu::barrier({"__syncthreads_and", file, line}, predicate == 0) == 0;
}
inline void __syncwarp(unsigned mask = 0xffffffffu, PX_HERE) { cuda_emu::gather({"__syncwarp", file, line}, mask, 0); }
inline void __threadfence_block() {}
inline void __threadfence() {}

template <class T> T __shfl_sync(unsigned mask, T value, int source, int width = 32, PX_HERE) {
    int start = cuda_emu::segment_start(cuda_emu::lane_of_self(), width);
    return cuda_emu::shuffle({"__shfl_sync", file, line}, mask, value, start + (source & (width - 1)));
}
template <class T> T __shfl_up_sync(unsigned mask, T value, unsigned delta, int width = 32, PX_HERE) {
    int lane = cuda_emu::lane_of_self(), source = lane - (int)delta;
    bool inside = source >= cuda_emu::segment_start(lane, width);
    return cuda_emu::shuffle({"__shfl_up_sync", file, line}, mask, value, inside ? source : lane);
}
template <class T> T __shfl_down_sync(unsigned mask, T value, unsigned delta, int width = 32, PX_HERE) {
    int lane = cuda_emu::lane_of_self(), source = lane + (int)delta;
    bool inside = source < cuda_emu::segment_start(lane, width) + width;
    return cuda_emu::shuffle({"__shfl_down_sync", file, line}, mask, value, inside ? source : lane);
}
template <class T> T __shfl_xor_sync(unsigned mask, T value, int lanes, int width = 32, PX_HERE) {
    int lane = cuda_emu::lane_of_self(), source = lane ^ lanes;
    bool inside = source < cuda_emu::segment_start(lane, width) + width;
    return cuda_emu::shuffle({"__shfl_xor_sync", file, line}, mask, value, inside ? source : lane);
}

inline unsigned __ballot_sync(unsigned mask, int predicate, PX_HERE) {
    const uint64_t *all = cuda_emu::gather({"__ballot_sync", file, line}, mask, predicate != 0);
    unsigned ballot = 0;
    for (int lane = 0; lane < 32; lane++)
        if (mask >> lane & 1) ballot |= (unsigned)all[lane] << lane;
    return ballot;
}
inline int __any_sync(unsigned mask, int predicate, PX_HERE) { return __ballot_sync(mask, predicate, file, line) != 0; }
inline int __all_sync(unsigned mask, int predicate, PX_HERE) {
    return __ballot_sync(mask, predicate, file, line) == mask;
}

#undef PX_HERE

/* Integers only: a sum of floating values in the order of arrival is no definition. */
#define PX_ATOMIC(type)                                                                                                \
    inline type atomicAdd(type *p, type v) { return __atomic_fetch_add(p, v, __ATOMIC_RELAXED); }                      \
    inline type atomicExch(type *p, type v) { return __atomic_exchange_n(p, v, __ATOMIC_RELAXED); }                    \
    inline type atomicOr(type *p, type v) { return __atomic_fetch_or(p, v, __ATOMIC_RELAXED); }                        \
    inline type atomicAnd(type *p, type v) { return __atomic_fetch_and(p, v, __ATOMIC_RELAXED); }                      \
    inline type atomicCAS(type *p, type expected, type v) {                                                            \
        __atomic_compare_exchange_n(p, &expected, v, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);                       \
        return expected;                                                                                               \
    }                                                                                                                  \
    inline type atomicMax(type *p, type v) {                                                                           \
        type old = __atomic_load_n(p, __ATOMIC_RELAXED);                                                               \
        while (old < v && !__atomic_compare_exchange_n(p, &old, v, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {       \
        }                                                                                                              \
        return old;                                                                                                    \
    }                                                                                                                  \
    inline type atomicMin(type *p, type v) {                                                                           \
        type old = __atomic_load_n(p, __ATOMIC_RELAXED);                                                               \
        while (v < old && !__atomic_compare_exchange_n(p, &old, v, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {       \
        }                                                                                                              \
        return old;                                                                                                    \
    }
PX_ATOMIC(int)
PX_ATOMIC(unsigned)
PX_ATOMIC(unsigned long long)
#undef PX_ATOMIC

#endif
