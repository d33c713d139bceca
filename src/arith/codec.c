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
    frexp(magnitude, &exponent);
    int e = exponent - 1 > f.emin ? exponent - 1 : f.emin;
    double significand = ldexp(magnitude, f.p - 1 - e); /* an integer below 2^p when x belongs to f */
    uint64_t m = (uint64_t)significand, hidden = (uint64_t)1 << (f.p - 1);
    PX_ASSERT((double)m == significand);
    uint64_t field = m & hidden ? (uint64_t)(e + bias(f)) : 0;
    return assemble(f, sign, field, m & (hidden - 1));
}

double px_decode(px_fp f, uint64_t word) {
    word >>= f.pad;
    uint64_t fraction = word & ones(f.p - 1), field = word >> (f.p - 1) & top_field(f);
    double sign = word >> (f.width - f.pad - 1) & 1 ? -1.0 : 1.0;
    if (field == top_field(f)) {
        if (f.has_inf) return fraction ? (double)NAN : sign * (double)INFINITY;
        if (fraction == ones(f.p - 1)) return (double)NAN;
    }
    if (field == 0) return sign * ldexp((double)fraction, f.emin - f.p + 1);
    return sign * ldexp((double)(fraction | (uint64_t)1 << (f.p - 1)), (int)field - bias(f) - f.p + 1);
}

bool px_word_signals(px_fp f, uint64_t word) {
    return f.has_inf && isnan(px_decode(f, word)) && !(word >> (f.pad + f.p - 2) & 1);
}

int px_word_digits(px_fp f) { return (f.width + 3) / 4; }

static int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

bool px_word_parse(px_fp f, const char *s, uint64_t *word) {
    uint64_t w = 0;
    int digits = 0;
    for (; s[digits]; digits++) {
        int d = hex_digit(s[digits]);
        if (d < 0 || digits == px_word_digits(f)) return false;
        w = w << 4 | (uint64_t)d;
    }
    *word = w;
    return digits > 0 && (w & ~ones(f.width)) == 0;
}
