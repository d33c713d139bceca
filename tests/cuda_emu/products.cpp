/* Matrix products: mma_sync and cublasGemmEx. */
#include <cmath>
#include <type_traits>
#include <vector>

#include "device_vector.h"
#include "px_cublas.h"
#include "subject.h"

using namespace nvcuda;

template <class T> struct types; /* stored(T): what memory holds */
template <> struct types<__half> {
    typedef __half stored;
    static __half make(double x) { return __double2half(x); }
    static double number(__half x) { return x.value(); }
};
template <> struct types<__nv_bfloat16> {
    typedef __nv_bfloat16 stored;
    static __nv_bfloat16 make(double x) { return __double2bfloat16(x); }
    static double number(__nv_bfloat16 x) { return x.value(); }
};
template <> struct types<wmma::precision::tf32> {
    typedef float stored;
    static float make(double x) { return (float)x; }
};
template <> struct types<float> {
    typedef float stored;
    static float make(double x) { return (float)x; }
    static double number(float x) { return (double)x; }
};
template <> struct types<double> {
    typedef double stored;
    static double make(double x) { return x; }
    static double number(double x) { return x; }
};

template <class T, class Acc, int K, class LA, class LB>
__global__ void mma_kernel(const typename types<T>::stored *a, const typename types<T>::stored *b, const Acc *c, Acc *d,
                           unsigned ld, bool c_columns) {
    wmma::fragment<wmma::matrix_a, 16, 16, K, T, LA> fa;
    wmma::fragment<wmma::matrix_b, 16, 16, K, T, LB> fb;
    wmma::fragment<wmma::accumulator, 16, 16, K, Acc> fc;
    const wmma::layout_t layout = c_columns ? wmma::mem_col_major : wmma::mem_row_major;
    wmma::load_matrix_sync(fa, a, ld);
    wmma::load_matrix_sync(fb, b, ld);
    wmma::load_matrix_sync(fc, c, ld, layout);
    wmma::mma_sync(fc, fa, fb, fc);
    wmma::store_matrix_sync(d, fc, ld, layout);
}

/* rows x cols numbers in memory of either layout, ld apart. */
template <class T>
static std::vector<typename types<T>::stored> laid(const double *x, int rows, int cols, bool columns, unsigned ld) {
    std::vector<typename types<T>::stored> v(ld * 16);
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < cols; j++)
            v[columns ? (unsigned)j * ld + (unsigned)i : (unsigned)i * ld + (unsigned)j] =
                types<T>::make(x[i * cols + j]);
    return v;
}

struct mma_call {
    const double *a, *b, *c;
    double *d;
    bool a_columns, b_columns, c_columns;
    unsigned ld;
};

template <class T, class Acc, int K, class LA, class LB> static void run_mma(const mma_call &m) {
    typedef typename types<T>::stored stored;
    const device_vector<stored> a(laid<T>(m.a, 16, K, m.a_columns, m.ld)), b(laid<T>(m.b, K, 16, m.b_columns, m.ld));
    const device_vector<Acc> c(laid<Acc>(m.c, 16, 16, m.c_columns, m.ld)), d(m.ld * 16);
    PX_LAUNCH((mma_kernel<T, Acc, K, LA, LB>), dim3(1), dim3(32), 0, nullptr, a.get(), b.get(), c.get(), d.get(), m.ld,
              m.c_columns);
    std::vector<Acc> got(m.ld * 16);
    d.read(got.data());
    for (unsigned i = 0; i < 16; i++)
        for (unsigned j = 0; j < 16; j++)
            m.d[i * 16 + j] = types<Acc>::number(got[m.c_columns ? j * m.ld + i : i * m.ld + j]);
}

template <class T, class Acc, int K> static void with_layouts(const mma_call &m) {
    typedef wmma::row_major R;
    typedef wmma::col_major C;
    if (m.a_columns && m.b_columns)
        run_mma<T, Acc, K, C, C>(m);
    else if (m.a_columns)
        run_mma<T, Acc, K, C, R>(m);
    else if (m.b_columns)
        run_mma<T, Acc, K, R, C>(m);
    else
        run_mma<T, Acc, K, R, R>(m);
}

void subject_mma(int in, int out16, const double *a, const double *b, const double *c, double *d, int a_columns,
                 int b_columns, int c_columns, unsigned ld) {
    const mma_call m = {a, b, c, d, a_columns != 0, b_columns != 0, c_columns != 0, ld};
    if (in == 0 && out16)
        with_layouts<__half, __half, 16>(m);
    else if (in == 0)
        with_layouts<__half, float, 16>(m);
    else if (in == 1)
        with_layouts<__nv_bfloat16, float, 16>(m);
    else
        with_layouts<wmma::precision::tf32, float, 8>(m);
}

/* ---- cublasGemmEx ---- */

struct gemm_call {
    int type, result, compute, transa, transb, m, n, k, extra;
    double alpha, beta;
};

static double integer(int i, int j) { return (double)((i * 7 + j * 3) % 5 - 2); }

template <class T> static std::vector<T> columns_of(int rows, int cols, int ld, int shift) {
    const int column = ld > rows ? ld : rows; /* ld may be too small, to be refused */
    std::vector<T> v((size_t)(column * cols), types<T>::make(99));
    for (int j = 0; j < cols; j++)
        for (int i = 0; i < rows; i++) v[(size_t)(i + j * ld)] = types<T>::make(integer(i + shift, j));
    return v;
}

/* Scalars of the compute type. */
struct scalar {
    __half h;
    float f;
    double d;
    explicit scalar(double x) : h(__double2half(x)), f((float)x), d(x) {}
    const void *as(int compute) const {
        if (compute <= CUBLAS_COMPUTE_16F_PEDANTIC) return &h;
        return compute == CUBLAS_COMPUTE_64F || compute == CUBLAS_COMPUTE_64F_PEDANTIC ? (const void *)&d
                                                                                       : (const void *)&f;
    }
};

template <class T, class R> static int run_gemm(const gemm_call &g) {
    const int rows_a = g.transa ? g.k : g.m, cols_a = g.transa ? g.m : g.k, rows_b = g.transb ? g.n : g.k,
              cols_b = g.transb ? g.k : g.n;
    const int lda = rows_a + g.extra, ldb = rows_b + g.extra, ldc = g.m + g.extra;
    const device_vector<T> a(columns_of<T>(rows_a, cols_a, lda, 0)), b(columns_of<T>(rows_b, cols_b, ldb, 1));
    const std::vector<R> before = columns_of<R>(g.m, g.n, ldc, 2);
    const device_vector<R> c(before);
    const scalar alpha(g.alpha), beta(g.beta);
    cublasHandle_t handle;
    if (cublasCreate(&handle) != CUBLAS_STATUS_SUCCESS) return -100;
    const cublasStatus_t status = cublasGemmEx(
        handle, g.transa ? CUBLAS_OP_T : CUBLAS_OP_N, g.transb ? CUBLAS_OP_T : CUBLAS_OP_N, g.m, g.n, g.k,
        alpha.as(g.compute), a.get(), (cudaDataType)g.type, lda, b.get(), (cudaDataType)g.type, ldb, beta.as(g.compute),
        c.get(), (cudaDataType)g.result, ldc, (cublasComputeType_t)g.compute, CUBLAS_GEMM_DEFAULT);
    cublasDestroy(handle);
    if (status != CUBLAS_STATUS_SUCCESS) return -1 - (int)status;
    std::vector<R> got(before.size());
    c.read(got.data());
    int wrong = 0;
    for (int j = 0; j < g.n; j++)
        for (int i = 0; i < ldc; i++) {
            double want = types<R>::number(before[(size_t)(i + j * ldc)]);
            if (i < g.m) {
                double sum = 0;
                for (int p = 0; p < g.k; p++)
                    sum +=
                        (g.transa ? integer(p, i) : integer(i, p)) * (g.transb ? integer(j + 1, p) : integer(p + 1, j));
                want = g.alpha * sum + g.beta * want;
            }
            wrong += types<R>::number(got[(size_t)(i + j * ldc)]) != want;
        }
    return wrong;
}

int subject_gemm(int type, int result, int compute, int transa, int transb, int m, int n, int k, int extra,
                 double alpha, double beta) {
    const gemm_call g = {type, result, compute, transa, transb, m, n, k, extra, alpha, beta};
    if (type == CUDA_R_16F) return result == CUDA_R_16F ? run_gemm<__half, __half>(g) : run_gemm<__half, float>(g);
    if (type == CUDA_R_16BF)
        return result == CUDA_R_16BF ? run_gemm<__nv_bfloat16, __nv_bfloat16>(g) : run_gemm<__nv_bfloat16, float>(g);
    return type == CUDA_R_32F ? run_gemm<float, float>(g) : run_gemm<double, double>(g);
}

template <class T> static std::vector<T> numbers(int k, const double *x) {
    std::vector<T> v;
    for (int i = 0; i < k; i++) v.push_back(types<T>::make(x[i]));
    return v;
}

template <class T>
static double dot(cudaDataType type, int compute, int mode, int k, const double *a, const double *b) {
    const device_vector<T> da(numbers<T>(k, a)), db(numbers<T>(k, b)), dc(1);
    const float one = 1, zero = 0;
    std::vector<T> got(1);
    cublasHandle_t handle;
    if (cublasCreate(&handle) != CUBLAS_STATUS_SUCCESS) return (double)NAN;
    const bool good =
        cublasSetMathMode(handle, (cublasMath_t)mode) == CUBLAS_STATUS_SUCCESS &&
        cublasGemmEx(handle, CUBLAS_OP_N, CUBLAS_OP_N, 1, 1, k, &one, da.get(), type, 1, db.get(), type, k, &zero,
                     dc.get(), type, 1, (cublasComputeType_t)compute, CUBLAS_GEMM_DEFAULT) == CUBLAS_STATUS_SUCCESS;
    cublasDestroy(handle);
    dc.read(got.data());
    return good ? types<T>::number(got[0]) : (double)NAN;
}

double subject_dot(int result, int compute, int mode, int k, const double *a, const double *b) {
    return result == CUDA_R_16F ? dot<__half>(CUDA_R_16F, compute, mode, k, a, b)
                                : dot<float>(CUDA_R_32F, compute, mode, k, a, b);
}

int subject_math_mode(int mode) {
    cublasHandle_t handle;
    if (cublasCreate(&handle) != CUBLAS_STATUS_SUCCESS) return -1;
    const cublasStatus_t status = cublasSetMathMode(handle, (cublasMath_t)mode);
    cublasDestroy(handle);
    return (int)status;
}
