/* Defects of host code, and the program itself: NAME|all right|wrong. Exit code 0: as it should be; 1: not; 3: the
 * case is broken. */
#include <cstdlib>

#include "emu/control.h"
#include "planted.h"
#include "px_cublas.h"

void must(cudaError_t error, const char *what) {
    if (error == cudaSuccess) return;
    std::fprintf(stderr, "%s: %s\n", what, cudaGetErrorString(error));
    std::exit(3);
}

/* Multiples of 1/64 below 4 in magnitude, from a linear congruential generator. */
float sample(size_t i) {
    const unsigned word = (unsigned)(i + 1) * 1664525u * (unsigned)(2 * i + 1) + 1013904223u;
    return (float)((int)(word >> 16 & 511) - 255) / 64.0f;
}

std::vector<float> samples(size_t n) {
    std::vector<float> v(n);
    for (size_t i = 0; i < n; i++) v[i] = sample(i);
    return v;
}

/* ---- a row-major product through cuBLAS, which thinks in columns: C^T = B^T A^T ---- */

static long transposed_ld(bool wrong) {
    const int m = 5, n = 5, k = 9; /* square, so that no size gives it away */
    const std::vector<float> a = samples((size_t)(m * k)), b = samples((size_t)(k * n));
    std::vector<float> want((size_t)(m * n));
    for (int i = 0; i < m; i++)
        for (int j = 0; j < n; j++) {
            float sum = 0;
            for (int p = 0; p < k; p++) sum += a[(size_t)(i * k + p)] * b[(size_t)(p * n + j)]; /* exact */
            want[(size_t)(i * n + j)] = sum;
        }
    const device_array<float> da(a), db(b), dc(want.size());
    cublasHandle_t handle;
    if (cublasCreate(&handle) != CUBLAS_STATUS_SUCCESS) return 3;
    const float one = 1, zero = 0;
    const int lda = wrong ? m : k;
    const cublasStatus_t status =
        cublasGemmEx(handle, CUBLAS_OP_N, CUBLAS_OP_N, n, m, k, &one, db.get(), CUDA_R_32F, n, da.get(), CUDA_R_32F,
                     lda, &zero, dc.get(), CUDA_R_32F, n, CUBLAS_COMPUTE_32F, CUBLAS_GEMM_DEFAULT);
    cublasDestroy(handle);
    if (status != CUBLAS_STATUS_SUCCESS) {
        std::printf("%s\n", cublasGetStatusName(status));
        return 1;
    }
    return differing(dc.read(), want);
}

/* The same with a transposed operand that is wide enough for either leading dimension: only its values tell. */
static long transposed_operand(bool wrong) {
    const int n = 6;
    const std::vector<float> a = samples((size_t)(n * n)), b = samples((size_t)(n * n) + 9);
    std::vector<float> want((size_t)(n * n));
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++)
            for (int p = 0; p < n; p++) want[(size_t)(i * n + j)] += a[(size_t)(i * n + p)] * b[(size_t)(p * n + j)];
    const device_array<float> da(a), db(b), dc(want.size());
    cublasHandle_t handle;
    if (cublasCreate(&handle) != CUBLAS_STATUS_SUCCESS) return 3;
    const float one = 1, zero = 0;
    cublasGemmEx(handle, wrong ? CUBLAS_OP_T : CUBLAS_OP_N, CUBLAS_OP_N, n, n, n, &one, db.get(), CUDA_R_32F, n,
                 da.get(), CUDA_R_32F, n, &zero, dc.get(), CUDA_R_32F, n, CUBLAS_COMPUTE_32F, CUBLAS_GEMM_DEFAULT);
    cublasDestroy(handle);
    return differing(dc.read(), want);
}

/* ---- a wrapper that looks at every status but one, or frees everything but one ---- */

__global__ void doubled(float *x) { x[threadIdx.x] = __fadd_rn(x[threadIdx.x], x[threadIdx.x]); }

enum wrapper { CAREFUL, IGNORES_START, LEAKS };

static cudaError_t wrapped(wrapper w, float *x, size_t n) {
    float *at = nullptr;
    cudaError_t error = cudaMalloc(&at, n * sizeof *x);
    if (error != cudaSuccess) return error;
    error = cudaMemcpy(at, x, n * sizeof *x, cudaMemcpyHostToDevice);
    if (error != cudaSuccess && w == LEAKS) return error;
    if (error == cudaSuccess) {
        PX_LAUNCH(doubled, dim3(1), dim3((unsigned)n), 0, nullptr, at);
        const cudaError_t start = cudaGetLastError();
        if (w != IGNORES_START) error = start;
    }
    if (error == cudaSuccess) error = cudaMemcpy(x, at, n * sizeof *x, cudaMemcpyDeviceToHost);
    const cudaError_t freed = cudaFree(at);
    return error != cudaSuccess ? error : freed;
}

/* Each of its calls fails once: it must say so, and keep nothing. */
static long every_failure(wrapper w) {
    std::vector<float> x = samples(8);
    px_cuda_emu_fail_at(0);
    must(wrapped(w, x.data(), x.size()), "nothing fails");
    const long calls = px_cuda_emu_calls();
    long unseen = 0;
    for (long n = 1; n <= calls; n++) {
        px_cuda_emu_fail_at(n);
        if (wrapped(w, x.data(), x.size()) == cudaSuccess) {
            std::printf("the failure of call %ld was not reported\n", n);
            unseen++;
        }
        if (px_cuda_emu_live() != 0) {
            std::printf("%ld things are left after the failure of call %ld\n", px_cuda_emu_live(), n);
            std::exit(1);
        }
        cudaGetLastError();
    }
    std::printf("%ld calls\n", calls);
    return unseen;
}

static long failure_ignored(bool wrong) { return every_failure(wrong ? IGNORES_START : CAREFUL); }
static long failure_leaks(bool wrong) { return every_failure(wrong ? LEAKS : CAREFUL); }

/* ---- a launch that no device can do, and a host that reads device memory ---- */

static long too_many_threads(bool wrong) {
    const device_array<float> d(2048);
    PX_LAUNCH(doubled, dim3(1), dim3(wrong ? 2048 : 256), 0, nullptr, d.get());
    const cudaError_t error = cudaGetLastError();
    if (error != cudaSuccess) std::printf("%s\n", cudaGetErrorName(error));
    return error != cudaSuccess;
}

__global__ void numbered(unsigned *x) { x[blockIdx.y] = blockIdx.y; }

static long grid_too_high(bool wrong) {
    const device_array<unsigned> d(9);
    PX_LAUNCH(numbered, dim3(1, wrong ? 65536 : 9), dim3(1), 0, nullptr, d.get());
    const cudaError_t error = cudaGetLastError();
    if (error != cudaSuccess) std::printf("%s\n", cudaGetErrorName(error));
    return error != cudaSuccess;
}

static long host_reads_device(bool wrong) {
    const std::vector<float> x = samples(4);
    const device_array<float> d(x);
    return differing(wrong ? std::vector<float>(d.get(), d.get() + 4) : d.read(), x);
}

static long wrong_direction(bool wrong) {
    std::vector<float> x = samples(4);
    const device_array<float> d(x);
    const cudaError_t error =
        cudaMemcpy(x.data(), d.get(), 16, wrong ? cudaMemcpyHostToDevice : cudaMemcpyDeviceToHost);
    if (error != cudaSuccess) std::printf("%s\n", cudaGetErrorName(error));
    return error != cudaSuccess;
}

const planted_case host_cases[] = {{"transposed_ld", transposed_ld},
                                   {"transposed_operand", transposed_operand},
                                   {"failure_ignored", failure_ignored},
                                   {"failure_leaks", failure_leaks},
                                   {"too_many_threads", too_many_threads},
                                   {"grid_too_high", grid_too_high},
                                   {"host_reads_device", host_reads_device},
                                   {"wrong_direction", wrong_direction},
                                   {nullptr, nullptr}};

int main(int argc, char **argv) {
    int tried = 0, bad = 0;
    for (const planted_case *cases : {kernel_cases, host_cases})
        for (const planted_case *c = cases; argc == 3 && c->name; c++) {
            if (std::strcmp(argv[1], c->name) != 0 && std::strcmp(argv[1], "all") != 0) continue;
            std::printf("%s: ", c->name);
            bad += c->run(std::strcmp(argv[2], "wrong") == 0) != 0;
            tried++;
        }
    if (tried) return bad != 0;
    std::fprintf(stderr, "usage: %s CASE|all right|wrong\n", argv[0]);
    return 3;
}
