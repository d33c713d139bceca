/* Numbers as text, read exactly: against the C library's correctly rounded strtod, and far beyond what it can read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/real.h"
#include "support/cases.h"

static double read_in(const char *format, const char *text) {
    px_fp f;
    px_exact x;
    assert_int_equal(px_fp_parse(format, &f, NULL), PX_OK);
    assert_int_equal(px_real_read(text, &x, NULL), PX_OK);
    return px_exact_round(f, px_rounding_of(PX_NEAREST_EVEN), x, 0, NULL);
}

static double to_fp64(const char *text) { return read_in("fp64", text); }

static void reads_as_strtod(void **state) {
    (void)state;
    px_random g = {21};
    char text[256];
    for (int i = 0; i < 50000; i++) {
        uint64_t word = px_random_word(&g);
        double x;
        memcpy(&x, &word, sizeof x);
        if (!isfinite(x)) continue;
        snprintf(text, sizeof text, i % 3 ? "%.*e" : "%.*a", px_random_below(&g, 40), x);
        assert_int_equal(px_word_of(to_fp64(text)), px_word_of(strtod(text, NULL)));
    }
}

/* Half way between two floats, in full, and with a digit far behind it. */
static void sees_the_last_digit(void **state) {
    (void)state;
    px_random g = {22};
    char text[300];
    for (int i = 0; i < 20000; i++) {
        double half_way = ldexp((double)(px_random_word(&g) >> 39 | 1 << 24 | 1), px_random_below(&g, 60) - 50);
        int n = snprintf(text, sizeof text, "%.200f", half_way);
        assert_int_equal(px_word_of(read_in("fp32", text)), px_word_of((double)strtof(text, NULL)));
        text[n - 1] = '1';
        assert_int_equal(px_word_of(read_in("fp32", text)), px_word_of((double)strtof(text, NULL)));
    }
}

static void reads_powers_and_special_values(void **state) {
    (void)state;
    static const struct {
        const char *text;
        double x;
    } rows[] = {
        {"2^-10", 0x1p-10},
        {"-2^10", -1024},
        {"+3^4", 81},
        {"10^-2", 0.01},
        {"2^-1074", 0x1p-1074},
        {"2^-1076", 0},
        {"inf", (double)INFINITY},
        {"-inf", -(double)INFINITY},
        {".5", 0.5},
        {"5.", 5},
        {"-0", -0.0},
        {"0x.8p1", 1},
        {"1e400", (double)INFINITY},
        {"1e-400", 0},
        {"0^0", 1},
        {"1e+2", 100},
        {"0X1P3", 8},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(px_word_of(to_fp64(rows[i].text)), px_word_of(rows[i].x));
    assert_true(isnan(to_fp64("nan")));
}

static void refuses_what_is_no_number(void **state) {
    (void)state;
    static const char *const wrong[] = {"",      "-",   "abc",     "1.2.3", "0x",   "0xg",      "1e",
                                        "1e+",   "1p3", "0x1e-3p", "2^",    "2^^3", "^3",       "2.5^3",
                                        "--1",   "+-1", " 1",      "1 ",    "1,5",  "infinity", "0b1",
                                        "@inf@", ".",   "1_000",   "#1",    "NaN(", "1e5e",     "2^1.5"};
    px_exact x;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (px_real_read(wrong[i], &x, NULL) != PX_USAGE) fail_msg("'%s' was read", wrong[i]);
    static const char *const far[] = {"1e400000", "1e-400000", "2^1000001", "9^999999999", "1e-99999999999999999999"};
    for (size_t i = 0; i < sizeof far / sizeof *far; i++)
        if (px_real_read(far[i], &x, NULL) != PX_USAGE) fail_msg("'%s' was read", far[i]);
}

static void compares_exactly(void **state) {
    (void)state;
    px_arena *arena = px_arena_new();
    px_real_error e = px_real_compare(arena, "0.1", 0.1, 0x1p-56, 0x1p-53);
    assert_int_equal(e.sign, 1);
    assert_string_equal(e.absolute, "+5.5511151e-18");
    assert_string_equal(e.relative, "5.5511151e-17");
    assert_string_equal(e.in_ulps, "0.4");
    assert_string_equal(e.in_u, "0.5");
    e = px_real_compare(arena, "-0.5", -0.5, 1, 1);
    assert_int_equal(e.sign, 0);
    assert_string_equal(e.absolute, "0");
    assert_string_equal(e.in_ulps, "0");
    e = px_real_compare(arena, "0", 0.0, 1, 1);
    assert_null(e.relative);
    assert_string_equal(px_real_decimal(arena, 0x1p-24), "5.9604644775390625e-08");
    assert_string_equal(px_real_decimal(arena, 0x1p-1074), "4.94065645841247e-324...");
    assert_string_equal(px_real_decimal(arena, -(double)INFINITY), "-inf");
    px_arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_as_strtod),
        cmocka_unit_test(sees_the_last_digit),
        cmocka_unit_test(reads_powers_and_special_values),
        cmocka_unit_test(refuses_what_is_no_number),
        cmocka_unit_test(compares_exactly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
