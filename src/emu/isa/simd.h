/* Vectors of PX_VECTOR_BYTES, which the including file has set: gcc's vector extension, and intrinsics for the few
 * operations it lacks. The only file with intrinsics. */
#include <stdint.h>
#include <string.h>

#if PX_VECTOR_BYTES > 16
#include <immintrin.h>
#endif

#if PX_VECTOR_BYTES == 64
#define PX_F64_FMA(a, b, c)    ((vec_f64)_mm512_fmadd_pd((__m512d)(a), (__m512d)(b), (__m512d)(c)))
#define PX_F32_FMA(a, b, c)    ((vec_f32)_mm512_fmadd_ps((__m512)(a), (__m512)(b), (__m512)(c)))
#define PX_F32_LARGER(a, b)    ((vec_f32)_mm512_range_ps((__m512)(a), (__m512)(b), 0xb)) /* of magnitudes, sign cleared */
#define PX_F16_ROUND_TRIP(a)   ((vec_f32)_mm512_cvtph_ps(_mm512_cvtps_ph((__m512)(a), _MM_FROUND_TO_NEAREST_INT)))
#define PX_F64_MAX(a, b)       ((vec_f64)_mm512_max_pd((__m512d)(a), (__m512d)(b)))
#define PX_F32_MAX(a, b)       ((vec_f32)_mm512_max_ps((__m512)(a), (__m512)(b)))
#define PX_F32_UNORDERED(a, b) _mm512_cmp_ps_mask((__m512)(a), (__m512)(b), _CMP_UNORD_Q) /* a bit a lane */
#define PX_F32_STREAM(to, a)   _mm512_stream_ps(to, (__m512)(a))
#define PX_STREAM_END()        _mm_sfence()
#define PX_U32_PRODUCT(a, b)   ((words_f64)_mm512_mul_epu32((__m512i)(a), (__m512i)(b)))
#define PX_U8_MAX(a, b)        ((bytes_f32)_mm512_max_epu8((__m512i)(a), (__m512i)(b)))
#define PX_U8_LESS(a, b)       ((bytes_f32)_mm512_subs_epu8((__m512i)(a), (__m512i)(b)))
#define PX_I32_MAX(a, b)       ((mask_f32)_mm512_max_epi32((__m512i)(a), (__m512i)(b)))
#define PX_U32_MIN(a, b)       ((words_f32)_mm512_min_epu32((__m512i)(a), (__m512i)(b)))
#define PX_F32_SCALE(a, e)     ((vec_f32)_mm512_scalef_ps((__m512)(a), (__m512)(e)))
#define PX_F64_ONE(op)         spread_##op##_f64
#define PX_F32_ONE(op)         spread_##op##_f32

/* One number of memory times b, alone, + c, - c; the operation itself spreads the number over the lanes. An instruction
 * of its own for that, which gcc makes where the number has two uses, takes a turn of the pipes that multiply and add
 * (Zen 4: half a cycle). */
#define PX_ONE(name, real, vector, mul, fma, fms)                                                                      \
    static inline vector spread_mul_##name(const real *a, vector b) {                                                  \
        vector x;                                                                                                      \
        __asm__(mul ", %1, %0" : "=v"(x) : "v"(b), "m"(*a));                                                           \
        return x;                                                                                                      \
    }                                                                                                                  \
    static inline vector spread_fma_##name(const real *a, vector b, vector c) {                                        \
        __asm__(fma ", %1, %0" : "+v"(c) : "v"(b), "m"(*a));                                                           \
        return c;                                                                                                      \
    }                                                                                                                  \
    static inline vector spread_fms_##name(const real *a, vector b, vector c) {                                        \
        __asm__(fms ", %1, %0" : "+v"(c) : "v"(b), "m"(*a));                                                           \
        return c;                                                                                                      \
    }
PX_ONE(f64, double, __m512d, "vmulpd %2%{1to8%}", "vfmadd231pd %2%{1to8%}", "vfmsub231pd %2%{1to8%}")
PX_ONE(f32, float, __m512, "vmulps %2%{1to16%}", "vfmadd231ps %2%{1to16%}", "vfmsub231ps %2%{1to16%}")
#undef PX_ONE
#elif PX_VECTOR_BYTES == 32
#define PX_F64_FMA(a, b, c)    ((vec_f64)_mm256_fmadd_pd((__m256d)(a), (__m256d)(b), (__m256d)(c)))
#define PX_F32_FMA(a, b, c)    ((vec_f32)_mm256_fmadd_ps((__m256)(a), (__m256)(b), (__m256)(c)))
#define PX_F16_ROUND_TRIP(a)   ((vec_f32)_mm256_cvtph_ps(_mm256_cvtps_ph((__m256)(a), _MM_FROUND_TO_NEAREST_INT)))
#define PX_F64_MAX(a, b)       ((vec_f64)_mm256_max_pd((__m256d)(a), (__m256d)(b)))
#define PX_F32_MAX(a, b)       ((vec_f32)_mm256_max_ps((__m256)(a), (__m256)(b)))
#define PX_F32_UNORDERED(a, b) (unsigned)_mm256_movemask_ps(_mm256_cmp_ps((__m256)(a), (__m256)(b), _CMP_UNORD_Q))
#define PX_F32_STREAM(to, a)   _mm256_stream_ps(to, (__m256)(a))
#define PX_STREAM_END()        _mm_sfence()
#define PX_U32_PRODUCT(a, b)   ((words_f64)_mm256_mul_epu32((__m256i)(a), (__m256i)(b)))
#define PX_U8_MAX(a, b)        ((bytes_f32)_mm256_max_epu8((__m256i)(a), (__m256i)(b)))
#define PX_U8_LESS(a, b)       ((bytes_f32)_mm256_subs_epu8((__m256i)(a), (__m256i)(b)))
#define PX_I32_MAX(a, b)       ((mask_f32)_mm256_max_epi32((__m256i)(a), (__m256i)(b)))
#define PX_U32_MIN(a, b)       ((words_f32)_mm256_min_epu32((__m256i)(a), (__m256i)(b)))
#endif
