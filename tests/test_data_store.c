/* Storage: the ideal number, which a double may not hold, rounded once to the format; and decimals as ideal numbers. */
#include <math.h>
#include <mpfr.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "data/data.h"
#include "support/format.h"

static px_arena *arena;

static int set_up(void **state) { return (void)state, (arena = px_arena_new()) ? 0 : 1; }
static int tear_down(void **state) { return (void)state, px_arena_free(arena), 0; }

static double store(double hi, double lo, px_fp fmt) {
    px_wide x = px_wide_new(arena, 1, 1);
    px_mat_set(&x.hi, 0, 0, hi);
    px_mat_set(&x.lo, 0, 0, lo);
    px_mat s = px_data_store(arena, &x, fmt);
    return px_mat_get(&s, 0, 0);
}

/* 1 + 2^-11 is halfway between two numbers of fp16: the low part decides. Rounding hi alone would give 1 every time. */
static void the_low_part_breaks_ties(void **state) {
    (void)state;
    px_fp fp16 = format("fp16"), flushed = fp16;
    flushed.subnormals = 0;
    assert_true(store(1 + 0x1p-11, 0, fp16) == 1);
    assert_true(store(1 + 0x1p-11, 0x1p-80, fp16) == 1 + 0x1p-10);
    assert_true(store(1 + 0x1p-11, -0x1p-80, fp16) == 1);
    assert_true(store(1 + 0x1p-11, 0x1p-80, flushed) == 1 + 0x1p-10); /* 2^-80 is no operand: nothing flushes it */
    assert_true(store(1 + 3 * 0x1p-11, -0x1p-80, fp16) == 1 + 0x1p-10);
    assert_true(store(0x1p-14 - 0x1p-26, 0x1p-80, flushed) == 0x1p-14);
    assert_true(store(0x1p-15, 0x1p-80, flushed) == 0);
    assert_true(isinf(store(65520, 0x1p-80, fp16)) && store(65520, -0x1p-80, fp16) == 65504);
}

/* 1/i in every format of the list, against MPFR with the format's exponent range. */
static void reciprocals_are_rounded_correctly(void **state) {
    (void)state;
    px_vector v = {.which = PX_VECTOR_harmonic, .draw = {1, 1, "x"}, .rows = 1, .n = 3000};
    px_wide x = px_vector_fill(arena, &v);
    mpfr_exp_t emin = mpfr_get_emin();
    for (size_t f = 0; f < px_fp_count(); f++) {
        px_fp fp = px_fp_row(f);
        px_mat stored = px_data_store(arena, &x, fp);
        mpfr_t q;
        mpfr_init2(q, fp.p);
        mpfr_set_emin(fp.emin - fp.p + 2);
        for (unsigned long i = 1; i <= 3000; i++) {
            mpfr_set_ui(q, 1, MPFR_RNDN);
            mpfr_subnormalize(q, mpfr_div_ui(q, q, i, MPFR_RNDN), MPFR_RNDN);
            if (px_mat_get(&stored, 0, (int64_t)i - 1) != mpfr_get_d(q, MPFR_RNDN))
                fail_msg("%s: 1/%lu is stored as %a", px_fp_row_name(f), i, px_mat_get(&stored, 0, (int64_t)i - 1));
        }
        mpfr_set_emin(emin);
        mpfr_clear(q);
    }
}

static void decimals_are_meant_exactly_up_to_15_digits(void **state) {
    (void)state;
    double hi, lo;
    px_data_decimal("0.1", &hi, &lo);
    assert_true(hi == 0.1 && lo == -0x1.999999999999ap-58);
    px_data_decimal("-1e-3", &hi, &lo);
    assert_true(hi == -1e-3 && lo != 0 && fabs(lo) <= 0x1p-53 * 1e-3);
    px_data_decimal("2048", &hi, &lo);
    assert_true(hi == 2048 && lo == 0);
    px_data_decimal("1.1102230246251565e-16", &hi, &lo); /* 17 digits: the spelling of 2^-53 */
    assert_true(hi == 0x1p-53 && lo == 0);
    px_data_decimal("0.000100000000000000", &hi, &lo); /* zeros at the ends do not count */
    assert_true(hi == 1e-4 && lo != 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_low_part_breaks_ties),
        cmocka_unit_test(reciprocals_are_rounded_correctly),
        cmocka_unit_test(decimals_are_meant_exactly_up_to_15_digits),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
