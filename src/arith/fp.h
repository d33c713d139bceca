/* Number formats. A format is a value: a small struct passed by value, never a type and never an enumerator. The named
 * ones are the rows of THE list below; custom ones (ieee_eXmY) are parsed into the same struct.
 *
 * A finite number of a format is (-1)^s m 2^(e-p+1) with 0 <= m < 2^p and emin <= e <= emax; it is normal when
 * m >= 2^(p-1). u = 2^-p is the unit roundoff of rounding to nearest. Every number of every format here is a double. */
#ifndef PX_ARITH_FP_H
#define PX_ARITH_FP_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/hd.h"

/* Overflow rules: what a result beyond max_finite becomes when its mode rounds it outwards. Under saturate a format
 * yields no infinity at all: an infinite operand or quotient gives +-max_finite, too. X(enumerator, name) */
#define PX_OVERFLOW_LIST(X)                                                                                            \
    X(PX_OVERFLOW_INF, "inf")                                                                                          \
    X(PX_OVERFLOW_NAN, "nan")                                                                                          \
    X(PX_OVERFLOW_SATURATE, "saturate")
#define PX_OVERFLOW_ENUM(id, name) id,
typedef enum px_overflow { PX_OVERFLOW_LIST(PX_OVERFLOW_ENUM) PX_OVERFLOW_COUNT } px_overflow;
#undef PX_OVERFLOW_ENUM

typedef struct px_fp {
    int16_t p;          /* significand bits, the leading one included; 0: exact, nothing is rounded here */
    int16_t emin, emax; /* exponents of the smallest and of the largest normal number, significand in [1, 2) */
    int16_t width;      /* bits of its word, `pad` low zero bits included (tf32: 32 with 13) */
    uint8_t pad;
    uint8_t subnormals; /* 1: kept; 0: flushed to zero of the same sign, operands and results alike (round.h) */
    uint8_t overflow;   /* px_overflow */
    uint8_t has_inf, has_nan;
    double max_finite; /* a field of its own: E4M3's top code is NaN, so 448, not the 480 that p and emax suggest */
} px_fp;

/* THE list: X(name, p, emin, emax, width, pad, overflow, has_inf, max_finite, other names) */
#define PX_FORMAT_LIST(X)                                                                                              \
    X("fp64", 53, -1022, 1023, 64, 0, PX_OVERFLOW_INF, 1, 0x1.fffffffffffffp1023, "binary64, double, e11m52")          \
    X("fp32", 24, -126, 127, 32, 0, PX_OVERFLOW_INF, 1, 0x1.fffffep127, "binary32, float, single, e8m23")              \
    X("tf32", 11, -126, 127, 32, 13, PX_OVERFLOW_INF, 1, 0x1.ffcp127, "TensorFloat-32, e8m10")                         \
    X("fp16", 11, -14, 15, 16, 0, PX_OVERFLOW_INF, 1, 65504.0, "binary16, half, e5m10")                                \
    X("bf16", 8, -126, 127, 16, 0, PX_OVERFLOW_INF, 1, 0x1.fep127, "bfloat16, brain float, e8m7")                      \
    X("fp8_e5m2", 3, -14, 15, 8, 0, PX_OVERFLOW_INF, 1, 57344.0, "OCP OFP8 E5M2, float8_e5m2")                         \
    X("fp8_e4m3", 4, -6, 8, 8, 0, PX_OVERFLOW_NAN, 0, 448.0, "OCP OFP8 E4M3, float8_e4m3fn")

/* Row i of the list, i = 0 .. px_fp_count()-1. */
size_t px_fp_count(void);
const char *px_fp_row_name(size_t i);
const char *px_fp_row_aliases(size_t i);
px_fp px_fp_row(size_t i);

/* Reads a name of the list or ieee_eXmY (2 <= X <= 11, 1 <= Y <= 52). PX_USAGE with a suggestion otherwise; the text of
 * err begins with "unknown format 'NAME'". A bare e4m3 or e5m2 is refused with its full name as the suggestion. */
px_status px_fp_parse(const char *name, px_fp *fp, px_error *err);

/* The name of a format: of the list when p, emin, emax, width and max_finite agree (whatever its subnormal and overflow
 * rules), "exact" for p = 0, else ieee_eXmY. Returns buf. */
const char *px_fp_name(px_fp fp, char buf[24]);

/* The format with another overflow rule. PX_USAGE when it cannot be: inf in a format without infinities. */
px_status px_fp_set_overflow(px_fp *fp, const char *rule, px_error *err); /* inf | nan | saturate */
const char *px_overflow_name(px_overflow overflow);

PX_HD_INLINE px_fp px_fp_exact(void) { return (px_fp){0}; }
PX_HD_INLINE bool px_fp_is_exact(px_fp fp) { return fp.p == 0; }
bool px_fp_equal(px_fp a, px_fp b); /* all fields */

int px_fp_exponent_bits(px_fp fp);    /* width of the exponent field */
double px_fp_u(px_fp fp);         /* 2^-p; 0 for exact */
/* 2^emin; 2^(emin-p+1), whether or not subnormals are kept. */
PX_HD_INLINE double px_fp_min_normal(px_fp fp) { return ldexp(1.0, fp.emin); }
PX_HD_INLINE double px_fp_min_subnormal(px_fp fp) { return ldexp(1.0, fp.emin - fp.p + 1); }

/* Carrier: px_mat stores float when the format fits binary32, else double. The one predicate. */
PX_HD_INLINE bool px_fits_float(px_fp fp) { return fp.p != 0 && fp.p <= 24 && fp.emin >= -126 && fp.emax <= 127; }

#endif
