/* cuda_emu: warp matrix operations. A product is computed by the model of a matrix unit (kernel/mma.h) that
 * PRECX_CUDA_MODEL names, h100 otherwise; the device's compute capability is that model's.
 *
 * Where a fragment keeps which element is not defined by CUDA; here lane l has the elements l, l + 32, ... of the tile
 * in row-major order, and fragments of one kind and shape agree. num_elements is that of no device. */
#ifndef PX_CUDA_EMU_WMMA_H
#define PX_CUDA_EMU_WMMA_H

#include <cstdio>
#include <cstdlib>
#include <type_traits>

#include "arith.h"
#include "language.h"
#include "unit.h"

namespace nvcuda {
namespace wmma {

struct matrix_a {};
struct matrix_b {};
struct accumulator {};
struct row_major {};
struct col_major {};
enum layout_t { mem_row_major, mem_col_major };
namespace precision {
struct tf32 {};
} // namespace precision

/* A float whose low 13 bits a matrix unit does not see; to nearest, ties away, as cvt.rna.tf32.f32. */
inline float __float_to_tf32(float x) {
    const unsigned word = __float_as_uint(x);
    if ((word & 0x7f800000u) == 0x7f800000u) return x != x ? __uint_as_float(0x7fffffffu) : x;
    return __uint_as_float((word + 0x1000u) & ~0x1fffu);
}

template <class T> struct stored { typedef T type; };
template <> struct stored<precision::tf32> { typedef float type; };

template <class Use, int M, int N, int K, class T, class Layout = void> struct fragment {
    static constexpr int rows = std::is_same<Use, matrix_b>::value ? K : M;
    static constexpr int cols = std::is_same<Use, matrix_a>::value ? K : N;
    static constexpr int num_elements = rows * cols / 32;
    typedef typename stored<T>::type element_type;
    element_type x[num_elements];
};

inline double number(float x) { return (double)x; }
inline double number(double x) { return x; }
inline double number(__half x) { return x.value(); }
inline double number(__nv_bfloat16 x) { return x.value(); }
inline void put(float &x, double v) { x = __double2float_rn(v); }
inline void put(double &x, double v) { x = v; }
inline void put(__half &x, double v) { x = __double2half(v); }

inline px_cuda_format format_of(__half *) { return PX_CUDA_FP16; }
inline px_cuda_format format_of(__nv_bfloat16 *) { return PX_CUDA_BF16; }
inline px_cuda_format format_of(precision::tf32 *) { return PX_CUDA_TF32; }
inline px_cuda_format format_of(float *) { return PX_CUDA_FP32; }
inline px_cuda_format format_of(double *) { return PX_CUDA_FP64; }

#define PX_HERE const char *file = __builtin_FILE(), int line = __builtin_LINE()

template <class Use, int M, int N, int K, class T, class L, class V>
void fill_fragment(fragment<Use, M, N, K, T, L> &f, V value) {
    for (auto &element : f.x) element = value;
}

/* A tile begins at a multiple of 32 bytes, its rows are multiples of 16 bytes apart (CUDA C++ programming guide, warp
 * matrix functions). */
inline void check_tile(cuda_emu::site at, const void *tile, size_t row_bytes) {
    if ((uintptr_t)tile % 32 == 0 && row_bytes % 16 == 0) return;
    std::fprintf(stderr, "cuda_emu: %s of a tile at %p with rows of %zu bytes, not aligned, at %s:%d\n", at.what, tile,
                 row_bytes, at.file, at.line);
    std::abort();
}

template <class Use, int M, int N, int K, class T, class L, class V>
void load_tile(cuda_emu::site at, fragment<Use, M, N, K, T, L> &f, const V *from, unsigned ld, bool by_rows) {
    typedef fragment<Use, M, N, K, T, L> F;
    check_tile(at, from, ld * sizeof(V));
    cuda_emu::gather(at, 0xffffffffu, 0);
    for (int i = 0; i < F::num_elements; i++) {
        const int element = i * 32 + cuda_emu::lane_of_self(), row = element / F::cols, col = element % F::cols;
        f.x[i] = from[by_rows ? (size_t)row * ld + col : (size_t)col * ld + row];
    }
}

template <class Use, int M, int N, int K, class T, class L, class V>
void load_matrix_sync(fragment<Use, M, N, K, T, L> &f, const V *from, unsigned ld, PX_HERE) {
    load_tile({"load_matrix_sync", file, line}, f, from, ld, std::is_same<L, row_major>::value);
}

template <int M, int N, int K, class T>
void load_matrix_sync(fragment<accumulator, M, N, K, T> &f, const T *from, unsigned ld, layout_t layout, PX_HERE) {
    load_tile({"load_matrix_sync", file, line}, f, from, ld, layout == mem_row_major);
}

template <int M, int N, int K, class T>
void store_matrix_sync(T *to, const fragment<accumulator, M, N, K, T> &f, unsigned ld, layout_t layout, PX_HERE) {
    check_tile({"store_matrix_sync", file, line}, to, ld * sizeof(T));
    cuda_emu::gather({"store_matrix_sync", file, line}, 0xffffffffu, 0);
    for (int i = 0; i < f.num_elements; i++) {
        const int element = i * 32 + cuda_emu::lane_of_self(), row = element / N, col = element % N;
        to[layout == mem_row_major ? (size_t)row * ld + col : (size_t)col * ld + row] = f.x[i];
    }
}

/* Element e of a tile whose fragments lie at the lanes' addresses. */
template <class F> double element_of(const uint64_t *lanes, int e) {
    return number(reinterpret_cast<const F *>(lanes[e % 32])->x[e / 32]);
}

/* d = c + a b: each lane computes its own elements from the fragments of the warp. */
template <int M, int N, int K, class T, class Acc, class C, class LA, class LB>
void mma_sync(fragment<accumulator, M, N, K, Acc> &d, const fragment<matrix_a, M, N, K, T, LA> &a,
              const fragment<matrix_b, M, N, K, T, LB> &b, const fragment<accumulator, M, N, K, C> &c, PX_HERE) {
    static_assert(std::is_same<Acc, C>::value, "c and d of one type");
    const cuda_emu::site at = {"mma_sync", file, line};
    const void *mine[2] = {&a, &b};
    uint64_t lanes_a[32], lanes_b[32];
    std::memcpy(lanes_a, cuda_emu::gather(at, 0xffffffffu, (uint64_t)(uintptr_t)mine[0]), sizeof lanes_a);
    std::memcpy(lanes_b, cuda_emu::gather(at, 0xffffffffu, (uint64_t)(uintptr_t)mine[1]), sizeof lanes_b);
    double rows[K], cols[K];
    for (int i = 0; i < d.num_elements; i++) {
        const int element = i * 32 + cuda_emu::lane_of_self(), row = element / N, col = element % N;
        for (int k = 0; k < K; k++) {
            rows[k] = element_of<fragment<matrix_a, M, N, K, T, LA>>(lanes_a, row * K + k);
            cols[k] = element_of<fragment<matrix_b, M, N, K, T, LB>>(lanes_b, k * N + col);
        }
        put(d.x[i], px_cuda_emu_mma(format_of((T *)nullptr), format_of((Acc *)nullptr), K, rows, cols, number(c.x[i])));
    }
    cuda_emu::gather(at, 0xffffffffu, 0); /* nobody changes a fragment that another lane still reads */
}

#undef PX_HERE

} // namespace wmma
} // namespace nvcuda

#endif
