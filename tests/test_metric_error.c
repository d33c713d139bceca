/* Every figure: worked by hand, against its definition in plain MPFR, and at the borders of its definition. */
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
#include <string.h>

#include "base/philox.h"
#include "metric/error.h"
#include "ref/truth.h"

static uint64_t bits_of(double x) {
    uint64_t w;
    memcpy(&w, &x, sizeof w);
    return w;
}

static void assert_figure(const char *what, double got, double want) {
    if (isnan(got) && isnan(want)) return;
    if (bits_of(got) != bits_of(want)) fail_msg("%s: got %.17g, want %.17g", what, got, want);
}

static px_fp format(const char *name) {
    px_fp fp;
    px_error err;
    assert_int_equal(px_fp_parse(name, &fp, &err), PX_OK);
    return fp;
}

/* ---- 8 digits ---- */

static void eight_digits(void **state) {
    (void)state;
    static const struct {
        double x, want;
    } cases[] = {
        {0, 0}, {1, 1}, {1.0 / 3, 0.33333333}, {2.0 / 3, 0.66666667},
        {1.00390625, 1.0039062},      /* an exact tie: to the even digit */
        {1.01171875, 1.0117188},      /* the same, upwards */
        {123456785, 123456780}, {123456775, 123456780}, {99999999.5, 100000000}, {99999998.5, 99999998},
        {0x1p-1074, 4.9406565e-324},  {0x1.fffffffffffffp1023, 1.7976931e308},
        {0x1p-12, 0.00024414062},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_figure("digits", px_round_digits(cases[i].x), cases[i].want);
    assert_true(isinf(px_round_digits((double)INFINITY)));
}

/* ---- By hand: 2 x 2, exact values given as they are ---- */

static px_truth given(px_arena *arena, int64_t rows, int64_t cols, const double *exact, const double *absab) {
    px_truth t = {.v = px_wide_of(px_mat_new(arena, px_fp_exact(), rows, cols)),
                  .absab = px_wide_of(px_mat_new(arena, px_fp_exact(), rows, cols))};
    for (int64_t i = 0; i < rows; i++) {
        px_mat_set_row(&t.v.hi, i, 0, cols, exact + i * cols);
        px_mat_set_row(&t.absab.hi, i, 0, cols, absab + i * cols);
    }
    return t;
}

static px_mat matrix(px_arena *arena, px_fp fp, int64_t rows, int64_t cols, const double *x) {
    px_mat m = px_mat_new(arena, fp, rows, cols);
    for (int64_t i = 0; i < rows; i++) px_mat_set_row(&m, i, 0, cols, x + i * cols);
    return m;
}

static void worked_by_hand(void **state) {
    (void)state;
    px_arena *arena = px_arena_new();
    /* E = 1/4, -1/8, 0, 3: |exact| = 2, 1/2, 4, 0. */
    px_truth t = given(arena, 2, 2, (double[]){2, -0.5, 4, 0}, (double[]){4, 8, 16, 32});
    px_mat c = matrix(arena, format("fp16"), 2, 2, (double[]){2.25, -0.625, 4, 3});
    px_errors e;
    assert_int_equal(px_errors_measure(&c, &t, NULL, &e, NULL), PX_OK);
    assert_figure("err_abs", e.err_abs, 3);
    assert_figure("err_rel", e.err_rel, 0.25);
    assert_figure("err_ulp", e.err_ulp, 3 * 0x1p24); /* at 0: the smallest subnormal, 2^-24 */
    assert_figure("err_rel_max", e.err_rel_max, 0.75);
    assert_figure("err_rel_fro", e.err_rel_fro, 0.66955393); /* sqrt(9.078125 / 20.25) */
    assert_figure("err_cw_max", e.err_cw_max, 0.09375);      /* 1/16, 1/64, 0, 3/32 */
    assert_figure("err_cw_p50", e.err_cw_p50, 0.015625);
    assert_figure("err_cw_p99", e.err_cw_p99, 0.09375);
    assert_int_equal(e.n_ref_zero, 1);
    double slack;
    assert_int_equal(px_errors_slack(&c, &t, 0.125, 0, &slack, NULL), PX_OK);
    assert_figure("slack", slack, 0.75);
    assert_int_equal(px_errors_slack(&c, &t, 0.125, 0.5, &slack, NULL), PX_OK);
    assert_figure("slack with eta", slack, 0.66666667); /* 3 / (4 + 1/2) */
    px_arena_free(arena);
}

/* ---- ulp by the exact value's binade ---- */

static double ulp_error(const char *fp, double computed, double hi, double lo) {
    px_arena *arena = px_arena_new();
    px_truth t = given(arena, 1, 1, &hi, (double[]){1});
    t.v.lo = matrix(arena, px_fp_exact(), 1, 1, &lo);
    px_mat c = matrix(arena, format(fp), 1, 1, &computed);
    px_errors e;
    assert_int_equal(px_errors_measure(&c, &t, NULL, &e, NULL), PX_OK);
    px_arena_free(arena);
    return e.err_ulp;
}

static void ulps(void **state) {
    (void)state;
    assert_figure("1", ulp_error("fp16", 1 + 0x1p-10, 1, 0), 1);
    assert_figure("just below 1", ulp_error("fp16", 1, 1, -0x1p-60), px_round_digits(0x1p-49));
    assert_figure("far below 1", ulp_error("fp16", 1 + 0x1p-10, 1, -0x1p-60), 2);
    assert_figure("subnormal", ulp_error("fp16", 0x1p-24, 0x1.8p-24, 0), 0.5);
    assert_figure("below all subnormals", ulp_error("fp16", 0x1p-24, 0x1p-40, 0), px_round_digits(1 - 0x1p-16));
    assert_figure("zero", ulp_error("fp16", 0x1p-23, 0, 0), 2);
    assert_figure("beyond the largest", ulp_error("fp16", 65504, 65504 + 1024, 0), 32);
    assert_figure("e4m3: the top binade is 256 .. 448", ulp_error("fp8_e4m3", 448, 1024, 0), 18);
    assert_figure("infinite for a finite value", ulp_error("fp16", (double)INFINITY, 70000, 0), (double)INFINITY);
    assert_figure("nan for a finite value", ulp_error("fp16", (double)NAN, 1, 0), (double)INFINITY);
    assert_figure("both nan", ulp_error("fp16", (double)NAN, (double)NAN, 0), 0);
    assert_figure("both infinite", ulp_error("fp16", -(double)INFINITY, -(double)INFINITY, 0), 0);
    assert_figure("other infinity", ulp_error("fp16", -(double)INFINITY, (double)INFINITY, 0), (double)INFINITY);
    assert_figure("finite for an infinite value", ulp_error("fp16", 1, (double)INFINITY, 0), (double)INFINITY);
    assert_figure("no format, no ulp", ulp_error("fp64", 1, 1, 0), 0);
}

/* ---- The plain definitions ---- */

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

/* ---- Ties and their neighbours: double cannot tell them apart, the digits can ---- */

static double abs_error(double computed, double hi, double lo) {
    px_arena *arena = px_arena_new();
    px_truth t = given(arena, 1, 1, &hi, (double[]){1});
    t.v.lo = matrix(arena, px_fp_exact(), 1, 1, &lo);
    px_mat c = matrix(arena, px_fp_exact(), 1, 1, &computed);
    px_errors e;
    assert_int_equal(px_errors_measure(&c, &t, NULL, &e, NULL), PX_OK);
    assert_true(isnan(e.err_ulp)); /* no format, no ulp */
    px_arena_free(arena);
    return e.err_abs;
}

static void neighbours_of_ties(void **state) {
    (void)state;
    assert_figure("tie", abs_error(2.00390625, 1, 0), 1.0039062);
    assert_figure("above", abs_error(2.00390625, 1, -0x1p-200), 1.0039063);
    assert_figure("below", abs_error(2.00390625, 1, 0x1p-200), 1.0039062);
    assert_figure("tie to even, up", abs_error(2.01171875, 1, 0), 1.0117188);
    assert_figure("below it", abs_error(2.01171875, 1, 0x1p-1074), 1.0117187);
    assert_figure("next decade", abs_error(1, 1 - 0.99999999, 0), px_round_digits(0.99999999));
}

/* Quotients that are ties: 1 / 4096 = 2.44140625e-4, in every entry and among others. */
static void ties_of_quotients(void **state) {
    (void)state;
    enum { N = 101 };
    px_arena *arena = px_arena_new();
    double exact[N], scale[N], computed[N];
    for (int i = 0; i < N; i++) {
        exact[i] = 3;
        scale[i] = 3 * 4096;
        computed[i] = 6;
    }
    px_truth t = given(arena, 1, N, exact, scale);
    px_mat c = matrix(arena, format("fp64"), 1, N, computed);
    px_errors e;
    assert_int_equal(px_errors_measure(&c, &t, NULL, &e, NULL), PX_OK);
    assert_figure("max", e.err_cw_max, 0.00024414062);
    assert_figure("p50", e.err_cw_p50, 0.00024414062);
    double lo[N];
    for (int i = 0; i < N; i++) lo[i] = i < 51 ? 0x1p-150 : -0x1p-150; /* |E| a little below and a little above */
    t.v.lo = matrix(arena, px_fp_exact(), 1, N, lo);
    assert_int_equal(px_errors_measure(&c, &t, NULL, &e, NULL), PX_OK);
    assert_figure("the median is below", e.err_cw_p50, 0.00024414062);
    assert_figure("the maximum is above", e.err_cw_max, 0.00024414063);
    assert_figure("normwise, above", e.err_rel_max, 1);
    px_arena_free(arena);
}

/* ---- Order statistics, norms and n ---- */

static void quantiles_and_growth(void **state) {
    (void)state;
    static const int64_t sizes[] = {1, 2, 3, 100, 101, 1000};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        int64_t n = sizes[s];
        px_arena *arena = px_arena_new();
        px_mat c = px_mat_new(arena, format("fp64"), 1, n);
        px_truth t = {.v = px_wide_of(px_mat_new(arena, px_fp_exact(), 1, n)),
                      .absab = px_wide_of(px_mat_new(arena, px_fp_exact(), 1, n))};
        for (int64_t j = 0; j < n; j++) { /* errors 1 .. n in a shuffled order: 7919 is prime to all n */
            px_mat_set(&t.v.hi, 0, j, 1);
            px_mat_set(&t.absab.hi, 0, j, 1);
            px_mat_set(&c, 0, j, (double)(2 + 7919 * j % n));
        }
        px_errors e;
        assert_int_equal(px_errors_measure(&c, &t, NULL, &e, NULL), PX_OK);
        assert_figure("max", e.err_cw_max, (double)n);
        assert_figure("lower median", e.err_cw_p50, (double)((n + 1) / 2));
        assert_figure("p99", e.err_cw_p99, (double)(n - n / 100));
        /* sqrt((1 + .. + n^2) / n) = sqrt((n + 1)(2n + 1) / 6): a root mean square, it does not shrink with n. */
        assert_figure("Frobenius", e.err_rel_fro, px_round_digits(sqrt((double)((n + 1) * (2 * n + 1)) / 6)));
        px_arena_free(arena);
    }
}

/* ---- Values at the ends ---- */

static void events_are_counted(void **state) {
    (void)state;
    px_arena *arena = px_arena_new();
    px_fp fp = format("fp16");
    const double inf = (double)INFINITY;
    px_truth t = given(arena, 1, 7, (double[]){1, 1, 0x1p-20, 0x1p-30, 0x1p-14, 0, 0x1p-14},
                       (double[]){1, 1, 1, 1, 1, 0, 1});
    px_mat c = matrix(arena, fp, 1, 7, (double[]){inf, (double)NAN, 0, 0, 0x1p-15, 0, 0});
    px_mat rounded = px_mat_new(arena, fp, 1, 7);
    assert_int_equal(px_ref_rounded(&t, fp, px_rounding_of(PX_NEAREST_EVEN), &rounded, NULL), PX_OK);
    px_errors e;
    assert_int_equal(px_errors_measure(&c, &t, &rounded, &e, NULL), PX_OK);
    assert_int_equal(e.n_inf, 1);
    assert_int_equal(e.n_nan, 1);
    assert_int_equal(e.n_subnormal, 1);
    assert_int_equal(e.n_flushed, 2);   /* 2^-20 and 2^-14; 2^-30 rounds to 0 */
    assert_int_equal(e.n_underflow, 2); /* both 2^-14; 2^-20 is subnormal itself */
    assert_int_equal(e.n_ref_zero, 1);
    assert_figure("max", e.err_abs, inf);
    assert_figure("normwise", e.err_rel_max, inf);
    assert_figure("Frobenius", e.err_rel_fro, inf);
    assert_figure("median of 0 (0/0), 2^-30, 2^-20, 2^-15, 2^-14, inf, inf", e.err_cw_p50, 3.0517578e-05);
    px_arena_free(arena);
}

static void undefined_figures(void **state) {
    (void)state;
    px_arena *arena = px_arena_new();
    px_truth t = given(arena, 1, 2, (double[]){0, 0}, (double[]){0, 0});
    px_mat c = matrix(arena, format("fp16"), 1, 2, (double[]){0, 0});
    px_errors e;
    double slack;
    assert_int_equal(px_errors_measure(&c, &t, NULL, &e, NULL), PX_OK);
    assert_true(isnan(e.err_rel) && isnan(e.err_rel_max) && isnan(e.err_rel_fro));
    assert_true(e.err_abs == 0 && e.err_ulp == 0 && e.err_cw_max == 0);
    assert_int_equal(px_errors_slack(&c, &t, 1, 0, &slack, NULL), PX_OK);
    assert_true(slack == 0);
    px_mat_set(&c, 0, 1, 1);
    assert_int_equal(px_errors_slack(&c, &t, 1, 0, &slack, NULL), PX_OK);
    assert_true(isinf(slack));
    assert_int_equal(px_errors_slack(&c, &t, 1, 2, &slack, NULL), PX_OK);
    assert_true(slack == 0.5);
    px_mat_set(&c, 0, 1, (double)INFINITY);
    assert_int_equal(px_errors_slack(&c, &t, 1, 2, &slack, NULL), PX_OK);
    assert_true(isnan(slack));
    t.absab.hi.data = NULL;
    assert_int_equal(px_errors_measure(&c, &t, NULL, &e, NULL), PX_OK);
    assert_true(isnan(e.err_cw_max) && isnan(e.err_cw_p50) && isinf(e.err_abs));
    px_arena_free(arena);
}

/* Exact values beyond the range of double: 2^1030 computed as the largest number, and 2^-1100 as 0. */
static void exact_values_beyond_double(void **state) {
    (void)state;
    px_arena *arena = px_arena_new();
    px_mat in[2] = {matrix(arena, px_fp_exact(), 1, 2, (double[]){0x1p1020, 0x1p-600}),
                    matrix(arena, px_fp_exact(), 1, 2, (double[]){0x1p10, 0x1p-500})};
    px_truth t;
    assert_int_equal(px_ref_truth(arena, &(px_call){.op = PX_OP_MUL}, in, 2, &t, NULL), PX_OK);
    px_errors e;
    px_mat c = matrix(arena, format("fp64"), 1, 2, (double[]){0x1.fffffffffffffp1023, 0});
    assert_int_equal(px_errors_measure(&c, &t, NULL, &e, NULL), PX_OK);
    assert_figure("err_rel", e.err_rel, 1); /* 2^-1100 is lost; the other is 1 - 2^-6 */
    assert_figure("err_cw_p50", e.err_cw_p50, 0.984375);
    assert_figure("err_rel_max", e.err_rel_max, 0.984375);
    assert_figure("err_rel_fro", e.err_rel_fro, 0.984375);
    assert_int_equal(e.n_ref_zero, 0);
    px_mat_set(&c, 0, 0, (double)INFINITY);
    assert_int_equal(px_errors_measure(&c, &t, NULL, &e, NULL), PX_OK);
    assert_true(isinf(e.err_rel) && isinf(e.err_abs));
    px_arena_free(arena);
}

/* ---- References that are not good enough ---- */

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

/* An enclosure that does not decide a digit, without anyone to ask: an error, not a guess. */
static void a_wide_enclosure_is_an_error(void **state) {
    (void)state;
    px_arena *arena = px_arena_new();
    px_truth t = given(arena, 1, 1, (double[]){1.5}, (double[]){1});
    px_mat c = matrix(arena, format("fp32"), 1, 1, (double[]){2.5});
    px_errors e;
    px_error err;
    t.v.radius = matrix(arena, px_fp_exact(), 1, 1, (double[]){0x1p-60});
    assert_int_equal(px_errors_measure(&c, &t, NULL, &e, &err), PX_OK);
    assert_true(e.err_rel == 0.66666667);
    t.v.radius = matrix(arena, px_fp_exact(), 1, 1, (double[]){0x1p-20});
    assert_int_equal(px_errors_measure(&c, &t, NULL, &e, &err), PX_INCOMPLETE);
    assert_non_null(strstr(err.text, "too few digits"));
    px_arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(eight_digits),
        cmocka_unit_test(worked_by_hand),
        cmocka_unit_test(ulps),
        cmocka_unit_test(figures_are_their_definitions),
        cmocka_unit_test(neighbours_of_ties),
        cmocka_unit_test(ties_of_quotients),
        cmocka_unit_test(quantiles_and_growth),
        cmocka_unit_test(events_are_counted),
        cmocka_unit_test(undefined_figures),
        cmocka_unit_test(exact_values_beyond_double),
        cmocka_unit_test(a_reference_of_64_bits_is_rejected),
        cmocka_unit_test(a_wide_enclosure_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
