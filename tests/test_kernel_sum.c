/* Sums and dot products: against plain C loops of float and double, and against another writing of every order, each
 * step rounded by MPFR. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "arith/round.h"
#include "kernel/elementwise.h"
#include "kernel/sum.h"
#include "support/cases.h"
#include "support/naive_sum.h"

enum { MAX_TERMS = PX_NAIVE_TERMS };

static px_fp named(const char *name) {
    px_fp f;
    assert_int_equal(px_fp_parse(name, &f, NULL), PX_OK);
    return f;
}

static px_fp any_format(px_random *g) {
    static const char *const names[] = {"fp16", "bf16", "fp8_e4m3", "fp8_e5m2", "tf32", "fp32", "ieee_e6m9", "fp64"};
    px_fp f = named(names[px_random_below(g, 8)]);
    f.subnormals = px_random_below(g, 4) != 0;
    return f;
}

static px_recipe any_recipe(px_random *g, px_order order, px_rounding_mode mode) {
    px_rounding rounding = px_rounding_of(mode);
    px_recipe r = {.mul = any_format(g),
                   .acc = any_format(g),
                   .out = any_format(g),
                   .rounding = rounding.mode,
                   .sr_bits = rounding.sr_bits,
                   .order = (uint8_t)order,
                   .fused = px_random_below(g, 3) == 0,
                   .block = 1 + px_random_below(g, 9),
                   .splits = 1 + px_random_below(g, 9)};
    if (px_random_below(g, 2)) r.mul = r.out = r.acc;
    if (px_random_below(g, 4) == 0) r.mul = px_fp_exact();
    if (px_random_below(g, 4) == 0) r.out = px_fp_exact();
    if (px_random_below(g, 2)) r.split = any_format(g);
    return r;
}

/* Numbers of a short format, of like size, so that sums round and now and then cancel; rarely infinities and NaN. */
static double any_number(px_random *g, px_fp f) {
    if (px_random_below(g, 200) == 0) return px_random_below(g, 2) ? (double)INFINITY : (double)NAN;
    if (px_random_below(g, 20) == 0) return px_random_below(g, 2) ? 0.0 : -0.0;
    double x = ldexp((double)(px_random_word(g) >> 11), -53 + px_random_below(g, 8) - 4);
    return px_round(f, px_rounding_of(PX_NEAREST_EVEN), px_random_below(g, 2) ? x : -x, 0);
}

static void every_order_is_its_definition(void **state) {
    (void)state;
    px_random g = {11};
    static const char *const inputs[] = {"fp16", "bf16", "fp32", "fp8_e4m3"};
    for (int i = 0; i < 40000; i++) {
        px_order order = (px_order)(i % PX_ORDER_COUNT);
        px_rounding_mode mode = (px_rounding_mode)(i / PX_ORDER_COUNT % PX_ROUNDING_COUNT);
        px_recipe r = any_recipe(&g, order, mode);
        px_fp in = named(inputs[px_random_below(&g, 4)]);
        double a[2 * MAX_TERMS], b[3 * MAX_TERMS];
        px_terms t = {.n = px_random_below(&g, 8) ? px_random_below(&g, 20) : px_random_below(&g, MAX_TERMS),
                      .a = a,
                      .b = px_random_below(&g, 3) ? b : NULL,
                      .stride_a = 1 + px_random_below(&g, 2),
                      .stride_b = 1 + px_random_below(&g, 3),
                      .c = px_random_below(&g, 2) ? any_number(&g, in) : 0.0,
                      .sign = px_random_below(&g, 2) ? 1 : -1,
                      .stream = px_random_word(&g),
                      .element = px_random_word(&g)};
        for (int k = 0; k < 2 * MAX_TERMS; k++) a[k] = any_number(&g, in);
        for (int k = 0; k < 3 * MAX_TERMS; k++) b[k] = any_number(&g, in);
        double got = px_sum(&r, &t, NULL), want = px_naive_sum(&r, &t);
        if (isnan(got) && isnan(want)) continue;
        if (px_word_of(got) != px_word_of(want))
            fail_msg("case %d: order %s, %s, n = %lld%s%s: got %a want %a", i, px_order_name(order),
                     px_rounding_name(mode), (long long)t.n, t.b ? ", products" : "", r.fused ? ", fused" : "", got,
                     want);
    }
}

/* volatile: so that neither vector units nor wider registers come in between. */
static float float_dot(int n, const double *a, const double *b, float c) {
    volatile float s = c;
    for (int k = 0; k < n; k++) {
        volatile float p = (float)a[k] * (float)b[k];
        s = s + p;
    }
    return s;
}

static double double_dot(int n, const double *a, const double *b, double c) {
    volatile double s = c;
    for (int k = 0; k < n; k++) {
        volatile double p = a[k] * b[k];
        s = s + p;
    }
    return s;
}

static double fused_dot(int n, const double *a, const double *b, double c, int single) {
    double s = c;
    for (int k = 0; k < n; k++) s = single ? (double)fmaf((float)a[k], (float)b[k], (float)s) : fma(a[k], b[k], s);
    return s;
}

static void fp32_and_fp64_are_c_loops(void **state) {
    (void)state;
    px_random g = {12};
    enum { N = 300 };
    for (int i = 0; i < 400; i++) {
        double a[N], b[N], c = 0.5;
        bool single = i % 2;
        px_fp f = named(single ? "fp32" : "fp64");
        for (int k = 0; k < N; k++) {
            double scale = i % 8 < 2 ? 0x1p-70 : 1; /* products near fp32's subnormals */
            a[k] = scale * ldexp((double)(int64_t)px_random_word(&g), -63),
            b[k] = scale * ldexp((double)(int64_t)px_random_word(&g), -63);
            if (single) a[k] = (double)(float)a[k], b[k] = (double)(float)b[k];
        }
        if (i % 8 < 2) c = 0;
        px_terms t = {.n = N, .a = a, .b = b, .stride_a = 1, .stride_b = 1, .c = c, .sign = 1};
        px_recipe r = px_recipe_uniform(f);
        double want = single ? (double)float_dot(N, a, b, (float)c) : double_dot(N, a, b, c);
        assert_int_equal(px_word_of(px_sum(&r, &t, NULL)), px_word_of(want));
        r.fused = 1;
        assert_int_equal(px_word_of(px_sum(&r, &t, NULL)), px_word_of(fused_dot(N, a, b, c, single)));
    }
}

/* The harmonic sum stops growing at the first term that is at most half a quantum; values known from the literature. */
static void harmonic_sums_stagnate(void **state) {
    (void)state;
    static const struct {
        const char *format;
        int64_t last;
        double sum;
    } rows[] = {{"fp16", 512, 7.0859375}, {"tf32", 512, 7.0859375}, {"bf16", 64, 5.0625}};
    enum { N = 2000 };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        px_fp f = named(rows[i].format);
        double x[N];
        for (int k = 0; k < N; k++) x[k] = px_div(f, px_rounding_of(PX_NEAREST_EVEN), 1, k + 1, 0);
        px_recipe r = px_recipe_uniform(f);
        px_terms t = {.n = N, .a = x, .stride_a = 1, .sign = 1};
        int64_t last;
        assert_int_equal(px_word_of(px_sum(&r, &t, &last)), px_word_of(rows[i].sum));
        assert_int_equal(last, rows[i].last); /* term last + 1 is the first that changes nothing */
    }
}

static void no_terms_and_signs(void **state) {
    (void)state;
    px_recipe r = px_recipe_uniform(named("fp16"));
    px_terms t = {.n = 0, .c = 1 + 0x1p-11, .sign = 1};
    double x[2] = {1, 2};
    int64_t last = 7;
    for (int order = 0; order < PX_ORDER_COUNT; order++) {
        r.order = (uint8_t)order;
        r.block = r.splits = 3;
        assert_int_equal(px_word_of(px_sum(&r, &t, &last)), px_word_of(1.0));
        assert_int_equal(last, 0);
        px_terms minus = {.n = 2, .a = x, .stride_a = 1, .c = 5, .sign = -1};
        assert_int_equal(px_word_of(px_sum(&r, &minus, NULL)), px_word_of(2.0));
    }
}

static void elementwise_operations_round_once(void **state) {
    (void)state;
    px_recipe r = px_recipe_uniform(named("fp16"));
    assert_int_equal(px_word_of(px_element_add(&r, 1, 0x1p-11, 0, 0)), px_word_of(1.0));
    assert_int_equal(px_word_of(px_element_mul(&r, 1 + 0x1p-10, 1 + 0x1p-10, 0, 0)), px_word_of(1 + 0x1p-9));
    assert_int_equal(px_word_of(px_element_round(&r, 70000, 0, 0)), px_word_of((double)INFINITY));
    r.rounding = PX_STOCHASTIC;
    r.sr_bits = 1;
    int up = 0;
    for (uint64_t e = 0; e < 1000; e++) up += px_element_round(&r, 1 + 0x1p-11, 5, e) > 1;
    assert_in_range(up, 400, 600); /* 500 +- 6 standard deviations */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_order_is_its_definition),
        cmocka_unit_test(fp32_and_fp64_are_c_loops),
        cmocka_unit_test(harmonic_sums_stagnate),
        cmocka_unit_test(no_terms_and_signs),
        cmocka_unit_test(elementwise_operations_round_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
