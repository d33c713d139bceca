/* perturbation: a dumped system solved again from scratch; the theorems hold; where the notes' formula ends. */
#include <math.h>
#include <mpfr.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/fixture.h"
#include "support/tunnel.h"

static px_flight fly(const char *sweep) {
    return px_fly(arena, px_arena_printf(arena, "[experiment]\nkind = perturbation\n[sweep]\n%s", sweep),
                  PX_ENGINE_AUTO, folder);
}

enum { N = 6 };

/* max |A^-1 b - x| / max |x| by elimination without pivoting, 900 bits: enough for any of these systems. */
static double forward_error(const double *a, const double *b, const double *x) {
    static mpfr_t m[N][N + 1];
    mpfr_t factor, worst, size;
    double error;
    mpfr_inits2(900, factor, worst, size, (mpfr_ptr)NULL);
    for (int i = 0; i < N; i++)
        for (int j = 0; j <= N; j++) {
            mpfr_init2(m[i][j], 900);
            mpfr_set_d(m[i][j], j < N ? a[i * N + j] : b[i], MPFR_RNDN);
        }
    for (int k = 0; k < N; k++)
        for (int i = 0; i < N; i++) {
            if (i == k) continue;
            mpfr_div(factor, m[i][k], m[k][k], MPFR_RNDN);
            for (int j = k; j <= N; j++) {
                mpfr_mul(size, factor, m[k][j], MPFR_RNDN);
                mpfr_sub(m[i][j], m[i][j], size, MPFR_RNDN);
            }
        }
    mpfr_set_zero(worst, 1);
    mpfr_set_zero(size, 1);
    for (int i = 0; i < N; i++) {
        mpfr_div(factor, m[i][N], m[i][i], MPFR_RNDN);
        mpfr_sub_d(factor, factor, x[i], MPFR_RNDN);
        mpfr_abs(factor, factor, MPFR_RNDN);
        mpfr_max(worst, worst, factor, MPFR_RNDN);
        mpfr_set_d(factor, fabs(x[i]), MPFR_RNDN);
        mpfr_max(size, size, factor, MPFR_RNDN);
    }
    mpfr_div(worst, worst, size, MPFR_RNDN);
    error = mpfr_get_d(worst, MPFR_RNDN);
    for (int i = 0; i < N; i++)
        for (int j = 0; j <= N; j++) mpfr_clear(m[i][j]);
    mpfr_clears(factor, worst, size, (mpfr_ptr)NULL);
    return error;
}

static void a_dumped_system_can_be_solved_again(void **state) {
    (void)state;
    px_flight f = fly("format = bf16, fp16, fp32, fp64\nmatrix = hilbert, randsvd, pascal, gpt2\nn = 6\n");
    for (int64_t i = 0; i < f.n; i++) {
        const char *cell = f.cells[i]->id;
        const double *a = px_flight_load(arena, folder, cell, "A", N * N),
                     *b = px_flight_load(arena, folder, cell, "b", N);
        const double *x = px_flight_load(arena, folder, cell, "x", N);
        double expected = forward_error(a, b, x), found = px_flight_number(&f, i, "fwd_norm");
        if (!(fabs(found - expected) <= 1e-7 * expected)) fail_msg("%s: %.9g, not %.9g", cell, found, expected);
    }
}

static void the_theorems_hold(void **state) {
    (void)state;
    px_flight f =
        fly("format = bf16, fp32\nperturb = both, matrix, rhs\nmatrix/kappa = hilbert/0, kahan/0, diagonal/1e5, "
            "randsvd/10, randsvd/1e3, hpl_mxp/0, wilkinson/0\nn = 3, 9\nrep = 1..4\n");
    int bounded = 0, componentwise = 0;
    for (int64_t i = 0; i < f.n; i++) {
        double slack = px_flight_number(&f, i, "slack_det"), cw = px_flight_number(&f, i, "slack_cw");
        assert_true(isnan(slack) || slack <= 1);
        assert_true(isnan(cw) || cw <= 1);
        bounded += !isnan(slack);
        componentwise += !isnan(cw);
        double first = px_flight_number(&f, i, "pred_first_order"), kappa = px_flight_number(&f, i, "kappa_inf");
        double sum = px_flight_number(&f, i, "delta_a") + px_flight_number(&f, i, "delta_b");
        assert_true(fabs(first - kappa * sum) <= 1e-7 * first);
        const char *perturb = px_case_text(f.cells[i], "perturb");
        if (strcmp(perturb, "rhs") == 0) assert_true(px_flight_number(&f, i, "delta_a") == 0 && !isnan(slack));
        if (strcmp(perturb, "matrix") == 0) assert_true(px_flight_number(&f, i, "delta_b") == 0);
    }
    assert_true(bounded > f.n / 2 && componentwise > f.n / 2);
}

/* From kappa delta_a = 1 on there is no bound, and the first-order formula is wrong. */
static void the_formula_of_the_notes_ends(void **state) {
    (void)state;
    px_flight f = fly("format = bf16\nmatrix = hilbert\nn = 4\n");
    assert_string_equal(px_flight_text(&f, 0, "bound_det"), "");
    assert_true(px_flight_number(&f, 0, "fwd_norm") > px_flight_number(&f, 0, "pred_first_order"));
}

/* A diagonal system: dx_i = x_i (db_i - da_i) / (1 + da_i), relative changes; kappa has no say in it. */
static void a_diagonal_system_by_hand(void **state) {
    (void)state;
    px_flight f = fly("format = fp16\nmatrix = diagonal\nkappa = 1e3\nn = 6\n");
    double fwd = px_flight_number(&f, 0, "fwd_norm"), omega = px_flight_number(&f, 0, "delta_cw");
    assert_true(fwd > 0 && fwd <= 2 * omega / (1 - omega));
    assert_true(px_flight_number(&f, 0, "bound_cw") <= 2.01 * omega);
    assert_true(px_flight_number(&f, 0, "cond_skeel") == 1 && px_flight_number(&f, 0, "kappa_inf") == 1e3);
}

static void singular_and_infinite_systems(void **state) {
    (void)state;
    px_flight f = fly("format = fp16\nmatrix/kappa = diagonal/1e8, pascal/0\nn = 12\n");
    int64_t singular = px_flight_find(&f, "fp16/diagonal/12/100000000"), large = px_flight_find(&f, "fp16/pascal/12/0");
    assert_string_equal(px_flight_text(&f, singular, "status"), "singular");
    assert_string_equal(px_flight_text(&f, large, "status"), "overflow");
    assert_string_equal(px_flight_text(&f, singular, "fwd_norm"), "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dumped_system_can_be_solved_again), cmocka_unit_test(the_theorems_hold),
        cmocka_unit_test(the_formula_of_the_notes_ends),       cmocka_unit_test(a_diagonal_system_by_hand),
        cmocka_unit_test(singular_and_infinite_systems),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
