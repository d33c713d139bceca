/* condition: the notes' matrix, the Hilbert matrix that binary64 cannot know, stored against ideal matrices, files. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/fixture.h"
#include "support/tunnel.h"

static px_flight fly(const char *sweep) {
    return px_fly(arena, px_arena_printf(arena, "[experiment]\nkind = condition\n[sweep]\n%s", sweep), PX_ENGINE_AUTO,
                  folder);
}

static bool near(double x, double y, double relative) { return fabs(x - y) <= relative * fabs(y); }

static void write_file(const char *name, const char *text) {
    FILE *f = fopen(px_arena_printf(arena, "%s/%s", folder, name), "w");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

/* diag(1, 1e-5): 1e5, and it counts as large from 1e3 on. */
static void the_matrix_of_the_notes(void **state) {
    (void)state;
    px_flight f = fly("format = fp64\nmatrix = diagonal\nn = 2\n");
    assert_true(px_flight_number(&f, 0, "kappa_2_closed") == 1e5);
    assert_true(px_flight_number(&f, 0, "kappa_2_ideal") == 1e5);
    assert_true(near(px_flight_number(&f, 0, "kappa_2"), 1e5, 0x1p-50));
    assert_true(near(px_flight_number(&f, 0, "kappa_2_gesdd"), 1e5, 0x1p-50));
    assert_true(near(px_flight_number(&f, 0, "kappa_2_gesvd"), 1e5, 0x1p-50));
    assert_true(px_flight_number(&f, 0, "cond_skeel") == 1);
    assert_string_equal(px_flight_text(&f, 0, "reliable"), "yes");
}

/* Binary64 is wrong about hilbert(16), and says so; MPFR's value of the ideal matrix is the golden one. */
static void binary64_says_what_it_cannot_know(void **state) {
    (void)state;
    px_flight f = fly("format = fp64, bf16\nmatrix = hilbert\nn = 6, 10, 16\n");
    int64_t small = px_flight_find(&f, "fp64/hilbert/6"), large = px_flight_find(&f, "fp64/hilbert/16");
    assert_true(near(px_flight_number(&f, large, "kappa_2_ideal"), 2.02234591767453e22, 1e-10));
    assert_string_equal(px_flight_text(&f, large, "reliable"), "no");
    assert_string_equal(px_flight_text(&f, large, "kappa_2_radius"), "");
    assert_true(px_flight_number(&f, large, "kappa_2_err") > 0.1);
    assert_string_equal(px_flight_text(&f, small, "reliable"), "yes");
    assert_true(near(px_flight_number(&f, small, "kappa_2"), 14951058.6401312, 1e-8));
    /* The stored matrix is another one. */
    int64_t stored = px_flight_find(&f, "bf16/hilbert/10");
    assert_true(near(px_flight_number(&f, stored, "kappa_2_ideal"), 16026286870216.88, 1e-10));
    assert_true(near(px_flight_number(&f, stored, "kappa_2_mpfr"), 4.05e4, 0.01));
    for (int64_t i = 0; i < f.n; i++) {
        double slack = px_flight_number(&f, i, "slack_det");
        assert_true(isnan(slack) || slack <= 1);
    }
}

static void storing_may_make_a_matrix_singular_or_infinite(void **state) {
    (void)state;
    px_flight f = fly("format = fp16\nmatrix/kappa = diagonal/1e8, pascal/0\nn = 12\n");
    int64_t singular = px_flight_find(&f, "fp16/diagonal/12/100000000"),
            infinite = px_flight_find(&f, "fp16/pascal/12/0");
    assert_string_equal(px_flight_text(&f, singular, "status"), "singular");
    assert_true(isinf(px_flight_number(&f, singular, "kappa_2")) && px_flight_number(&f, singular, "sigma_min") == 0);
    assert_string_equal(px_flight_text(&f, infinite, "status"), "overflow");
    assert_string_equal(px_flight_text(&f, infinite, "kappa_2"), "");
    assert_true(px_flight_number(&f, infinite, "kappa_2_ideal") > 1e11);
}

/* LAPACK, Jacobi and MPFR agree where the condition allows; estimates are never above the exact ones. */
static void others_agree(void **state) {
    (void)state;
    px_flight f =
        fly("format = fp64, fp32\nmatrix = randsvd, gaussian, hpl_mxp, he, minij, kahan\nn = 3, 20\nrep = 1..3\n");
    for (int64_t i = 0; i < f.n; i++) {
        double kappa = px_flight_number(&f, i, "kappa_2_mpfr"), tolerance = 1000 * 0x1p-53 * kappa;
        assert_true(near(px_flight_number(&f, i, "kappa_2"), kappa, tolerance));
        assert_true(near(px_flight_number(&f, i, "kappa_2_gesdd"), kappa, tolerance));
        assert_true(near(px_flight_number(&f, i, "kappa_2_gesvd"), kappa, tolerance));
        double one = px_flight_number(&f, i, "kappa_1"), inf = px_flight_number(&f, i, "kappa_inf");
        assert_true(px_flight_number(&f, i, "kappa_1_gecon") <= one * (1 + tolerance));
        assert_true(px_flight_number(&f, i, "kappa_inf_gecon") <= inf * (1 + tolerance));
        double n = px_flight_number(&f, i, "rows"); /* kappa_1 and kappa_inf are within n of kappa_2 */
        assert_true(one <= n * kappa && kappa <= n * one && inf <= n * kappa && kappa <= n * inf);
        assert_true(px_flight_number(&f, i, "cond_skeel") <= inf * (1 + 1e-15));
        assert_true(px_flight_number(&f, i, "cond_ax") <= px_flight_number(&f, i, "cond_skeel") * (1 + 1e-15));
    }
}

static void files_are_matrices(void **state) {
    (void)state;
    write_file("a.mtx", "%%MatrixMarket matrix coordinate integer symmetric\n2 2 2\n1 1 4\n2 2 1\n");
    write_file("tall.mtx", "%%MatrixMarket matrix array real general\n3 1\n2\n3\n6\n");
    write_file("singular.mtx", "%%MatrixMarket matrix array real general\n2 2\n1\n2\n2\n4\n");
    px_flight f =
        fly(px_arena_printf(arena, "format = fp16\nmatrix = file:%s/a.mtx, file:%s/tall.mtx, file:%s/singular.mtx\n",
                            folder, folder, folder));
    int64_t a = px_flight_find(&f, "fp16/file:a.mtx"), tall = px_flight_find(&f, "fp16/file:tall.mtx");
    int64_t singular = px_flight_find(&f, "fp16/file:singular.mtx");
    assert_true(px_flight_number(&f, a, "kappa_2") == 4 && px_flight_number(&f, a, "kappa_1") == 4);
    assert_true(px_flight_number(&f, tall, "sigma_max") == 7 && px_flight_number(&f, tall, "rows") == 3);
    assert_string_equal(px_flight_text(&f, tall, "kappa_1"), "");
    assert_string_equal(px_flight_text(&f, singular, "status"), "singular");
    assert_true(isinf(px_flight_number(&f, singular, "kappa_2_ideal")));
    const double *dumped = px_flight_load(arena, folder, "fp16/file:a.mtx", "A", 4);
    assert_true(dumped[0] == 4 && dumped[1] == 0 && dumped[2] == 0 && dumped[3] == 1);
}

/* Axes that do not apply would make duplicates. */
static void what_does_not_apply_is_left_out(void **state) {
    (void)state;
    px_flight f = fly("matrix = hilbert, randsvd, diagonal\nkappa = 0, 10, 0.5\nmode = 0, 2\n");
    /* hilbert: 1 of 6; diagonal: kappa 0, 10; randsvd: kappa 0, 10 in both modes. */
    assert_int_equal(f.n, 1 + 2 + 4);
    assert_int_equal(f.n_dropped, 18 - 7);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_matrix_of_the_notes),
        cmocka_unit_test(binary64_says_what_it_cannot_know),
        cmocka_unit_test(storing_may_make_a_matrix_singular_or_infinite),
        cmocka_unit_test(others_agree),
        cmocka_unit_test(files_are_matrices),
        cmocka_unit_test(what_does_not_apply_is_left_out),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
