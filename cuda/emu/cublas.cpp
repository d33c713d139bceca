/* The sums: products added in ascending k by fused multiply-add in the compute type, the result rounded once to its own.
 * Operands are rounded first by the types that may do so. Where reductions in reduced precision are allowed and the
 * result is shorter than the sums, the two halves of k are such sums, rounded to the result's type before they are
 * added. They are no model of cuBLAS, only a definition for tests of everything around it. */
#include "cublas.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "arith.h"
#include "device.h"
#include "memory.h"
#include "wmma.h"

struct cublasContext {
    cublasMath_t mode = CUBLAS_DEFAULT_MATH;
};

using namespace cuda_emu;

static cublasStatus_t result(cublasStatus_t found) {
    return injected_failure() ? CUBLAS_STATUS_EXECUTION_FAILED : found;
}

cublasStatus_t cublasCreate(cublasHandle_t *handle) {
    if (injected_failure()) return CUBLAS_STATUS_NOT_INITIALIZED;
    *handle = new cublasContext;
    made(+1);
    return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasDestroy(cublasHandle_t handle) {
    if (handle) made(-1);
    const bool good = handle != nullptr;
    delete handle;
    return result(good ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_NOT_INITIALIZED);
}
cublasStatus_t cublasGetVersion(cublasHandle_t, int *version) {
    *version = 0;
    return result(CUBLAS_STATUS_SUCCESS);
}
cublasStatus_t cublasSetStream(cublasHandle_t handle, cudaStream_t) {
    return result(handle ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_NOT_INITIALIZED);
}
cublasStatus_t cublasSetMathMode(cublasHandle_t handle, cublasMath_t mode) {
    if (!handle) return result(CUBLAS_STATUS_NOT_INITIALIZED);
    const int base = mode & ~CUBLAS_MATH_DISALLOW_REDUCED_PRECISION_REDUCTION;
    if (base != CUBLAS_DEFAULT_MATH && base != CUBLAS_PEDANTIC_MATH && base != CUBLAS_TF32_TENSOR_OP_MATH)
        return result(CUBLAS_STATUS_INVALID_VALUE);
    handle->mode = mode;
    return result(CUBLAS_STATUS_SUCCESS);
}
cublasStatus_t cublasSetWorkspace(cublasHandle_t handle, void *workspace, size_t bytes) {
    return result(!handle                            ? CUBLAS_STATUS_NOT_INITIALIZED
                  : bytes && !owns(workspace, bytes) ? CUBLAS_STATUS_INVALID_VALUE
                                                     : CUBLAS_STATUS_SUCCESS);
}

const char *cublasGetStatusName(cublasStatus_t status) {
    switch (status) {
    case CUBLAS_STATUS_SUCCESS: return "CUBLAS_STATUS_SUCCESS";
    case CUBLAS_STATUS_NOT_INITIALIZED: return "CUBLAS_STATUS_NOT_INITIALIZED";
    case CUBLAS_STATUS_ALLOC_FAILED: return "CUBLAS_STATUS_ALLOC_FAILED";
    case CUBLAS_STATUS_INVALID_VALUE: return "CUBLAS_STATUS_INVALID_VALUE";
    case CUBLAS_STATUS_EXECUTION_FAILED: return "CUBLAS_STATUS_EXECUTION_FAILED";
    case CUBLAS_STATUS_NOT_SUPPORTED: return "CUBLAS_STATUS_NOT_SUPPORTED";
    }
    return "unknown status";
}

/* The combinations of cublasGemmEx's table (cuBLAS documentation) for these types: the scalars' type is the compute
 * type's. */
static bool supported(cublasComputeType_t compute, cudaDataType a, cudaDataType b, cudaDataType c) {
    if (a != b) return false;
    switch (compute) {
    case CUBLAS_COMPUTE_16F:
    case CUBLAS_COMPUTE_16F_PEDANTIC: return a == CUDA_R_16F && c == CUDA_R_16F;
    case CUBLAS_COMPUTE_32F:
    case CUBLAS_COMPUTE_32F_PEDANTIC:
        return (a == CUDA_R_16F || a == CUDA_R_16BF || a == CUDA_R_32F) && (c == a || c == CUDA_R_32F);
    case CUBLAS_COMPUTE_32F_FAST_16F:
    case CUBLAS_COMPUTE_32F_FAST_16BF:
    case CUBLAS_COMPUTE_32F_FAST_TF32: return a == CUDA_R_32F && c == CUDA_R_32F;
    case CUBLAS_COMPUTE_64F:
    case CUBLAS_COMPUTE_64F_PEDANTIC: return a == CUDA_R_64F && c == CUDA_R_64F;
    }
    return false;
}

static size_t size_of(cudaDataType type) { return type == CUDA_R_64F ? 8 : type == CUDA_R_32F ? 4 : 2; }

static double get(const void *p, cudaDataType type, size_t i) {
    switch (type) {
    case CUDA_R_16F: return static_cast<const __half *>(p)[i].value();
    case CUDA_R_16BF: return static_cast<const __nv_bfloat16 *>(p)[i].value();
    case CUDA_R_32F: return (double)static_cast<const float *>(p)[i];
    case CUDA_R_64F: break;
    }
    return static_cast<const double *>(p)[i];
}

static double rounded_to_16_bits(cudaDataType type, double x) {
    return type == CUDA_R_16F ? __double2half(x).value() : __double2bfloat16(x).value();
}

static void put(void *p, cudaDataType type, size_t i, double x) {
    switch (type) {
    case CUDA_R_16F: static_cast<__half *>(p)[i] = __double2half(x); break;
    case CUDA_R_16BF: static_cast<__nv_bfloat16 *>(p)[i] = __double2bfloat16(x); break;
    case CUDA_R_32F: static_cast<float *>(p)[i] = __double2float_rn(x); break;
    case CUDA_R_64F: static_cast<double *>(p)[i] = x; break;
    }
}

/* acc + a b, rounded once to the compute type. */
static double step(cudaDataType type, double a, double b, double acc) {
    if (type == CUDA_R_16F) return __double2half(odd_sum(a * b, acc)).value();
    if (type == CUDA_R_32F) return (double)std::fma((float)a, (float)b, (float)acc);
    return std::fma(a, b, acc);
}

/* What a down-converting compute type sees of a float. */
static double seen(cublasComputeType_t compute, double x) {
    if (compute == CUBLAS_COMPUTE_32F_FAST_16F) return __double2half(x).value();
    if (compute == CUBLAS_COMPUTE_32F_FAST_16BF) return __double2bfloat16(x).value();
    if (compute == CUBLAS_COMPUTE_32F_FAST_TF32) return (double)nvcuda::wmma::__float_to_tf32((float)x);
    return x;
}

struct matrix {
    const void *at;
    cudaDataType type;
    cublasOperation_t op;
    int ld;
    size_t index(int i, int j) const { /* of op(matrix) */
        return op == CUBLAS_OP_N ? (size_t)i + (size_t)j * (size_t)ld : (size_t)j + (size_t)i * (size_t)ld;
    }
};

/* Bytes from the first to the last element of rows x cols in columns `ld` apart. */
static size_t extent(int rows, int cols, int ld, cudaDataType type) {
    return rows && cols ? ((size_t)(cols - 1) * (size_t)ld + (size_t)rows) * size_of(type) : 0;
}

static cublasStatus_t gemm_error(cublasOperation_t transa, cublasOperation_t transb, int m, int n, int k,
                                 const void *alpha, const matrix &a, const matrix &b, const void *beta, const matrix &c,
                                 cublasComputeType_t compute) {
    const bool na = transa == CUBLAS_OP_N, nb = transb == CUBLAS_OP_N;
    if ((!na && transa != CUBLAS_OP_T) || (!nb && transb != CUBLAS_OP_T) || m < 0 || n < 0 || k < 0 ||
        a.ld < std::max(1, na ? m : k) || b.ld < std::max(1, nb ? k : n) || c.ld < std::max(1, m) || !alpha || !beta)
        return CUBLAS_STATUS_INVALID_VALUE;
    if (!supported(compute, a.type, b.type, c.type)) return CUBLAS_STATUS_NOT_SUPPORTED;
    if (m == 0 || n == 0) return CUBLAS_STATUS_SUCCESS;
    /* The device would read what lies there. */
    const bool inside = (k == 0 || (owns(a.at, extent(na ? m : k, na ? k : m, a.ld, a.type)) &&
                                    owns(b.at, extent(nb ? k : n, nb ? n : k, b.ld, b.type)))) &&
                        owns(c.at, extent(m, n, c.ld, c.type));
    return inside ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_EXECUTION_FAILED;
}

cublasStatus_t cublasGemmEx(cublasHandle_t handle, cublasOperation_t transa, cublasOperation_t transb, int m, int n,
                            int k, const void *alpha, const void *A, cudaDataType Atype, int lda, const void *B,
                            cudaDataType Btype, int ldb, const void *beta, void *C, cudaDataType Ctype, int ldc,
                            cublasComputeType_t compute, cublasGemmAlgo_t) {
    if (!handle) return result(CUBLAS_STATUS_NOT_INITIALIZED);
    const matrix a = {A, Atype, transa, lda}, b = {B, Btype, transb, ldb}, c = {C, Ctype, CUBLAS_OP_N, ldc};
    const cublasStatus_t error = result(gemm_error(transa, transb, m, n, k, alpha, a, b, beta, c, compute));
    if (error != CUBLAS_STATUS_SUCCESS) return error;
    const cudaDataType type = compute <= CUBLAS_COMPUTE_16F_PEDANTIC                                    ? CUDA_R_16F
                              : compute == CUBLAS_COMPUTE_64F || compute == CUBLAS_COMPUTE_64F_PEDANTIC ? CUDA_R_64F
                                                                                                        : CUDA_R_32F;
    const double by = get(alpha, type, 0), old = get(beta, type, 0);
    /* then Ctype has 16 bits, and the sum of two such numbers is exact in binary64 */
    const bool reduced = !(handle->mode & CUBLAS_MATH_DISALLOW_REDUCED_PRECISION_REDUCTION) && Ctype != type;
    auto sum_of = [&](int i, int j, int first, int last) {
        double sum = 0;
        for (int p = first; p < last; p++)
            sum = step(type, seen(compute, get(A, Atype, a.index(i, p))), seen(compute, get(B, Btype, b.index(p, j))),
                       sum);
        return sum;
    };
    device_memory_open();
    for (int j = 0; j < n; j++)
        for (int i = 0; i < m; i++) {
            double sum = sum_of(i, j, 0, reduced ? k / 2 : k);
            if (reduced) sum = rounded_to_16_bits(Ctype, sum) + rounded_to_16_bits(Ctype, sum_of(i, j, k / 2, k));
            /* beta = 0: C may be uninitialised */
            double scaled = step(type, by, sum, 0.0);
            if (old != 0) scaled = step(type, old, get(C, Ctype, c.index(i, j)), scaled);
            put(C, Ctype, c.index(i, j), scaled);
        }
    device_memory_close();
    return CUBLAS_STATUS_SUCCESS;
}
