/* Singular values by one-sided Jacobi in binary64, and their certificate, against MPFR's. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "data/gallery.h"
#include "ref/rank.h"
#include "ref/svd.h"
#include "solve/jacobi.h"

static px_arena *arena;

static int set_up(void **state) { return (void)state, (arena = px_arena_new()) ? 0 : 1; }
static int tear_down(void **state) { return (void)state, px_arena_free(arena), 0; }

static px_ref_svd truth_of(const px_mat *m) {
    px_ref_matrix a = px_ref_matrix_of(m);
    px_ref_svd s;
    px_error err;
    assert_int_equal(px_ref_svd_find(&a, &s, &err), PX_OK);
    return s;
}

/* The certificate holds; and while kappa_2 is small it says that most digits are right. */
static void judge(const px_mat *m) {
    px_spectrum s = px_jacobi_spectrum(arena, m);
    px_ref_svd t = truth_of(m);
    assert_true(s.converged);
    assert_true(s.kappa_2 == s.sigma[0] / s.sigma[s.n - 1]);
    for (int64_t i = 1; i < s.n; i++) assert_true(s.sigma[i] <= s.sigma[i - 1]);
    assert_true(fabs(s.kappa_2 / t.kappa_2 - 1) <= s.radius);
    assert_true(fabs(s.sigma[0] / t.sigma_max - 1) <= s.radius);
    double n = (double)m->cols;
    if (t.kappa_2 < 1e8) assert_true(s.radius <= 2000 * n * n * 0x1p-53 * t.kappa_2);
    /* What the certificate cannot promise and Jacobi does: an error of a few n u kappa. */
    if (t.kappa_2 < 1e12) assert_true(fabs(s.kappa_2 / t.kappa_2 - 1) <= 10 * n * 0x1p-53 * t.kappa_2);
}

static void the_certificate_holds_on_the_gallery(void **state) {
    (void)state;
    for (int which = 0; which < PX_GALLERY_COUNT; which++)
        for (int64_t n = 1; n <= 13; n += 3)
            for (int mode = 1; mode <= (px_gallery_takes_mode(which) ? 5 : 1); mode++) {
                px_gallery g = {.which = which, .n = n, .kappa = n == 1 ? 1 : 1e7, .mode = mode, .draw = {1, 1, "A"}};
                px_wide a = px_gallery_fill(arena, &g);
                if (!px_ref_singular(arena, &a.hi)) judge(&a.hi);
            }
}

static void shapes(void **state) {
    (void)state;
    px_gallery g = {.which = PX_GALLERY_gaussian, .n = 24, .draw = {5, 1, "A"}};
    px_wide a = px_gallery_fill(arena, &g);
    static const int64_t sizes[][2] = {{1, 1}, {1, 24}, {24, 1}, {9, 24}, {24, 9}, {23, 24}, {24, 24}};
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        px_mat m = px_mat_block(&a.hi, 0, 0, sizes[k][0], sizes[k][1]);
        judge(&m);
    }
}

/* A power of two moves the singular values and nothing else, to the ends of the range. */
static void scaling(void **state) {
    (void)state;
    px_gallery g = {.which = PX_GALLERY_gaussian, .n = 11, .draw = {6, 1, "A"}};
    px_wide a = px_gallery_fill(arena, &g);
    px_spectrum s = px_jacobi_spectrum(arena, &a.hi);
    static const int exponents[] = {-900, 900};
    for (int e = 0; e < 2; e++) {
        px_mat m = px_mat_new(arena, px_fp_exact(), 11, 11);
        for (int64_t i = 0; i < 11; i++)
            for (int64_t j = 0; j < 11; j++) px_mat_set(&m, i, j, ldexp(px_mat_get(&a.hi, i, j), exponents[e]));
        px_spectrum t = px_jacobi_spectrum(arena, &m);
        for (int64_t i = 0; i < 11; i++) assert_true(t.sigma[i] == ldexp(s.sigma[i], exponents[e]));
        assert_true(t.kappa_2 == s.kappa_2 && t.radius == s.radius);
    }
}

/* Where nothing can be promised, nothing is. */
static void no_certificate_beyond_binary64(void **state) {
    (void)state;
    px_gallery g = {.which = PX_GALLERY_hilbert, .n = 16};
    px_wide a = px_gallery_fill(arena, &g);
    assert_true(isinf(px_jacobi_spectrum(arena, &a.hi).radius));
    px_mat zero = px_mat_new(arena, px_fp_exact(), 3, 3);
    px_spectrum s = px_jacobi_spectrum(arena, &zero);
    assert_true(isinf(s.kappa_2) && isinf(s.radius) && s.sigma[0] == 0);
    px_mat tiny = px_mat_new(arena, px_fp_exact(), 2, 2);
    px_mat_set(&tiny, 0, 0, 1);
    px_mat_set(&tiny, 1, 1, 0x1p-500);
    assert_true(isinf(px_jacobi_spectrum(arena, &tiny).radius));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_certificate_holds_on_the_gallery),
        cmocka_unit_test(shapes),
        cmocka_unit_test(scaling),
        cmocka_unit_test(no_certificate_beyond_binary64),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
