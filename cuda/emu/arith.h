/* cuda_emu: numbers of 16 bits, and operations whose rounding is named. Each function has CUDA's name and rounds once,
 * as the device does; a NaN result is the device's, 7fff or 7fffffff. A 16-bit number has no operators: on the device
 * a * b + c of halves is one rounding or two as the compiler likes. */
#ifndef PX_CUDA_EMU_ARITH_H
#define PX_CUDA_EMU_ARITH_H

#include <cmath>
#include <cstdint>
#include <cstring>

#include "types.h"

namespace cuda_emu {

template <class To, class From> To bits_as(From from) {
    static_assert(sizeof(To) == sizeof(From), "the same bits");
    To to;
    std::memcpy(&to, &from, sizeof to);
    return to;
}

enum direction { NEAREST, ZERO, DOWN, UP };

/* A number of P significand bits in a word of 16. */
template <int P, int EMIN, int EMAX> struct narrow {
    uint16_t word;

    static narrow round(double x, direction to) {
        const uint64_t bits = bits_as<uint64_t>(x), infinity = (uint64_t)(EMAX - EMIN + 2) << (P - 1);
        const bool minus = bits >> 63;
        const int field = (int)(bits >> 52 & 0x7ff);
        const uint64_t fraction = bits & (UINT64_MAX >> 12);
        if (field == 0x7ff && fraction) return {0x7fff};
        /* |x| = significand 2^(exponent - 52); drop: the bits below the last one of the result, which has the exponent
         * max(exponent, EMIN) - P + 1 */
        const uint64_t significand = field ? fraction | (uint64_t)1 << 52 : fraction;
        const int exponent = (field ? field : 1) - 1023, below = EMIN - exponent;
        const int drop = below > 9 + P ? 62 : 53 - P + (below > 0 ? below : 0);
        uint64_t kept = significand >> drop;
        const uint64_t rest = significand & (((uint64_t)1 << drop) - 1), half = (uint64_t)1 << (drop - 1);
        const bool outward = to == NEAREST || to == (minus ? DOWN : UP);
        kept += to == NEAREST ? rest > half || (rest == half && (kept & 1)) : outward && rest;
        if (below < 0) kept += (uint64_t)-below << (P - 1);
        if (kept >= infinity) kept = outward || field == 0x7ff ? infinity : infinity - 1;
        return {(uint16_t)(kept | (uint64_t)minus << 15)};
    }

    double value() const { /* exact */
        const unsigned magnitude = word & 0x7fffu, field = magnitude >> (P - 1),
                       fraction = magnitude & ((1u << (P - 1)) - 1);
        float x;
        if (field == 0)
            x = std::ldexp((float)fraction, EMIN - P + 1);
        else if (field == (unsigned)(EMAX - EMIN + 2))
            x = bits_as<float>(fraction ? 0x7fffffffu : 0x7f800000u);
        else
            x = bits_as<float>((uint32_t)((field - 1 + EMIN + 127) << 23 | fraction << (24 - P)));
        return (double)(word >> 15 ? -x : x);
    }
};

/* a + b in binary64, rounded to odd: one more rounding, to at most 51 bits, then is the only one that counts (Boldo and
 * Melquiond, Emulation of FMA and correctly rounded sums, 2008). The error of the sum is Knuth's two-sum. */
inline double odd_sum(double a, double b) {
    const double sum = a + b, from_b = sum - a, error = (a - (sum - from_b)) + (b - from_b);
    if (error == 0.0 || !std::isfinite(sum)) return sum;
    const uint64_t word = bits_as<uint64_t>(sum);
    if (word & 1) return sum;
    return bits_as<double>((error > 0) == (sum > 0) ? word + 1 : word - 1);
}

inline float as_device(float x) { return x != x ? bits_as<float>(0x7fffffffu) : x; }

/* The float nearest to x in a direction. */
inline float to_float(double x, direction to) {
    const float y = (float)x;
    if (to == NEAREST || x != x || (double)y == x) return as_device(y);
    const bool above = (double)y > x;
    const bool wrong = to == UP ? !above : to == DOWN ? above : (above == (x > 0));
    return wrong ? std::nextafter(y, above ? -INFINITY : INFINITY) : y;
}

} // namespace cuda_emu

typedef cuda_emu::narrow<11, -14, 15> __half;
typedef cuda_emu::narrow<8, -126, 127> __nv_bfloat16;

inline float __half2float(__half x) { return (float)x.value(); }
inline __half __float2half_rn(float x) { return __half::round((double)x, cuda_emu::NEAREST); }
inline __half __float2half_rz(float x) { return __half::round((double)x, cuda_emu::ZERO); }
inline __half __float2half_rd(float x) { return __half::round((double)x, cuda_emu::DOWN); }
inline __half __float2half_ru(float x) { return __half::round((double)x, cuda_emu::UP); }
inline __half __double2half(double x) { return __half::round(x, cuda_emu::NEAREST); }
inline unsigned short __half_as_ushort(__half x) { return x.word; }
inline __half __ushort_as_half(unsigned short word) { return {word}; }

inline float __bfloat162float(__nv_bfloat16 x) { return (float)x.value(); }
inline __nv_bfloat16 __float2bfloat16_rn(float x) { return __nv_bfloat16::round((double)x, cuda_emu::NEAREST); }
inline __nv_bfloat16 __float2bfloat16_rz(float x) { return __nv_bfloat16::round((double)x, cuda_emu::ZERO); }
inline __nv_bfloat16 __float2bfloat16_rd(float x) { return __nv_bfloat16::round((double)x, cuda_emu::DOWN); }
inline __nv_bfloat16 __float2bfloat16_ru(float x) { return __nv_bfloat16::round((double)x, cuda_emu::UP); }
inline __nv_bfloat16 __double2bfloat16(double x) { return __nv_bfloat16::round(x, cuda_emu::NEAREST); }
inline unsigned short __bfloat16_as_ushort(__nv_bfloat16 x) { return x.word; }
inline __nv_bfloat16 __ushort_as_bfloat16(unsigned short word) { return {word}; }

/* Never fused with a neighbour, unlike __hadd and __hmul. Products of 16-bit numbers are exact in binary64. */
#define PX_NARROW(type)                                                                                                \
    inline type __hadd_rn(type a, type b) {                                                                            \
        return type::round(cuda_emu::odd_sum(a.value(), b.value()), cuda_emu::NEAREST);                                \
    }                                                                                                                  \
    inline type __hsub_rn(type a, type b) {                                                                            \
        return type::round(cuda_emu::odd_sum(a.value(), -b.value()), cuda_emu::NEAREST);                               \
    }                                                                                                                  \
    inline type __hmul_rn(type a, type b) { return type::round(a.value() * b.value(), cuda_emu::NEAREST); }            \
    inline type __hfma(type a, type b, type c) {                                                                       \
        return type::round(cuda_emu::odd_sum(a.value() * b.value(), c.value()), cuda_emu::NEAREST);                    \
    }                                                                                                                  \
    inline type __hneg(type a) { return {(uint16_t)(a.word ^ 0x8000u)}; }                                              \
    inline type __habs(type a) { return {(uint16_t)(a.word & 0x7fffu)}; }                                              \
    inline bool __hisnan(type a) { return std::isnan(a.value()); }                                                     \
    inline bool __heq(type a, type b) { return a.value() == b.value(); }                                               \
    inline bool __hlt(type a, type b) { return a.value() < b.value(); }                                                \
    inline bool __hgt(type a, type b) { return a.value() > b.value(); }
PX_NARROW(__half)
PX_NARROW(__nv_bfloat16)
#undef PX_NARROW

inline float __fadd_rn(float a, float b) { return cuda_emu::as_device(a + b); }
inline float __fsub_rn(float a, float b) { return cuda_emu::as_device(a - b); }
inline float __fmul_rn(float a, float b) { return cuda_emu::as_device(a * b); }
inline float __fdiv_rn(float a, float b) { return cuda_emu::as_device(a / b); }
inline float __fsqrt_rn(float a) { return cuda_emu::as_device(std::sqrt(a)); }
inline float __fmaf_rn(float a, float b, float c) { return cuda_emu::as_device(std::fma(a, b, c)); }
inline double __dadd_rn(double a, double b) { return a + b; }
inline double __dsub_rn(double a, double b) { return a - b; }
inline double __dmul_rn(double a, double b) { return a * b; }
inline double __ddiv_rn(double a, double b) { return a / b; }
inline double __dsqrt_rn(double a) { return std::sqrt(a); }
inline double __fma_rn(double a, double b, double c) { return std::fma(a, b, c); }
inline float __double2float_rn(double x) { return cuda_emu::to_float(x, cuda_emu::NEAREST); }
inline float __double2float_rz(double x) { return cuda_emu::to_float(x, cuda_emu::ZERO); }
inline float __double2float_rd(double x) { return cuda_emu::to_float(x, cuda_emu::DOWN); }
inline float __double2float_ru(double x) { return cuda_emu::to_float(x, cuda_emu::UP); }

inline unsigned __float_as_uint(float x) { return cuda_emu::bits_as<unsigned>(x); }
inline float __uint_as_float(unsigned x) { return cuda_emu::bits_as<float>(x); }
inline long long __double_as_longlong(double x) { return cuda_emu::bits_as<long long>(x); }
inline double __longlong_as_double(long long x) { return cuda_emu::bits_as<double>(x); }
inline int __clz(int x) { return x ? __builtin_clz((unsigned)x) : 32; }
inline int __clzll(long long x) { return x ? __builtin_clzll((unsigned long long)x) : 64; }
inline int __popc(unsigned x) { return __builtin_popcount(x); }
inline int __ffs(int x) { return __builtin_ffs(x); }

#endif
