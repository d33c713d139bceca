/* Every figure: worked by hand, and at the borders of its definition. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "metric/error.h"
#include "ref/truth.h"
#include "support/figures.h"
#include "support/format.h"

/* ---- 8 digits ---- */

static void eight_digits(void **state) {
    (void)state;
    static const struct {
        double x, want;
    } cases[] = {
        {0, 0}, {1, 1}, {1.0 / 3, 0.33333333}, {2.0 / 3, 0.66666667},
        {1.00390625, 1.0039062},      /* an exact tie: to the even digit */
        {1.01171875, 1.0117188},      /* the same, upwards */
        {123456785, 123456780}, {123456775, 123456780}, {99999999.5, 100000000}, {99999998.5, 99999998},
        {0x1p-1074, 4.9406565e-324},  {0x1.fffffffffffffp1023, 1.7976931e308},
        {0x1p-12, 0.00024414062},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_figure("digits", px_round_digits(cases[i].x), cases[i].want);
    assert_true(isinf(px_round_digits((double)INFINITY)));
}

/* ---- By hand: 2 x 2, exact values given as they are ---- */

static void worked_by_hand(void **state) {
    (void)state;
    px_arena *arena = px_arena_new();
    /* E = 1/4, -1/8, 0, 3: |exact| = 2, 1/2, 4, 0. */
    px_truth t = given(arena, 2, 2, (double[]){2, -0.5, 4, 0}, (double[]){4, 8, 16, 32});
    px_mat c = matrix(arena, format("fp16"), 2, 2, (double[]){2.25, -0.625, 4, 3});
    px_errors e;
    assert_int_equal(px_errors_measure(&c, &t, NULL, &e, NULL), PX_OK);
    assert_figure("err_abs", e.err_abs, 3);
    assert_figure("err_rel", e.err_rel, 0.25);
    assert_figure("err_ulp", e.err_ulp, 3 * 0x1p24); /* at 0: the smallest subnormal, 2^-24 */
    assert_figure("err_rel_max", e.err_rel_max, 0.75);
    assert_figure("err_rel_fro", e.err_rel_fro, 0.66955393); /* sqrt(9.078125 / 20.25) */
    assert_figure("err_cw_max", e.err_cw_max, 0.09375);      /* 1/16, 1/64, 0, 3/32 */
    assert_figure("err_cw_p50", e.err_cw_p50, 0.015625);
    assert_figure("err_cw_p99", e.err_cw_p99, 0.09375);
    assert_int_equal(e.n_ref_zero, 1);
    double slack;
    assert_int_equal(px_errors_slack(&c, &t, 0.125, 0, &slack, NULL), PX_OK);
    assert_figure("slack", slack, 0.75);
    assert_int_equal(px_errors_slack(&c, &t, 0.125, 0.5, &slack, NULL), PX_OK);
    assert_figure("slack with eta", slack, 0.66666667); /* 3 / (4 + 1/2) */
    px_arena_free(arena);
}

/* ---- ulp by the exact value's binade ---- */

static double ulp_error(const char *fp, double computed, double hi, double lo) {
    px_arena *arena = px_arena_new();
    px_truth t = given(arena, 1, 1, &hi, (double[]){1});
    t.v.lo = matrix(arena, px_fp_exact(), 1, 1, &lo);
    px_mat c = matrix(arena, format(fp), 1, 1, &computed);
    px_errors e;
    assert_int_equal(px_errors_measure(&c, &t, NULL, &e, NULL), PX_OK);
    px_arena_free(arena);
    return e.err_ulp;
}

static void ulps(void **state) {
    (void)state;
    assert_figure("1", ulp_error("fp16", 1 + 0x1p-10, 1, 0), 1);
    assert_figure("just below 1", ulp_error("fp16", 1, 1, -0x1p-60), px_round_digits(0x1p-49));
    assert_figure("far below 1", ulp_error("fp16", 1 + 0x1p-10, 1, -0x1p-60), 2);
    assert_figure("subnormal", ulp_error("fp16", 0x1p-24, 0x1.8p-24, 0), 0.5);
    assert_figure("below all subnormals", ulp_error("fp16", 0x1p-24, 0x1p-40, 0), px_round_digits(1 - 0x1p-16));
    assert_figure("zero", ulp_error("fp16", 0x1p-23, 0, 0), 2);
    assert_figure("beyond the largest", ulp_error("fp16", 65504, 65504 + 1024, 0), 32);
    assert_figure("e4m3: the top binade is 256 .. 448", ulp_error("fp8_e4m3", 448, 1024, 0), 18);
    assert_figure("infinite for a finite value", ulp_error("fp16", (double)INFINITY, 70000, 0), (double)INFINITY);
    assert_figure("nan for a finite value", ulp_error("fp16", (double)NAN, 1, 0), (double)INFINITY);
    assert_figure("both nan", ulp_error("fp16", (double)NAN, (double)NAN, 0), 0);
    assert_figure("both infinite", ulp_error("fp16", -(double)INFINITY, -(double)INFINITY, 0), 0);
    assert_figure("other infinity", ulp_error("fp16", -(double)INFINITY, (double)INFINITY, 0), (double)INFINITY);
    assert_figure("finite for an infinite value", ulp_error("fp16", 1, (double)INFINITY, 0), (double)INFINITY);
    assert_figure("no format, no ulp", ulp_error("fp64", 1, 1, 0), 0);
}

/* ---- Ties and their neighbours: double cannot tell them apart, the digits can ---- */

static double abs_error(double computed, double hi, double lo) {
    px_arena *arena = px_arena_new();
    px_truth t = given(arena, 1, 1, &hi, (double[]){1});
    t.v.lo = matrix(arena, px_fp_exact(), 1, 1, &lo);
    px_mat c = matrix(arena, px_fp_exact(), 1, 1, &computed);
    px_errors e;
    assert_int_equal(px_errors_measure(&c, &t, NULL, &e, NULL), PX_OK);
    assert_true(isnan(e.err_ulp)); /* no format, no ulp */
    px_arena_free(arena);
    return e.err_abs;
}

static void neighbours_of_ties(void **state) {
    (void)state;
    assert_figure("tie", abs_error(2.00390625, 1, 0), 1.0039062);
    assert_figure("above", abs_error(2.00390625, 1, -0x1p-200), 1.0039063);
    assert_figure("below", abs_error(2.00390625, 1, 0x1p-200), 1.0039062);
    assert_figure("tie to even, up", abs_error(2.01171875, 1, 0), 1.0117188);
    assert_figure("below it", abs_error(2.01171875, 1, 0x1p-1074), 1.0117187);
    assert_figure("next decade", abs_error(1, 1 - 0.99999999, 0), px_round_digits(0.99999999));
}

/* Quotients that are ties: 1 / 4096 = 2.44140625e-4, in every entry and among others. */
static void ties_of_quotients(void **state) {
    (void)state;
    enum { N = 101 };
    px_arena *arena = px_arena_new();
    double exact[N], scale[N], computed[N];
    for (int i = 0; i < N; i++) {
        exact[i] = 3;
        scale[i] = 3 * 4096;
        computed[i] = 6;
    }
    px_truth t = given(arena, 1, N, exact, scale);
    px_mat c = matrix(arena, format("fp64"), 1, N, computed);
    px_errors e;
    assert_int_equal(px_errors_measure(&c, &t, NULL, &e, NULL), PX_OK);
    assert_figure("max", e.err_cw_max, 0.00024414062);
    assert_figure("p50", e.err_cw_p50, 0.00024414062);
    double lo[N];
    for (int i = 0; i < N; i++) lo[i] = i < 51 ? 0x1p-150 : -0x1p-150; /* |E| a little below and a little above */
    t.v.lo = matrix(arena, px_fp_exact(), 1, N, lo);
    assert_int_equal(px_errors_measure(&c, &t, NULL, &e, NULL), PX_OK);
    assert_figure("the median is below", e.err_cw_p50, 0.00024414062);
    assert_figure("the maximum is above", e.err_cw_max, 0.00024414063);
    assert_figure("normwise, above", e.err_rel_max, 1);
    px_arena_free(arena);
}

/* ---- Order statistics, norms and n ---- */

static void quantiles_and_growth(void **state) {
    (void)state;
    static const int64_t sizes[] = {1, 2, 3, 100, 101, 1000};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        int64_t n = sizes[s];
        px_arena *arena = px_arena_new();
        px_mat c = px_mat_new(arena, format("fp64"), 1, n);
        px_truth t = {.v = px_wide_of(px_mat_new(arena, px_fp_exact(), 1, n)),
                      .absab = px_wide_of(px_mat_new(arena, px_fp_exact(), 1, n))};
        for (int64_t j = 0; j < n; j++) { /* errors 1 .. n in a shuffled order: 7919 is prime to all n */
            px_mat_set(&t.v.hi, 0, j, 1);
            px_mat_set(&t.absab.hi, 0, j, 1);
            px_mat_set(&c, 0, j, (double)(2 + 7919 * j % n));
        }
        px_errors e;
        assert_int_equal(px_errors_measure(&c, &t, NULL, &e, NULL), PX_OK);
        assert_figure("max", e.err_cw_max, (double)n);
        assert_figure("lower median", e.err_cw_p50, (double)((n + 1) / 2));
        assert_figure("p99", e.err_cw_p99, (double)(n - n / 100));
        /* sqrt((1 + .. + n^2) / n) = sqrt((n + 1)(2n + 1) / 6): a root mean square, it does not shrink with n. */
        assert_figure("Frobenius", e.err_rel_fro, px_round_digits(sqrt((double)((n + 1) * (2 * n + 1)) / 6)));
        px_arena_free(arena);
    }
}

/* ---- Values at the ends ---- */

static void events_are_counted(void **state) {
    (void)state;
    px_arena *arena = px_arena_new();
    px_fp fp = format("fp16");
    const double inf = (double)INFINITY;
    px_truth t = given(arena, 1, 7, (double[]){1, 1, 0x1p-20, 0x1p-30, 0x1p-14, 0, 0x1p-14},
                       (double[]){1, 1, 1, 1, 1, 0, 1});
    px_mat c = matrix(arena, fp, 1, 7, (double[]){inf, (double)NAN, 0, 0, 0x1p-15, 0, 0});
    px_mat rounded = px_mat_new(arena, fp, 1, 7);
    assert_int_equal(px_ref_rounded(&t, fp, px_rounding_of(PX_NEAREST_EVEN), &rounded, NULL), PX_OK);
    px_errors e;
    assert_int_equal(px_errors_measure(&c, &t, &rounded, &e, NULL), PX_OK);
    assert_int_equal(e.n_inf, 1);
    assert_int_equal(e.n_nan, 1);
    assert_int_equal(e.n_subnormal, 1);
    assert_int_equal(e.n_flushed, 2);   /* 2^-20 and 2^-14; 2^-30 rounds to 0 */
    assert_int_equal(e.n_underflow, 2); /* both 2^-14; 2^-20 is subnormal itself */
    assert_int_equal(e.n_ref_zero, 1);
    assert_figure("max", e.err_abs, inf);
    assert_figure("normwise", e.err_rel_max, inf);
    assert_figure("Frobenius", e.err_rel_fro, inf);
    assert_figure("median of 0 (0/0), 2^-30, 2^-20, 2^-15, 2^-14, inf, inf", e.err_cw_p50, 3.0517578e-05);
    px_arena_free(arena);
}

static void undefined_figures(void **state) {
    (void)state;
    px_arena *arena = px_arena_new();
    px_truth t = given(arena, 1, 2, (double[]){0, 0}, (double[]){0, 0});
    px_mat c = matrix(arena, format("fp16"), 1, 2, (double[]){0, 0});
    px_errors e;
    double slack;
    assert_int_equal(px_errors_measure(&c, &t, NULL, &e, NULL), PX_OK);
    assert_true(isnan(e.err_rel) && isnan(e.err_rel_max) && isnan(e.err_rel_fro));
    assert_true(e.err_abs == 0 && e.err_ulp == 0 && e.err_cw_max == 0);
    assert_int_equal(px_errors_slack(&c, &t, 1, 0, &slack, NULL), PX_OK);
    assert_true(slack == 0);
    px_mat_set(&c, 0, 1, 1);
    assert_int_equal(px_errors_slack(&c, &t, 1, 0, &slack, NULL), PX_OK);
    assert_true(isinf(slack));
    assert_int_equal(px_errors_slack(&c, &t, 1, 2, &slack, NULL), PX_OK);
    assert_true(slack == 0.5);
    px_mat_set(&c, 0, 1, (double)INFINITY);
    assert_int_equal(px_errors_slack(&c, &t, 1, 2, &slack, NULL), PX_OK);
    assert_true(isnan(slack));
    t.absab.hi.data = NULL;
    assert_int_equal(px_errors_measure(&c, &t, NULL, &e, NULL), PX_OK);
    assert_true(isnan(e.err_cw_max) && isnan(e.err_cw_p50) && isinf(e.err_abs));
    px_arena_free(arena);
}

/* Exact values beyond the range of double: 2^1030 computed as the largest number, and 2^-1100 as 0. */
static void exact_values_beyond_double(void **state) {
    (void)state;
    px_arena *arena = px_arena_new();
    px_mat in[2] = {matrix(arena, px_fp_exact(), 1, 2, (double[]){0x1p1020, 0x1p-600}),
                    matrix(arena, px_fp_exact(), 1, 2, (double[]){0x1p10, 0x1p-500})};
    px_truth t;
    assert_int_equal(px_ref_truth(arena, &(px_call){.op = PX_OP_MUL}, in, 2, &t, NULL), PX_OK);
    px_errors e;
    px_mat c = matrix(arena, format("fp64"), 1, 2, (double[]){0x1.fffffffffffffp1023, 0});
    assert_int_equal(px_errors_measure(&c, &t, NULL, &e, NULL), PX_OK);
    assert_figure("err_rel", e.err_rel, 1); /* 2^-1100 is lost; the other is 1 - 2^-6 */
    assert_figure("err_cw_p50", e.err_cw_p50, 0.984375);
    assert_figure("err_rel_max", e.err_rel_max, 0.984375);
    assert_figure("err_rel_fro", e.err_rel_fro, 0.984375);
    assert_int_equal(e.n_ref_zero, 0);
    px_mat_set(&c, 0, 0, (double)INFINITY);
    assert_int_equal(px_errors_measure(&c, &t, NULL, &e, NULL), PX_OK);
    assert_true(isinf(e.err_rel) && isinf(e.err_abs));
    px_arena_free(arena);
}

/* ---- References that are not good enough ---- */

/* An enclosure that does not decide a digit, without anyone to ask: an error, not a guess. */
static void a_wide_enclosure_is_an_error(void **state) {
    (void)state;
    px_arena *arena = px_arena_new();
    px_truth t = given(arena, 1, 1, (double[]){1.5}, (double[]){1});
    px_mat c = matrix(arena, format("fp32"), 1, 1, (double[]){2.5});
    px_errors e;
    px_error err;
    t.v.radius = matrix(arena, px_fp_exact(), 1, 1, (double[]){0x1p-60});
    assert_int_equal(px_errors_measure(&c, &t, NULL, &e, &err), PX_OK);
    assert_true(e.err_rel == 0.66666667);
    t.v.radius = matrix(arena, px_fp_exact(), 1, 1, (double[]){0x1p-20});
    assert_int_equal(px_errors_measure(&c, &t, NULL, &e, &err), PX_INCOMPLETE);
    assert_non_null(strstr(err.text, "too few digits"));
    px_arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(eight_digits),
        cmocka_unit_test(worked_by_hand),
        cmocka_unit_test(ulps),
        cmocka_unit_test(neighbours_of_ties),
        cmocka_unit_test(ties_of_quotients),
        cmocka_unit_test(quantiles_and_growth),
        cmocka_unit_test(events_are_counted),
        cmocka_unit_test(undefined_figures),
        cmocka_unit_test(exact_values_beyond_double),
        cmocka_unit_test(a_wide_enclosure_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
