/* gemm: a dumped cell is what plain arithmetic gives, its reference is exact, its data do not depend on the treatment;
 * bounds hold; representation and arithmetic error are apart. */
#include <math.h>
#include <mpfr.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "arith/round.h"
#include "metric/error.h"
#include "support/fixture.h"
#include "support/tunnel.h"

static px_flight fly(const char *sweep) {
    return px_fly(arena, px_arena_printf(arena, "[experiment]\nkind = gemm\n[sweep]\n%s", sweep), PX_ENGINE_AUTO,
                  folder);
}

static double *load(const char *cell, const char *name, int64_t count) {
    return px_flight_load(arena, folder, cell, name, count);
}

enum { M = 5, N = 6, K = 37 };

/* C_hat by one rounding after another; R_hi + R_lo by sums of exact products. */
static void check_cell(const char *cell, px_fp fp) {
    const double *a = load(cell, "A", M * K), *b = load(cell, "B", K * N), *c = load(cell, "C_hat", M * N);
    const double *hi = load(cell, "R_hi", M * N), *lo = load(cell, "R_lo", M * N);
    px_rounding nearest = px_rounding_of(PX_NEAREST_EVEN);
    mpfr_t sum, product;
    mpfr_inits2(4300, sum, product, (mpfr_ptr)0);
    for (int i = 0; i < M; i++)
        for (int j = 0; j < N; j++) {
            double s = 0;
            mpfr_set_zero(sum, 1);
            for (int k = 0; k < K; k++) {
                s = px_add(fp, nearest, s, px_mul(fp, nearest, a[i * K + k], b[k * N + j], 0), 0);
                mpfr_set_d(product, a[i * K + k], MPFR_RNDN);
                mpfr_mul_d(product, product, b[k * N + j], MPFR_RNDN);
                mpfr_add(sum, sum, product, MPFR_RNDN);
            }
            if (c[i * N + j] != s) fail_msg("%s: C_hat[%d][%d] = %a, not %a", cell, i, j, c[i * N + j], s);
            assert_true(hi[i * N + j] == mpfr_get_d(sum, MPFR_RNDN));
            mpfr_sub_d(sum, sum, hi[i * N + j], MPFR_RNDN);
            assert_true(lo[i * N + j] == mpfr_get_d(sum, MPFR_RNDN));
        }
    mpfr_clears(sum, product, (mpfr_ptr)0);
}

static void a_dumped_cell_can_be_checked(void **state) {
    (void)state;
    px_flight f = fly("format = fp16, bf16, fp32, fp64, fp8_e5m2\nmatrix = normal, scaled\nm = 5\nn = 6\nk = 37\n");
    for (int64_t i = 0; i < f.n; i++) check_cell(f.cells[i]->id, px_case_fp(f.cells[i], "format"));
}

/* fp64 holds the ideal data; every other format stores their roundings, whatever the order, accumulator or backend. */
static void data_do_not_depend_on_the_treatment(void **state) {
    (void)state;
    fly("format = fp64, fp32, fp16\norder = sequential, pairwise\nbackend = emulated, openblas\n"
        "matrix = wide\nm = 5\nn = 6\nk = 37\n");
    const double *ideal = load("fp64_sequential_emulated_wide_5_6_37", "A", M * K);
    static const char *const others[][2] = {{"fp32", "fp32_sequential_emulated_wide_5_6_37"},
                                            {"fp32", "fp32_pairwise_emulated_wide_5_6_37"},
                                            {"fp32", "fp32_sequential_openblas_wide_5_6_37"},
                                            {"fp16", "fp16_pairwise_emulated_wide_5_6_37"}};
    for (int o = 0; o < 4; o++) {
        const double *stored = load(others[o][1], "A", M * K);
        px_fp fp;
        assert_int_equal(px_fp_parse(others[o][0], &fp, NULL), PX_OK);
        for (int i = 0; i < M * K; i++)
            assert_true(stored[i] == px_round(fp, px_rounding_of(PX_NEAREST_EVEN), ideal[i], 0));
    }
}

static void bounds_hold(void **state) {
    (void)state;
    px_flight f = fly("format = fp16, bf16, fp32, fp64, fp8_e4m3, fp8_e5m2, tf32\naccum = same, fp32\n"
                      "order = sequential, pairwise, blocked\nbackend = emulated, openblas\n"
                      "matrix = uniform, uniform_pm1, normal, wide, outlier, cancelling, scaled\nn = 4, 33\n");
    int64_t not_ok = 0, library = 0;
    for (int64_t i = 0; i < f.n; i++) {
        double slack = px_flight_number(&f, i, "slack_det");
        bool ok = strcmp(px_flight_text(&f, i, "status"), "ok") == 0;
        if (ok && !(slack <= 1))
            fail_msg("%s: slack %g (%s)", f.cells[i]->id, slack, px_flight_text(&f, i, "bound_note"));
        if (slack > 1) fail_msg("%s: slack %g", f.cells[i]->id, slack);
        not_ok += !ok;
        library += strcmp(px_case_text(f.cells[i], "backend"), "openblas") == 0;
    }
    assert_true(f.n > 500 && not_ok > 0 && not_ok < f.n / 4 && library > 0);
}

/* fp64 stores the ideal data as they are. fp16 data in an fp64 accumulator: all of the error is in the data. */
static void errors_of_representation_and_of_arithmetic_are_apart(void **state) {
    (void)state;
    px_flight f = fly("format = fp64, fp16\naccum = fp64\nmatrix = uniform\nn = 20\n");
    assert_string_equal(px_flight_text(&f, 0, "repr_cw_max"), "0");
    assert_string_equal(px_flight_text(&f, 0, "pred_first_order"), "0");
    /* fp16 data, accumulated in fp64: the products of 11 bits and their sums are exact in 53 */
    assert_string_equal(px_flight_text(&f, 1, "err_abs"), "0");
    double effect = px_flight_number(&f, 1, "repr_cw_max"), first = px_flight_number(&f, 1, "pred_first_order");
    double total = px_flight_number(&f, 1, "total_cw_max"), u = 0x1p-11;
    assert_true(total == effect && effect > 0 && effect <= 2 * u + u * u);
    assert_true(fabs(effect - first) <= u * u && effect != first);
}

/* Both engines print the same table. */
static void engines_agree(void **state) {
    (void)state;
    static const char ini[] = "[experiment]\nkind = gemm\n[sweep]\nformat = fp16, bf16, fp64, fp8_e4m3\n"
                              "matrix = uniform, wide, cancelling\nm = 3\nn = 4\nk = 1, 50\n";
    px_flight f = px_fly(arena, ini, PX_ENGINE_AUTO, NULL), g = px_fly(arena, ini, PX_ENGINE_MPFR, NULL);
    assert_true(f.n == g.n && f.n == 24);
    for (int64_t i = 0; i < f.n; i++)
        for (int c = 0; c < f.rows[i].n_columns; c++) {
            const char *column = f.rows[i].columns[c].name;
            assert_string_equal(px_flight_text(&f, i, column), px_flight_text(&g, i, column));
        }
}

/* By Jacobi, the same on every machine and with a certificate; LAPACK's, which errs by some n u kappa (Golub & Van Loan
 * 8.6), is a library column. */
static void condition_numbers_agree(void **state) {
    (void)state;
    px_flight f = fly("format = fp64\nmatrix = normal\nm = 1, 30, 300\nn = 3\nk = 30\n");
    assert_true(px_flight_number(&f, 0, "kappa_2") == 1); /* one row: one singular value */
    for (int64_t i = 1; i < 3; i++) {
        double kappa = px_flight_number(&f, i, "kappa_2"), gesdd = px_flight_number(&f, i, "kappa_2_gesdd");
        double radius = px_flight_number(&f, i, "kappa_2_radius");
        assert_true(radius > 0 && radius < 1e-8);
        assert_true(kappa > 1 && fabs(gesdd / kappa - 1) <= radius + 300 * 0x1p-53 * kappa + 1e-8);
    }
    for (int c = 0; c < f.rows[0].n_columns; c++) {
        const px_column *column = &f.rows[0].columns[c];
        if (strncmp(column->name, "kappa_2", 7) == 0)
            assert_int_equal(column->class, strcmp(column->name, "kappa_2_gesdd") ? PX_CLASS_EXACT : PX_CLASS_LIBRARY);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dumped_cell_can_be_checked),
        cmocka_unit_test(data_do_not_depend_on_the_treatment),
        cmocka_unit_test(bounds_hold),
        cmocka_unit_test(errors_of_representation_and_of_arithmetic_are_apart),
        cmocka_unit_test(engines_agree),
        cmocka_unit_test(condition_numbers_agree),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
