#include "ref/ball.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "ref/exact.h"

/* ---- radii: non-negative doubles, rounded upwards ---- */

/* A rounding of double arithmetic, and the smallest radius: smaller ones are raised to it, so that none is lost to
 * underflow. */
static const double UP = 1 + 0x1p-50, SMALLEST = 0x1p-1000;

static double power(mpfr_exp_t e) {
    if (e > 1023) return (double)INFINITY;
    return e < -1000 ? SMALLEST : ldexp(1, (int)e);
}

static double add_up(double a, double b) { return a == 0 ? b : b == 0 ? a : (a + b) * UP; }

static double mul_up(double a, double b) {
    if (a == 0 || b == 0) return 0;
    double p = a * b * UP;
    return p < SMALLEST ? SMALLEST : p;
}

/* |x| <= this, and >= that. */
static double above(const mpfr_t x) {
    if (mpfr_zero_p(x)) return 0;
    return mpfr_regular_p(x) ? power(mpfr_get_exp(x)) : (double)INFINITY;
}
static double below(const mpfr_t x) {
    if (mpfr_zero_p(x) || mpfr_nan_p(x)) return 0;
    if (mpfr_inf_p(x) || mpfr_get_exp(x) > 1000) return 0x1p999;
    return mpfr_get_exp(x) < -1000 ? 0 : ldexp(1, (int)mpfr_get_exp(x) - 1);
}

double px_ball_upper(const px_ball *a) { return add_up(above(a->x), a->r); }
double px_ball_lower(const px_ball *a) {
    double low = below(a->x);
    return low > a->r ? (low - a->r) * (1 - 0x1p-50) : 0;
}

/* What one rounding to nearest has done to x: half an ulp, nothing where MPFR says that it was exact. */
static double rounding(const mpfr_t x, int ternary) {
    if (ternary == 0) return 0;
    if (mpfr_zero_p(x)) return SMALLEST; /* beyond MPFR's range */
    return mpfr_regular_p(x) ? power(mpfr_get_exp(x) - mpfr_get_prec(x) - 1) : (double)INFINITY;
}

static void finish(px_ball *y, int ternary, double r) { y->r = add_up(rounding(y->x, ternary), r); }

/* ---- making balls ---- */

px_ball *px_balls_new(int64_t n, mpfr_prec_t bits) {
    size_t count = n > 0 ? (size_t)n : 1;
    px_ball *b = count <= SIZE_MAX / sizeof *b ? malloc(count * sizeof *b) : NULL;
    if (!b) px_out_of_memory((unsigned long long)count * sizeof *b);
    for (int64_t i = 0; i < n; i++) {
        mpfr_init2(b[i].x, bits);
        px_ball_zero(&b[i]);
    }
    return b;
}

void px_balls_free(px_ball *b, int64_t n) {
    for (int64_t i = 0; b && i < n; i++) mpfr_clear(b[i].x);
    free(b);
}

void px_ball_zero(px_ball *y) {
    mpfr_set_zero(y->x, 1);
    y->r = 0;
}

void px_ball_double(px_ball *y, double x) { finish(y, mpfr_set_d(y->x, x, MPFR_RNDN), 0); }

void px_ball_pair(px_ball *y, double hi, double lo, double r) {
    int ternary = mpfr_set_d(y->x, hi, MPFR_RNDN);
    double lost = rounding(y->x, ternary);
    if (lo != 0) {
        ternary = mpfr_add_d(y->x, y->x, lo, MPFR_RNDN);
        lost = add_up(lost, rounding(y->x, ternary));
    }
    y->r = add_up(lost, r);
}

void px_ball_copy(px_ball *y, const px_ball *a) { finish(y, mpfr_set(y->x, a->x, MPFR_RNDN), a->r); }

void px_ball_decimal(px_ball *y, double x) {
    char text[32];
    snprintf(text, sizeof text, "%.15g", x);
    if (!isfinite(x) || strtod(text, NULL) != x) {
        px_ball_double(y, x);
        return;
    }
    int ternary = mpfr_strtofr(y->x, text, NULL, 10, MPFR_RNDN);
    finish(y, ternary, 0);
}

void px_ball_pi(px_ball *y) { finish(y, mpfr_const_pi(y->x, MPFR_RNDN), 0); }

/* ---- arithmetic ---- */

void px_ball_neg(px_ball *y, const px_ball *a) { finish(y, mpfr_neg(y->x, a->x, MPFR_RNDN), a->r); }

void px_ball_add(px_ball *y, const px_ball *a, const px_ball *b) {
    double r = add_up(a->r, b->r);
    finish(y, mpfr_add(y->x, a->x, b->x, MPFR_RNDN), r);
}

void px_ball_sub(px_ball *y, const px_ball *a, const px_ball *b) {
    double r = add_up(a->r, b->r);
    finish(y, mpfr_sub(y->x, a->x, b->x, MPFR_RNDN), r);
}

/* |a b - true| <= |a| rb + ra |b| + ra rb. */
static double product_radius(const px_ball *a, const px_ball *b) {
    if (a->r == 0 && b->r == 0) return 0;
    return add_up(mul_up(px_ball_upper(a), b->r), mul_up(a->r, above(b->x)));
}

void px_ball_mul(px_ball *y, const px_ball *a, const px_ball *b) {
    double r = product_radius(a, b);
    finish(y, mpfr_mul(y->x, a->x, b->x, MPFR_RNDN), r);
}

void px_ball_fma(px_ball *sum, const px_ball *a, const px_ball *b, px_ball *product) {
    px_ball_mul(product, a, b);
    px_ball_add(sum, sum, product);
}

/* |a/b - true| <= (ra + |a/b| rb) / (|b| - rb). */
void px_ball_div(px_ball *y, const px_ball *a, const px_ball *b) {
    double low = px_ball_lower(b), ra = a->r, rb = b->r;
    int ternary = mpfr_div(y->x, a->x, b->x, MPFR_RNDN);
    double r = add_up(ra, mul_up(add_up(above(y->x), rounding(y->x, ternary)), rb));
    if (r != 0) r = low > 0 ? mul_up(r, 1 / low * UP) : (double)INFINITY;
    finish(y, ternary, r);
}

void px_ball_scale(px_ball *y, const px_ball *a, int exponent) {
    double r = mul_up(a->r, power(exponent));
    finish(y, mpfr_mul_2si(y->x, a->x, exponent, MPFR_RNDN), r);
}

void px_ball_div_int(px_ball *y, const px_ball *a, int64_t n) {
    double r = mul_up(a->r, 1 / (double)n * UP);
    finish(y, mpfr_div_si(y->x, a->x, (long)n, MPFR_RNDN), r);
}

void px_ball_mul_int(px_ball *y, const px_ball *a, int64_t n) {
    double r = mul_up(a->r, fabs((double)n) * UP);
    finish(y, mpfr_mul_si(y->x, a->x, (long)n, MPFR_RNDN), r);
}

/* ---- functions: the mean value theorem on the ball ---- */

/* |sqrt(x) - sqrt(x + d)| <= sqrt(x) |d|/x, and <= sqrt(|d|): a true value is never negative. */
void px_ball_sqrt(px_ball *y, const px_ball *a) {
    double r = a->r, low = below(a->x);
    int ternary = mpfr_sqrt(y->x, a->x, MPFR_RNDN);
    double bound = sqrt(r) * UP;
    if (r != 0 && low > 0)
        bound = fmin(bound, mul_up(add_up(above(y->x), rounding(y->x, ternary)), mul_up(r, 1 / low)));
    finish(y, ternary, r == 0 ? 0 : bound);
}

/* On |d| <= x/4 the derivative of x^(-1/2) is at most (3/4)^(-3/2)/2 = 0.77 of x^(-1/2)/x. */
void px_ball_rsqrt(px_ball *y, const px_ball *a) {
    double r = a->r, low = below(a->x);
    int ternary = mpfr_rec_sqrt(y->x, a->x, MPFR_RNDN);
    double bound = 0;
    if (r != 0 && r > low / 4)
        bound = (double)INFINITY;
    else if (r != 0)
        bound = mul_up(add_up(above(y->x), rounding(y->x, ternary)), mul_up(r, 1 / low));
    finish(y, ternary, bound);
}

/* e^x |e^d - 1| <= e^x 1.01 |d| for |d| <= 0.01. */
void px_ball_exp(px_ball *y, const px_ball *a) {
    double r = a->r;
    int ternary = mpfr_exp(y->x, a->x, MPFR_RNDN);
    double bound = mul_up(add_up(above(y->x), rounding(y->x, ternary)), 1.01 * r);
    finish(y, ternary, r > 0.01 ? (double)INFINITY : bound);
}

/* |log(x + d) - log x| <= |d| / (x - |d|). */
void px_ball_log(px_ball *y, const px_ball *a) {
    double r = a->r, low = px_ball_lower(a);
    finish(y, mpfr_log(y->x, a->x, MPFR_RNDN), r == 0 ? 0 : low > 0 ? mul_up(r, 1 / low * UP) : (double)INFINITY);
}

/* |erfc'| <= 2/sqrt(pi) < 1.13. */
void px_ball_erfc(px_ball *y, const px_ball *a) {
    double r = mul_up(1.13, a->r);
    finish(y, mpfr_erfc(y->x, a->x, MPFR_RNDN), r);
}

void px_ball_wide(const px_ball *a, mpfr_t scratch, double *hi, double *lo, double *radius) {
    mpfr_set_prec(scratch, mpfr_get_prec(a->x));
    mpfr_set(scratch, a->x, MPFR_RNDN);
    px_exact_pair(scratch, hi, lo, radius);
    if (isfinite(*hi)) *radius = add_up(*radius, a->r);
}
