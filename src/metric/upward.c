#include "metric/upward.h"

#include <float.h>
#include <math.h>

#include <mpfr.h>

/* So many that sums and products of two doubles are exact, or nearly; every step rounds up besides. */
enum { BITS = 256 };

static double finish(mpfr_t x) {
    double result = mpfr_get_d(x, MPFR_RNDU);
    mpfr_clear(x);
    return result;
}

static void start(mpfr_t x, double a) {
    mpfr_init2(x, BITS);
    mpfr_set_d(x, a, MPFR_RNDU);
}

double px_up_add(double a, double b) {
    mpfr_t x;
    start(x, a);
    mpfr_add_d(x, x, b, MPFR_RNDU);
    return finish(x);
}

double px_up_mul(double a, double b) {
    mpfr_t x;
    start(x, a);
    mpfr_mul_d(x, x, b, MPFR_RNDU);
    return finish(x);
}

double px_up_div(double a, double b) {
    mpfr_t x;
    start(x, a);
    mpfr_div_d(x, x, b, MPFR_RNDU);
    return finish(x);
}

double px_up_compose(double a, double b) {
    mpfr_t x;
    start(x, a);
    mpfr_mul_d(x, x, b, MPFR_RNDU);
    mpfr_add_d(x, x, a, MPFR_RNDU);
    mpfr_add_d(x, x, b, MPFR_RNDU);
    return finish(x);
}

double px_up_power(double a, int64_t h) {
    mpfr_t x;
    start(x, a);
    mpfr_log1p(x, x, MPFR_RNDU);
    mpfr_mul_si(x, x, h, MPFR_RNDU);
    mpfr_expm1(x, x, MPFR_RNDU);
    return finish(x);
}

double px_up_expm1(double x) {
    mpfr_t y;
    start(y, x);
    mpfr_expm1(y, y, MPFR_RNDU);
    return finish(y);
}

double px_up_sqrt_2ln(double x) {
    mpfr_t y;
    start(y, x);
    mpfr_log(y, y, MPFR_RNDU);
    mpfr_mul_2ui(y, y, 1, MPFR_RNDU);
    mpfr_sqrt(y, y, MPFR_RNDU);
    return finish(y);
}

double px_up_exp2(int e) { return e < DBL_MIN_EXP - DBL_MANT_DIG ? DBL_TRUE_MIN : ldexp(1, e); }
