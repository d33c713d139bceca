/* Kernels of one known operation each, by which the census of instructions learns its codes, and kernels that its
 * rules must refuse. Built as the plug-in is, loaded by nobody: tests/test_cuda_gates.c reads the file. */
#include "px_cuda.h"

#define PROBE extern "C" __global__ void

PROBE probe_FMUL(float *x) { x[0] = __fmul_rn(x[1], x[2]); }
PROBE probe_FADD(float *x) { x[0] = __fadd_rn(x[1], x[2]); }
PROBE probe_FFMA(float *x) { x[0] = __fmaf_rn(x[1], x[2], x[3]); }
PROBE probe_DMUL(double *x) { x[0] = __dmul_rn(x[1], x[2]); }
PROBE probe_DADD(double *x) { x[0] = __dadd_rn(x[1], x[2]); }
PROBE probe_DFMA(double *x) { x[0] = __fma_rn(x[1], x[2], x[3]); }
PROBE probe_HMUL2(__half *x) { x[0] = __hmul_rn(x[1], x[2]); }
PROBE probe_HADD2(__half *x) { x[0] = __hadd_rn(x[1], x[2]); }
PROBE probe_HFMA2(__half *x) { x[0] = __hfma(x[1], x[2], x[3]); }
PROBE probe_HMMA(const __half *a, float *c) {
    using namespace nvcuda;
    wmma::fragment<wmma::matrix_a, 16, 16, 16, __half, wmma::row_major> fa;
    wmma::fragment<wmma::matrix_b, 16, 16, 16, __half, wmma::row_major> fb;
    wmma::fragment<wmma::accumulator, 16, 16, 16, float> fc;
    wmma::load_matrix_sync(fa, a, 16);
    wmma::load_matrix_sync(fb, a + 256, 16);
    wmma::load_matrix_sync(fc, c, 16, wmma::mem_row_major);
    wmma::mma_sync(fc, fa, fb, fc);
    wmma::store_matrix_sync(c, fc, 16, wmma::mem_row_major);
}

/* What a compiler makes of a sum of products that says nothing of its roundings: -fmad=false keeps it apart, so here
 * it is said. */
PROBE wrong_fused_half(int k, const __half *a, const __half *b, __half *c) {
    __half sum = __float2half_rn(0.0f);
    for (int p = 0; p < k; p++) sum = __hfma(a[p], b[p], sum);
    c[0] = sum;
}

/* "Half" that is computed in binary32. */
PROBE wrong_wide_half(int k, const __half *a, const __half *b, __half *c) {
    float sum = 0;
    for (int p = 0; p < k; p++) sum = __fadd_rn(sum, __fmul_rn(__half2float(a[p]), __half2float(b[p])));
    c[0] = __float2half_rn(sum);
}

PROBE wrong_approximate(float *x) { x[0] = __expf(x[1]); }
