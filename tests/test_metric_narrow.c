/* What a narrower format takes from a tensor: by hand, and against the same sums in MPFR. */
#include <math.h>
#include <mpfr.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "arith/round.h"
#include "metric/narrow.h"
#include "support/cases.h"
#include "support/format.h"

static px_mat row_of(px_arena *arena, const char *name, int n, const double *x) {
    px_mat m = px_mat_new(arena, format(name), 1, n);
    for (int j = 0; j < n; j++) px_mat_set(&m, 0, j, x[j]);
    return m;
}

static void counts_by_hand(void **state) {
    (void)state;
    px_arena *arena = px_arena_new();
    /* fp16: 2^-25 is a tie with 0, 1.5 * 2^-25 goes to 2^-24; 65520 is the first number that overflows. */
    const double x[] = {0, -0.0, 0x1p-25, 0x1.8p-25, 0x1p-15, 0x1p-14, 1, 65519, -65520, INFINITY, NAN, 3};
    px_mat m = row_of(arena, "fp64", 12, x);
    px_narrowing t = px_narrowing_of(&m, format("fp16"));
    assert_true(t.n == 12 && t.n_zero == 2 && t.n_inf == 1 && t.n_nan == 1);
    assert_true(t.n_flushed == 1 && t.n_subnormal == 2 && t.n_overflowed == 1);
    assert_true(t.least == 0x1p-25 && t.most == 65520);
    t = px_narrowing_of(&m, format("fp8_e4m3")); /* 464 and more is NaN there */
    assert_true(t.n_overflowed == 2 && t.n_flushed == 4 && t.n_subnormal == 0);
    const double y[] = {3, 4, 0, 1 + 0x1p-12};
    m = row_of(arena, "fp64", 3, y);
    t = px_narrowing_of(&m, format("bf16"));
    assert_true(px_narrowing_norm(&t) == 5 && px_narrowing_error(&t) == 0);
    m = row_of(arena, "fp64", 1, y + 3);
    t = px_narrowing_of(&m, format("fp16"));
    assert_true(px_narrowing_error(&t) == 0x1p-12 / (1 + 0x1p-12));
    m = px_mat_new(arena, format("fp32"), 0, 4);
    t = px_narrowing_of(&m, format("fp16"));
    assert_true(t.n == 0 && t.least > t.most && px_narrowing_norm(&t) == 0 && px_narrowing_error(&t) == 0);
    px_arena_free(arena);
}

/* ||y - x|| / ||x|| and ||x|| in 2000 bits, squares of numbers anywhere in the range of doubles. */
static void norms_are_those_of_mpfr(void **state) {
    (void)state;
    static const int spans[][2] = {{0, 4}, {-1074, -1050}, {1000, 1023}, {-20, 20}, {-1000, 1000}};
    px_arena *arena = px_arena_new();
    px_random g = {11};
    mpfr_t x2, e2, t;
    mpfr_inits2(2000, x2, e2, t, (mpfr_ptr)0);
    for (int span = 0; span < 5; span++)
        for (size_t k = 0; k < px_fp_count(); k++) {
            px_fp f = px_fp_row(k);
            px_narrowing all = px_narrowing_none();
            mpfr_set_zero(x2, 1), mpfr_set_zero(e2, 1);
            for (int part = 0; part < 3; part++) {
                px_mat m = px_mat_new(arena, px_fp_exact(), 5, 7);
                for (int e = 0; e < 35; e++) {
                    int width = spans[span][1] - spans[span][0];
                    double x = ldexp(1 + (double)px_random_below(&g, 1 << 30) * 0x1p-30,
                                     spans[span][0] + px_random_below(&g, width));
                    double y = px_round(f, px_rounding_of(PX_NEAREST_EVEN), x, 0);
                    px_mat_set(&m, e / 7, e % 7, x);
                    mpfr_set_d(t, x, MPFR_RNDN), mpfr_sqr(t, t, MPFR_RNDN), mpfr_add(x2, x2, t, MPFR_RNDN);
                    if (!isfinite(y)) continue;
                    mpfr_set_d(t, y, MPFR_RNDN), mpfr_sub_d(t, t, x, MPFR_RNDN);
                    mpfr_sqr(t, t, MPFR_RNDN), mpfr_add(e2, e2, t, MPFR_RNDN);
                }
                px_narrowing one = px_narrowing_of(&m, f);
                px_narrowing_merge(&all, &one);
            }
            mpfr_div(e2, e2, x2, MPFR_RNDN), mpfr_sqrt(e2, e2, MPFR_RNDN), mpfr_sqrt(x2, x2, MPFR_RNDN);
            double error = mpfr_get_d(e2, MPFR_RNDN), norm = mpfr_get_d(x2, MPFR_RNDN);
            if (!(fabs(px_narrowing_norm(&all) - norm) <= 0x1p-48 * norm + 0x1p-1074) ||
                !(fabs(px_narrowing_error(&all) - error) <= 0x1p-48 * error + 0x1p-1074))
                fail_msg("%s, 2^%d: norm %a, not %a; error %a, not %a", px_fp_row_name(k), spans[span][0],
                         px_narrowing_norm(&all), norm, px_narrowing_error(&all), error);
        }
    mpfr_clears(x2, e2, t, (mpfr_ptr)0);
    px_arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(counts_by_hand), cmocka_unit_test(norms_are_those_of_mpfr)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
