/* LU, Cholesky and triangular solves: in fp64 and fp32 they are the machine's own plain loops bit for bit; by hand in
 * fp16; pivots, exchanges and what happens at zeros and NaN. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "arith/round.h"
#include "kernel/factor.h"
#include "kernel/mma.h"
#include "support/cases.h"
#include "support/format.h"

enum { N = 23 };

static double uniform(px_random *g) { return ldexp((double)(px_random_word(g) >> 11), -52) - 1; }

static void fill(px_random *g, px_fp f, int64_t count, double *x) {
    for (int64_t i = 0; i < count; i++) x[i] = px_round(f, px_rounding_of(PX_NEAREST_EVEN), uniform(g), 0);
}

static void expect_same(const char *what, int64_t count, const double *x, const double *y) {
    for (int64_t i = 0; i < count; i++)
        if (px_word_of(x[i]) != px_word_of(y[i]))
            fail_msg("%s: entry %lld is %a, not %a", what, (long long)i, x[i], y[i]);
}

/* Doolittle's form, row by row, as in a textbook: for each type of C, and nothing of src/. */
#define PLAIN_LU(name, real)                                                                                           \
    static void name(int n, double *a, int64_t *pivots) {                                                              \
        static real m[N][N];                                                                                           \
        for (int i = 0; i < n; i++)                                                                                    \
            for (int j = 0; j < n; j++) m[i][j] = (real)a[i * n + j];                                                  \
        for (int k = 0; k < n; k++) {                                                                                  \
            int p = k;                                                                                                 \
            for (int i = k; i < n; i++) {                                                                              \
                for (int t = 0; t < k; t++) m[i][k] = m[i][k] - m[i][t] * m[t][k];                                     \
                if ((m[i][k] < 0 ? -m[i][k] : m[i][k]) > (m[p][k] < 0 ? -m[p][k] : m[p][k])) p = i;                    \
            }                                                                                                          \
            pivots[k] = p;                                                                                             \
            for (int j = 0; j < n; j++) {                                                                              \
                real x = m[k][j];                                                                                      \
                m[k][j] = m[p][j], m[p][j] = x;                                                                        \
            }                                                                                                          \
            for (int j = k + 1; j < n; j++)                                                                            \
                for (int t = 0; t < k; t++) m[k][j] = m[k][j] - m[k][t] * m[t][j];                                     \
            for (int i = k + 1; i < n; i++) m[i][k] = m[i][k] / m[k][k];                                               \
        }                                                                                                              \
        for (int i = 0; i < n; i++)                                                                                    \
            for (int j = 0; j < n; j++) a[i * n + j] = (double)m[i][j];                                                \
    }
PLAIN_LU(plain_lu_double, double)
PLAIN_LU(plain_lu_float, float)

static void lu_is_the_plain_one(void **state) {
    (void)state;
    px_random g = {1};
    for (int n = 1; n <= N; n++)
        for (int single = 0; single < 2; single++) {
            px_fp f = format(single ? "fp32" : "fp64");
            px_recipe r = px_recipe_uniform(f);
            double a[N * N], b[N * N];
            int64_t p[N], q[N];
            fill(&g, f, n * n, a);
            memcpy(b, a, sizeof a);
            px_lu(&r, false, n, a, p, 0);
            (single ? plain_lu_float : plain_lu_double)(n, b, q);
            expect_same("lu", n * n, a, b);
            assert_memory_equal(p, q, (size_t)n * sizeof *p);
        }
}

/* l l^T by columns, and the two solves with it, against the same in plain doubles. */
static void cholesky_and_solves_are_the_plain_ones(void **state) {
    (void)state;
    px_random g = {2};
    px_recipe r = px_recipe_uniform(format("fp64"));
    double a[N * N], l[N][N] = {{0}}, x[N], y[N], t[N * N];
    fill(&g, r.out, N * N, a);
    for (int i = 0; i < N; i++)
        for (int j = 0; j <= i; j++) a[i * N + j] = a[j * N + i] = i == j ? N + 1 : a[i * N + j];
    for (int j = 0; j < N; j++)
        for (int i = j; i < N; i++) {
            double s = a[i * N + j];
            for (int k = 0; k < j; k++) s = s - l[i][k] * l[j][k];
            l[i][j] = i == j ? sqrt(s) : s / l[j][j];
        }
    px_cholesky(&r, false, N, a, 0);
    expect_same("cholesky", N * N, a, &l[0][0]);
    fill(&g, r.out, N, x);
    for (int i = 0; i < N; i++) {
        y[i] = x[i];
        for (int k = 0; k < i; k++) y[i] = y[i] - l[i][k] * y[k];
        y[i] = y[i] / l[i][i];
    }
    px_trsm(&r, &(px_triangle){.n = N, .t = a}, 1, x, 0);
    expect_same("lower", N, x, y);
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) t[j * N + i] = a[i * N + j];
    for (int i = N - 1; i >= 0; i--) {
        for (int k = N - 1; k > i; k--) y[i] = y[i] - l[k][i] * y[k];
        y[i] = y[i] / l[i][i];
    }
    px_trsm(&r, &(px_triangle){.n = N, .t = t, .upper = true}, 1, x, 0);
    expect_same("upper", N, x, y);
}

/* fp16: rows 1 and 2 of column 0 are largest and equal, so row 1 comes up; fl(1/3) = 0x1.554p-2, 5 fl(1/3) = 0x1.aa9p0
 * is rounded to 0x1.aa8p0 before it is subtracted. fl(5/7) = 0x1.6dcp-1, but 5 fl(1/7) gives 0x1.6d8p-1. */
static void one_step_by_hand(void **state) {
    (void)state;
    px_recipe r = px_recipe_uniform(format("fp16"));
    double a[9] = {1, 2, 0, -3, 5, 0, 3, 1, 1}, b[4] = {7, 0, 5, 1}, c[4] = {7, 0, 5, 1};
    int64_t p[3];
    px_lu(&r, false, 3, a, p, 0);
    assert_true(p[0] == 1 && p[1] == 2);
    assert_true(a[0] == -3 && a[3] == -1 && a[6] == -0x1.554p-2);
    assert_true(a[4] == 6 && a[7] == px_div(r.out, px_rounding_of(PX_NEAREST_EVEN), 0x1.d54p1, 6, 0));
    px_lu(&r, false, 2, b, p, 0);
    px_lu(&r, true, 2, c, p, 0);
    assert_true(b[2] == 0x1.6dcp-1 && c[2] == 0x1.6d8p-1);
}

/* A wider accumulator: 1 - 2^-12 is rounded only when the entry is finished. */
static void entries_are_finished_once(void **state) {
    (void)state;
    px_recipe r = px_recipe_uniform(format("fp16"));
    double narrow[9] = {1, 0, 0x1p-6, 0, 1, 0x1p-6, 0x1p-6, 0x1p-6, 1}, wide[9];
    memcpy(wide, narrow, sizeof wide);
    int64_t p[3];
    px_lu(&r, false, 3, narrow, p, 0);
    r.acc = r.mul = format("fp32");
    px_lu(&r, false, 3, wide, p, 0);
    assert_true(narrow[8] == 1); /* twice 1 - 2^-12, a tie to even */
    assert_true(wide[8] == 1 - 0x1p-11);
}

static void zeros_and_nan(void **state) {
    (void)state;
    px_recipe r = px_recipe_uniform(format("fp32"));
    double zero[4] = {0, 1, 0, 2}, nan[4] = {1, 1, (double)NAN, 1}, negative[1] = {-1};
    int64_t p[2];
    px_lu(&r, false, 2, zero, p, 0);
    assert_true(p[0] == 0 && zero[0] == 0 && zero[2] == 0 && zero[3] == 2);
    px_lu(&r, false, 2, nan, p, 0);
    assert_true(p[0] == 1 && isnan(nan[0]));
    px_cholesky(&r, false, 1, negative, 0);
    assert_true(isnan(negative[0]));
    double b = 1;
    px_trsm(&r, &(px_triangle){.n = 1, .t = zero}, 1, &b, 0);
    assert_true(isinf(b));
}

static void exchanges_are_made_in_order(void **state) {
    (void)state;
    double x[6] = {0, 10, 1, 11, 2, 12};
    px_permute(3, (const int64_t[]){2, 2, 2}, 2, x);
    assert_true(x[0] == 2 && x[1] == 12 && x[2] == 0 && x[4] == 1);
}

/* Stochastic rounding: a function of the stream, between the neighbours. */
static void stochastic_rounding_draws_by_element(void **state) {
    (void)state;
    px_random g = {3};
    px_recipe r = px_recipe_uniform(format("bf16"));
    r.rounding = PX_STOCHASTIC, r.sr_bits = 32;
    double a[N * N], b[N * N], c[N * N];
    int64_t p[N];
    fill(&g, r.out, N * N, a);
    memcpy(b, a, sizeof a), memcpy(c, a, sizeof a);
    px_lu(&r, false, N, a, p, 7);
    px_lu(&r, false, N, b, p, 7);
    px_lu(&r, false, N, c, p, 8);
    expect_same("the same stream", N * N, a, b);
    assert_true(memcmp(a, c, sizeof a) != 0);
}

/* Entry (i, j) of the factors of P A, given those above and to the left of it: the matrix unit's chains, a panel each,
 * then the panel's own updates, then the division. */
static double entry_by_unit(const px_recipe *r, const px_mma *unit, const double *lu, double s, int i, int j) {
    px_rounding near = px_rounding_of(PX_NEAREST_EVEN);
    px_recipe chain = *r;
    chain.out = chain.acc;
    int last = i < j ? i : j, first = last - last % r->block;
    for (int k = 0; k < first; k += r->block) {
        px_terms t = {.n = r->block, .a = lu + i * N + k, .b = lu + k * N + j, .stride_a = 1, .stride_b = N, .c = s};
        t.sign = -1;
        s = px_mma_entry(unit, &chain, &t);
    }
    for (int k = first; k < last; k++)
        s = px_sub(r->acc, near, s, px_mul(r->mul, near, lu[i * N + k], lu[k * N + j], 0), 0);
    return i <= j ? px_round(r->out, near, s, 0) : px_div(r->out, near, s, lu[j * N + j], 0);
}

static void panels_are_updated_by_the_unit(void **state) {
    (void)state;
    px_random g = {4};
    static const char *const models[] = {"v100", "a100", "h100", "b200"};
    int differ = 0;
    for (int m = 0; m < 8; m++)
        for (int block = 1; block <= 25; block += 4) {
            px_recipe r = px_recipe_uniform(format("fp16"));
            r.acc = r.mul = format(m < 4 ? "fp16" : "fp32");
            r.block = block, r.model = (int16_t)px_model_find(models[m % 4]);
            px_mma unit;
            assert_int_equal(px_mma_find((px_model)r.model, r.out, r.out, r.acc, &unit, NULL), PX_OK);
            double a[N * N], lu[N * N], scalar[N * N];
            int64_t p[N], q[N];
            fill(&g, r.out, N * N, a);
            memcpy(lu, a, sizeof a), memcpy(scalar, a, sizeof a);
            px_lu_by_unit(&r, &unit, false, N, lu, p, 0);
            px_permute(N, p, N, a);
            for (int i = 0; i < N; i++)
                for (int j = 0; j < N; j++) {
                    double x = entry_by_unit(&r, &unit, lu, a[i * N + j], i, j);
                    if (px_word_of(lu[i * N + j]) != px_word_of(x))
                        fail_msg("%s, block %d: entry (%d, %d) is %a, not %a", models[m % 4], block, i, j,
                                 lu[i * N + j], x);
                    assert_true(i <= j || fabs(x) <= 1); /* pivots are largest */
                }
            px_lu(&r, false, N, scalar, q, 0);
            differ += memcmp(scalar, lu, sizeof lu) != 0;
            if (block > N) expect_same("one panel", N * N, lu, scalar);
        }
    assert_true(differ > 10); /* a unit is not a rounding a step: in fp16 that shows */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lu_is_the_plain_one),
        cmocka_unit_test(cholesky_and_solves_are_the_plain_ones),
        cmocka_unit_test(one_step_by_hand),
        cmocka_unit_test(entries_are_finished_once),
        cmocka_unit_test(zeros_and_nan),
        cmocka_unit_test(exchanges_are_made_in_order),
        cmocka_unit_test(stochastic_rounding_draws_by_element),
        cmocka_unit_test(panels_are_updated_by_the_unit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
