/* The gallery: what the formulas and closed forms promise. */
#include <lapacke.h>
#include <math.h>
#include <mpfr.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "data/gallery.h"

static px_arena *arena;

static int set_up(void **state) { return (void)state, (arena = px_arena_new()) ? 0 : 1; }
static int tear_down(void **state) { return (void)state, px_arena_free(arena), 0; }

static px_gallery gallery(int which, int64_t n) {
    return (px_gallery){.which = which, .n = n, .kappa = 1e4, .mode = 3, .draw = {42, 1, "A"}};
}

static double entry(int which, int64_t n, int64_t i, int64_t j) {
    px_gallery g = gallery(which, n);
    mpfr_t x;
    mpfr_init2(x, 53);
    px_gallery_entry(&g, NULL, i, j, x);
    double y = mpfr_get_d(x, MPFR_RNDN);
    mpfr_clear(x);
    return y;
}

/* max |X Y - I|, entries to 600 bits; `transposed`: X^T Y. */
static double distance_from_identity(int x, int y, int64_t n, bool transposed) {
    px_gallery gx = gallery(x, n), gy = gallery(y, n);
    mpfr_t a, b, sum;
    double worst = 0;
    mpfr_inits2(600, a, b, sum, (mpfr_ptr)NULL);
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < n; j++) {
            mpfr_set_si(sum, i == j ? -1 : 0, MPFR_RNDN);
            for (int64_t k = 0; k < n; k++) {
                px_gallery_entry(&gx, NULL, transposed ? k : i, transposed ? i : k, a);
                px_gallery_entry(&gy, NULL, k, j, b);
                mpfr_fma(sum, a, b, sum, MPFR_RNDN);
            }
            worst = fmax(worst, fabs(mpfr_get_d(sum, MPFR_RNDN)));
        }
    mpfr_clears(a, b, sum, (mpfr_ptr)NULL);
    return worst;
}

static void inverses_and_orthogonality(void **state) {
    (void)state;
    for (int64_t n = 1; n <= 16; n++) {
        assert_true(distance_from_identity(PX_GALLERY_hilbert, PX_GALLERY_invhilb, n, false) < 0x1p-400);
        assert_true(distance_from_identity(PX_GALLERY_orthogonal, PX_GALLERY_orthogonal, n, true) < 0x1p-580);
    }
}

static void recurrences_and_factors(void **state) {
    (void)state;
    enum { N = 20 };
    for (int64_t i = 0; i < N; i++)
        for (int64_t j = 0; j < N; j++) {
            if (i > 0 && j > 0)
                assert_true(entry(PX_GALLERY_pascal, N, i, j) ==
                            entry(PX_GALLERY_pascal, N, i - 1, j) + entry(PX_GALLERY_pascal, N, i, j - 1));
            double moler = 0; /* U^T U */
            for (int64_t k = 0; k <= i && k <= j; k++) moler += (k == i ? 1 : -1) * (k == j ? 1 : -1);
            assert_true(entry(PX_GALLERY_moler, N, i, j) == moler);
            assert_true(entry(PX_GALLERY_minij, N, i, j) == (double)(i < j ? i : j) + 1);
            assert_true(entry(PX_GALLERY_lotkin, N, i, j) == (i == 0 ? 1 : 1 / (double)(i + j + 1)));
            double x = (double)(i + 1) / N, power = pow(x, (double)j);
            assert_true(fabs(entry(PX_GALLERY_vandermonde, N, i, j) - power) <= 1e-14 * power);
            double kahan = pow(sin(1.2), (double)i) * (i == j ? 1 : i < j ? -cos(1.2) : 0);
            assert_true(fabs(entry(PX_GALLERY_kahan, N, i, j) - kahan) <= 1e-14);
        }
    static const double frank[4][4] = {{4, 3, 2, 1}, {3, 3, 2, 1}, {0, 2, 2, 1}, {0, 0, 1, 1}};
    static const double wilkinson[4][4] = {{1, 0, 0, 1}, {-1, 1, 0, 1}, {-1, -1, 1, 1}, {-1, -1, -1, 1}};
    static const double tridiagonal[4][4] = {{2, -1, 0, 0}, {-1, 2, -1, 0}, {0, -1, 2, -1}, {0, 0, -1, 2}};
    for (int64_t i = 0; i < 4; i++)
        for (int64_t j = 0; j < 4; j++) {
            assert_true(entry(PX_GALLERY_frank, 4, i, j) == frank[i][j]);
            assert_true(entry(PX_GALLERY_wilkinson, 4, i, j) == wilkinson[i][j]);
            assert_true(entry(PX_GALLERY_tridiagonal, 4, i, j) == tridiagonal[i][j]);
        }
}

/* hi = the entry to nearest, lo the rest. */
static void two_doubles_hold_an_entry(void **state) {
    (void)state;
    mpfr_t x;
    mpfr_init2(x, 300);
    for (int which = 0; which < PX_GALLERY_COUNT; which++) {
        px_gallery g = gallery(which, 9);
        px_wide a = px_gallery_fill(arena, &g);
        for (int64_t i = 0; i < 9; i++)
            for (int64_t j = 0; j < 9; j++) {
                double hi = px_mat_get(&a.hi, i, j), lo = a.lo.data ? px_mat_get(&a.lo, i, j) : 0;
                px_gallery_entry(&g, &a, i, j, x);
                assert_true(hi == mpfr_get_d(x, MPFR_RNDN));
                mpfr_sub_d(x, x, hi, MPFR_RNDN);
                assert_true(lo == mpfr_get_d(x, MPFR_RNDN));
            }
    }
    mpfr_clear(x);
}

static void the_notes_diagonal(void **state) {
    (void)state;
    px_gallery g = {.which = PX_GALLERY_diagonal, .n = 2, .kappa = 1e5};
    px_wide a = px_gallery_fill(arena, &g);
    assert_true(px_mat_get(&a.hi, 0, 0) == 1 && px_mat_get(&a.hi, 1, 1) == 1e-5);
    assert_true(px_mat_get(&a.hi, 0, 1) == 0 && px_mat_get(&a.hi, 1, 0) == 0);
    g.n = 5;
    g.kappa = 1e8;
    a = px_gallery_fill(arena, &g);
    for (int64_t i = 0; i < 5; i++) assert_true(fabs(px_mat_get(&a.hi, i, i) * pow(100, (double)i) - 1) < 1e-15);
}

static void singular_values(const px_mat *a, double *sigma) {
    double *copy = PX_NEW_ARRAY(arena, double, a->rows * a->cols), none;
    memcpy(copy, a->data, (size_t)(a->rows * a->cols) * sizeof *copy);
    assert_int_equal(LAPACKE_dgesdd(LAPACK_COL_MAJOR, 'N', (lapack_int)a->rows, (lapack_int)a->cols, copy,
                                    (lapack_int)a->rows, sigma, &none, 1, &none, 1),
                     0);
}

/* Singular values as prescribed, to the backward error of making the matrix and of dgesdd: a few n u. */
static void randsvd_has_its_singular_values(void **state) {
    (void)state;
    static const int64_t sizes[] = {1, 2, 7, 50};
    for (int mode = 1; mode <= 5; mode++)
        for (int s = 0; s < 4; s++)
            for (uint64_t rep = 1; rep <= 3; rep++) {
                int64_t n = sizes[s];
                px_gallery g = {.which = PX_GALLERY_randsvd, .n = n, .kappa = n == 1 ? 1 : 1e6, .mode = mode};
                g.draw = (px_draw){7, rep, "A"};
                double sigma[50];
                px_wide a = px_gallery_fill(arena, &g);
                singular_values(&a.hi, sigma);
                double tolerance = 20 * (double)n * 0x1p-53, middle = sigma[n / 2];
                assert_true(fabs(sigma[0] - 1) <= tolerance);
                if (n > 1) assert_true(fabs(sigma[n - 1] - 1e-6) <= tolerance);
                if (n < 7) continue;
                double part = (double)(n / 2) / (double)(n - 1);
                double expected[] = {0, 1e-6, 1, pow(1e6, -part), 1 - part * (1 - 1e-6), middle};
                assert_true(fabs(middle - expected[mode]) <= tolerance + 1e-14 * expected[mode]);
                assert_true(middle >= 1e-6 - tolerance && middle <= 1 + tolerance);
            }
}

static void random_matrices_are_what_they_are_called(void **state) {
    (void)state;
    enum { N = 60 };
    static const struct {
        int which;
        double variance;
    } weights[] = {
        {PX_GALLERY_gaussian, 1}, {PX_GALLERY_xavier, 1.0 / N}, {PX_GALLERY_he, 2.0 / N}, {PX_GALLERY_gpt2, 4e-4}};
    for (int w = 0; w < 4; w++) {
        px_gallery g = gallery(weights[w].which, N);
        px_wide a = px_gallery_fill(arena, &g);
        double square = 0, largest = 0;
        for (int64_t i = 0; i < N; i++)
            for (int64_t j = 0; j < N; j++) {
                double x = px_mat_get(&a.hi, i, j);
                square += x * x;
                largest = fmax(largest, fabs(x));
            }
        /* 3600 draws: the mean square of normal ones has a standard deviation of 2.4 %. */
        assert_true(fabs(square / (N * N) / weights[w].variance - 1) < 0.12);
        if (weights[w].which == PX_GALLERY_xavier) assert_true(largest <= sqrt(3.0 / N));
    }
    px_gallery g = gallery(PX_GALLERY_hpl_mxp, N);
    px_wide a = px_gallery_fill(arena, &g);
    for (int64_t i = 0; i < N; i++) {
        double sum = 0;
        for (int64_t j = 0; j < N; j++)
            if (j != i) {
                double x = px_mat_get(&a.hi, i, j);
                assert_true(x >= -0.5 && x < 0.5);
                sum += fabs(x);
            }
        assert_true(px_mat_get(&a.hi, i, i) == sum);
    }
}

/* Another rep, another matrix; the same draw, the same. */
static void draws_are_independent(void **state) {
    (void)state;
    for (int which = PX_GALLERY_randsvd; which < PX_GALLERY_COUNT; which++) {
        px_gallery g = gallery(which, 6), h = g;
        h.draw.rep = 2;
        px_wide a = px_gallery_fill(arena, &g), b = px_gallery_fill(arena, &g), c = px_gallery_fill(arena, &h);
        assert_memory_equal(a.hi.data, b.hi.data, 36 * sizeof(double));
        for (int64_t k = 0; k < 36; k++) assert_true(((double *)a.hi.data)[k] != ((double *)c.hi.data)[k]);
    }
}

/* Closed forms against an eigensolver's. */
static void closed_forms(void **state) {
    (void)state;
    static const int which[] = {PX_GALLERY_minij, PX_GALLERY_tridiagonal, PX_GALLERY_orthogonal, PX_GALLERY_diagonal};
    double closed, sigma[30];
    for (int w = 0; w < 4; w++)
        for (int64_t n = 2; n <= 30; n += 7) {
            px_gallery g = gallery(which[w], n);
            px_wide a = px_gallery_fill(arena, &g);
            singular_values(&a.hi, sigma);
            assert_true(px_gallery_kappa_2(&g, &closed));
            assert_true(fabs(sigma[0] / sigma[n - 1] / closed - 1) < 100 * 0x1p-53 * closed);
        }
    px_gallery hilbert = gallery(PX_GALLERY_hilbert, 5);
    assert_false(px_gallery_kappa_2(&hilbert, &closed));
}

static void what_leaves_the_range_is_refused(void **state) {
    (void)state;
    for (int which = 0; which < PX_GALLERY_COUNT; which++) {
        px_gallery g = gallery(which, 128);
        if (which == PX_GALLERY_hpl_mxp || which == PX_GALLERY_randsvd) continue;
        assert_null(px_gallery_refused(&g));
        px_wide a = px_gallery_fill(arena, &g);
        for (int64_t i = 0; i < 128; i++)
            for (int64_t j = 0; j < 128; j++) {
                double x = px_mat_get(&a.hi, i, j);
                assert_true(isfinite(x) && (x == 0 || fabs(x) >= 0x1p-1022));
            }
    }
    px_gallery pascal = gallery(PX_GALLERY_pascal, 513), one = gallery(PX_GALLERY_randsvd, 1);
    assert_non_null(px_gallery_refused(&pascal));
    assert_non_null(px_gallery_refused(&one));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inverses_and_orthogonality),
        cmocka_unit_test(recurrences_and_factors),
        cmocka_unit_test(two_doubles_hold_an_entry),
        cmocka_unit_test(the_notes_diagonal),
        cmocka_unit_test(randsvd_has_its_singular_values),
        cmocka_unit_test(random_matrices_are_what_they_are_called),
        cmocka_unit_test(draws_are_independent),
        cmocka_unit_test(closed_forms),
        cmocka_unit_test(what_leaves_the_range_is_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
