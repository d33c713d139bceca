/* Formats by name, words by format: every word of up to 16 bits there and back, the canonical NaNs, what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arith/codec.h"
#include "arith/recipe.h"
#include "support/cases.h"

static px_fp named(const char *name) {
    px_fp f;
    assert_int_equal(px_fp_parse(name, &f, NULL), PX_OK);
    return f;
}

/* V = (-1)^s 2^(e - bias) (1 + m 2^-(p-1)), read from the bits once more, in another way. */
static double value_of_fields(px_fp f, uint64_t word) {
    word >>= f.pad;
    int stored = f.p - 1, exponent_bits = f.width - f.pad - f.p;
    double fraction = ldexp((double)(word % ((uint64_t)1 << stored)), -stored);
    int field = (int)(word >> stored) & ((1 << exponent_bits) - 1), bias = 1 - f.emin;
    double v = field ? ldexp(1 + fraction, field - bias) : ldexp(fraction, f.emin);
    return word >> (stored + exponent_bits) & 1 ? -v : v;
}

static void every_short_word_goes_there_and_back(void **state) {
    (void)state;
    for (int i = 0; i < px_case_formats(); i++) {
        px_fp f = px_case_format(i);
        if (f.width - f.pad > 19) continue; /* the 16-bit ones and tf32's 19 */
        int nans = 0, infinities = 0;
        for (uint64_t w = 0; w < (uint64_t)1 << (f.width - f.pad); w++) {
            double x = px_decode(f, w << f.pad);
            uint64_t back = px_encode(f, x) >> f.pad;
            nans += isnan(x) != 0;
            infinities += isinf(x) != 0;
            if (isnan(x)) {
                assert_true(isnan(px_decode(f, back << f.pad)));
                assert_int_equal(back >> (f.width - f.pad - 1), 0);
                continue;
            }
            assert_int_equal(back, w);
            if (isfinite(x)) assert_int_equal(px_word_of(x), px_word_of(value_of_fields(f, w << f.pad)));
            assert_true(isinf(x) || fabs(x) <= f.max_finite);
        }
        assert_int_equal(nans, f.has_inf ? 2 * ((1 << (f.p - 1)) - 1) : 2);
        assert_int_equal(infinities, f.has_inf ? 2 : 0);
    }
}

static void long_words_go_there_and_back(void **state) {
    (void)state;
    px_random g = {7};
    for (int i = 0; i < 500000; i++) {
        uint64_t w = px_random_word(&g);
        double x;
        memcpy(&x, &w, sizeof x);
        assert_true(isnan(x) || px_word_of(px_decode(named("fp64"), w)) == w);
        assert_true(isnan(x) || px_encode(named("fp64"), x) == w);
        uint32_t w32 = (uint32_t)w;
        float y;
        memcpy(&y, &w32, sizeof y);
        if (isnan(y)) continue;
        assert_int_equal(px_word_of(px_decode(named("fp32"), w32)), px_word_of((double)y));
        assert_int_equal(px_encode(named("fp32"), (double)y), w32);
    }
}

static void landmarks(void **state) {
    (void)state;
    static const struct {
        const char *format;
        uint64_t nan, one, max, min_subnormal;
        int digits;
    } rows[] = {
        {"fp64", 0x7ff8000000000000, 0x3ff0000000000000, 0x7fefffffffffffff, 1, 16},
        {"fp32", 0x7fc00000, 0x3f800000, 0x7f7fffff, 1, 8},
        {"tf32", 0x7fc00000, 0x3f800000, 0x7f7fe000, 0x2000, 8},
        {"fp16", 0x7e00, 0x3c00, 0x7bff, 1, 4},
        {"bf16", 0x7fc0, 0x3f80, 0x7f7f, 1, 4},
        {"fp8_e5m2", 0x7e, 0x3c, 0x7b, 1, 2},
        {"fp8_e4m3", 0x7f, 0x38, 0x7e, 1, 2},
        {"ieee_e2m1", 0x7, 0x2, 0x5, 1, 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        px_fp f = named(rows[i].format);
        assert_int_equal(px_encode(f, (double)NAN), rows[i].nan);
        assert_int_equal(px_encode(f, -(double)NAN), rows[i].nan);
        assert_int_equal(px_encode(f, 1.0), rows[i].one);
        assert_int_equal(px_encode(f, f.max_finite), rows[i].max);
        assert_int_equal(px_encode(f, px_fp_min_subnormal(f)), rows[i].min_subnormal);
        assert_int_equal(px_word_of(px_decode(f, rows[i].max)), px_word_of(f.max_finite));
        assert_int_equal(px_word_digits(f), rows[i].digits);
    }
}

static void words_are_read_strictly(void **state) {
    (void)state;
    uint64_t w = 0;
    assert_true(px_word_parse(named("fp16"), "3C00", &w));
    assert_int_equal(w, 0x3c00);
    assert_true(px_word_parse(named("fp16"), "0", &w));
    assert_false(px_word_parse(named("fp16"), "", &w));
    assert_false(px_word_parse(named("fp16"), "03C00", &w));
    assert_false(px_word_parse(named("fp16"), "0x3c", &w));
    assert_false(px_word_parse(named("fp16"), "3g", &w));
    assert_true(px_word_parse(named("ieee_e5m3"), "1ff", &w));
    assert_false(px_word_parse(named("ieee_e5m3"), "200", &w)); /* nine bits only */
    assert_true(px_word_signals(named("fp16"), 0xfd00));
    assert_false(px_word_signals(named("fp16"), 0x7c00));
    assert_false(px_word_signals(named("fp16"), 0x7e01));
    assert_true(px_word_signals(named("tf32"), 0x7f802000));
    assert_false(px_word_signals(named("fp8_e4m3"), 0x7f));
}

static void names_go_there_and_back(void **state) {
    (void)state;
    char name[24];
    for (size_t i = 0; i < px_fp_count(); i++) {
        px_fp f = named(px_fp_row_name(i));
        assert_true(px_fp_equal(f, px_fp_row(i)));
        f.subnormals = 0;
        f.overflow = PX_OVERFLOW_SATURATE;
        assert_string_equal(px_fp_name(f, name), px_fp_row_name(i));
    }
    for (int x = 2; x <= 11; x++)
        for (int y = 1; y <= 52; y++) {
            char want[24];
            snprintf(want, sizeof want, "ieee_e%dm%d", x, y);
            px_fp f = named(want);
            assert_int_equal(px_fp_exponent_bits(f), x);
            px_fp again = named(px_fp_name(f, name));
            assert_true(again.p == f.p && again.emin == f.emin && again.emax == f.emax && again.width == f.width);
        }
    assert_string_equal(px_fp_name(named("ieee_e5m10"), name), "fp16");
    assert_string_equal(px_fp_name(named("ieee_e8m10"), name), "ieee_e8m10"); /* tf32 has pad bits */
    assert_string_equal(px_fp_name(px_fp_exact(), name), "exact");
}

static void derived_figures(void **state) {
    (void)state;
    px_fp f = named("bf16");
    assert_true(px_fp_u(f) == 0x1p-8 && px_fp_min_normal(f) == 0x1p-126 && px_fp_min_subnormal(f) == 0x1p-133);
    assert_true(px_fp_u(px_fp_exact()) == 0);
    assert_true(px_fits_float(f) && px_fits_float(named("tf32")) && !px_fits_float(named("ieee_e9m2")));
    assert_true(named("ieee_e11m52").max_finite == 0x1.fffffffffffffp1023);
}

static void mistakes_get_a_suggestion(void **state) {
    (void)state;
    static const struct {
        const char *name, *text;
    } rows[] = {
        {"bf61", "unknown format 'bf61'; did you mean 'bf16'?"},
        {"e4m3", "unknown format 'e4m3'; did you mean 'fp8_e4m3'?"},
        {"e5m2", "unknown format 'e5m2'; did you mean 'fp8_e5m2'?"},
        {"half", "unknown format 'half'; did you mean 'fp16'?"},
        {"binary64", "unknown format 'binary64'; did you mean 'fp64'?"},
        {"posit", "unknown format 'posit'; `precx formats` lists them"},
        {"ieee_e12m3",
         "unknown format 'ieee_e12m3'; a custom one is ieee_eXmY with 2 to 11 exponent bits X and 1 to 52 "
         "stored significand bits Y"},
    };
    px_fp f;
    px_error err;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(px_fp_parse(rows[i].name, &f, &err), PX_USAGE);
        assert_string_equal(err.text, rows[i].text);
    }
    static const char *const wrong[] = {
        "ieee_e1m3", "ieee_e5m0", "ieee_e5m53", "ieee_e05m2", "ieee_e5m2x", "ieee_e5", "ieee_em", "FP16", ""};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(px_fp_parse(wrong[i], &f, NULL), PX_USAGE);
}

static void overflow_rules(void **state) {
    (void)state;
    px_fp f = named("fp8_e4m3");
    px_error err;
    assert_int_equal(px_fp_set_overflow(&f, "inf", &err), PX_USAGE);
    assert_string_equal(err.text, "overflow inf: fp8_e4m3 has no infinity; take nan or saturate");
    assert_int_equal(px_fp_set_overflow(&f, "saturate", &err), PX_OK);
    assert_int_equal(f.overflow, PX_OVERFLOW_SATURATE);
    assert_int_equal(px_fp_set_overflow(&f, "saturat", &err), PX_USAGE);
    assert_string_equal(err.text, "unknown overflow rule 'saturat'; did you mean 'saturate'?");
}

static void lists_are_found_by_name(void **state) {
    (void)state;
    for (int i = 0; i < PX_ROUNDING_COUNT; i++)
        assert_int_equal(px_rounding_find(px_rounding_name((px_rounding_mode)i)), i);
    for (int i = 0; i < PX_ORDER_COUNT; i++) assert_int_equal(px_order_find(px_order_name((px_order)i)), i);
    assert_int_equal(px_rounding_find("nearest"), -1);
    assert_int_equal(px_order_find(""), -1);
    assert_int_equal(px_rounding_of(PX_STOCHASTIC).sr_bits, 32);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_short_word_goes_there_and_back),
        cmocka_unit_test(long_words_go_there_and_back),
        cmocka_unit_test(landmarks),
        cmocka_unit_test(words_are_read_strictly),
        cmocka_unit_test(names_go_there_and_back),
        cmocka_unit_test(derived_figures),
        cmocka_unit_test(mistakes_get_a_suggestion),
        cmocka_unit_test(overflow_rules),
        cmocka_unit_test(lists_are_found_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
