/* The figures of a tensor and its census: by hand, against plain MPFR, and where a radius leaves them open. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <mpfr.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/philox.h"
#include "matrix/census.h"
#include "metric/error.h"
#include "metric/tensor.h"
#include "support/format.h"

static px_mat matrix(px_arena *arena, px_fp fp, int64_t rows, int64_t cols, const double *x) {
    px_mat m = px_mat_new(arena, fp, rows, cols);
    for (int64_t i = 0; i < rows; i++) px_mat_set_row(&m, i, 0, cols, x + i * cols);
    return m;
}

static void assert_figure(const char *what, double got, double want) {
    if (isnan(got) && isnan(want)) return;
    if (memcmp(&got, &want, sizeof got) != 0) fail_msg("%s: got %.17g, want %.17g", what, got, want);
}

static void by_hand(void **state) {
    (void)state;
    px_arena *arena = px_arena_new();
    /* E = 1, -1, 0, 0.5; the third is an exact zero, the fourth changes its sign. */
    px_truth t = {.v = px_wide_of(matrix(arena, px_fp_exact(), 1, 4, (double[]){2, 4, 0, -0.25}))};
    px_mat c = matrix(arena, format("fp16"), 1, 4, (double[]){3, 3, 0, 0.25});
    px_tensor_errors e = px_tensor_measure(&c, &t);
    assert_figure("err_rel_max", e.err_rel_max, 0.25);
    assert_figure("err_rel_2", e.err_rel_2, 0.33488734); /* sqrt(2.25/20.0625) */
    assert_figure("err_p50", e.err_p50, 0.5);
    assert_figure("err_p99", e.err_p99, 2);
    assert_figure("cosine", e.cosine, 0.94228105);
    assert_int_equal(e.n_sign_flips, 1);
    assert_int_equal(e.n_ref_zero, 1);
    assert_int_equal(e.n_undecided, 0);
    px_arena_free(arena);
}

enum { ROWS = 7, COLS = 11, N = ROWS * COLS };

static double uniform(uint64_t i, uint64_t j) { return (double)(px_philox(3, i, j).lo >> 11) * 0x1p-53 - 0.5; }

static int by_size(const void *a, const void *b) { return mpfr_cmp(*(const mpfr_t *)a, *(const mpfr_t *)b); }

/* Every figure from its definition, in 600 bits; each truth of 106 bits, scaled so that squares leave the doubles. */
static void against_plain_mpfr(void **state) {
    double scale = *(const double *)*state;
    px_arena *arena = px_arena_new();
    px_truth t = {.v = px_wide_new(arena, ROWS, COLS)};
    px_mat c = px_mat_new(arena, px_fp_exact(), ROWS, COLS);
    mpfr_t ratio[N], sum[5], x, e;
    mpfr_inits2(600, sum[0], sum[1], sum[2], sum[3], sum[4], x, e, (mpfr_ptr)NULL);
    for (int k = 0; k < 5; k++) mpfr_set_zero(sum[k], 1);
    for (int k = 0; k < N; k++) {
        int64_t i = k / COLS, j = k % COLS;
        double hi = uniform(1, (uint64_t)k) * scale, lo = hi * 0x1p-55 * uniform(2, (uint64_t)k);
        double y = hi * (1 + 0x1p-12 * uniform(4, (uint64_t)k));
        px_mat_set(&t.v.hi, i, j, hi);
        px_mat_set(&t.v.lo, i, j, lo);
        px_mat_set(&c, i, j, y);
        mpfr_set_d(x, hi, MPFR_RNDN);
        mpfr_add_d(x, x, lo, MPFR_RNDN);
        mpfr_d_sub(e, y, x, MPFR_RNDN);
        mpfr_init2(ratio[k], 600);
        mpfr_div(ratio[k], e, x, MPFR_RNDN);
        mpfr_abs(ratio[k], ratio[k], MPFR_RNDN);
        mpfr_fma(sum[0], e, e, sum[0], MPFR_RNDN);
        mpfr_fma(sum[1], x, x, sum[1], MPFR_RNDN);
        mpfr_mul_d(x, x, y, MPFR_RNDN);
        mpfr_add(sum[2], sum[2], x, MPFR_RNDN);
        mpfr_set_d(x, y, MPFR_RNDN);
        mpfr_fma(sum[3], x, x, sum[3], MPFR_RNDN);
    }
    qsort(ratio, N, sizeof *ratio, by_size);
    px_tensor_errors got = px_tensor_measure(&c, &t);
    assert_int_equal(got.n_undecided, 0);
    assert_figure("err_p50", got.err_p50, px_round_digits(mpfr_get_d(ratio[(N - 1) / 2], MPFR_RNDN)));
    assert_figure("err_p99", got.err_p99, px_round_digits(mpfr_get_d(ratio[(99 * N + 99) / 100 - 1], MPFR_RNDN)));
    mpfr_div(sum[0], sum[0], sum[1], MPFR_RNDN);
    mpfr_sqrt(sum[0], sum[0], MPFR_RNDN);
    assert_figure("err_rel_2", got.err_rel_2, px_round_digits(mpfr_get_d(sum[0], MPFR_RNDN)));
    mpfr_mul(sum[4], sum[1], sum[3], MPFR_RNDN);
    mpfr_sqrt(sum[4], sum[4], MPFR_RNDN);
    mpfr_div(sum[4], sum[2], sum[4], MPFR_RNDN);
    assert_figure("cosine", got.cosine, px_round_digits(mpfr_get_d(sum[4], MPFR_RNDN)));
    for (int k = 0; k < N; k++) mpfr_clear(ratio[k]);
    mpfr_clears(sum[0], sum[1], sum[2], sum[3], sum[4], x, e, (mpfr_ptr)NULL);
    px_arena_free(arena);
}

/* What the radius hides is not told: a figure without its 8th digit, the sign of what may be 0. */
static void a_radius_is_respected(void **state) {
    (void)state;
    px_arena *arena = px_arena_new();
    px_truth t = {.v = px_wide_new(arena, 1, 2)};
    px_mat_set_row(&t.v.hi, 0, 0, 2, (double[]){3, 0x1p-60});
    px_mat_set_row(&t.v.radius, 0, 0, 2, (double[]){0x1p-40, 0x1p-60});
    px_mat c = matrix(arena, format("fp64"), 1, 2, (double[]){3 + 0x1p-30, -1});
    px_tensor_errors e = px_tensor_measure(&c, &t);
    assert_int_equal(e.n_ref_zero, 1);
    assert_int_equal(e.n_sign_flips, 0);
    assert_true(isnan(e.err_p50)); /* 2^-30 / 3, known to 10 bits */
    assert_int_equal(e.n_undecided, 2);
    assert_figure("err_rel_max", e.err_rel_max, 0.33333333);
    px_mat_set(&t.v.radius, 0, 0, 0x1p-80);
    e = px_tensor_measure(&c, &t);
    assert_figure("err_p50", e.err_p50, px_round_digits(0x1p-30 / 3));
    px_arena_free(arena);
}

static void specials_and_zeros(void **state) {
    (void)state;
    px_arena *arena = px_arena_new();
    px_truth t = {.v = px_wide_of(matrix(arena, px_fp_exact(), 1, 3, (double[]){1, 2, 3}))};
    px_mat c = matrix(arena, format("fp16"), 1, 3, (double[]){1, (double)INFINITY, (double)NAN});
    px_tensor_errors e = px_tensor_measure(&c, &t);
    assert_true(isinf(e.err_rel_2) && isinf(e.err_rel_max) && isnan(e.cosine));
    assert_int_equal(e.n_sign_flips, 0);
    px_truth nothing = {.v = px_wide_new(arena, 1, 3)};
    e = px_tensor_measure(&c, &nothing);
    assert_true(isnan(e.err_rel_2) && isnan(e.err_p50) && isnan(e.cosine));
    assert_int_equal(e.n_ref_zero, 3);
    px_arena_free(arena);
}

static void the_census(void **state) {
    (void)state;
    px_arena *arena = px_arena_new();
    px_fp half = format("fp16"), e4m3 = format("fp8_e4m3");
    const double x[] = {0, 0, 0x1p-24, 0x1.8p-14, 1, -1.5, (double)INFINITY, (double)NAN};
    const double exact[] = {0x1p-30, 0, 0x1p-24, 0x1.8p-14, 1, -1.5, 70000, 3};
    px_mat m = matrix(arena, half, 2, 4, x);
    px_wide truth = px_wide_of(matrix(arena, px_fp_exact(), 2, 4, exact));
    px_census c = PX_CENSUS_EMPTY;
    px_census_add(&c, &m, &truth);
    assert_int_equal(c.n, 8);
    assert_int_equal(c.n_zero, 2);
    assert_int_equal(c.n_subnormal, 1);
    assert_int_equal(c.n_inf, 1);
    assert_int_equal(c.n_nan, 1);
    assert_int_equal(c.n_ref_zero, 1);
    assert_int_equal(c.n_flushed, 1);
    assert_int_equal(c.n_overflowed, 2);
    assert_int_equal(c.lowest, -24);
    assert_int_equal(c.highest, 0);
    assert_int_equal(px_census_at(&c, -24), 1);
    assert_int_equal(px_census_at(&c, -14), 1);
    assert_int_equal(px_census_at(&c, 0), 2);
    /* Saturated: the largest number stands for a larger one. Nothing to compare with: nothing is flushed. */
    px_mat top = matrix(arena, e4m3, 1, 2, (double[]){448, -448});
    truth = px_wide_of(matrix(arena, px_fp_exact(), 1, 2, (double[]){448, -1000}));
    px_census d = PX_CENSUS_EMPTY;
    px_census_add(&d, &top, &truth);
    px_census_add(&d, &m, NULL);
    assert_int_equal(d.n_overflowed, 1);
    assert_int_equal(d.n_flushed, 0);
    assert_int_equal(d.n, 10);
    px_mat ends = matrix(arena, px_fp_exact(), 1, 2, (double[]){0x1p-1074, -0x1.fffffffffffffp1023});
    px_census_add(&d, &ends, NULL);
    assert_int_equal(px_census_at(&d, PX_CENSUS_LOWEST), 1);
    assert_int_equal(px_census_at(&d, PX_CENSUS_HIGHEST), 1);
    px_arena_free(arena);
}

int main(void) {
    static double scales[] = {1, 0x1p-1000, 0x1p1000};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_hand),
        cmocka_unit_test_prestate(against_plain_mpfr, &scales[0]),
        cmocka_unit_test_prestate(against_plain_mpfr, &scales[1]),
        cmocka_unit_test_prestate(against_plain_mpfr, &scales[2]),
        cmocka_unit_test(a_radius_is_respected),
        cmocka_unit_test(specials_and_zeros),
        cmocka_unit_test(the_census),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
