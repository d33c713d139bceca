/* NUMBERS(f): the name of f in this build; PX_VENDOR: with NVIDIA's headers. */
#if defined(PX_VENDOR)
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#define NUMBERS_NAME(f) vendor_##f
#else
#include "emu/arith.h"
#define NUMBERS_NAME(f) own_##f
#endif

#include "cuda_headers/numbers.h"

float NUMBERS_NAME(value)(int format, unsigned word) {
    const unsigned short w = (unsigned short)word;
    return format == 0 ? __half2float(__ushort_as_half(w)) : __bfloat162float(__ushort_as_bfloat16(w));
}

unsigned NUMBERS_NAME(of_float)(int format, int direction, float x) {
    switch (4 * format + direction) {
    case 0: return __half_as_ushort(__float2half_rn(x));
    case 1: return __half_as_ushort(__float2half_rz(x));
    case 2: return __half_as_ushort(__float2half_rd(x));
    case 3: return __half_as_ushort(__float2half_ru(x));
    case 4: return __bfloat16_as_ushort(__float2bfloat16_rn(x));
    case 5: return __bfloat16_as_ushort(__float2bfloat16_rz(x));
    case 6: return __bfloat16_as_ushort(__float2bfloat16_rd(x));
    default: return __bfloat16_as_ushort(__float2bfloat16_ru(x));
    }
}

unsigned NUMBERS_NAME(of_double)(int format, double x) {
    return format == 0 ? __half_as_ushort(__double2half(x)) : __bfloat16_as_ushort(__double2bfloat16(x));
}

#define ARITHMETIC(make, word)                                                                                         \
    static unsigned word##_operation(int op, unsigned a, unsigned b) {                                                 \
        const auto x = make((unsigned short)a), y = make((unsigned short)b);                                           \
        return word(op == NUMBERS_ADD ? __hadd_rn(x, y) : op == NUMBERS_SUB ? __hsub_rn(x, y) : __hmul_rn(x, y));      \
    }                                                                                                                  \
    static unsigned word##_test(int test, unsigned a, unsigned b) {                                                    \
        const auto x = make((unsigned short)a), y = make((unsigned short)b);                                           \
        switch (test) {                                                                                                \
        case NUMBERS_NEG: return word(__hneg(x));                                                                      \
        case NUMBERS_ABS: return word(__habs(x));                                                                      \
        case NUMBERS_IS_NAN: return __hisnan(x);                                                                       \
        case NUMBERS_EQUAL: return __heq(x, y);                                                                        \
        case NUMBERS_LESS: return __hlt(x, y);                                                                         \
        default: return __hgt(x, y);                                                                                   \
        }                                                                                                              \
    }
ARITHMETIC(__ushort_as_half, __half_as_ushort)
ARITHMETIC(__ushort_as_bfloat16, __bfloat16_as_ushort)

unsigned NUMBERS_NAME(operation)(int format, int op, unsigned a, unsigned b) {
    return format == 0 ? __half_as_ushort_operation(op, a, b) : __bfloat16_as_ushort_operation(op, a, b);
}

unsigned NUMBERS_NAME(test)(int format, int test, unsigned a, unsigned b) {
    return format == 0 ? __half_as_ushort_test(test, a, b) : __bfloat16_as_ushort_test(test, a, b);
}

#if defined(PX_VENDOR)
unsigned vendor_quotient(int format, unsigned a, unsigned b) {
    const unsigned short x = (unsigned short)a, y = (unsigned short)b;
    return format == 0 ? __half_as_ushort(__hdiv(__ushort_as_half(x), __ushort_as_half(y)))
                       : __bfloat16_as_ushort(__hdiv(__ushort_as_bfloat16(x), __ushort_as_bfloat16(y)));
}
#endif
