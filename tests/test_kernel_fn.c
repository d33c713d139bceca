/* Elementary functions against MPFR: correctly rounded for every operand of the 16-bit formats; in binary64 within the
 * ulps that fn.h states. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <string.h>

#include <cmocka.h>
#include <mpfr.h>

#include "arith/codec.h"
#include "base/philox.h"
#include "kernel/fn.h"

typedef struct function {
    const char *name;
    double (*in64)(double);
    double (*rounded)(px_fp, px_rounding, double);
    int (*exact)(mpfr_t, const mpfr_t, mpfr_rnd_t);
    double ulps;
    double lo, hi; /* of the sampled operands */
} function;

static double exp64(double x) { return px_fn_exp64(x); }
static double tanh64(double x) { return px_fn_tanh64(x); }
static double rsqrt64(double x) { return px_fn_rsqrt64(x); }
static int rsqrt_exact(mpfr_t y, const mpfr_t x, mpfr_rnd_t r) {
    if (mpfr_zero_p(x) && mpfr_signbit(x)) { /* IEEE: 1/sqrt(-0) = -inf */
        mpfr_set_inf(y, -1);
        return 0;
    }
    return mpfr_rec_sqrt(y, x, r);
}

static const function functions[] = {
    {"exp", exp64, px_fn_exp, mpfr_exp, 1, -745, 709.7},
    {"tanh", tanh64, px_fn_tanh, mpfr_tanh, 3, -25, 25},
    {"erf", px_fn_erf64, px_fn_erf, mpfr_erf, 4, -7, 7},
    {"log", px_fn_log64, px_fn_log, mpfr_log, 2, 0x1p-1000, 8},
    {"rsqrt", rsqrt64, px_fn_rsqrt, rsqrt_exact, 1.5, 0x1p-1000, 8},
};
enum { FUNCTIONS = sizeof functions / sizeof *functions };

/* y rounded to f with one rounding by MPFR: its own range set to the format's. */
static double mpfr_rounded(const function *fn, px_fp f, double x) {
    mpfr_exp_t emin = mpfr_get_emin(), emax = mpfr_get_emax();
    mpfr_t in, y;
    mpfr_init2(in, 53);
    mpfr_init2(y, f.p);
    mpfr_set_d(in, x, MPFR_RNDN);
    mpfr_set_emin(f.emin - f.p + 2);
    mpfr_set_emax(f.emax + 1);
    int inexact = fn->exact(y, in, MPFR_RNDN);
    inexact = mpfr_check_range(y, inexact, MPFR_RNDN);
    mpfr_subnormalize(y, inexact, MPFR_RNDN);
    double result = mpfr_get_d(y, MPFR_RNDN);
    mpfr_set_emin(emin);
    mpfr_set_emax(emax);
    mpfr_clears(in, y, (mpfr_ptr)0);
    return result;
}

static bool same(double a, double b) { return memcmp(&a, &b, sizeof a) == 0 || (isnan(a) && isnan(b)); }

static void every_operand_of_16_bits(void **state) {
    (void)state;
    const char *const names[] = {"fp16", "bf16", "fp8_e5m2"};
    px_rounding nearest = px_rounding_of(PX_NEAREST_EVEN);
    for (int t = 0; t < 3; t++) {
        px_fp f;
        assert_int_equal(px_fp_parse(names[t], &f, NULL), PX_OK);
        for (uint64_t word = 0; word < (uint64_t)1 << f.width; word++) {
            double x = px_decode(f, word);
            for (int i = 0; i < FUNCTIONS; i++) {
                double got = functions[i].rounded(f, nearest, x), want = mpfr_rounded(&functions[i], f, x);
                if (!same(got, want)) fail_msg("%s %s(%a): %a, want %a", names[t], functions[i].name, x, got, want);
            }
        }
    }
}

/* |y - exact| in ulps of binary64 at exact. */
static double error_in_ulps(const function *fn, double x, double y) {
    mpfr_t in, exact;
    mpfr_init2(in, 53);
    mpfr_init2(exact, 200);
    mpfr_set_d(in, x, MPFR_RNDN);
    fn->exact(exact, in, MPFR_RNDN);
    mpfr_exp_t e = mpfr_zero_p(exact) ? -1073 : mpfr_get_exp(exact);
    mpfr_sub_d(exact, exact, y, MPFR_RNDN);
    mpfr_div_2si(exact, exact, (e < -1021 ? -1021 : e) - 53, MPFR_RNDN);
    double ulps = fabs(mpfr_get_d(exact, MPFR_RNDA));
    mpfr_clears(in, exact, (mpfr_ptr)0);
    return ulps;
}

/* Operands evenly in [lo, hi], and in every binade of that range. */
static double operand(const function *fn, uint64_t n) {
    px_bits128 b = px_philox(7, 1, n);
    double u = (double)(b.lo >> 11) * 0x1p-53;
    if (n % 2) return fn->lo + u * (fn->hi - fn->lo);
    double x = ldexp(1 + u, -(int)(b.hi % 60) + 9);
    if (b.hi >> 63 && fn->lo < 0) x = -x;
    return x > fn->hi || x < fn->lo ? 1 + u : x;
}

static void binary64_within_the_stated_ulps(void **state) {
    (void)state;
    for (int i = 0; i < FUNCTIONS; i++) {
        double worst = 0, at = 0;
        for (uint64_t n = 0; n < 60000; n++) {
            double x = operand(&functions[i], n), e = error_in_ulps(&functions[i], x, functions[i].in64(x));
            if (e > worst) worst = e, at = x;
        }
        print_message("%s: at most %.3f ulp, at %a\n", functions[i].name, worst, at);
        if (!(worst <= functions[i].ulps)) fail_msg("%s(%a): %.3f ulp", functions[i].name, at, worst);
    }
}

static void special_operands(void **state) {
    (void)state;
    const double inf = (double)INFINITY;
    assert_true(same(px_fn_exp64(-inf), 0.0) && same(px_fn_exp64(inf), inf) && same(px_fn_exp64(-0.0), 1.0));
    assert_true(same(px_fn_exp64(-1e9), 0.0) && same(px_fn_exp64(1e300), inf));
    assert_true(same(px_fn_tanh64(-inf), -1.0) && same(px_fn_tanh64(-0.0), -0.0) && same(px_fn_tanh64(1e300), 1.0));
    assert_true(same(px_fn_erf64(-inf), -1.0) && same(px_fn_erf64(-0.0), -0.0) && same(px_fn_erf64(1e300), 1.0));
    assert_true(same(px_fn_log64(0.0), -inf) && same(px_fn_log64(inf), inf) && same(px_fn_log64(1.0), 0.0));
    assert_true(isnan(px_fn_log64(-1.0)) && isnan(px_fn_rsqrt64(-1.0)) && same(px_fn_rsqrt64(0.0), inf));
    for (int i = 0; i < FUNCTIONS; i++) assert_true(isnan(functions[i].in64((double)NAN)));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_operand_of_16_bits),
        cmocka_unit_test(binary64_within_the_stated_ulps),
        cmocka_unit_test(special_operands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
