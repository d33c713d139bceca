/* Numbers and ranges against values worked by hand, or by 60-digit arithmetic where roots are involved. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/fake_kind.h"

static void expect(const char *axis, const char *list, const char *values) {
    char text[4096];
    snprintf(text, sizeof text, "[experiment]\nkind = sum\n[sweep]\n%s = %s\n", axis, list);
    fake_load *l = fake_load_text("range", text, NULL);
    if (l->status != PX_OK) fail_msg("%s = %s: %s", axis, list, l->err.text);
    if (strcmp(fake_values(l, axis), values) != 0)
        fail_msg("%s = %s gave %s, not %s", axis, list, fake_values(l, axis), values);
    fake_load_free(l);
}

static void whole_numbers(void **state) {
    (void)state;
    expect("n", "7", "7");
    expect("n", "1..5", "1 2 3 4 5");
    expect("n", "3..3", "3");
    expect("n", "16..1024 *2", "16 32 64 128 256 512 1024");
    expect("n", "16..64*2", "16 32 64");
    expect("n", "16..1000 *2", "16 32 64 128 256 512");
    expect("n", "0..100 +25", "0 25 50 75 100");
    expect("n", "0..99 +25", "0 25 50 75");
    expect("n", "2^4..2^16 *4", "16 64 256 1024 4096 16384 65536");
    expect("n", "1e3, 0x10, +2^3", "1000 16 8");
    expect("n", "2..12, 16, 24", "2 3 4 5 6 7 8 9 10 11 12 16 24");
    expect("n", "1..1000 log 4", "1 10 100 1000");
    expect("n", "1..10 log 30", "1 2 3 4 5 6 7 8 9 10"); /* duplicates are dropped */
    expect("n", "0..5 lin 3", "0 2 5");                  /* 2.5: ties to even */
    expect("n", "0..7 lin 3", "0 4 7");                  /* 3.5 */
    expect("n", "1..10 *1.5", "1 2 3 5 8");              /* 1.5 2.25 3.375 5.0625 7.59375 */
    expect("n", "1..2^20 log 6", "1 16 256 4096 65536 1048576");
    expect("n", "999999999..1000000000", "999999999 1000000000");
}

static void real_numbers(void **state) {
    (void)state;
    expect("scale", "0.5, 0x1p-4, 2^-3, -2^2, 1e-300, -1.5e2", "0.5 0.0625 0.125 -4 1e-300 -150");
    expect("scale", "0x0p5", "0");
}

/* A step of 0.1 is a tenth, not the double next to it, and every point is rounded once. */
static void decimal_steps_are_exact(void **state) {
    (void)state;
    expect("scale", "0..1 +0.1", "0 0.1 0.2 0.3 0.4 0.5 0.6 0.7 0.8 0.9 1");
    expect("scale", "0..1 lin 11", "0 0.1 0.2 0.3 0.4 0.5 0.6 0.7 0.8 0.9 1");
    expect("scale", "-0.3..0.3 +0.1", "-0.3 -0.2 -0.1 0 0.1 0.2 0.3");
    expect("scale", "0.001..1000 *10", "0.001 0.01 0.1 1 10 100 1000");
    expect("scale", "1..2 *1.1", "1 1.1 1.21 1.331 1.4641 1.61051 1.771561 1.9487171");
    expect("scale", "1e-3..0.3 *3", "0.001 0.003 0.009 0.027 0.081 0.243");
    expect("scale", "1e0..1e16 *1e4", "1 10000 100000000 1000000000000 1e+16");
}

/* 2^(k/12), correctly rounded; the ends of a log range are as written and an exact root is exact. */
static void logarithmic_points(void **state) {
    (void)state;
    expect("scale", "1..1000 log 4", "1 10 100 1000");
    expect("scale", "1e-300..1e300 log 7", "1e-300 1e-200 1e-100 1 1e+100 1e+200 1e+300");
    expect("scale", "0.1..10 log 5", "0.1 0.31622776601683794 1 3.1622776601683795 10");
    expect("scale", "1..2 log 13",
           "1 1.0594630943592953 1.122462048309373 1.189207115002721 1.2599210498948732 1.3348398541700344 "
           "1.4142135623730951 "
           "1.4983070768766815 1.5874010519681996 1.681792830507429 1.7817974362806785 1.887748625363387 2");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_numbers),
        cmocka_unit_test(real_numbers),
        cmocka_unit_test(decimal_steps_are_exact),
        cmocka_unit_test(logarithmic_points),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
