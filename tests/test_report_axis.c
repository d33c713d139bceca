/* Axes of figures: logarithms without libm, ranges that hold all values, ticks where a reader expects them. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/philox.h"
#include "base/text.h"
#include "report/axis.h"

/* Against libm's, over the whole range of doubles. log10 is off by what rounding e log10(2) and the series costs: 4
 * operations on numbers up to 324, so 4 x 324 x 2^-53 = 1.5e-13 absolute, and less near 1. */
static void logarithms_are_right(void **state) {
    (void)state;
    for (uint64_t i = 0; i < 200000; i++) {
        uint64_t bits = px_philox(1, i, 0).lo & 0x7fffffffffffffffu;
        double x;
        memcpy(&x, &bits, sizeof x);
        if (!isfinite(x) || x == 0) continue;
        double got = px_log10(x), want = log10(x);
        if (fabs(got - want) > 1.5e-13 || (fabs(want) < 1 && fabs(got - want) > 1e-15))
            fail_msg("log10(%a) = %.17g, not %.17g", x, got, want);
    }
    assert_true(px_log10(1) == 0);
    assert_true(fabs(px_log10(1000) - 3) < 1e-15);
}

static const char *labels(px_arena *arena, const px_axis *a) {
    const char *all = "";
    for (int i = 0; i < a->n_ticks; i++)
        if (a->ticks[i].text)
            all = px_arena_printf(arena, "%s%s%s%s%s", all, *all ? " " : "", a->ticks[i].text,
                                  *a->ticks[i].power ? "^" : "", a->ticks[i].power);
    return all;
}

static void expect(bool log, const double *values, int n, const char *want) {
    px_arena *arena = px_arena_new();
    px_axis a = px_axis_new(arena, log, values, n, 7);
    assert_string_equal(labels(arena, &a), want);
    px_arena_free(arena);
}
#define EXPECT(log, want, ...)                                                                                         \
    expect(log, (const double[]){__VA_ARGS__}, (int)(sizeof((double[]){__VA_ARGS__}) / sizeof(double)), want)

static void ticks_are_where_a_reader_expects_them(void **state) {
    (void)state;
    EXPECT(true, "16 32 64 128 256", 16, 64, 256);
    EXPECT(true, "2^-14 2^-12 2^-10 2^-8 2^-6 2^-4", 0x1p-14, 0x1p-4);
    EXPECT(true, "2^0 2^4 2^8 2^12 2^16 2^20", 1, 1024, 0x1p20);
    EXPECT(true, "10 100 1000 10000", 10, 300, 1e4);
    EXPECT(true, "10^-16 10^-14 10^-12 10^-10 10^-8 10^-6 10^-4", 1e-16, 2e-4);
    EXPECT(true, "0.2 0.5 1 2", 0.15, 3);
    EXPECT(false, "0 2 4 6 8 10", 1, 10);
    EXPECT(false, "-1 -0.5 0 0.5 1", -1, 1);
    EXPECT(false, "0 2e6 4e6 6e6 8e6", 0, 8e6);
    EXPECT(false, "100 101 102 103 104", 100, 104);
    EXPECT(true, "20", 20, 20);
    EXPECT(false, "3", 3);
    EXPECT(true, "1 10", NAN, -1, 0, INFINITY); /* nothing that it takes */
}

/* Any values at all: those that the axis takes lie within it, and so do its ticks, in order and not too many. */
static void every_axis_holds_its_values(void **state) {
    (void)state;
    for (uint64_t i = 0; i < 20000; i++) {
        px_arena *arena = px_arena_new();
        double values[5];
        bool log = i & 1;
        int n = 1 + (int)(i % 5), shown = 0;
        for (int k = 0; k < n; k++) {
            uint64_t bits = px_philox(2, i, (uint64_t)k).lo;
            memcpy(&values[k], &bits, sizeof bits);
            if (i % 3 == 0) values[k] = (double)(bits % 1000) / 7; /* ordinary ones, too */
        }
        px_axis a = px_axis_new(arena, log, values, n, 7);
        if (!(a.lo < a.hi)) fail_msg("axis %llu is empty", (unsigned long long)i);
        for (int k = 0; k < n; k++) {
            double place = px_axis_takes(log, values[k]) ? px_axis_place(&a, values[k]) : 0.5;
            bool huge = fabs(values[k]) > DBL_MAX / 4 && !log; /* such a linear axis ends before */
            if (!huge && !(place >= 0 && place <= 1)) fail_msg("%a lies outside: %g", values[k], place);
        }
        for (int k = 0; k < a.n_ticks; k++) {
            double place = px_axis_place(&a, a.ticks[k].at);
            if (!(place >= -1e-9 && place <= 1 + 1e-9)) fail_msg("tick %a lies outside: %g", a.ticks[k].at, place);
            shown += a.ticks[k].text != NULL;
        }
        if (shown > 8) fail_msg("%d labels", shown);
        px_arena_free(arena);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(logarithms_are_right),
        cmocka_unit_test(ticks_are_where_a_reader_expects_them),
        cmocka_unit_test(every_axis_holds_its_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
