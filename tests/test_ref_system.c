/* The truth about linear systems: exact where x is known beforehand, the certificate encloses it, singular matrices are
 * told apart, ill-conditioned ones are solved by more bits. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ref/system.h"
#include "support/cases.h"

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

static px_system_truth solve(const px_mat *a, const px_mat *b) {
    px_system_truth t;
    px_error err;
    if (px_ref_system(arena, a, b, &t, &err) != PX_OK) fail_msg("%s", err.text);
    return t;
}

static double integer(px_random *g) { return px_random_below(g, 201) - 100; }

/* b = A x in integers is exact. */
static void integers_are_found(void **state) {
    (void)state;
    px_random g = {1};
    const int sizes[] = {1, 2, 7, 40, 150};
    for (int s = 0; s < 5; s++) {
        int n = sizes[s];
        px_mat a = px_mat_new(arena, px_fp_exact(), n, n), b = px_mat_new(arena, px_fp_exact(), n, 1);
        double *x = PX_NEW_ARRAY(arena, double, n);
        for (int i = 0; i < n; i++) x[i] = integer(&g) + 0.5;
        for (int i = 0; i < n; i++) {
            double sum = 0;
            for (int j = 0; j < n; j++) {
                double v = n == 1 ? 3 : integer(&g);
                px_mat_set(&a, i, j, v);
                sum += v * x[j];
            }
            px_mat_set(&b, i, 0, sum);
        }
        px_system_truth t = solve(&a, &b);
        assert_false(t.singular);
        assert_true(t.alpha < 0.125);
        for (int i = 0; i < n; i++) {
            assert_true(px_mat_get(&t.x.hi, i, 0) == x[i]);
            double lo = fabs(px_mat_get(&t.x.lo, i, 0)), radius = px_mat_get(&t.x.radius, i, 0);
            assert_true(lo <= radius && radius < 1e-40);
        }
    }
}

/* 3 x = 1: hi + lo is one third to 106 bits. */
static void digits_beyond_a_double(void **state) {
    (void)state;
    px_mat a = px_mat_new(arena, px_fp_exact(), 1, 1), b = px_mat_new(arena, px_fp_exact(), 1, 1);
    px_mat_set(&a, 0, 0, 3);
    px_mat_set(&b, 0, 0, 1);
    px_system_truth t = solve(&a, &b);
    assert_true(px_mat_get(&t.x.hi, 0, 0) == 1.0 / 3 && px_mat_get(&t.x.lo, 0, 0) == 0x1.5555555555555p-56);
    assert_true(px_mat_get(&t.x.radius, 0, 0) < 0x1p-106);
}

/* Hilbert's matrix of order n, scaled to integers: x is known, and kappa of order 16 is 2e22. */
static px_mat scaled_hilbert(int n, double scale) {
    px_mat a = px_mat_new(arena, px_fp_exact(), n, n);
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++) px_mat_set(&a, i, j, scale / (i + j + 1));
    return a;
}

static void beyond_binary64(void **state) {
    (void)state;
    enum { ORDER = 16 };
    double scale = 144403552893600; /* lcm(1 .. 31) < 2^53: every entry is an integer */
    px_mat a = scaled_hilbert(ORDER, scale), b = px_mat_new(arena, px_fp_exact(), ORDER, 1);
    for (int i = 0; i < ORDER; i++) px_mat_set(&b, i, 0, px_mat_get(&a, i, 0)); /* x = e_1 */
    px_system_truth t = solve(&a, &b);
    assert_false(t.singular);
    for (int i = 0; i < ORDER; i++) {
        double hi = px_mat_get(&t.x.hi, i, 0), radius = px_mat_get(&t.x.radius, i, 0);
        assert_true(fabs(hi - (i == 0)) <= radius && radius < 1e-31);
    }
    /* the inverse of Hilbert's matrix has 256 in its corner */
    assert_true(fabs(px_mat_get(&t.inverse, 0, 0) * scale - ORDER * ORDER) < 1e-9);
}

static void singular_matrices(void **state) {
    (void)state;
    px_mat a = px_mat_new(arena, px_fp_exact(), 3, 3), b = px_mat_new(arena, px_fp_exact(), 3, 1);
    for (int i = 0; i < 9; i++) px_mat_set(&a, i / 3, i % 3, i + 1);
    assert_true(solve(&a, &b).singular);
    px_mat_set(&a, 2, 2, 9 + 0x1p-40);
    assert_false(solve(&a, &b).singular);
}

/* The bound that the certificate promises, on vectors e_j: |A^-1| e_j, with A^-1 of a matrix known in closed form. */
static void the_inverse_is_bounded(void **state) {
    (void)state;
    enum { ORDER = 9 };
    px_mat a = scaled_hilbert(ORDER, 12252240), b = px_mat_new(arena, px_fp_exact(), ORDER, 1); /* lcm(1 .. 17) */
    px_system_truth t = solve(&a, &b);
    for (int j = 0; j < ORDER; j++) {
        px_mat_set(&b, j, 0, 1);
        px_system_truth column = solve(&a, &b);
        px_mat_set(&b, j, 0, 0);
        double exact = 0, bound = 0;
        for (int i = 0; i < ORDER; i++) {
            exact = fmax(exact, fabs(px_mat_get(&column.x.hi, i, 0)));
            bound = fmax(bound, fabs(px_mat_get(&t.inverse, i, j)) / (1 - t.alpha));
        }
        assert_true(exact <= bound * (1 + 0x1p-50) && bound < exact * 1.3);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_are_found),     cmocka_unit_test(digits_beyond_a_double),
        cmocka_unit_test(beyond_binary64),        cmocka_unit_test(singular_matrices),
        cmocka_unit_test(the_inverse_is_bounded),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
