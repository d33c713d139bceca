/* sum: the harmonic series stops where theory says, bounds are attained and hold, data do not depend on the treatment.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "metric/error.h"
#include "support/tunnel.h"

static px_arena *arena;

static int set_up(void **state) { return (void)state, (arena = px_arena_new()) ? 0 : 1; }
static int tear_down(void **state) { return (void)state, px_arena_free(arena), 0; }

static px_flight fly(const char *sweep) {
    return px_fly(arena, px_arena_printf(arena, "[experiment]\nkind = sum\n[sweep]\n%s", sweep), PX_ENGINE_AUTO, NULL);
}

static void is_text(const px_flight *f, int64_t i, const char *column, const char *want) {
    if (strcmp(px_flight_text(f, i, column), want) != 0)
        fail_msg("%s, %s: '%s', not '%s'", f->cells[i]->id, column, px_flight_text(f, i, column), want);
}

static void the_harmonic_series_stops_growing(void **state) {
    (void)state;
    px_flight f = fly("format/n = fp16/4096, tf32/4096, bf16/4096, fp64/4096, fp16/512, fp16/513\ndata = harmonic\n");
    static const char *const want[][3] = {/* index, predicted, value */
                                          {"513", "512", "7.0859375"}, {"513", "512", "7.0859375"},
                                          {"65", "64", "5.0625"},      {"", "281474976710656", NULL},
                                          {"", "512", "7.0859375"},    {"513", "512", "7.0859375"}};
    for (int64_t i = 0; i < 6; i++) {
        is_text(&f, i, "stagnation_index", want[i][0]);
        is_text(&f, i, "stagnation_predicted", want[i][1]);
        if (want[i][2]) is_text(&f, i, "computed", want[i][2]);
    }
}

static void fp32_stops_at_term_2097152(void **state) {
    (void)state;
    px_flight f = fly("format = fp32\ndata = harmonic\nn = 2097160\n");
    is_text(&f, 0, "stagnation_index", "2097152");
    is_text(&f, 0, "stagnation_predicted", "2097152");
    double s = px_flight_number(&f, 0, "computed");
    assert_true(s == (double)(float)s && fabs(s - 15.4036827) < 5e-8);
}

/* The same sum by plain float arithmetic: the emulated one has no other bits. */
static void fp32_is_a_plain_loop(void **state) {
    (void)state;
    px_flight f = fly("format = fp32\ndata = harmonic\nn = 100000\n");
    volatile float s = 0;
    for (int i = 1; i <= 100000; i++) s += 1.0f / (float)i; /* 1/i correctly rounded: what is stored */
    assert_true(px_flight_number(&f, 0, "computed") == (double)s);
}

/* 1, then 32 u to nearest; 1, then 32 tiny ones upwards. */
static void bounds_are_attained(void **state) {
    (void)state;
    px_flight f =
        fly("format/rounding/tiny = fp16/nearest_even/2^-11, tf32/nearest_even/2^-11, fp32/nearest_even/2^-24, "
            "fp64/nearest_even/2^-53, fp16/up/2^-24, tf32/up/2^-40, fp32/up/2^-60, fp64/up/2^-120\n"
            "data = one_then_tiny\nn = 33\n");
    assert_true(f.n == 8);
    for (int64_t i = 0; i < f.n; i++) {
        double slack = px_flight_number(&f, i, "slack_det"), s = px_flight_number(&f, i, "computed");
        if (!(slack >= 0.98 && slack <= 1)) fail_msg("%s: slack %g", f.cells[i]->id, slack);
        double u = px_fp_u(px_case_fp(f.cells[i], "format"));
        assert_true(s == (i < 4 ? 1 : 1 + 32 * 2 * u));
    }
}

static void bounds_hold(void **state) {
    (void)state;
    px_flight f =
        fly("format/accum = fp16/same, fp16/fp32, bf16/same, fp8_e4m3/same, fp8_e4m3/fp16, fp64/same\n"
            "order = sequential, reverse, sorted_up, sorted_down, pairwise, blocked, splitk, kahan, neumaier\n"
            "rounding = nearest_even, toward_zero, up, stochastic\n"
            "data = uniform, normal, alternating, conditioned\nn = 7, 200\nm = 3\n");
    int64_t bounded = 0;
    assert_true(f.n == 6 * 9 * 4 * 4 * 2);
    for (int64_t i = 0; i < f.n; i++) {
        const char *order = px_case_text(f.cells[i], "order"), *rounding = px_case_text(f.cells[i], "rounding");
        double slack = px_flight_number(&f, i, "slack_det");
        bool ok = strcmp(px_flight_text(&f, i, "status"), "ok") == 0;
        bool compensated = strcmp(order, "kahan") == 0 || strcmp(order, "neumaier") == 0;
        if (slack > 1) fail_msg("%s: slack %g", f.cells[i]->id, slack);
        if (ok && !compensated && strcmp(rounding, "nearest_even") == 0 && isnan(slack))
            fail_msg("%s: %s", f.cells[i]->id, px_flight_text(&f, i, "bound_note"));
        bounded += !isnan(slack);
    }
    assert_true(bounded > f.n / 2);
}

/* Both engines print the same table. */
static void engines_agree(void **state) {
    (void)state;
    static const char ini[] =
        "[experiment]\nkind = sum\n[sweep]\nformat = fp16, bf16, fp64\norder = sequential, kahan\n"
        "data = uniform, harmonic, conditioned\nn = 10, 333\nm = 2\n";
    px_flight f = px_fly(arena, ini, PX_ENGINE_AUTO, NULL), g = px_fly(arena, ini, PX_ENGINE_MPFR, NULL);
    assert_true(f.n == g.n);
    for (int64_t i = 0; i < f.n; i++)
        for (int c = 0; c < f.rows[i].n_columns; c++)
            is_text(&f, i, f.rows[i].columns[c].name, px_flight_text(&g, i, f.rows[i].columns[c].name));
}

/* The exact sum of fp64 data is the same number whatever the order; so is the exact sum of fp16 data for every
 * accumulator. */
static void data_do_not_depend_on_the_treatment(void **state) {
    (void)state;
    px_flight f = fly("format = fp16\naccum = same, fp32, fp64\norder = sequential, pairwise, sorted_up, kahan\n"
                      "rounding = nearest_even, up, stochastic\ndata = normal\nn = 300\n");
    for (int64_t i = 1; i < f.n; i++) is_text(&f, i, "reference", px_flight_text(&f, 0, "reference"));
    px_flight g = fly("format = fp16\ndata = normal\nn = 300\nrep = 1, 2\n");
    is_text(&g, 0, "reference", px_flight_text(&f, 0, "reference"));
    assert_string_not_equal(px_flight_text(&g, 1, "reference"), px_flight_text(&f, 0, "reference"));
}

static void values_that_do_not_apply_are_refused(void **state) {
    (void)state;
    px_flight f = fly("order = sequential, blocked\nblock = 0, 16\n"); /* sequential/16 would be a duplicate */
    assert_true(f.n == 3 && f.n_dropped == 1);
    f = fly("rounding = nearest_even, stochastic\nsr_bits = 0, 4\n");
    assert_true(f.n == 3 && f.n_dropped == 1);
    f = fly(
        "data = uniform, conditioned\ncond = 0, 1, 100\n"); /* conditioned: 0 (1e6) and 100; a condition of 1 is none */
    assert_true(f.n == 3 && f.n_dropped == 3);
    f = fly("format = fp16, fp8_e4m3\noverflow = inf, saturate\n"); /* E4M3 has no infinity */
    assert_true(f.n == 3 && f.n_dropped == 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_harmonic_series_stops_growing),
        cmocka_unit_test(fp32_stops_at_term_2097152),
        cmocka_unit_test(fp32_is_a_plain_loop),
        cmocka_unit_test(bounds_are_attained),
        cmocka_unit_test(bounds_hold),
        cmocka_unit_test(engines_agree),
        cmocka_unit_test(data_do_not_depend_on_the_treatment),
        cmocka_unit_test(values_that_do_not_apply_are_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
