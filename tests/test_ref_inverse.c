/* Condition numbers by a certified inverse: textbook values, closed forms, invariances. */
#include <math.h>
#include <mpfr.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "data/gallery.h"
#include "ref/inverse.h"

static px_arena *arena;

static int set_up(void **state) { return (void)state, (arena = px_arena_new()) ? 0 : 1; }
static int tear_down(void **state) { return (void)state, px_arena_free(arena), 0; }

static void gallery_entry(const void *context, int64_t i, int64_t j, mpfr_t x) {
    px_gallery_entry(context, NULL, i, j, x);
}

static px_ref_inverse invert(const px_ref_matrix *a) {
    px_ref_inverse v;
    px_error err = {.status = PX_OK};
    if (px_ref_inverse_find(a, &v, &err) != PX_OK) fail_msg("%s", err.text);
    return v;
}

static px_ref_conditions conditions_of(const px_ref_matrix *a) {
    px_ref_inverse v = invert(a);
    px_ref_conditions c = px_ref_inverse_conditions(&v);
    px_ref_inverse_free(&v);
    return c;
}

/* kappa_inf of the Hilbert matrix: 27, 748, 28375, 943656, 29070279 (Higham, ASNA, table 28.1 has them rounded). The
 * sums of the integers of invhilb and of 1 + ... + 1/n give them all. */
static void hilbert(void **state) {
    (void)state;
    static const double textbook[] = {1, 27, 748, 28375, 943656, 29070279};
    for (int64_t n = 1; n <= 30; n++) { /* more than the 128 bits that are tried first */
        px_gallery g = {.which = PX_GALLERY_hilbert, .n = n}, inverse = {.which = PX_GALLERY_invhilb, .n = n};
        px_ref_conditions c = conditions_of(&(px_ref_matrix){n, n, gallery_entry, &g});
        mpfr_t x, sum, largest, harmonic;
        mpfr_inits2(300, x, sum, largest, harmonic, (mpfr_ptr)NULL);
        mpfr_set_zero(largest, 1);
        mpfr_set_zero(harmonic, 1);
        for (int64_t i = 0; i < n; i++) {
            mpfr_set_zero(sum, 1);
            for (int64_t j = 0; j < n; j++) {
                px_gallery_entry(&inverse, NULL, i, j, x);
                mpfr_abs(x, x, MPFR_RNDN);
                mpfr_add(sum, sum, x, MPFR_RNDN);
            }
            mpfr_max(largest, largest, sum, MPFR_RNDN);
            mpfr_set_ui(x, 1, MPFR_RNDN);
            mpfr_div_ui(x, x, (unsigned long)i + 1, MPFR_RNDN);
            mpfr_add(harmonic, harmonic, x, MPFR_RNDN);
        }
        mpfr_mul(largest, largest, harmonic, MPFR_RNDN);
        assert_true(c.kappa_inf == mpfr_get_d(largest, MPFR_RNDN) && c.kappa_1 == c.kappa_inf);
        assert_true(c.norm_inf == mpfr_get_d(harmonic, MPFR_RNDN));
        if (n <= 6) assert_true(c.kappa_inf == textbook[n - 1]);
        mpfr_clears(x, sum, largest, harmonic, (mpfr_ptr)NULL);
    }
}

/* [[1, 1], [0, e]]: the inverse is [[1, -1/e], [0, 1/e]]. */
static void two_by_two(void **state) {
    (void)state;
    px_mat m = px_mat_new(arena, px_fp_exact(), 2, 2);
    px_mat_set(&m, 0, 0, 1);
    px_mat_set(&m, 0, 1, 1);
    px_mat_set(&m, 1, 1, 0x1p-20);
    px_ref_matrix a = px_ref_matrix_of(&m);
    px_ref_inverse v = invert(&a);
    px_ref_conditions c = px_ref_inverse_conditions(&v);
    assert_true(c.norm_inf == 2);
    assert_true(c.kappa_inf == 2 * (0x1p20 + 1));
    assert_true(c.kappa_1 == (1 + 0x1p-20) * 0x1p21);
    assert_true(c.cond_skeel == 3); /* |A^-1||A| = [[1, 2], [0, 1]] */
    mpfr_t x[2], g[2];
    mpfr_inits2(53, x[0], x[1], g[0], g[1], (mpfr_ptr)NULL);
    mpfr_set_si(x[0], -4, MPFR_RNDN);
    mpfr_set_d(x[1], 0.5, MPFR_RNDN);
    mpfr_set_ui(g[0], 3, MPFR_RNDN);
    mpfr_set_ui(g[1], 0, MPFR_RNDN);
    assert_true(px_ref_inverse_amplification(&v, (const mpfr_t *)x, 1, NULL) == 5.0 / 4);
    assert_true(px_ref_inverse_amplification(&v, (const mpfr_t *)x, 0, (const mpfr_t *)g) == 3.0 / 4);
    mpfr_clears(x[0], x[1], g[0], g[1], (mpfr_ptr)NULL);
    px_ref_inverse_free(&v);
}

/* cond(D A) = cond(A), and kappa(D A) is not; rows are exchanged on the way. */
static void skeel_ignores_the_scaling_of_rows(void **state) {
    (void)state;
    enum { N = 7 };
    px_gallery g = {.which = PX_GALLERY_gaussian, .n = N, .draw = {9, 1, "A"}};
    px_wide a = px_gallery_fill(arena, &g);
    px_mat scaled = px_mat_new(arena, px_fp_exact(), N, N);
    for (int64_t i = 0; i < N; i++)
        for (int64_t j = 0; j < N; j++) px_mat_set(&scaled, i, j, ldexp(px_mat_get(&a.hi, i, j), (int)(i * i % 5) * 9));
    px_ref_matrix m = px_ref_matrix_of(&a.hi), s = px_ref_matrix_of(&scaled);
    px_ref_conditions of_m = conditions_of(&m), of_s = conditions_of(&s);
    assert_true(of_m.cond_skeel == of_s.cond_skeel);
    assert_true(of_s.kappa_inf > 1e3 * of_m.kappa_inf);
    assert_true(of_m.cond_skeel <= of_m.kappa_inf);
}

/* Found although binary64 would see a singular matrix; and an exactly singular one ends in an error. */
static void near_the_edge(void **state) {
    (void)state;
    px_mat m = px_mat_new(arena, px_fp_exact(), 2, 2);
    px_mat_set(&m, 0, 0, 1);
    px_mat_set(&m, 0, 1, 1);
    px_mat_set(&m, 1, 0, 1);
    px_mat_set(&m, 1, 1, 1 + 0x1p-52);
    px_ref_matrix a = px_ref_matrix_of(&m);
    assert_true(conditions_of(&a).kappa_inf == 0x1p54 + 4); /* (2 + 2^-52)^2 2^52 */
    px_mat_set(&m, 1, 1, 1);
    px_ref_inverse v;
    px_error err;
    assert_int_equal(px_ref_inverse_find(&a, &v, &err), PX_INCOMPLETE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hilbert),
        cmocka_unit_test(two_by_two),
        cmocka_unit_test(skeel_ignores_the_scaling_of_rows),
        cmocka_unit_test(near_the_edge),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
