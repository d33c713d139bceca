/* Vectors, pairs and matrices: what their descriptions promise. */
#include <math.h>
#include <mpfr.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "data/data.h"

static px_arena *arena;

static int set_up(void **state) { return (void)state, (arena = px_arena_new()) ? 0 : 1; }
static int tear_down(void **state) { return (void)state, px_arena_free(arena), 0; }

static px_wide vector(int which, int64_t rows, int64_t n, double cond) {
    px_vector v = {.which = which, .draw = {42, 1, "x"}, .rows = rows, .n = n, .cond = cond, .tiny = 0x1p-11};
    return px_vector_fill(arena, &v);
}

static double at(px_mat m, int64_t i, int64_t j) { return m.data ? px_mat_get(&m, i, j) : 0; }

/* hi = RN(1/d), lo = RN(1/d - hi). */
static void reciprocals_carry_two_doubles(void **state) {
    (void)state;
    static const int which[] = {PX_VECTOR_harmonic, PX_VECTOR_alternating, PX_VECTOR_constant};
    mpfr_t q;
    mpfr_init2(q, 300);
    for (int w = 0; w < 3; w++) {
        px_wide x = vector(which[w], 2, 300, 0);
        for (int64_t j = 0; j < 300; j++) {
            long d = which[w] == PX_VECTOR_constant ? 3 : which[w] == PX_VECTOR_alternating && j % 2 ? -j - 1 : j + 1;
            mpfr_set_ui(q, 1, MPFR_RNDN);
            mpfr_div_si(q, q, d, MPFR_RNDN);
            assert_true(at(x.hi, 1, j) == mpfr_get_d(q, MPFR_RNDN));
            mpfr_sub_d(q, q, at(x.hi, 1, j), MPFR_RNDN);
            assert_true(at(x.lo, 1, j) == mpfr_get_d(q, MPFR_RNDN));
        }
    }
    mpfr_clear(q);
    assert_null(vector(PX_VECTOR_ones, 1, 5, 0).lo.data);
}

static void a_longer_vector_begins_with_the_shorter(void **state) {
    (void)state;
    for (int which = 0; which < PX_VECTOR_COUNT; which++) {
        if (which == PX_VECTOR_conditioned) continue;
        px_wide small = vector(which, 2, 20, 0), large = vector(which, 3, 50, 0);
        for (int64_t i = 0; i < 2; i++)
            for (int64_t j = 0; j < 20; j++) assert_true(at(small.hi, i, j) == at(large.hi, i, j));
    }
}

/* sum |x| / |sum x| by MPFR, exactly enough. */
static double condition(px_mat x, int64_t row) {
    mpfr_t s, t;
    mpfr_inits2(600, s, t, (mpfr_ptr)0);
    mpfr_set_zero(s, 1);
    mpfr_set_zero(t, 1);
    for (int64_t j = 0; j < x.cols; j++) {
        mpfr_add_d(s, s, px_mat_get(&x, row, j), MPFR_RNDN);
        mpfr_add_d(t, t, fabs(px_mat_get(&x, row, j)), MPFR_RNDN);
    }
    mpfr_div(t, t, s, MPFR_RNDN);
    double c = fabs(mpfr_get_d(t, MPFR_RNDN));
    mpfr_clears(s, t, (mpfr_ptr)0);
    return c;
}

static void conditioned_sums_have_their_condition(void **state) {
    (void)state;
    static const double conds[] = {2, 10, 1e3, 1e8, 1e16, 1e30};
    static const int64_t sizes[] = {2, 3, 10, 101, 1000};
    for (int c = 0; c < 6; c++)
        for (int s = 0; s < 5; s++) {
            px_wide x = vector(PX_VECTOR_conditioned, 2, sizes[s], conds[c]);
            double tolerance = fmax(1e-9, 0x1p-50 * conds[c]);
            if (tolerance > 1 && sizes[s] < 10) continue; /* too few terms for such a cancellation: says the header */
            for (int64_t i = 0; i < 2; i++) {
                double got = condition(x.hi, i);
                if (!(fabs(got / conds[c] - 1) <= fmin(tolerance, 1e-3)))
                    fail_msg("n = %lld, cond %g: got %.17g", (long long)sizes[s], conds[c], got);
                for (int64_t j = 0; j < sizes[s]; j++) assert_true(fabs(at(x.hi, i, j)) <= (double)sizes[s]);
            }
        }
}

static void one_then_tiny_is_just_that(void **state) {
    (void)state;
    px_wide x = vector(PX_VECTOR_one_then_tiny, 1, 3, 0);
    assert_true(at(x.hi, 0, 0) == 1 && at(x.hi, 0, 1) == 0x1p-11 && at(x.hi, 0, 2) == 0x1p-11);
}

/* The index from the definition, 3 s and 3 x in exact (or 200-bit) arithmetic: x_i <= 2^(e-p), 2^e <= s_(i-1) <
 * 2^(e+1). */
static int64_t stagnation_by_hand(int which, int p) {
    mpfr_t s, x, limit;
    mpfr_inits2(200, s, x, limit, (mpfr_ptr)0);
    mpfr_set_zero(s, 1);
    int64_t i = 1;
    for (bool stop = false; !stop; i += !stop) {
        mpfr_set_ui(x, which == PX_VECTOR_constant ? 1 : 3, MPFR_RNDN);
        if (which == PX_VECTOR_harmonic) mpfr_div_ui(x, x, (unsigned long)i, MPFR_RNDN);
        if (i > 1) {
            mpfr_div_ui(limit, s, 3, MPFR_RNDN);
            mpfr_set_ui_2exp(limit, 3, mpfr_get_exp(limit) - 1 - p, MPFR_RNDN);
            stop = mpfr_cmp(x, limit) <= 0;
        }
        mpfr_add(s, s, x, MPFR_RNDN);
    }
    mpfr_clears(s, x, limit, (mpfr_ptr)0);
    return i;
}

static void stagnation_is_predicted_from_exact_sums(void **state) {
    (void)state;
    static const int which[] = {PX_VECTOR_harmonic, PX_VECTOR_ones, PX_VECTOR_constant};
    for (int w = 0; w < 3; w++)
        for (int p = 1; p <= 14; p++)
            assert_int_equal(px_vector_stagnation(which[w], p), stagnation_by_hand(which[w], p));
    assert_int_equal(px_vector_stagnation(PX_VECTOR_harmonic, 24), 2097152);          /* H = 15.13: ulp/2 = 2^-21 */
    assert_int_equal(px_vector_stagnation(PX_VECTOR_harmonic, 53), (int64_t)1 << 48); /* H = 33.8: ulp/2 = 2^-48 */
    assert_int_equal(px_vector_stagnation(PX_VECTOR_uniform, 11), 0);
}

static void pairs(int which, bool product, int64_t edge, int64_t n, px_wide *a, px_wide *b) {
    px_pair p = {.which = which,
                 .draw_a = {42, 1, "A"},
                 .draw_b = {42, 1, "B"},
                 .n = n,
                 .product = product,
                 .edge = edge,
                 .a = "0.1",
                 .b = "-2.5e-3"};
    px_pair_fill(arena, &p, a, b);
}

static void pairs_near_an_edge_stay_near_it(void **state) {
    (void)state;
    static const int64_t edges[] = {-1022, -126, -14, -7, 15, 16, 127, 1000};
    for (int e = 0; e < 8; e++)
        for (int product = 0; product < 2; product++) {
            px_wide a, b;
            pairs(PX_PAIR_near_edge, product, edges[e], 500, &a, &b);
            for (int64_t i = 0; i < 500; i++) {
                double x = at(a.hi, i, 0), y = at(b.hi, i, 0);
                double r = product
                               ? ldexp(fabs(x), (int)-edges[e] / 2) * ldexp(fabs(y), (int)(-edges[e] - -edges[e] / 2))
                               : fabs(ldexp(x, (int)-edges[e]) + ldexp(y, (int)-edges[e]));
                assert_true(r >= 0x1p-8 && r < 0x1p2);
            }
        }
}

static void cancelling_pairs_cancel(void **state) {
    (void)state;
    px_wide a, b;
    pairs(PX_PAIR_cancelling, false, 0, 1000, &a, &b);
    int beyond_20_bits = 0;
    for (int64_t i = 0; i < 1000; i++) {
        double x = at(a.hi, i, 0), y = at(b.hi, i, 0);
        assert_true(x * y <= 0 && fabs(y) <= fabs(x));
        beyond_20_bits += fabs(x + y) < 0x1p-20 * fabs(x);
    }
    assert_true(beyond_20_bits > 100 && beyond_20_bits < 400); /* g >= 20 alone is 4 in 24 */
}

static void values_are_the_decimals_themselves(void **state) {
    (void)state;
    px_wide a, b;
    pairs(PX_PAIR_values, false, 0, 1, &a, &b);
    assert_true(at(a.hi, 0, 0) == 0.1 && at(a.lo, 0, 0) == -0x1.999999999999ap-58); /* 1/10 = hi + lo */
    assert_true(at(b.hi, 0, 0) == -2.5e-3 && at(b.lo, 0, 0) != 0);
}

static void matrices(int which, int64_t m, int64_t n, int64_t k, px_mat *a, px_mat *b) {
    px_matrix p = {.which = which, .draw_a = {42, 1, "A"}, .draw_b = {42, 1, "B"}, .m = m, .n = n, .k = k};
    px_wide x, y;
    px_matrix_fill(arena, &p, &x, &y);
    *a = x.hi;
    *b = y.hi;
}

static void matrices_are_what_they_say(void **state) {
    (void)state;
    px_mat a, b, plain_a, plain_b;
    matrices(PX_MATRIX_normal, 20, 30, 130, &plain_a, &plain_b);
    assert_true(plain_a.rows == 20 && plain_a.cols == 130 && plain_b.rows == 130 && plain_b.cols == 30);
    matrices(PX_MATRIX_outlier, 20, 30, 130, &a, &b);
    assert_true(at(a, 3, 64) == 32 * at(plain_a, 3, 64) && at(a, 3, 65) == at(plain_a, 3, 65));
    assert_true(at(b, 64, 3) == at(plain_b, 64, 3));
    matrices(PX_MATRIX_cancelling, 20, 30, 130, &a, &b);
    assert_true(at(a, 3, 7) == -at(a, 3, 6) && at(b, 7, 3) == at(b, 6, 3) * (1 - 0x1p-8));
    matrices(PX_MATRIX_scaled, 20, 30, 130, &a, &b);
    assert_true(at(a, 9, 5) == 0x1p-4 * at(plain_a, 9, 5) && at(b, 5, 10) == 0x1p3 * at(plain_b, 5, 10));
    matrices(PX_MATRIX_uniform, 20, 30, 130, &a, &b);
    for (int64_t j = 0; j < 130; j++) assert_true(at(a, 19, j) >= 0 && at(a, 19, j) < 1 && at(b, j, 29) < 1);
}

static void a_larger_matrix_begins_with_the_smaller(void **state) {
    (void)state;
    for (int which = 0; which < PX_MATRIX_COUNT; which++) {
        px_mat a, b, c, d;
        matrices(which, 5, 6, 7, &a, &b);
        matrices(which, 9, 9, 9, &c, &d);
        for (int64_t i = 0; i < 5; i++)
            for (int64_t j = 0; j < 6; j++) assert_true(at(a, i, j) == at(c, i, j) && at(b, i, j) == at(d, i, j));
    }
}

static void names_and_helps_agree(void **state) {
    (void)state;
    assert_string_equal(px_vector_names()[PX_VECTOR_conditioned], "conditioned");
    assert_string_equal(px_pair_names()[PX_PAIR_near_edge], "near_edge");
    assert_string_equal(px_matrix_names()[PX_MATRIX_scaled], "scaled");
    assert_null(px_matrix_names()[PX_MATRIX_COUNT]);
    assert_non_null(strstr(px_vector_help(PX_VECTOR_lognormal), "exp"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reciprocals_carry_two_doubles),
        cmocka_unit_test(a_longer_vector_begins_with_the_shorter),
        cmocka_unit_test(conditioned_sums_have_their_condition),
        cmocka_unit_test(one_then_tiny_is_just_that),
        cmocka_unit_test(stagnation_is_predicted_from_exact_sums),
        cmocka_unit_test(pairs_near_an_edge_stay_near_it),
        cmocka_unit_test(cancelling_pairs_cancel),
        cmocka_unit_test(values_are_the_decimals_themselves),
        cmocka_unit_test(matrices_are_what_they_say),
        cmocka_unit_test(a_larger_matrix_begins_with_the_smaller),
        cmocka_unit_test(names_and_helps_agree),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
