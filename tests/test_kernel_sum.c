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

enum { MAX_TERMS = 70 };

static px_fp named(const char *name) {
    px_fp f;
    assert_int_equal(px_fp_parse(name, &f, NULL), PX_OK);
    return f;
}

/* The naive definition: exact products are doubles here (operands of at most 24 bits), so every step is one MPFR
 * rounding of a sum of two doubles. */
typedef struct naive {
    const px_recipe *r;
    const px_terms *t;
    double x[MAX_TERMS]; /* the terms */
    int64_t index[MAX_TERMS];
} naive;

static double oracle(const naive *d, px_oracle_op op, px_fp f, double a, double b, uint64_t step) {
    unsigned flags;
    return px_oracle(op, f, px_recipe_rounding(d->r), (double[]){a, b, 0}, px_bits(d->t->stream, d->t->element, step),
                     &flags);
}

static double plus(const naive *d, double a, double b, uint64_t step) {
    return oracle(d, OP_ADD, d->r->acc, a, b, step);
}

static void make_terms(naive *d) {
    for (int64_t k = 0; k < d->t->n; k++) {
        double a = d->t->a[k * d->t->stride_a], b = d->t->b ? d->t->b[k * d->t->stride_b] : 1;
        bool rounded = d->t->b && !d->r->fused && d->r->mul.p;
        d->x[k] = d->t->sign * (rounded ? oracle(d, OP_MUL, d->r->mul, a, b, 2 * (uint64_t)k) : a * b);
        d->index[k] = k;
    }
}

static bool before(double x, double y, int direction) {
    if (isnan(x) || isnan(y)) return !isnan(x) && isnan(y);
    return direction > 0 ? fabs(x) < fabs(y) : fabs(x) > fabs(y);
}

static void insertion_sort(naive *d, int direction) {
    for (int64_t i = 1; i < d->t->n; i++)
        for (int64_t j = i; j > 0 && before(d->x[j], d->x[j - 1], direction); j--) {
            double x = d->x[j];
            int64_t k = d->index[j];
            d->x[j] = d->x[j - 1], d->index[j] = d->index[j - 1];
            d->x[j - 1] = x, d->index[j - 1] = k;
        }
}

static double one_by_one(const naive *d, double s, int64_t from, int64_t to) {
    for (int64_t i = from; i < to; i++) s = plus(d, s, d->x[i], 2 * (uint64_t)d->index[i] + 1);
    return s;
}

static double levels(naive *d) {
    int64_t n = d->t->n;
    if (n == 1) return plus(d, 0, d->x[0], 1);
    while (n > 1) {
        int64_t m = 0;
        for (int64_t i = 0; i + 1 < n; i += 2, m++) {
            d->x[m] = plus(d, d->x[i], d->x[i + 1], 2 * (uint64_t)d->index[i + 1] + 1);
            d->index[m] = d->index[i];
        }
        if (n % 2) d->x[m] = d->x[n - 1], d->index[m] = d->index[n - 1], m++;
        n = m;
    }
    return d->x[0];
}

static double blocks(const naive *d, int64_t length, bool split) {
    int64_t n = d->t->n;
    double sum = 0;
    for (int64_t j = 0; j * length < n; j++) {
        double part = one_by_one(d, 0, j * length, (j + 1) * length < n ? (j + 1) * length : n);
        uint64_t step = 2 * (uint64_t)n + 2 * (uint64_t)j;
        if (split && d->r->split.p) part = oracle(d, OP_ROUND, d->r->split, part, 0, step);
        sum = j ? plus(d, sum, part, step + 1) : part;
    }
    return sum;
}

static double compensated(const naive *d, bool neumaier) {
    double s = d->t->c, c = 0;
    for (int64_t k = 0; k < d->t->n; k++) {
        double x = d->x[k], y, t, e;
        uint64_t step = 2 * (uint64_t)d->t->n + 3 * (uint64_t)k, main_step = 2 * (uint64_t)k + 1;
        if (neumaier) {
            t = plus(d, s, x, main_step);
            e = fabs(s) >= fabs(x) ? plus(d, plus(d, s, -t, step), x, step + 1)
                                   : plus(d, plus(d, x, -t, step), s, step + 1);
            c = plus(d, c, e, step + 2);
        } else {
            y = plus(d, x, -c, step);
            t = plus(d, s, y, main_step);
            c = plus(d, plus(d, t, -s, step + 1), -y, step + 2);
        }
        s = t;
    }
    return neumaier ? plus(d, s, c, UINT64_MAX - 2) : s;
}

static double naive_sum(const px_recipe *r, const px_terms *t) {
    naive d = {.r = r, .t = t};
    make_terms(&d);
    int64_t n = t->n;
    double s = t->c;
    bool start_last = false;
    if (n > 0) switch ((px_order)r->order) {
        case PX_SEQUENTIAL: s = one_by_one(&d, s, 0, n); break;
        case PX_REVERSE:
            for (int64_t k = n; k-- > 0;) s = plus(&d, s, d.x[k], 2 * (uint64_t)k + 1);
            break;
        case PX_SORTED_UP:
        case PX_SORTED_DOWN:
            insertion_sort(&d, r->order == PX_SORTED_UP ? 1 : -1);
            s = one_by_one(&d, s, 0, n);
            break;
        case PX_PAIRWISE: s = levels(&d), start_last = true; break;
        case PX_BLOCKED: s = blocks(&d, r->block, false), start_last = true; break;
        case PX_SPLITK: s = blocks(&d, (n + r->splits - 1) / r->splits, true), start_last = true; break;
        case PX_KAHAN: s = compensated(&d, false); break;
        case PX_NEUMAIER: s = compensated(&d, true); break;
        case PX_ORDER_COUNT: break;
        }
    if (start_last && px_word_of(t->c) != 0) s = plus(&d, t->c, s, UINT64_MAX - 1);
    return r->out.p ? oracle(&d, OP_ROUND, r->out, s, 0, UINT64_MAX) : s;
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
        double got = px_sum(&r, &t, NULL), want = naive_sum(&r, &t);
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
