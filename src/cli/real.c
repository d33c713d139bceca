#include "cli/real.h"

#include <math.h>
#include <mpfr.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum {
    EXACT_BITS = 128, /* of px_exact */
    ERROR_BITS =
        4400, /* a finite y is a multiple of 2^-1074 below 2^1024; a decimal near it needs its own digits besides */
    EXPONENT_LIMIT = 1000000,
    EXPANSION_LIMIT = 60 /* characters */
};

static size_t digits(const char *s, bool hexadecimal) {
    return strspn(s, hexadecimal ? "0123456789abcdefABCDEF" : "0123456789");
}

/* Length of an exponent [+-]digits, 0 for none. */
static size_t exponent_length(const char *s) {
    size_t sign = *s == '+' || *s == '-', n = digits(s + sign, false);
    return n ? sign + n : 0;
}

/* Is the whole text a decimal or hexadecimal number without sign? */
static bool is_number(const char *s) {
    bool hexadecimal = s[0] == '0' && (s[1] == 'x' || s[1] == 'X');
    if (hexadecimal) s += 2;
    size_t before = digits(s, hexadecimal), after = 0;
    s += before;
    if (*s == '.') {
        after = digits(s + 1, hexadecimal);
        s += 1 + after;
    }
    if (before + after == 0) return false;
    if (*s && strchr(hexadecimal ? "pP" : "eE", *s)) {
        size_t n = exponent_length(s + 1);
        s += n ? n + 1 : 0;
    }
    return *s == '\0';
}

static bool is_power(const char *s) {
    size_t base = digits(s, false);
    if (base == 0 || base > 9 || s[base] != '^') return false;
    size_t n = exponent_length(s + base + 1);
    return n > 0 && n <= 9 && s[base + 1 + n] == '\0';
}

/* x = the text, rounded towards zero to the precision of x; *inexact says whether something was cut off. */
static bool set(mpfr_t x, const char *text, bool *inexact) {
    bool negative = *text == '-';
    const char *s = text + (*text == '-' || *text == '+');
    *inexact = false;
    if (strcmp(s, "inf") == 0) {
        mpfr_set_inf(x, 1);
    } else if (strcmp(s, "nan") == 0) {
        mpfr_set_nan(x);
    } else if (is_power(s)) {
        int64_t base = 0, exponent = 0;
        char number[16] = "";
        size_t length = digits(s, false);
        memcpy(number, s, length);
        const char *e = s + length + 1;
        if (!px_int_parse(number, &base) || !px_int_parse(*e == '+' ? e + 1 : e, &exponent)) return false;
        mpfr_t b;
        mpfr_init2(b, 64);
        mpfr_set_si(b, base, MPFR_RNDN);
        *inexact = mpfr_pow_si(x, b, exponent, MPFR_RNDZ) != 0;
        mpfr_clear(b);
    } else if (is_number(s)) {
        *inexact = mpfr_strtofr(x, s, NULL, 0, MPFR_RNDZ) != 0;
    } else {
        return false;
    }
    mpfr_setsign(x, x, negative, MPFR_RNDN);
    return true;
}

/* Takes the bits out of a finite x != 0, which it destroys. */
static px_exact take_bits(mpfr_t x, bool inexact) {
    px_exact v = {.kind = PX_FINITE, .sign = mpfr_signbit(x) != 0, .sticky = inexact};
    v.exponent = (int)mpfr_get_exp(x) - EXACT_BITS;
    mpfr_abs(x, x, MPFR_RNDN);
    mpfr_set_exp(x, 64);
    v.hi = mpfr_get_ui(x, MPFR_RNDZ);
    mpfr_sub_ui(x, x, v.hi, MPFR_RNDN);
    mpfr_mul_2ui(x, x, 64, MPFR_RNDN);
    v.lo = mpfr_get_ui(x, MPFR_RNDZ);
    return v;
}

px_status px_real_read(const char *text, px_exact *v, px_error *err) {
    mpfr_t x;
    bool inexact;
    mpfr_init2(x, EXACT_BITS);
    bool good = set(x, text, &inexact), in_range = good;
    if (good) {
        *v = (px_exact){.sign = mpfr_signbit(x) != 0};
        v->kind = mpfr_nan_p(x) ? PX_NAN : mpfr_inf_p(x) ? PX_INF : PX_ZERO;
        in_range = mpfr_regular_p(x) ? labs(mpfr_get_exp(x)) <= EXPONENT_LIMIT : !inexact;
        if (mpfr_regular_p(x) && in_range) *v = take_bits(x, inexact);
    }
    mpfr_clear(x);
    if (!good)
        return px_fail(err, PX_USAGE, "'%.200s' is no number: a decimal, 0x1.8p-3, 2^-10, inf and nan can be read",
                       text);
    if (!in_range) return px_fail(err, PX_USAGE, "'%.200s' is beyond 2^%d or its inverse", text, EXPONENT_LIMIT);
    return PX_OK;
}

static const char *eight_digits(px_arena *arena, mpfr_t x, bool signed_) {
    char buf[64];
    mpfr_snprintf(buf, sizeof buf, signed_ ? "%+.8Rg" : "%.8Rg", x);
    return px_arena_strdup(arena, buf);
}

static const char *quotient(px_arena *arena, mpfr_t x, double unit) {
    mpfr_t q;
    mpfr_init2(q, mpfr_get_prec(x));
    mpfr_div_d(q, x, unit, MPFR_RNDN);
    const char *s = eight_digits(arena, q, false);
    mpfr_clear(q);
    return s;
}

px_real_error px_real_compare(px_arena *arena, const char *text, double y, double ulp, double u) {
    px_real_error e = {0};
    bool inexact;
    mpfr_t x, difference;
    mpfr_inits2(ERROR_BITS + 4 * (mpfr_prec_t)strlen(text), x, difference, (mpfr_ptr)0);
    PX_ASSERT(set(x, text, &inexact) && mpfr_number_p(x));
    mpfr_sub_d(difference, x, y, MPFR_RNDN);
    mpfr_neg(difference, difference, MPFR_RNDN);
    e.sign = mpfr_sgn(difference);
    e.absolute = e.sign ? eight_digits(arena, difference, true) : "0";
    mpfr_abs(difference, difference, MPFR_RNDN); /* of -0, too */
    e.in_ulps = quotient(arena, difference, ulp);
    if (!mpfr_zero_p(x)) {
        mpfr_abs(x, x, MPFR_RNDN);
        mpfr_div(difference, difference, x, MPFR_RNDN);
        e.relative = eight_digits(arena, difference, false);
        e.in_u = quotient(arena, difference, u);
    }
    mpfr_clears(x, difference, (mpfr_ptr)0);
    return e;
}

const char *px_real_decimal(px_arena *arena, double x) {
    char exact[1200], shortest[PX_DOUBLE_CHARS];
    mpfr_t v;
    mpfr_init2(v, 53);
    mpfr_set_d(v, x, MPFR_RNDN);
    int n = mpfr_snprintf(exact, sizeof exact, "%.800Rg", v); /* a double has at most 767 significant digits */
    mpfr_clear(v);
    if (!isfinite(x)) return px_arena_strdup(arena, px_double_print(x, shortest));
    if (n <= EXPANSION_LIMIT) return px_arena_strdup(arena, exact);
    return px_arena_printf(arena, "%s...", px_double_print(x, shortest));
}
