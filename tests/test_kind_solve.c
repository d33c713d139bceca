/* solve: theorems hold in every row, a dumped cell is what rational arithmetic gives, fp64 is the machine's own LU, the
 * engines agree, and every way to fail has its cause. */
#include <math.h>
#include <mpfr.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/cases.h"
#include "support/fixture.h"
#include "support/tunnel.h"

static px_flight fly_by(const char *sweep, px_engine engine) {
    return px_fly(arena, px_arena_printf(arena, "[experiment]\nkind = solve\n[sweep]\n%s", sweep), engine, folder);
}

static px_flight fly(const char *sweep) { return fly_by(sweep, PX_ENGINE_AUTO); }

/* The rows of outcomes have no step. */
static bool is_outcome(const px_flight *f, int64_t i) { return !*px_flight_text(f, i, "step"); }

static int64_t check_slack(const px_flight *f, int64_t i, const char *column) {
    if (!*px_flight_text(f, i, column)) return 0;
    double slack = px_flight_number(f, i, column);
    if (!(slack <= 1)) fail_msg("%s: %s is %g", f->cells[i]->id, column, slack);
    return 1;
}

static void theorems_hold(void **state) {
    (void)state;
    static const char *const sweeps[] = {
        "method = lu, cholesky\nwork = fp16, bf16, tf32, fp32, fp64, fp8_e5m2\n"
        "matrix = hilbert, moler, pascal, minij, tridiagonal, orthogonal\nn = 1, 2, 5, 12\n",
        "method = lu\nwork = fp16, bf16, fp32\nscaling = none, max, two_sided\npivot = division, reciprocal\n"
        "matrix = wilkinson, gaussian, frank, kahan, vandermonde, hpl_mxp, gpt2\nn = 3, 20, 40\n",
        "method = lu_ir, gmres_ir\nfactor = fp16, bf16, fp32\nwork = fp32\nresidual = fp64, fp32, fp128\n"
        "matrix = randsvd\nmode = 1, 2, 3, 4, 5\nkappa = 1, 1e3, 1e6\nn = 17\n",
        "method = lu, lu_ir\nbackend = emulated, openblas\nfactor = fp32, fp64\nwork = fp64\nstop = normwise\n"
        "matrix = gaussian, randsvd, hpl_mxp, wilkinson, hilbert\nn = 1, 7, 40\n",
        "method = cholesky\nbackend = openblas\nwork = fp32, fp64\nmatrix = tridiagonal, moler, hilbert\nn = 3, 12\n",
        "method = cg, cholesky_ir\nwork = fp16, fp32, fp64\nmatrix = tridiagonal, moler, minij, hilbert\nn = 10\n"};
    int64_t forward = 0, backward = 0;
    for (int s = 0; s < 6; s++) {
        px_flight f = fly(sweeps[s]);
        for (int64_t i = 0; i < f.n; i++) {
            forward += check_slack(&f, i, "slack_fwd");
            backward += check_slack(&f, i, "slack_bwd");
        }
    }
    assert_true(forward > 1000);
    assert_true(backward > 300);
}

enum { N = 13 };

static double *load(const char *cell, const char *name, int64_t count) {
    return px_flight_load(arena, folder, cell, name, count);
}

/* R_hi + R_lo = b - A x to 106 bits, from the files alone. */
static void check_residuals(const char *cell, int64_t steps) {
    const double *a = load(cell, "A", N * N), *b = load(cell, "b", N), *x = load(cell, "X", N * steps);
    const double *hi = load(cell, "R_hi", N * steps), *lo = load(cell, "R_lo", N * steps);
    mpfr_t sum, product;
    mpfr_inits2(4300, sum, product, (mpfr_ptr)0);
    for (int64_t k = 0; k < steps; k++)
        for (int i = 0; i < N; i++) {
            mpfr_set_d(sum, b[i], MPFR_RNDN);
            for (int j = 0; j < N; j++) {
                mpfr_set_d(product, a[i * N + j], MPFR_RNDN);
                mpfr_mul_d(product, product, x[j * steps + k], MPFR_RNDN);
                mpfr_sub(sum, sum, product, MPFR_RNDN);
            }
            assert_true(hi[i * steps + k] == mpfr_get_d(sum, MPFR_RNDN));
            mpfr_sub_d(sum, sum, hi[i * steps + k], MPFR_RNDN);
            assert_true(lo[i * steps + k] == mpfr_get_d(sum, MPFR_RNDN));
        }
    mpfr_clears(sum, product, (mpfr_ptr)0);
}

/* The method's own residuals in fp64 are those of a plain loop. */
static void check_computed_residuals(const char *cell, int64_t steps) {
    const double *a = load(cell, "A", N * N), *b = load(cell, "b", N), *x = load(cell, "X", N * steps);
    const double *hat = load(cell, "R_hat", N * steps);
    for (int64_t k = 0; k < steps; k++)
        for (int i = 0; i < N; i++) {
            double sum = b[i];
            for (int j = 0; j < N; j++) sum = sum - a[i * N + j] * x[j * steps + k];
            assert_true(px_word_of(sum) == px_word_of(hat[i * steps + k]));
        }
}

static void a_dumped_cell_can_be_checked(void **state) {
    (void)state;
    px_flight f = fly("method = lu_ir, gmres_ir\nfactor = fp16, fp32\nwork = fp32\nresidual = fp64\nmatrix = randsvd\n"
                      "stop = correction\nkappa = 100\nn = 13\n");
    int64_t checked = 0;
    for (int64_t i = 0; i < f.n; i++) {
        if (!is_outcome(&f, i)) continue;
        int64_t steps = (int64_t)px_flight_number(&f, i, "steps") + 1;
        assert_true(steps >= 2);
        check_residuals(f.cells[i]->id, steps);
        check_computed_residuals(f.cells[i]->id, steps);
        checked++;
    }
    assert_int_equal(checked, 4);
}

/* Textbook LU with partial pivoting in C's own type. */
#define PLAIN_SOLVE(name, real)                                                                                        \
    static void name(const double *a_in, const double *b_in, double *x_out) {                                          \
        real a[N][N], x[N];                                                                                            \
        for (int i = 0; i < N; i++) {                                                                                  \
            x[i] = (real)b_in[i];                                                                                      \
            for (int j = 0; j < N; j++) a[i][j] = (real)a_in[i * N + j];                                               \
        }                                                                                                              \
        for (int k = 0; k < N; k++) {                                                                                  \
            int p = k;                                                                                                 \
            for (int i = k + 1; i < N; i++)                                                                            \
                if ((a[i][k] < 0 ? -a[i][k] : a[i][k]) > (a[p][k] < 0 ? -a[p][k] : a[p][k])) p = i;                    \
            for (int j = 0; j < N; j++) {                                                                              \
                real t = a[k][j];                                                                                      \
                a[k][j] = a[p][j], a[p][j] = t;                                                                        \
            }                                                                                                          \
            real t = x[k];                                                                                             \
            x[k] = x[p], x[p] = t;                                                                                     \
            for (int i = k + 1; i < N; i++) {                                                                          \
                a[i][k] = a[i][k] / a[k][k];                                                                           \
                for (int j = k + 1; j < N; j++) a[i][j] = a[i][j] - a[i][k] * a[k][j];                                 \
                x[i] = x[i] - a[i][k] * x[k];                                                                          \
            }                                                                                                          \
        }                                                                                                              \
        for (int k = N - 1; k >= 0; k--) {                                                                             \
            x[k] = x[k] / a[k][k];                                                                                     \
            for (int i = 0; i < k; i++) x[i] = x[i] - a[i][k] * x[k];                                                  \
        }                                                                                                              \
        for (int i = 0; i < N; i++) x_out[i] = (double)x[i];                                                           \
    }
PLAIN_SOLVE(plain_double, double)
PLAIN_SOLVE(plain_float, float)

static void hardware_formats_are_the_machines_own(void **state) {
    (void)state;
    px_flight f = fly("method = lu\nwork = fp64, fp32\nmatrix = gaussian, frank, randsvd\nn = 13\nrep = 1, 2\n");
    int64_t checked = 0;
    for (int64_t i = 0; i < f.n; i++) {
        if (!is_outcome(&f, i)) continue;
        const char *cell = f.cells[i]->id;
        double x[N];
        bool single = strcmp(px_case_text(f.cells[i], "work"), "fp32") == 0;
        (single ? plain_float : plain_double)(load(cell, "A", N * N), load(cell, "b", N), x);
        const double *got = load(cell, "X", N);
        for (int j = 0; j < N; j++)
            if (px_word_of(got[j]) != px_word_of(x[j])) fail_msg("%s: x[%d] is %a, not %a", cell, j, got[j], x[j]);
        checked++;
    }
    assert_int_equal(checked, 12);
}

static void data_do_not_depend_on_the_treatment(void **state) {
    (void)state;
    px_flight f = fly("method = lu, lu_ir, gmres_ir\nfactor = fp16, fp32\nwork = fp32\nmatrix = randsvd\nn = 13\n");
    const double *first = NULL, *b = NULL;
    for (int64_t i = 0; i < f.n; i++) {
        if (!is_outcome(&f, i)) continue;
        const double *a = load(f.cells[i]->id, "A", N * N), *right = load(f.cells[i]->id, "b", N);
        if (first) assert_memory_equal(a, first, N * N * sizeof *a);
        if (first) assert_memory_equal(right, b, N * sizeof *b);
        first = a, b = right;
    }
    assert_non_null(first);
}

static void engines_agree(void **state) {
    (void)state;
    static const char sweep[] = "method = lu, lu_ir, gmres_ir\nfactor = fp16, fp32\nwork = fp32\nmatrix = randsvd\n"
                                "kappa = 10, 1e4\nn = 9\n";
    px_flight f = fly_by(sweep, PX_ENGINE_AUTO), g = fly_by(sweep, PX_ENGINE_MPFR);
    assert_true(f.n == g.n && f.n > 24);
    for (int64_t i = 0; i < f.n; i++)
        for (int c = 0; c < f.rows[i].n_columns; c++) {
            const char *column = f.rows[i].columns[c].name;
            assert_string_equal(px_flight_text(&f, i, column), px_flight_text(&g, i, column));
        }
}

static void expect(const char *sweep, const char *cause, const char *status) {
    px_flight f = fly(sweep);
    assert_true(is_outcome(&f, f.n - 1));
    assert_string_equal(px_flight_text(&f, f.n - 1, "cause"), cause);
    assert_string_equal(px_flight_text(&f, f.n - 1, "status"), status);
}

static void failures_have_causes(void **state) {
    (void)state;
    /* invhilb(8) has entries of 4e9: beyond fp16 */
    expect("method = lu_ir\nfactor = fp16\nwork = fp64\nmatrix = invhilb\nn = 8\n", "overflow", "overflow");
    expect("method = lu_ir\nfactor = fp16\nwork = fp64\nscaling = two_sided\nmatrix = invhilb\nn = 3\n", "", "ok");
    /* two powers of fp8 are alike */
    expect("method = lu\nfactor = fp8_e5m2\nwork = fp64\nmatrix = vandermonde\nn = 6\n", "zero_pivot", "singular");
    expect("method = cholesky\nfactor = bf16\nwork = fp64\nmatrix = hilbert\nn = 12\n", "indefinite", "singular");
    expect("method = lu_ir\nfactor = bf16\nwork = fp64\nmatrix = randsvd\nkappa = 1e8\nmax_steps = 3\nn = 30\n",
           "max_steps", "not_converged");
    expect("method = gmres_ir\nfactor = fp16\nwork = fp32\nresidual = fp64\napply = fp64\nmatrix = randsvd\n"
           "kappa = 1e11\nmode = 3\nstop = correction\nn = 50\n",
           "inaccurate", "ok");
}

/* LU by panels and a matrix unit: the table of a plain LU in which a panel is the whole matrix, and another one else; no
 * theorem, and the reason in its place; refused where there is no LU. */
static void a_matrix_unit_updates_the_panels(void **state) {
    (void)state;
    px_flight f = fly("method = lu\nfactor = fp16\naccum = fp16\nmodel/block = none/0, a100/40, a100/8, h100/8\n"
                      "matrix = gaussian\nn = 40\n");
    const char *columns[] = {"fwd_norm", "bwd_norm", "growth"};
    for (int c = 0; c < 3; c++) {
        assert_string_equal(px_flight_text(&f, 1, columns[c]), px_flight_text(&f, 3, columns[c]));
        assert_string_not_equal(px_flight_text(&f, 1, columns[c]), px_flight_text(&f, 5, columns[c]));
    }
    assert_true(px_flight_number(&f, 1, "slack_bwd") <= 1);
    assert_string_equal(px_flight_text(&f, 5, "slack_bwd"), "");
    assert_string_equal(px_flight_text(&f, 5, "phi"), "");
    assert_non_null(strstr(px_flight_text(&f, 5, "bound_note"), "no bound: a matrix unit"));
    static const char *const refused[] = {"method = cholesky\nmodel = h100\nmatrix = moler\nwork = fp16\n",
                                          "method = lu\nblock = 8\nwork = fp16\n",
                                          "method = lu\nmodel = h100\n"
                                          "backend = openblas\nfactor = fp32\n",
                                          "method = lu\nmodel = v100\n"
                                          "factor = bf16\naccum = fp32\n"};
    for (int i = 0; i < 4; i++) {
        px_flight none = fly(px_arena_printf(arena, "%sn = 8\n", refused[i]));
        assert_true(none.n == 0 && none.n_dropped == 1);
    }
}

static void refinement_converges_where_it_should(void **state) {
    (void)state;
    px_flight f = fly("method = lu_ir, gmres_ir, cholesky_ir, cg\nbackend = emulated, openblas\nwork = fp64\nmatrix = "
                      "tridiagonal\nn = 24\n");
    int64_t outcomes = 0;
    for (int64_t i = 0; i < f.n; i++) {
        if (!is_outcome(&f, i)) continue;
        outcomes++;
        assert_string_equal(px_flight_text(&f, i, "status"), "ok");
        assert_true(px_flight_number(&f, i, "bwd_norm") <= 5 * 0x1p-53);
    }
    assert_int_equal(outcomes, 8);
    /* exact in at most n steps: the solution of second differences */
    f = fly("method = lu_ir\nfactor = fp16\nwork = fp32\nresidual = fp64\nstop = correction\nmatrix = randsvd\n"
            "kappa = 100\nn = 50\nrep = 1..10\nhistory = no\n");
    assert_true(f.n == 10);
    for (int64_t i = 0; i < f.n; i++) assert_string_equal(px_flight_text(&f, i, "converged"), "1");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(theorems_hold),
        cmocka_unit_test(a_dumped_cell_can_be_checked),
        cmocka_unit_test(hardware_formats_are_the_machines_own),
        cmocka_unit_test(data_do_not_depend_on_the_treatment),
        cmocka_unit_test(engines_agree),
        cmocka_unit_test(failures_have_causes),
        cmocka_unit_test(a_matrix_unit_updates_the_panels),
        cmocka_unit_test(refinement_converges_where_it_should),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
