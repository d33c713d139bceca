/* Arithmetic by the device's own instructions, a struct a format: each operation is one rounding to nearest even, never
 * contracted with a neighbour. A step of a sum of products has two roundings or one. */
#ifndef PX_CUDA_NATIVE_CUH
#define PX_CUDA_NATIVE_CUH

#include "px_cuda.h"

/* What 16-bit formats have in common. They have no instructions for quotients and roots that are correctly rounded; those
 * of binary32 are, and its 24 bits make the second rounding harmless up to p = 11 (Figueroa 1995: 24 >= 2 p + 2). */
#define PX_NARROW_ARITHMETIC(type, rounded, widened)                                                                   \
    typedef type number;                                                                                               \
    static __device__ number of(double x) { return rounded((float)x); } /* x: of binary32 */                           \
    static __device__ double value(number x) { return (double)widened(x); }                                            \
    static __device__ number add(number a, number b) { return __hadd_rn(a, b); }                                       \
    static __device__ number mul(number a, number b) { return __hmul_rn(a, b); }                                       \
    static __device__ number div(number a, number b) { return rounded(__fdiv_rn(widened(a), widened(b))); }            \
    static __device__ number sqrt(number a) { return rounded(__fsqrt_rn(widened(a))); }                                \
    static __device__ number fma(number a, number b, number c) { return __hfma(a, b, c); }

struct half_arithmetic {
    PX_NARROW_ARITHMETIC(__half, __float2half_rn, __half2float)
};

struct bf16_arithmetic {
    PX_NARROW_ARITHMETIC(__nv_bfloat16, __float2bfloat16_rn, __bfloat162float)
};
#undef PX_NARROW_ARITHMETIC

struct single_arithmetic {
    typedef float number;
    static __device__ number of(double x) { return __double2float_rn(x); }
    static __device__ double value(number x) { return (double)x; }
    static __device__ number add(number a, number b) { return __fadd_rn(a, b); }
    static __device__ number mul(number a, number b) { return __fmul_rn(a, b); }
    static __device__ number div(number a, number b) { return __fdiv_rn(a, b); }
    static __device__ number sqrt(number a) { return __fsqrt_rn(a); }
    static __device__ number fma(number a, number b, number c) { return __fmaf_rn(a, b, c); }
};

struct double_arithmetic {
    typedef double number;
    static __device__ number of(double x) { return x; }
    static __device__ double value(number x) { return x; }
    static __device__ number add(number a, number b) { return __dadd_rn(a, b); }
    static __device__ number mul(number a, number b) { return __dmul_rn(a, b); }
    static __device__ number div(number a, number b) { return __ddiv_rn(a, b); }
    static __device__ number sqrt(number a) { return __dsqrt_rn(a); }
    static __device__ number fma(number a, number b, number c) { return __fma_rn(a, b, c); }
};

#endif
