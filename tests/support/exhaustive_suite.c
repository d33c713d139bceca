#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "support/exhaustive.h"
#include "support/exhaustive_suite.h"

static uint64_t stride, n_random;

static void expect_none(const char *what, const char *format, px_tally t) {
    printf("%-12s %-9s %12llu cases, %llu differences\n", what, format, (unsigned long long)t.cases,
           (unsigned long long)t.differences);
    fflush(stdout);
    assert_true(t.cases > 0);
    assert_int_equal(t.differences, 0);
}

static void conversions(void **state) {
    (void)state;
    for (int i = 0; i < PX_EXHAUST_FORMATS; i++)
        expect_none("binary32 to", px_exhaust_formats[i], px_exhaust_conversions(px_exhaust_formats[i], stride));
}

static void pairs(void **state) {
    (void)state;
    for (const char *op = "+-*/"; *op; op++)
        for (int i = 0; i < 2; i++)
            expect_none((char[]){*op, '\0'}, px_exhaust_formats[i], px_exhaust_pairs(px_exhaust_formats[i], *op, stride));
}

static void roots(void **state) {
    (void)state;
    for (int i = 0; i < 2; i++) expect_none("sqrt", px_exhaust_formats[i], px_exhaust_sqrt(px_exhaust_formats[i]));
}

static void against_the_machine(void **state) {
    (void)state;
    static const char *const formats[] = {"fp32", "fp64"};
    for (const char *op = "+-*/sf"; *op; op++)
        for (int i = 0; i < 2; i++)
            expect_none((char[]){'f', 'p', 'u', ' ', *op, '\0'}, formats[i], px_exhaust_machine(formats[i], *op, n_random));
}

static void fused(void **state) {
    (void)state;
    static const char *const formats[] = {"fp16", "bf16", "tf32", "fp8_e4m3", "fp8_e5m2"};
    for (int i = 0; i < 5; i++) expect_none("fma", formats[i], px_exhaust_fma(formats[i], n_random));
}

int px_exhaustive_suite(uint64_t every, uint64_t n) {
    stride = every;
    n_random = n;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conversions), cmocka_unit_test(pairs), cmocka_unit_test(roots),
        cmocka_unit_test(against_the_machine), cmocka_unit_test(fused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
