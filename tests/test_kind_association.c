/* The kind `association`: each grouping is what plain loops in float make of it, its reference what MPFR makes of the
 * stored factors; and a library that cuts operands breaks the bound. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <mpfr.h>

#include "support/fixture.h"
#include "support/tunnel.h"

enum { M = 5, N = 7, K = 3 };

static px_flight fly(const char *sweep, const char *dump) {
    const char *ini = px_arena_printf(arena, "[experiment]\nkind = association\n[sweep]\n%s", sweep);
    return px_fly(arena, ini, PX_ENGINE_AUTO, dump);
}

/* A matrix of floats. */
typedef struct matrix {
    int rows, cols;
    float *x;
} matrix;

static matrix times(matrix a, matrix b) {
    assert_int_equal(a.cols, b.rows);
    matrix c = {a.rows, b.cols, PX_NEW_ARRAY(arena, float, a.rows *b.cols)};
    for (int i = 0; i < a.rows; i++)
        for (int j = 0; j < b.cols; j++) {
            float s = 0;
            for (int t = 0; t < a.cols; t++) {
                float product = a.x[i * a.cols + t] * b.x[t * b.cols + j];
                s = s + product;
            }
            c.x[i * b.cols + j] = s;
        }
    return c;
}

static matrix transposed(matrix a) {
    matrix t = {a.cols, a.rows, PX_NEW_ARRAY(arena, float, a.rows *a.cols)};
    for (int i = 0; i < a.rows; i++)
        for (int j = 0; j < a.cols; j++) t.x[j * a.rows + i] = a.x[i * a.cols + j];
    return t;
}

static matrix load(const px_case *c, const char *name, int rows, int cols) {
    const double *x = px_flight_load(arena, folder, c->id, name, (int64_t)rows * cols);
    matrix m = {rows, cols, PX_NEW_ARRAY(arena, float, rows *cols)};
    for (int i = 0; i < rows * cols; i++) m.x[i] = (float)x[i];
    return m;
}

/* The factors of a cell; the number of them. */
static int factors_of(const px_case *c, matrix f[4]) {
    bool attention = strcmp(px_case_text(c, "chain"), "attention") == 0;
    f[0] = load(c, "A", M, N), f[1] = load(c, "B", N, K), f[2] = load(c, "C", K, attention ? N : M);
    f[3] = transposed(f[0]);
    return attention ? 4 : 3;
}

static matrix grouped(const char *grouping, int n, const matrix f[4]) {
    matrix a = f[0], b = f[1], c = f[2], d = f[3];
    if (strcmp(grouping, "left") == 0) return n == 3 ? times(times(a, b), c) : times(times(times(a, b), c), d);
    if (strcmp(grouping, "right") == 0) return n == 3 ? times(a, times(b, c)) : times(a, times(b, times(c, d)));
    if (strcmp(grouping, "pairs") == 0) return times(times(a, b), times(c, d));
    if (strcmp(grouping, "middle_left") == 0) return times(times(a, times(b, c)), d);
    return times(a, times(times(b, c), d));
}

static void groupings_are_plain_loops(void **state) {
    (void)state;
    px_flight f = fly("format = fp32\nchain = attention, three\nmatrix = normal, wide\n"
                      "grouping = left, right, pairs, middle_left, middle_right\nm = 5\nn = 7\nk = 3\n",
                      folder);
    assert_int_equal(f.n, 2 * (5 + 2));
    assert_int_equal(f.n_dropped, 2 * 3);
    for (int64_t i = 0; i < f.n; i++) {
        matrix factors[4];
        int n = factors_of(f.cells[i], factors);
        matrix expected = grouped(px_case_text(f.cells[i], "grouping"), n, factors);
        matrix found = load(f.cells[i], "D_hat", M, M);
        assert_memory_equal(found.x, expected.x, sizeof(float) * M * M);
    }
}

/* One entry of the product of four (or three) factors, exactly: the sum over all paths. */
static void set_entry(mpfr_t sum, const matrix f[4], int n, int i, int j) {
    mpfr_t x;
    mpfr_init2(x, 4096);
    mpfr_set_zero(sum, 1);
    for (int s = 0; s < N; s++)
        for (int t = 0; t < K; t++)
            for (int u = 0; u < (n == 4 ? N : 1); u++) {
                mpfr_set_flt(x, f[0].x[i * N + s], MPFR_RNDN);
                mpfr_mul_d(x, x, (double)f[1].x[s * K + t], MPFR_RNDN);
                mpfr_mul_d(x, x, (double)f[2].x[t * f[2].cols + (n == 4 ? u : j)], MPFR_RNDN);
                if (n == 4) mpfr_mul_d(x, x, (double)f[3].x[u * M + j], MPFR_RNDN);
                mpfr_add(sum, sum, x, MPFR_RNDN);
            }
    mpfr_clear(x);
}

static void the_reference_is_exact(void **state) {
    (void)state;
    px_flight f = fly("format = fp16\naccum = fp32\nchain = attention, three\nmatrix = uniform, cancelling\n"
                      "grouping = left, right, pairs\nm = 5\nn = 7\nk = 3\n",
                      folder);
    mpfr_t exact;
    mpfr_init2(exact, 4096);
    for (int64_t c = 0; c < f.n; c++) {
        matrix factors[4];
        int n = factors_of(f.cells[c], factors);
        const double *hi = px_flight_load(arena, folder, f.cells[c]->id, "R_hi", M * M);
        const double *lo = px_flight_load(arena, folder, f.cells[c]->id, "R_lo", M * M);
        for (int i = 0; i < M * M; i++) {
            set_entry(exact, factors, n, i / M, i % M);
            double nearest = mpfr_get_d(exact, MPFR_RNDN);
            assert_memory_equal(&hi[i], &nearest, sizeof nearest);
            mpfr_sub_d(exact, exact, nearest, MPFR_RNDN);
            nearest = mpfr_get_d(exact, MPFR_RNDN);
            assert_true(lo[i] >= nearest && lo[i] <= nearest);
        }
    }
    mpfr_clear(exact);
}

/* Also where inner results are rounded to a wider or narrower format, summed by a unit, or underflow. */
static void the_bound_holds(void **state) {
    (void)state;
    px_flight f = fly("format/accum/inner/model = bf16/fp32/same/none, bf16/fp32/fp32/none, fp16/fp32/bf16/none, "
                      "fp16/same/same/none, fp16/fp32/same/h100, fp8_e5m2/fp16/same/none, fp32/same/fp16/none\n"
                      "chain = attention, three\nmatrix = normal, uniform, wide, cancelling\n"
                      "grouping = left, right, pairs, middle_left, middle_right\nm = 6\nn = 20\nk = 9\n",
                      NULL);
    int bounds = 0;
    for (int64_t i = 0; i < f.n; i++) {
        double slack = px_flight_number(&f, i, "slack_det");
        if (slack > 1) fail_msg("%s: slack %g", f.cells[i]->id, slack);
        bounds += slack <= 1;
    }
    assert_true(bounds > 100);
}

static void a_bad_library_breaks_it(void **state) {
    (void)state;
    px_flight f = fly("format = fp32\nbackend = \"blas:bad=" PX_BINARY_DIR "/tests/libbad_cut.so\"\n"
                      "grouping = left, pairs, middle_left\nm = 8\nn = 16\nk = 8\n",
                      NULL);
    assert_int_equal(f.n, 3);
    for (int64_t i = 0; i < f.n; i++) assert_true(px_flight_number(&f, i, "slack_det") > 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(groupings_are_plain_loops),
        cmocka_unit_test(the_reference_is_exact),
        cmocka_unit_test(the_bound_holds),
        cmocka_unit_test(a_bad_library_breaks_it),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
