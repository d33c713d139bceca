/* Exact sums of products in fixed point: every product of two doubles is a multiple of 2^-2148 below 2^2048, so a
 * register that is long enough sums them without a rounding (Kulisch & Miranker 1986; Neal 2015 for the delayed
 * carries). Positive and negative products are kept apart, so that one pass gives sum a b (their difference) and sum
 * |a b| (their sum). */
#ifndef PX_REF_ACCUMULATE_H
#define PX_REF_ACCUMULATE_H

#include <stdint.h>

#include <mpfr.h>

__extension__ typedef unsigned __int128 px_u128;

/* A double taken apart: (-1)^negative m 2^(e - 1075), m < 2^53, e from PX_NUM_E_MIN to PX_NUM_E_MAX. Zero: m = 0. */
typedef enum px_num_class { PX_NUM_FINITE, PX_NUM_INF, PX_NUM_NAN } px_num_class;
typedef struct px_num {
    uint64_t m; /* 0 unless finite */
    int32_t e;
    uint8_t negative, kind;
} px_num;

px_num px_num_of(double x);
enum { PX_NUM_E_MIN = 1, PX_NUM_E_MAX = 2046 };
#define PX_NUM_ONE {.m = (uint64_t)1 << 52, .e = 1023}

enum { PX_LIMBS = 68, PX_EXACT_BITS = 64 * PX_LIMBS }; /* 4196 bits of one product and room for 2^63 of them */

/* Limb i counts 2^(64 i - 2148); 128 bits each, so carries can wait for 2^63 additions. Limbs low .. high are in use.
 * */
typedef struct px_accumulator {
    int low, high;
    px_u128 limb[2][PX_LIMBS]; /* positive, negative products */
} px_accumulator;

/* Empties s, which then takes products with a.e + b.e between these two bounds (and zeros). */
void px_accumulator_start(px_accumulator *s, int e_min, int e_max);

/* Adds the n products of finite a[t] and b[t b_step]; b_step is 0 or 1. */
void px_accumulator_add(px_accumulator *s, int64_t n, const px_num *a, const px_num *b, int b_step);

/* sum a b and sum |a b|, exact; the precisions are set as needed (at most PX_EXACT_BITS). A zero is +0. */
void px_accumulator_get(const px_accumulator *s, mpfr_t sum, mpfr_t magnitudes);

#endif
