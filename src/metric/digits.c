#include "metric/digits.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "metric/error.h"

enum {
    DIGITS = 8,
    QUOTIENT_BITS = 128, /* so that both ends of a quotient nearly always agree in 8 digits */
    COMPARE_BITS = 24576 /* d mid^2 10^-2k: 8600 + 60 + 2 * 4300 bits, the exponents of two products of doubles */
};

/* m 10^k, m of 8 digits; 0: m = 0. */
typedef struct decimal {
    long m, k;
} decimal;

/* To nearest, ties to even. */
static decimal decimal_of(const mpfr_t x) {
    if (mpfr_zero_p(x)) return (decimal){0, 0};
    char text[DIGITS + 3];
    mpfr_exp_t e;
    mpfr_get_str(text, &e, 10, DIGITS, x, MPFR_RNDN);
    return (decimal){strtol(text, NULL, 10), (long)e - DIGITS};
}

static bool same(decimal a, decimal b) { return a.m == b.m && a.k == b.k; }

static double value_of(decimal d) {
    char text[48];
    snprintf(text, sizeof text, "%lde%ld", d.m, d.k);
    return strtod(text, NULL);
}

double px_round_digits(double x) {
    if (!isfinite(x)) return x;
    mpfr_t y;
    mpfr_init2(y, 53);
    mpfr_set_d(y, x, MPFR_RNDN);
    double result = value_of(decimal_of(y));
    mpfr_clear(y);
    return result;
}

static void check_exact(int inexact) { PX_ASSERT(inexact == 0); }

/* n against d mid^(2 if root), mid half way between a and the decimal above it: -1, 0, 1. All exact. */
static int compare_with_middle(const mpfr_t n, const mpfr_t d, decimal a, bool root) {
    unsigned long power = root ? 2 : 1, tens = (unsigned long)labs(a.k - 1) * power;
    mpfr_t left, right, scale;
    mpfr_inits2(COMPARE_BITS, left, right, scale, (mpfr_ptr)NULL);
    check_exact(mpfr_ui_pow_ui(scale, 10, tens, MPFR_RNDN));
    check_exact(mpfr_set(left, n, MPFR_RNDN));
    check_exact(mpfr_set(right, d, MPFR_RNDN));
    for (unsigned long i = 0; i < power; i++) check_exact(mpfr_mul_si(right, right, 10 * a.m + 5, MPFR_RNDN));
    check_exact(a.k < 1 ? mpfr_mul(left, left, scale, MPFR_RNDN) : mpfr_mul(right, right, scale, MPFR_RNDN));
    int order = mpfr_cmp(left, right);
    mpfr_clears(left, right, scale, (mpfr_ptr)NULL);
    return order;
}

static decimal next_decimal(decimal a) {
    if (a.m == 99999999) return (decimal){10000000, a.k + 1};
    return (decimal){a.m + 1, a.k};
}

/* x / y, or its root, rounded one way. */
static void divide(mpfr_t q, const mpfr_t x, const mpfr_t y, bool root, mpfr_rnd_t rnd) {
    mpfr_init2(q, QUOTIENT_BITS);
    mpfr_div(q, x, y, rnd);
    if (root) mpfr_sqrt(q, q, rnd);
}

bool px_quotient_digits(const px_exact_enclosure *n, const px_exact_enclosure *d, bool root, double *figure) {
    if (mpfr_zero_p(n->hi)) {
        *figure = 0;
        return true;
    }
    if (mpfr_zero_p(d->lo)) {
        *figure = (double)INFINITY;
        return mpfr_zero_p(d->hi) && !mpfr_zero_p(n->lo);
    }
    mpfr_t low, high;
    divide(low, n->lo, d->hi, root, MPFR_RNDD);
    divide(high, n->hi, d->lo, root, MPFR_RNDU);
    decimal a = decimal_of(low), b = decimal_of(high);
    mpfr_clears(low, high, (mpfr_ptr)NULL);
    bool decided = same(a, b);
    if (!decided && mpfr_equal_p(n->lo, n->hi) && mpfr_equal_p(d->lo, d->hi) && same(next_decimal(a), b)) {
        int order = compare_with_middle(n->lo, d->lo, a, root);
        if (order < 0 || (order == 0 && a.m % 2 == 0)) b = a;
        decided = true;
    }
    *figure = value_of(b);
    return decided;
}
