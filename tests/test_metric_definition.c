/* Every figure against its definition in plain MPFR; a reference with too few bits does not pass. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <mpfr.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/philox.h"
#include "metric/error.h"
#include "ref/truth.h"
#include "support/figures.h"
#include "support/format.h"

enum { PLAIN_BITS = 4500, RATIO_BITS = 9000 };

typedef struct plain {
    px_errors e;
    double slack;
} plain;

static double digits(mpfr_t x) {
    if (mpfr_inf_p(x)) return (double)INFINITY;
    if (mpfr_zero_p(x)) return 0;
    char text[32], number[64];
    mpfr_exp_t e;
    mpfr_get_str(text, &e, 10, 8, x, MPFR_RNDN);
    snprintf(number, sizeof number, "0.%se%ld", text, (long)e);
    return strtod(number, NULL);
}

static void ratio_of(mpfr_t q, mpfr_t n, mpfr_t d) {
    if (mpfr_zero_p(n)) mpfr_set_zero(q, 1);
    else mpfr_div(q, n, d, MPFR_RNDN);
}

static int compare_doubles(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void plain_ulp(mpfr_t ulp, const mpfr_t x, px_fp fp) {
    long e = mpfr_zero_p(x) ? fp.emin : (long)mpfr_get_exp(x) - 1;
    if (e < fp.emin) e = fp.emin;
    if (e > fp.emax) e = fp.emax;
    mpfr_set_ui_2exp(ulp, 1, e - fp.p + 1, MPFR_RNDN);
}

/* The exact values and sums of magnitudes of a product of two matrices. */
static void plain_product(const px_mat *in, int64_t i, int64_t j, mpfr_t x, mpfr_t b) {
    mpfr_t f, g;
    mpfr_inits2(64, f, g, (mpfr_ptr)NULL);
    mpfr_set_zero(x, 1);
    mpfr_set_zero(b, 1);
    for (int64_t t = 0; t < in[0].cols; t++) {
        mpfr_set_d(f, px_mat_get(&in[0], i, t), MPFR_RNDN);
        mpfr_set_d(g, px_mat_get(&in[1], t, j), MPFR_RNDN);
        mpfr_fma(x, f, g, x, MPFR_RNDN);
        mpfr_abs(f, f, MPFR_RNDN);
        mpfr_abs(g, g, MPFR_RNDN);
        mpfr_fma(b, f, g, b, MPFR_RNDN);
    }
    mpfr_clears(f, g, (mpfr_ptr)NULL);
}

static void raise_to(mpfr_t top, const mpfr_t x) { mpfr_max(top, top, x, MPFR_RNDN); }

/* All finite. */
static plain plain_measure(const px_mat *c, const px_mat *in, double beta, double eta) {
    int64_t rows = c->rows, cols = c->cols, n = rows * cols;
    double *cw = calloc((size_t)n, sizeof *cw);
    mpfr_t v[12];
    for (int k = 0; k < 12; k++) {
        mpfr_init2(v[k], k < 3 ? PLAIN_BITS : RATIO_BITS);
        mpfr_set_zero(v[k], 1);
    }
    mpfr_ptr x = v[0], b = v[1], e = v[2], q = v[3], abs_ = v[4], rel = v[5], ulp = v[6], top = v[7], fro_e = v[8],
             fro_x = v[9], slack = v[10], d = v[11];
    bool any_rel = false;
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < cols; j++) {
            plain_product(in, i, j, x, b);
            mpfr_d_sub(e, px_mat_get(c, i, j), x, MPFR_RNDN);
            mpfr_abs(e, e, MPFR_RNDN);
            mpfr_abs(x, x, MPFR_RNDN);
            raise_to(abs_, e);
            raise_to(top, x);
            if (!mpfr_zero_p(x)) {
                any_rel = true;
                mpfr_div(q, e, x, MPFR_RNDN);
                raise_to(rel, q);
            }
            plain_ulp(d, x, c->fmt);
            mpfr_div(q, e, d, MPFR_RNDN);
            raise_to(ulp, q);
            ratio_of(q, e, b);
            cw[i * cols + j] = digits(q);
            mpfr_mul_d(d, b, beta, MPFR_RNDN);
            mpfr_add_d(d, d, eta, MPFR_RNDN);
            ratio_of(q, e, d);
            raise_to(slack, q);
            mpfr_sqr(q, e, MPFR_RNDN);
            mpfr_add(fro_e, fro_e, q, MPFR_RNDN);
            mpfr_sqr(q, x, MPFR_RNDN);
            mpfr_add(fro_x, fro_x, q, MPFR_RNDN);
        }
    qsort(cw, (size_t)n, sizeof *cw, compare_doubles);
    plain p = {.slack = digits(slack)};
    p.e.err_abs = digits(abs_);
    p.e.err_rel = any_rel ? digits(rel) : PX_UNDEFINED;
    p.e.err_ulp = digits(ulp);
    p.e.err_rel_max = p.e.err_rel_fro = PX_UNDEFINED;
    if (!mpfr_zero_p(top)) {
        mpfr_div(q, abs_, top, MPFR_RNDN);
        p.e.err_rel_max = digits(q);
        mpfr_div(q, fro_e, fro_x, MPFR_RNDN);
        mpfr_sqrt(q, q, MPFR_RNDN);
        p.e.err_rel_fro = digits(q);
    }
    p.e.err_cw_max = cw[n - 1];
    p.e.err_cw_p50 = cw[(n - 1) / 2];
    p.e.err_cw_p99 = cw[(int64_t)ceil(0.99 * (double)n) - 1];
    for (int k = 0; k < 12; k++) mpfr_clear(v[k]);
    free(cw);
    return p;
}

/* What data: 0 ordinary, 1 any exponents, 2 small integers (ties and exact zeros), 3 powers of two, 4 tiny. */
enum { DATA = 5 };

static double draw(int data, uint64_t key, uint64_t i) {
    px_bits128 r = px_philox(key, 3, i);
    double s = (double)(int64_t)(r.lo >> 11) * 0x1p-52 - 1, x;
    switch (data) {
    case 0: return s;
    case 1: x = ldexp(s, (int)(r.hi % 1600) - 1050); return isfinite(x) ? x : s;
    case 2: return (double)((int64_t)(r.hi % 9) - 4);
    case 3: return ldexp(r.lo & 1 ? 1 : -1, (int)(r.hi % 12) - 6);
    default: return ldexp(s, -530 - (int)(r.hi % 12));
    }
}

static void check_against_plain(const char *name, int data, uint64_t key, bool mpfr_engine) {
    enum { M = 7, N = 15, K = 6 };
    px_arena *arena = px_arena_new();
    px_fp fp = format(name);
    px_mat in[2] = {px_mat_new(arena, px_fp_exact(), M, K), px_mat_new(arena, px_fp_exact(), K, N)};
    for (int64_t i = 0; i < M * K; i++) px_mat_set(&in[0], i / K, i % K, draw(data, key, (uint64_t)i));
    for (int64_t i = 0; i < K * N; i++) px_mat_set(&in[1], i / N, i % N, draw(data, key + 1, (uint64_t)i));
    px_truth t;
    px_call call = {.op = PX_OP_GEMM, .attr = {1}};
    assert_int_equal((mpfr_engine ? px_ref_truth_mpfr : px_ref_truth)(arena, &call, in, 2, &t, NULL), PX_OK);
    px_mat c = px_mat_new(arena, fp, M, N);
    px_fp saturating = fp;
    saturating.overflow = PX_OVERFLOW_SATURATE;
    px_rounding r = px_rounding_of(key % 2 ? PX_NEAREST_EVEN : PX_UP);
    assert_int_equal(px_ref_rounded(&t, saturating, r, &c, NULL), PX_OK);
    px_errors e;
    double slack, beta = px_fp_u(fp), eta = key % 3 ? 0 : 0x1p-1074;
    px_error err;
    if (px_errors_measure(&c, &t, NULL, &e, &err) != PX_OK) fail_msg("%s data %d: %s", name, data, err.text);
    assert_int_equal(px_errors_slack(&c, &t, beta, eta, &slack, &err), PX_OK);
    plain p = plain_measure(&c, in, beta, eta);
#define CHECK_FIGURE(field, column, unit, text) assert_figure(column, e.field, p.e.field);
    PX_ERROR_METRICS(CHECK_FIGURE)
#undef CHECK_FIGURE
    assert_figure("slack", slack, p.slack);
    px_arena_free(arena);
}

static void figures_are_their_definitions(void **state) {
    (void)state;
    static const char *const names[] = {"fp16", "bf16", "fp32", "fp64", "fp8_e4m3"};
    uint64_t key = 1;
    for (int data = 0; data < DATA; data++)
        for (int f = 0; f < 5; f++)
            for (int rep = 0; rep < 4; rep++) check_against_plain(names[f], data, key++, rep == 3);
}

/* The same product summed in 64 bits: a figure changes, so a reference with too few bits does not pass unseen. */
static void a_reference_of_64_bits_is_rejected(void **state) {
    (void)state;
    px_arena *arena = px_arena_new();
    enum { K = 40 };
    int seen = 0;
    for (uint64_t key = 1; key <= 10; key++) {
        px_mat x = px_mat_new(arena, px_fp_exact(), 1, K);
        for (int64_t i = 0; i < K - 1; i++) px_mat_set(&x, 0, i, ldexp(draw(0, key, (uint64_t)i), -(int)i));
        double sum = 0;
        for (int64_t i = 0; i < K - 1; i++) sum += px_mat_get(&x, 0, i);
        px_mat_set(&x, 0, K - 1, -sum); /* cancelling: what is left are rounding errors */
        px_truth good, bad;
        assert_int_equal(px_ref_truth(arena, &(px_call){.op = PX_OP_SUM}, &x, 1, &good, NULL), PX_OK);
        mpfr_t s;
        mpfr_init2(s, 64);
        mpfr_set_zero(s, 1);
        for (int64_t i = 0; i < K; i++) mpfr_add_d(s, s, px_mat_get(&x, 0, i), MPFR_RNDN);
        double hi = mpfr_get_d(s, MPFR_RNDN);
        bad = given(arena, 1, 1, &hi, (double[]){px_mat_get(&good.absab.hi, 0, 0)});
        mpfr_clear(s);
        px_mat c = matrix(arena, format("fp32"), 1, 1, (double[]){0x1p-60});
        px_errors e[2];
        assert_int_equal(px_errors_measure(&c, &good, NULL, &e[0], NULL), PX_OK);
        assert_int_equal(px_errors_measure(&c, &bad, NULL, &e[1], NULL), PX_OK);
        seen += e[0].err_rel != e[1].err_rel;
    }
    assert_true(seen >= 8);
    px_arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures_are_their_definitions),
        cmocka_unit_test(a_reference_of_64_bits_is_rejected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
