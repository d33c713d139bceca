/* Singular values by MPFR: golden values of an independent computation, closed forms, and matrices that are singular.
 */
#include <math.h>
#include <mpfr.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "data/gallery.h"
#include "ref/rank.h"
#include "ref/svd.h"

static px_arena *arena;

static int set_up(void **state) { return (void)state, (arena = px_arena_new()) ? 0 : 1; }
static int tear_down(void **state) { return (void)state, px_arena_free(arena), 0; }

static void gallery_entry(const void *context, int64_t i, int64_t j, mpfr_t x) {
    px_gallery_entry(context, NULL, i, j, x);
}

static px_ref_svd svd_of(const px_ref_matrix *a) {
    px_ref_svd s;
    px_error err = {.status = PX_OK};
    if (px_ref_svd_find(a, &s, &err) != PX_OK) fail_msg("%s", err.text);
    return s;
}

static px_ref_svd svd_of_gallery(const px_gallery *g) { return svd_of(&(px_ref_matrix){g->n, g->n, gallery_entry, g}); }

/* kappa_2 by mpmath 1.3.0, svd_r of the exact entries with 80 digits (120 for n = 30), 30 of them printed;
 * 128 bits, which are tried first, know nothing of hilbert(30):
 * A = mp.matrix(n, n); A[i-1, j-1] = 1/(i+j-1) ...; S = mp.svd_r(A, compute_uv=False); mp.nstr(S[0]/S[n-1], 30) */
static const struct golden {
    int which;
    int64_t n;
    const char *kappa;
} goldens[] = {
    {PX_GALLERY_hilbert, 2, "19.2814700679039714483179233799"},
    {PX_GALLERY_hilbert, 3, "524.056777586060817870782845928"},
    {PX_GALLERY_hilbert, 4, "15513.7387389325882225765834123"},
    {PX_GALLERY_hilbert, 5, "476607.25024256080938114477952"},
    {PX_GALLERY_hilbert, 6, "14951058.6401312167750982149165"},
    {PX_GALLERY_hilbert, 7, "475367354.988178992559048818357"},
    {PX_GALLERY_hilbert, 8, "15257575741.6469428390882740735"},
    {PX_GALLERY_hilbert, 9, "493154926971.542105080268406817"},
    {PX_GALLERY_hilbert, 10, "16026286870216.8827883941732903"},
    {PX_GALLERY_hilbert, 11, "523067739242940.857089891025638"},
    {PX_GALLERY_hilbert, 12, "17132289046970049.6259881965595"},
    {PX_GALLERY_hilbert, 13, "562794237376007650.28088989123"},
    {PX_GALLERY_hilbert, 14, "18533817023471499356.5297603709"},
    {PX_GALLERY_hilbert, 15, "611656579161984069371.424438012"},
    {PX_GALLERY_hilbert, 16, "20223459176745299156148.8120786"},
    {PX_GALLERY_hilbert, 30, "4.22780638818752603605795414156e+43"},
    {PX_GALLERY_frank, 2, "6.8541019662496845446137605031"},
    {PX_GALLERY_frank, 3, "27.5795866294175271385060357902"},
    {PX_GALLERY_frank, 4, "120.448838372246378234763750472"},
    {PX_GALLERY_frank, 5, "647.468303284181901862654686566"},
    {PX_GALLERY_frank, 6, "4208.25663344404938639330002754"},
    {PX_GALLERY_frank, 7, "31913.2303192526877152371988815"},
    {PX_GALLERY_frank, 8, "275624.616050765949333893690611"},
    {PX_GALLERY_frank, 9, "2666577.67834024880238467385916"},
    {PX_GALLERY_frank, 10, "28543218.3261448795073867522315"},
    {PX_GALLERY_frank, 11, "334752087.333289217583804728654"},
    {PX_GALLERY_frank, 12, "4267362283.91936312957704605353"},
    {PX_GALLERY_frank, 13, "58739552870.2722452410980524919"},
    {PX_GALLERY_frank, 14, "868146341460.762464191139411345"},
    {PX_GALLERY_frank, 15, "13710227934803.7874371431845444"},
    {PX_GALLERY_frank, 16, "230386695272882.839408218346881"},
    {PX_GALLERY_pascal, 2, "6.8541019662496845446137605031"},
    {PX_GALLERY_pascal, 3, "61.9838667696593350814341231983"},
    {PX_GALLERY_pascal, 4, "691.937413970069423565094392563"},
    {PX_GALLERY_pascal, 5, "8517.52436113874321940863181828"},
    {PX_GALLERY_pascal, 6, "110786.669680052669535866561771"},
    {PX_GALLERY_pascal, 7, "1493442.32168853526680017572279"},
    {PX_GALLERY_pascal, 8, "20645173.415425753836300907782"},
    {PX_GALLERY_pascal, 9, "290782729.822974022385003668346"},
    {PX_GALLERY_pascal, 10, "4155205697.17714414477222448151"},
    {PX_GALLERY_pascal, 11, "60063526311.9100840874938541687"},
    {PX_GALLERY_pascal, 12, "876394910921.17994723939005525"},
    {PX_GALLERY_pascal, 13, "12887562997963.227336664923607"},
    {PX_GALLERY_pascal, 14, "190763930554343.071395838311295"},
    {PX_GALLERY_pascal, 15, "2839640520004331.01664161839199"},
    {PX_GALLERY_pascal, 16, "42475924456025123.497351509011"},
};

static void golden_condition_numbers(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof goldens / sizeof *goldens; i++) {
        px_gallery g = {.which = goldens[i].which, .n = goldens[i].n};
        px_ref_svd s = svd_of_gallery(&g);
        assert_true(s.kappa_2 == strtod(goldens[i].kappa, NULL)); /* the nearest double, not only 1e-10 of it */
    }
}

/* To nearest: the closed form's double, itself computed with 166 bits. */
static void closed_forms(void **state) {
    (void)state;
    static const int which[] = {PX_GALLERY_minij, PX_GALLERY_tridiagonal, PX_GALLERY_orthogonal, PX_GALLERY_diagonal};
    for (int w = 0; w < 4; w++)
        for (int64_t n = 2; n <= 24; n += 11) {
            px_gallery g = {.which = which[w], .n = n, .kappa = 1e30};
            double closed;
            assert_true(px_gallery_kappa_2(&g, &closed));
            assert_true(svd_of_gallery(&g).kappa_2 == closed);
        }
}

/* The singular values of a matrix and its transpose, of one times a power of two, and of its leading columns. */
static void transposes_and_shapes(void **state) {
    (void)state;
    px_gallery g = {.which = PX_GALLERY_gaussian, .n = 9, .draw = {3, 1, "A"}};
    px_wide a = px_gallery_fill(arena, &g);
    px_mat tall = px_mat_block(&a.hi, 0, 0, 9, 4), flat = px_mat_new(arena, px_fp_exact(), 4, 9);
    for (int64_t i = 0; i < 9; i++)
        for (int64_t j = 0; j < 4; j++) px_mat_set(&flat, j, i, px_mat_get(&tall, i, j) * 0x1p-900);
    px_ref_matrix t = px_ref_matrix_of(&tall), f = px_ref_matrix_of(&flat);
    px_ref_svd s = svd_of(&t), r = svd_of(&f);
    assert_true(s.kappa_2 == r.kappa_2);
    assert_true(s.sigma_max == r.sigma_max * 0x1p900 && s.sigma_min == r.sigma_min * 0x1p900);
    px_mat column = px_mat_new(arena, px_fp_exact(), 3, 1);
    const double v[] = {2, 3, 6};
    for (int64_t i = 0; i < 3; i++) px_mat_set(&column, i, 0, v[i]);
    px_ref_matrix c = px_ref_matrix_of(&column);
    assert_true(svd_of(&c).sigma_max == 7 && svd_of(&c).kappa_2 == 1);
}

static px_mat matrix(int64_t rows, int64_t cols, const double *x) {
    px_mat m = px_mat_new(arena, px_fp_exact(), rows, cols);
    for (int64_t i = 0; i < rows; i++) px_mat_set_row(&m, i, 0, cols, x + i * cols);
    return m;
}

static void singular(int64_t rows, int64_t cols, const double *x, bool expected) {
    px_mat m = matrix(rows, cols, x);
    assert_true(px_ref_singular(arena, &m) == expected);
}

static void singular_matrices_are_told(void **state) {
    (void)state;
    singular(2, 2, (double[]){1, 2, 2, 4}, true);
    singular(2, 2, (double[]){1, 2, 2, 0x1.0000000000001p2}, false);
    singular(2, 2, (double[]){0x1p1000, 0, 0, 0x1p-1074}, false);
    singular(3, 3, (double[]){1, 2, 3, 4, 5, 6, 7, 8, 9}, true);
    singular(3, 3, (double[]){0, 0, 1, 0, 1, 0, 1, 0, 0}, false);
    singular(2, 3, (double[]){1, 2, 3, -2, -4, -6}, true);
    singular(3, 2, (double[]){1, 2, 3, 6, 1, 3}, false);
    singular(1, 1, (double[]){0}, true);
    /* The first prime is a factor of this determinant: 2^31 - 1 alone would call it singular. */
    singular(2, 2, (double[]){0x7fffffff, 0, 0, 1}, false);
    double x[400];
    for (int k = 0; k < 400; k++) x[k] = sin(k) * (k % 7 ? 1 : 0x1p-40);
    singular(20, 20, x, false);
    for (int j = 0; j < 20; j++) x[19 * 20 + j] = x[3 * 20 + j] * 0x1p5;
    singular(20, 20, x, true);
}

/* A matrix that only exact arithmetic can tell from a singular one has its condition number. */
static void nearly_singular(void **state) {
    (void)state;
    px_mat m = matrix(2, 2, (double[]){0x1p500, 0x1p500, 0x1p500, 0x1p500 + 0x1p448});
    px_ref_matrix a = px_ref_matrix_of(&m);
    px_ref_svd s = svd_of(&a);
    /* trace^2 / det = (2 + 2^-52)^2 2^52 is kappa + 2 + 1/kappa */
    assert_true(fabs(s.kappa_2 / 0x1p54 - 1) < 1e-14);
    px_mat tiny = matrix(2, 2, (double[]){1, 0, 0, 0x1p-1000});
    a = px_ref_matrix_of(&tiny);
    assert_true(svd_of(&a).kappa_2 == 0x1p1000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_condition_numbers), cmocka_unit_test(closed_forms),
        cmocka_unit_test(transposes_and_shapes),    cmocka_unit_test(singular_matrices_are_told),
        cmocka_unit_test(nearly_singular),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
