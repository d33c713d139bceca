#include "arith/codec.h"

#include <math.h>
#include <string.h>

/* A word, from the top: sign, exponent field, p - 1 fraction bits, pad zeros. The field 0 marks zeros and subnormals,
 * field e + bias a normal number; all ones mark infinities and NaNs, or, in a format without infinities, one NaN code
 * only. */
static int bias(px_fp f) { return 1 - f.emin; }
static uint64_t ones(int n) { return n == 0 ? 0 : UINT64_MAX >> (64 - n); }
static uint64_t top_field(px_fp f) { return ones(px_fp_exponent_bits(f)); }

static uint64_t assemble(px_fp f, uint64_t sign, uint64_t field, uint64_t fraction) {
    return (sign << (f.width - f.pad - 1) | field << (f.p - 1) | fraction) << f.pad;
}

static uint64_t nan_word(px_fp f) {
    uint64_t fraction = f.has_inf ? (uint64_t)1 << (f.p - 2) : ones(f.p - 1); /* the quiet bit; E4M3: S.1111.111 */
    return assemble(f, 0, top_field(f), fraction);
}

/* Of a finite double: its integer significand, at most 53 bits, and the exponent of its last bit. */
static uint64_t split(double magnitude, int *exponent) {
    uint64_t word;
    memcpy(&word, &magnitude, sizeof word);
    int field = (int)(word >> 52);
    *exponent = (field ? field : 1) - 1075;
    return (word & ones(52)) | (field ? ones(52) + 1 : 0);
}

uint64_t px_encode(px_fp f, double x) {
    if (isnan(x)) return nan_word(f);
    uint64_t sign = signbit(x) ? 1 : 0;
    double magnitude = fabs(x);
    if (isinf(x)) {
        PX_ASSERT(f.has_inf);
        return assemble(f, sign, top_field(f), 0);
    }
    PX_ASSERT(magnitude <= f.max_finite);
    if (magnitude == 0.0) return assemble(f, sign, 0, 0);
    int exponent;
    uint64_t m = split(magnitude, &exponent), hidden = (uint64_t)1 << (f.p - 1);
    int e = exponent + 52 > f.emin ? exponent + 52 : f.emin, drop = e - f.p + 1 - exponent;
    PX_ASSERT(drop <= 52 && (m & ones(drop)) == 0); /* x belongs to f */
    m >>= drop;
    return assemble(f, sign, m & hidden ? (uint64_t)(e + bias(f)) : 0, m & (hidden - 1));
}

double px_decode(px_fp f, uint64_t word) {
    word >>= f.pad;
    uint64_t fraction = word & ones(f.p - 1), top = top_field(f), field = word >> (f.p - 1) & top;
    uint64_t sign = word >> (f.width - f.pad - 1) << 63;
    if (field == top) {
        if (f.has_inf) return fraction ? (double)NAN : sign ? -(double)INFINITY : (double)INFINITY;
        if (fraction == ones(f.p - 1)) return (double)NAN;
    }
    if (field == 0) {
        double x = (double)fraction * px_fp_min_subnormal(f);
        return sign ? -x : x;
    }
    uint64_t bits = sign | (field + (uint64_t)(1023 - bias(f))) << 52 | fraction << (53 - f.p);
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

bool px_word_signals(px_fp f, uint64_t word) {
    word >>= f.pad;
    uint64_t top = top_field(f), quiet = (uint64_t)1 << (f.p - 2);
    return f.has_inf && (word >> (f.p - 1) & top) == top && (word & ones(f.p - 1)) != 0 && !(word & quiet);
}

int px_word_digits(px_fp f) { return (f.width + 3) / 4; }

static int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool px_word_parse(px_fp f, const char *s, uint64_t *word) {
    uint64_t w = 0;
    int digits = 0, most = px_word_digits(f);
    for (; s[digits]; digits++) {
        int d = hex_digit(s[digits]);
        if (d < 0 || digits == most) return false;
        w = w << 4 | (uint64_t)d;
    }
    *word = w;
    return digits > 0 && (w & ~ones(f.width)) == 0;
}
