/* Errors, conditions and bounds of linear systems, on cases worked by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "metric/linear.h"
#include "solve/scaling.h"

static px_arena *arena;

static int set_up(void **state) {
    (void)state;
    arena = px_arena_new();
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    px_arena_free(arena);
    return 0;
}

/* Rounded up by a few units of the last place at most. */
static void expect_bound(double got, double exact) { assert_true(got >= exact && got <= exact * (1 + 0x1p-44)); }

/* diag(2, 4) x = (2, 4), x = (1, 1), the approximation (1 + 2^-10, 1): r = (-2^-9, 0). */
static void a_diagonal_system(void **state) {
    (void)state;
    const double a[4] = {2, 0, 0, 4}, b[2] = {2, 4}, inverse[4] = {0.5, 0, 0, 0.25}, y[2] = {1 + 0x1p-10, 1};
    px_wide x = px_wide_new(arena, 2, 1);
    px_mat_set(&x.hi, 0, 0, 1);
    px_mat_set(&x.hi, 1, 0, 1);
    px_linear_truth t = {.n = 2, .a = a, .b = b, .inverse = inverse, .x = &x};
    px_linear_conditions c = px_linear_conditions_of(arena, &t);
    expect_bound(c.kappa_inf, 2);
    expect_bound(c.cond, 1);
    expect_bound(c.cond_x, 1);
    const double r[2] = {-0x1p-9, 0}, scale[2] = {2 * y[0] + 2, 8};
    px_linear_errors e = px_linear_errors_of(arena, &t, y, r, scale);
    assert_true(e.bwd_norm == 0x1p-9 / (4 * y[0] + 4));
    assert_true(e.bwd_comp == 0x1p-9 / (2 * y[0] + 2));
    assert_true(e.fwd_norm == 0x1p-10 && e.fwd_comp == 0x1p-10);
    expect_bound(e.bound_fwd, e.bwd_comp * 0.5 * scale[0]);
    assert_true(e.fwd_norm <= e.bound_fwd);
    t.alpha = 0.5; /* twice as much where the inverse is known to half */
    expect_bound(px_linear_conditions_of(arena, &t).kappa_inf, 4);
}

/* Wilkinson's matrix of order 4: u_44 = 8. Its l has -1 everywhere below the diagonal. */
static px_factors wilkinson(const char *format) {
    static const double a[16] = {1, 0, 0, 1, -1, 1, 0, 1, -1, -1, 1, 1, -1, -1, -1, 1};
    static const double lu[16] = {1, 0, 0, 1, -1, 1, 0, 2, -1, -1, 1, 4, -1, -1, -1, 8};
    static const double pivots[4] = {0, 1, 2, 3};
    px_fp f;
    assert_int_equal(px_fp_parse(format, &f, NULL), PX_OK);
    return (px_factors){.n = 4, .matrix = a, .lu = lu, .pivots = pivots, .recipe = px_recipe_uniform(f)};
}

static void growth_and_the_bound_of_the_factors(void **state) {
    (void)state;
    px_factors f = wilkinson("fp16");
    assert_true(px_growth(&f) == 8);
    const double u = 0x1p-11, y[4] = {0, 0, 0, 1}, r[4] = {0, 0, 0, 0x1p-6};
    /* |U||y| = (1, 2, 4, 8), |L| of it: 1, 3, 7, 15 */
    px_solve_bound b = px_solve_bound_of(arena, &f, y, r);
    expect_bound(b.beta, 12 * u + 16 * u * u);
    double slack = 0x1p-6 / (15 * b.beta); /* without underflow's part */
    assert_true(b.slack <= slack && b.slack > slack * (1 - 0x1p-6));
    f.reciprocal = true;
    b = px_solve_bound_of(arena, &f, y, r);
    expect_bound(b.beta, 15 * u / (1 - 15 * u));
    f.recipe.acc = wilkinson("fp32").recipe.acc;
    assert_true(isnan(px_solve_bound_of(arena, &f, y, r).beta));
}

/* A residual that is too large shows: the slack grows with it, beyond 1. */
static void a_wrong_solution_breaks_the_bound(void **state) {
    (void)state;
    px_factors f = wilkinson("fp32");
    const double y[4] = {0, 0, 0, 1}, r[4] = {0x1p-10, 0, 0, 0};
    assert_true(px_solve_bound_of(arena, &f, y, r).slack > 1000);
}

/* Exchanged rows: |L||U||y| belongs to P A, the residual to A. */
static void exchanges_are_undone(void **state) {
    (void)state;
    px_factors f = wilkinson("fp32");
    static const double swapped[4] = {3, 1, 2, 3};
    const double y[4] = {0, 0, 0, 1}, first[4] = {0x1p-20, 0, 0, 0}, last[4] = {0, 0, 0, 0x1p-20};
    double straight = px_solve_bound_of(arena, &f, y, first).slack;
    f.pivots = swapped;
    assert_true(px_solve_bound_of(arena, &f, y, last).slack == straight);
    assert_true(px_solve_bound_of(arena, &f, y, first).slack < straight / 14);
}

/* Rows of 2^12 and 2^-9: equilibrated to [1/2, 1), and the largest entry just below a tenth of 65504. */
static void scales_are_powers_of_two(void **state) {
    (void)state;
    const double a[4] = {0x1p12, 0x1.8p11, 0x1.4p-9, -0x1p-10};
    px_scales s = px_scales_of(arena, PX_SCALING_two_sided, false, 0.1, 65504, 2, a);
    double top = 0;
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++) {
            double scaled = fabs(ldexp(a[2 * i + j], s.row[i] + s.column[j]));
            assert_true(scaled < 1 && scaled > 0.2);
            top = fmax(top, ldexp(scaled, s.mu));
        }
    assert_true(top <= 6550.4 && 2 * top > 6550.4);
    s = px_scales_of(arena, PX_SCALING_max, false, 0.1, 65504, 2, a);
    assert_true(s.row[0] == 0 && s.column[1] == 0 && s.mu == 0); /* 4096 <= 6550.4 < 8192 */
    s = px_scales_of(arena, PX_SCALING_none, false, 0.1, 65504, 2, a);
    assert_int_equal(s.mu, 0);
    const double spd[4] = {0x1p10, 3, 3, 0x1p-6};
    s = px_scales_of(arena, PX_SCALING_two_sided, true, 0.1, 65504, 2, spd);
    for (int i = 0; i < 2; i++) {
        double d = ldexp(spd[3 * i], 2 * s.row[i]);
        assert_true(s.row[i] == s.column[i] && d >= 0.5 && d < 2);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_diagonal_system),
        cmocka_unit_test(growth_and_the_bound_of_the_factors),
        cmocka_unit_test(a_wrong_solution_breaks_the_bound),
        cmocka_unit_test(exchanges_are_undone),
        cmocka_unit_test(scales_are_powers_of_two),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
