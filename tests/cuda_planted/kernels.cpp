#include <cmath>

#include "planted.h"

/* ---- a block's sum, used twice, so that its shared array is used again ---- */

enum { THREADS = 64 };
enum missing { NOTHING, INSIDE, AFTER };

template <missing M> __device__ float block_sum(float v) {
    PX_SHARED(float, s, [THREADS]);
    const unsigned t = threadIdx.x;
    s[t] = v;
    __syncthreads();
    for (unsigned half = THREADS / 2; half > 0; half /= 2) {
        if (t < half) s[t] = __fadd_rn(s[t], s[t + half]);
        if (M != INSIDE) __syncthreads();
    }
    const float sum = s[0];
    if (M != AFTER) __syncthreads();
    return sum;
}

/* y = x / sum(x) + sum(x^2), block by block. */
template <missing M> __global__ void two_sums(const float *x, float *y) {
    const size_t i = blockIdx.x * THREADS + threadIdx.x;
    const float sum = block_sum<M>(x[i]);
    const float squares = block_sum<M>(__fmul_rn(x[i], x[i]));
    y[i] = __fadd_rn(__fdiv_rn(x[i], sum), squares);
}

static float plain_sum(std::vector<float> v) { /* the same tree, by halving the list */
    for (; v.size() > 1; v.resize(v.size() / 2))
        for (size_t i = 0; i < v.size() / 2; i++) v[i] += v[v.size() / 2 + i];
    return v[0];
}

template <missing M> static long run_sums() {
    const size_t blocks = 3;
    const std::vector<float> x = samples(blocks * THREADS);
    std::vector<float> want(x.size());
    for (size_t b = 0; b < blocks; b++) {
        const std::vector<float> own(x.begin() + (long)(b * THREADS), x.begin() + (long)((b + 1) * THREADS));
        std::vector<float> squares;
        for (float v : own) squares.push_back(v * v);
        for (size_t i = 0; i < THREADS; i++) want[b * THREADS + i] = own[i] / plain_sum(own) + plain_sum(squares);
    }
    const device_array<float> dx(x), dy(x.size());
    PX_LAUNCH(two_sums<M>, dim3(blocks), dim3(THREADS), 0, nullptr, dx.get(), dy.get());
    must(cudaGetLastError(), "two_sums");
    return differing(dy.read(), want);
}

static long barrier_inside(bool wrong) { return wrong ? run_sums<INSIDE>() : run_sums<NOTHING>(); }
static long barrier_after(bool wrong) { return wrong ? run_sums<AFTER>() : run_sums<NOTHING>(); }

/* ---- blocks that write one word without an atomic operation ---- */

__global__ void count_all(unsigned *counter, bool atomically) {
    if (atomically)
        atomicAdd(counter, 1u);
    else
        counter[0]++;
}

static long between_blocks(bool wrong) {
    const device_array<unsigned> counter(std::vector<unsigned>{0});
    PX_LAUNCH(count_all, dim3(4), dim3(1), 0, nullptr, counter.get(), !wrong);
    must(cudaGetLastError(), "count_all");
    return differing(counter.read(), {4});
}

/* ---- a histogram by exponent, a block's own first ---- */

enum mistake { NO_MISTAKE, NOT_ZEROED_YET, NOT_COUNTED_YET, NOT_ATOMIC, NEXT_BIN };

template <mistake M> __global__ void histogram(const unsigned *x, unsigned n, unsigned *bins) {
    PX_SHARED(unsigned, own, [THREADS]);
    own[threadIdx.x] = 0;
    if (M != NOT_ZEROED_YET) __syncthreads();
    for (unsigned i = blockIdx.x * THREADS + threadIdx.x; i < n; i += gridDim.x * THREADS) {
        const int bin = (M == NEXT_BIN ? 32 : 31) - __clz((int)x[i]);
        if (M == NOT_ATOMIC)
            own[bin]++;
        else
            atomicAdd(&own[bin], 1u);
    }
    if (M != NOT_COUNTED_YET) __syncthreads();
    if (own[threadIdx.x] > 0) atomicAdd(&bins[threadIdx.x], own[threadIdx.x]);
}

template <mistake M> static long run_histogram() {
    std::vector<unsigned> x, want(THREADS);
    for (unsigned i = 0; i < 1000; i++) x.push_back((1u << i * 7 % 32) + (i & 1));
    for (unsigned v : x) {
        unsigned bin = 0;
        while (v >>= 1) bin++;
        want[bin]++;
    }
    const device_array<unsigned> dx(x), bins(std::vector<unsigned>(THREADS, 0u));
    PX_LAUNCH(histogram<M>, dim3(3), dim3(THREADS), 0, nullptr, dx.get(), (unsigned)x.size(), bins.get());
    must(cudaGetLastError(), "histogram");
    return differing(bins.read(), want);
}

template <mistake M> static long histogram_with(bool wrong) {
    return wrong ? run_histogram<M>() : run_histogram<NO_MISTAKE>();
}

/* ---- kernels over 64 numbers that reverse them ---- */

/* A barrier that some threads do not reach. */
__global__ void reverse_divergent(float *x, unsigned reach) {
    PX_SHARED(float, s, [THREADS]);
    s[threadIdx.x] = x[threadIdx.x];
    if (threadIdx.x < reach) __syncthreads();
    x[threadIdx.x] = s[THREADS - 1 - threadIdx.x];
}

/* A shared word that nobody writes. */
__global__ void reverse_uninitialised(float *x, unsigned written) {
    PX_SHARED(float, s, [THREADS]);
    if (threadIdx.x < written) s[threadIdx.x] = x[threadIdx.x];
    __syncthreads();
    x[threadIdx.x] = s[THREADS - 1 - threadIdx.x];
}

/* One number too many. */
__global__ void reverse_shared_overrun(float *x, unsigned extra) {
    PX_SHARED(float, s, [THREADS]);
    s[threadIdx.x + extra] = x[threadIdx.x];
    __syncthreads();
    x[threadIdx.x] = s[THREADS - 1 - threadIdx.x + extra];
}

/* A tail that is not left out. */
__global__ void reverse_out_of_bounds(float *x, unsigned n, unsigned limit) {
    const unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= limit) return;
    const float v = i < n ? x[n - 1 - i] : 0.0f;
    x[n + i] = v;
}

static long reversed(void (*kernel)(float *, unsigned), unsigned argument) {
    const std::vector<float> x = samples(THREADS), want(x.rbegin(), x.rend());
    const device_array<float> d(x);
    PX_LAUNCH(kernel, dim3(1), dim3(THREADS), 0, nullptr, d.get(), argument);
    must(cudaGetLastError(), "reverse");
    return differing(d.read(), want);
}

static long divergent_barrier(bool wrong) { return reversed(reverse_divergent, wrong ? 40 : THREADS); }
static long uninitialised_shared(bool wrong) { return reversed(reverse_uninitialised, wrong ? 60 : THREADS); }
static long shared_overrun(bool wrong) { return reversed(reverse_shared_overrun, wrong ? 1 : 0); }

static long out_of_bounds(bool wrong) {
    const unsigned n = 50; /* no multiple of the block */
    std::vector<float> x = samples(n), want = x;
    want.insert(want.end(), x.rbegin(), x.rend());
    x.resize(2 * n);
    const device_array<float> d(x);
    PX_LAUNCH(reverse_out_of_bounds, dim3(1), dim3(64), 0, nullptr, d.get(), n, wrong ? 64 : n);
    must(cudaGetLastError(), "reverse");
    return differing(d.read(), want);
}

/* ---- a warp's sum ---- */

__global__ void warp_sum(float *x, unsigned lanes) {
    float v = x[threadIdx.x];
    if (threadIdx.x < lanes)
        for (int step = 16; step > 0; step /= 2) v = __fadd_rn(v, __shfl_xor_sync(0xffffffffu, v, step));
    x[threadIdx.x] = v;
}

static long half_warp_shuffle(bool wrong) {
    const std::vector<float> x = samples(32), want(32, plain_sum(x));
    const device_array<float> d(x);
    PX_LAUNCH(warp_sum, dim3(1), dim3(32), 0, nullptr, d.get(), wrong ? 16 : 32);
    must(cudaGetLastError(), "warp_sum");
    return differing(d.read(), want);
}

/* ---- four numbers a load, from an address that allows one ---- */

__global__ void copy_by_four(const float *x, float *y) {
    reinterpret_cast<float4 *>(y)[threadIdx.x] = reinterpret_cast<const float4 *>(x)[threadIdx.x];
}

static long misaligned_load(bool wrong) {
    const size_t n = 32, first = wrong ? 1 : 4;
    const std::vector<float> x = samples(n + first), want(x.begin() + (long)first, x.end());
    const device_array<float> dx(x), dy(n);
    PX_LAUNCH(copy_by_four, dim3(1), dim3(n / 4), 0, nullptr, dx.get() + first, dy.get());
    must(cudaGetLastError(), "copy_by_four");
    return differing(dy.read(), want);
}

/* ---- a tile of a matrix unit at any address ---- */

__global__ void copy_tile(const float *x, float *y) {
    nvcuda::wmma::fragment<nvcuda::wmma::accumulator, 16, 16, 16, float> tile;
    nvcuda::wmma::load_matrix_sync(tile, x, 16, nvcuda::wmma::mem_row_major);
    nvcuda::wmma::store_matrix_sync(y, tile, 16, nvcuda::wmma::mem_row_major);
}

static long misaligned_tile(bool wrong) {
    const size_t n = 256, first = wrong ? 4 : 8;
    const std::vector<float> x = samples(n + first), want(x.begin() + (long)first, x.end());
    const device_array<float> dx(x), dy(n);
    PX_LAUNCH(copy_tile, dim3(1), dim3(32), 0, nullptr, dx.get() + first, dy.get());
    must(cudaGetLastError(), "copy_tile");
    return differing(dy.read(), want);
}

/* ---- a half accumulator: two roundings a step, or one ---- */

template <bool FUSED> __global__ void half_dot(const __half *a, const __half *b, __half *c, unsigned k) {
    const unsigned i = threadIdx.x;
    __half sum = __float2half_rn(0.0f);
    for (unsigned p = 0; p < k; p++) {
        const __half x = a[i * k + p], y = b[i * k + p];
        sum = FUSED ? __hfma(x, y, sum) : __hadd_rn(sum, __hmul_rn(x, y));
    }
    c[i] = sum;
}

static float through_half(float x) { return __half2float(__float2half_rn(x)); }

static long fused_accumulate(bool wrong) {
    const unsigned rows = 32, k = 40;
    std::vector<__half> a, b, want;
    for (unsigned i = 0; i < rows * k; i++) {
        a.push_back(__float2half_rn(sample(i)));
        b.push_back(__float2half_rn(sample(i + 77777)));
    }
    for (unsigned i = 0; i < rows; i++) {
        float sum = 0; /* products and sums of halves: rounded in binary32 first, harmlessly (24 >= 2 11 + 2) */
        for (unsigned p = 0; p < k; p++)
            sum = through_half(sum + through_half(__half2float(a[i * k + p]) * __half2float(b[i * k + p])));
        want.push_back(__float2half_rn(sum));
    }
    const device_array<__half> da(a), db(b), dc(rows);
    if (wrong)
        PX_LAUNCH(half_dot<true>, dim3(1), dim3(rows), 0, nullptr, da.get(), db.get(), dc.get(), k);
    else
        PX_LAUNCH(half_dot<false>, dim3(1), dim3(rows), 0, nullptr, da.get(), db.get(), dc.get(), k);
    must(cudaGetLastError(), "half_dot");
    return differing(dc.read(), want);
}

/* ---- shared memory beyond what a block may have ---- */

template <unsigned N> __global__ void sum_large(float *x) {
    PX_SHARED(float, s, [N]);
    for (unsigned i = threadIdx.x; i < N; i += THREADS) s[i] = 1.0f;
    __syncthreads();
    float sum = 0;
    for (unsigned i = 0; i < N; i++) sum = __fadd_rn(sum, s[i]);
    x[threadIdx.x] = sum;
}

static long too_much_shared(bool wrong) {
    const device_array<float> d(THREADS);
    if (wrong)
        PX_LAUNCH(sum_large<12289>, dim3(1), dim3(THREADS), 0, nullptr, d.get());
    else
        PX_LAUNCH(sum_large<12288>, dim3(1), dim3(THREADS), 0, nullptr, d.get());
    must(cudaGetLastError(), "sum_large");
    return differing(d.read(), std::vector<float>(THREADS, wrong ? 12289.0f : 12288.0f));
}

const planted_case kernel_cases[] = {{"barrier_inside", barrier_inside},
                                     {"barrier_after", barrier_after},
                                     {"between_blocks", between_blocks},
                                     {"divergent_barrier", divergent_barrier},
                                     {"half_warp_shuffle", half_warp_shuffle},
                                     {"out_of_bounds", out_of_bounds},
                                     {"shared_overrun", shared_overrun},
                                     {"uninitialised_shared", uninitialised_shared},
                                     {"misaligned_load", misaligned_load},
                                     {"misaligned_tile", misaligned_tile},
                                     {"fused_accumulate", fused_accumulate},
                                     {"too_much_shared", too_much_shared},
                                     {"histogram_not_zeroed", histogram_with<NOT_ZEROED_YET>},
                                     {"histogram_not_counted", histogram_with<NOT_COUNTED_YET>},
                                     {"histogram_not_atomic", histogram_with<NOT_ATOMIC>},
                                     {"histogram_next_bin", histogram_with<NEXT_BIN>},
                                     {nullptr, nullptr}};
