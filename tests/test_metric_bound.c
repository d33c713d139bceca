/* Bounds are never exceeded, by random, special and climbing data in every order, mode and mix of formats; they
 * grow with n; and data that attain them are known. The sums are kernel/sum.h's, the exact values and the
 * comparison MPFR's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <mpfr.h>
#include <stdio.h>
#include <string.h>

#include "arith/round.h"
#include "base/philox.h"
#include "kernel/sum.h"
#include "metric/bound.h"
#include "support/format.h"

enum { MAX_TERMS = 70 };

/* One sum with its recipe: in -> products in mul -> acc -> out. */
typedef struct trial {
    px_recipe recipe;
    px_bound_data data;
    double a[MAX_TERMS], b[MAX_TERMS], c;
} trial;

static double uniform(uint64_t key, uint64_t i) { return (double)(px_philox(key, 11, i).lo >> 11) * 0x1p-53; }
static uint64_t choose(uint64_t key, uint64_t i, uint64_t n) { return px_philox(key, 12, i).hi % n; }

static double to(px_fp fp, double x) { return px_round(fp, px_rounding_of(PX_NEAREST_EVEN), x, 0); }

static double run(const trial *t) {
    px_terms terms = {.n = t->data.k, .a = t->a, .b = t->data.products ? t->b : NULL, .stride_a = 1, .stride_b = 1,
                      .c = t->c, .sign = 1, .stream = 5, .element = 17};
    return px_sum(&t->recipe, &terms, NULL);
}

/* |E| / (beta B + eta) in plain MPFR, rounded up. Exact inside: 4500 bits. */
static double slack_of(const trial *t, const px_bound *bound, double computed) {
    mpfr_t x, b, f, g;
    mpfr_inits2(4500, x, b, (mpfr_ptr)NULL);
    mpfr_inits2(64, f, g, (mpfr_ptr)NULL);
    mpfr_set_d(x, t->c, MPFR_RNDN);
    mpfr_set_d(b, fabs(t->c), MPFR_RNDN);
    for (int64_t i = 0; i < t->data.k; i++) {
        mpfr_set_d(f, t->a[i], MPFR_RNDN);
        mpfr_set_d(g, t->data.products ? t->b[i] : 1, MPFR_RNDN);
        mpfr_fma(x, f, g, x, MPFR_RNDN);
        mpfr_abs(f, f, MPFR_RNDN);
        mpfr_abs(g, g, MPFR_RNDN);
        mpfr_fma(b, f, g, b, MPFR_RNDN);
    }
    mpfr_d_sub(x, computed, x, MPFR_RNDN);
    mpfr_abs(x, x, MPFR_RNDN);
    mpfr_mul_d(b, b, bound->beta, MPFR_RNDN);
    mpfr_add_d(b, b, bound->eta, MPFR_RNDN);
    double slack = mpfr_zero_p(x) ? 0 : (mpfr_div(x, x, b, MPFR_RNDU), mpfr_get_d(x, MPFR_RNDU));
    mpfr_clears(x, b, f, g, (mpfr_ptr)NULL);
    return slack;
}

/* Data by which sums go wrong. */
static void fill(trial *t, uint64_t key) {
    px_fp in = t->data.in, acc = t->recipe.acc;
    double u = px_fp_u(acc);
    uint64_t style = choose(key, 1000, 8);
    int low = in.emin - in.p + 1, span = acc.emax < 20 ? 10 : 20;
    for (int64_t i = 0; i < t->data.k; i++) {
        double r = uniform(key, (uint64_t)i), x = 1;
        uint64_t s = choose(key, (uint64_t)i, 6);
        switch (style) {
        case 0: x = 2 * r - 1; break;
        case 1: x = r; break;
        case 2: x = i == 0 ? 1 : u * (double)(1 + s); break;
        case 3: x = i == 0 ? 1 : u * (1 + u) * (s == 0 ? -1 : 1); break;
        case 4: x = ldexp(1 + r, (int)(s + 2 * (uint64_t)i) % span - span / 2) * (s & 1 ? -1 : 1); break;
        case 5: x = ldexp(r, low + (int)s) * (s & 2 ? -1 : 1); break; /* subnormal numbers and products */
        case 6: x = ldexp(r - 0.5, in.emin / 2 + (int)s); break;      /* products around the smallest ones */
        default: x = i % 2 ? -1 - u * (double)s : 1 + u * (double)s; break;
        }
        t->a[i] = to(in, x);
        t->b[i] = to(in, style == 5 ? 1 : style == 6 ? ldexp(1 + r, in.emin / 2) : s & 1 ? 1 + r / 2 : 1);
    }
    /* A start value of any format: like a term, tiny, or with more bits than the accumulator has. */
    static const double starts[] = {1, -0.75, 0x1p-40, 0x1.23456789abcdep-3};
    t->c = t->data.has_c ? starts[choose(key, 3000, 4)] : 0;
}

static const char *const small_formats[] = {"fp8_e4m3", "fp8_e5m2", "ieee_e5m3", "ieee_e6m4", "fp16", "bf16", "fp32"};
enum { SMALL = sizeof small_formats / sizeof *small_formats };

static px_fp any_format(uint64_t key, uint64_t which, bool flush) {
    px_fp fp = format(small_formats[choose(key, which, SMALL)]);
    fp.subnormals = !flush;
    return fp;
}

/* A recipe drawn at random. */
static trial any_trial(uint64_t key) {
    bool flush = choose(key, 2000, 3) == 0;
    trial t = {.data = {.k = 1 + (int64_t)choose(key, 2001, MAX_TERMS), .entries = 1, .finite = true}};
    t.data.products = choose(key, 2002, 2) == 0;
    px_fp one = any_format(key, 2003, flush);
    bool mixed = choose(key, 2004, 2) == 0;
    t.data.in = one;
    t.recipe = (px_recipe){.mul = mixed ? any_format(key, 2005, flush) : one,
                           .acc = mixed ? any_format(key, 2006, flush) : one,
                           .out = mixed ? any_format(key, 2007, flush) : one,
                           .split = mixed ? any_format(key, 2008, flush) : px_fp_exact(),
                           .rounding = (uint8_t)choose(key, 2009, PX_ROUNDING_COUNT),
                           .sr_bits = 8,
                           .order = (uint8_t)choose(key, 2010, PX_ORDER_COUNT),
                           .fused = choose(key, 2011, 3) == 0,
                           .block = 1 + (int32_t)choose(key, 2012, 9),
                           .splits = 1 + (int32_t)choose(key, 2013, 6)};
    t.data.has_c = choose(key, 2016, 4) == 0;
    if (choose(key, 2014, 4) == 0) t.recipe.mul = px_fp_exact();
    if (choose(key, 2015, 6) == 0) t.recipe.out = px_fp_exact();
    return t;
}

static void fail_with(const trial *t, const char *what, double slack, double computed, uint64_t key) {
    char f[5][24];
    const px_recipe *r = &t->recipe;
    fail_msg("%s: key %llu n %d %s %s in %s mul %s acc %s out %s split %s fused %d products %d flush %d: slack %.17g, "
             "result %a",
             what, (unsigned long long)key, (int)t->data.k, px_order_name((px_order)r->order),
             px_rounding_name((px_rounding_mode)r->rounding), px_fp_name(t->data.in, f[0]), px_fp_name(r->mul, f[1]),
             px_fp_name(r->acc, f[2]), px_fp_name(r->out, f[3]), px_fp_name(r->split, f[4]), r->fused, t->data.products,
             !t->data.in.subnormals, slack, computed);
}

/* Could anything have overflowed without showing it? The largest number of each format is far from (1 + beta) B. */
static bool certainly_finite(const trial *t, const px_bound *b, double computed) {
    double scale = fabs(t->c);
    for (int64_t i = 0; i < t->data.k; i++) scale += fabs(t->a[i] * (t->data.products ? t->b[i] : 1));
    double top = fmin(t->recipe.acc.max_finite, px_fp_is_exact(t->recipe.out) ? 1e300 : t->recipe.out.max_finite);
    if (t->recipe.order == PX_SPLITK && !px_fp_is_exact(t->recipe.split)) top = fmin(top, t->recipe.split.max_finite);
    if (t->data.products && !px_fp_is_exact(t->recipe.mul)) top = fmin(top, t->recipe.mul.max_finite);
    return isfinite(computed) && 1.01 * (scale * (1 + b->beta) + b->eta) < top;
}

static void never_exceeded(void **state) {
    (void)state;
    int tried = 0, orders[PX_ORDER_COUNT] = {0}, modes[PX_ROUNDING_COUNT] = {0};
    double largest = 0;
    for (uint64_t key = 1; key <= 30000; key++) {
        trial t = any_trial(key);
        px_bound b = px_bound_sum(&t.recipe, &t.data);
        if (!b.valid) continue;
        fill(&t, key);
        double computed = run(&t);
        if (!certainly_finite(&t, &b, computed)) continue;
        double slack = slack_of(&t, &b, computed);
        if (!(slack <= 1)) fail_with(&t, b.source, slack, computed, key);
        if (slack > largest) largest = slack;
        tried++;
        orders[t.recipe.order]++;
        modes[t.recipe.rounding]++;
    }
    assert_true(tried > 8000 && largest > 0.9);
    for (int i = 0; i < PX_ORDER_COUNT; i++) assert_true(orders[i] > 100);
    for (int i = 0; i < PX_ROUNDING_COUNT; i++) assert_true(modes[i] > 100);
}

/* Climbing: change a term, keep what makes the slack larger. Few bits and few terms, so that extremes are near. */
static double climb(trial *t, const px_bound *b, uint64_t key, int steps) {
    fill(t, key);
    double best = 0;
    for (int step = 0; step < steps; step++) {
        trial next = *t;
        int64_t i = (int64_t)choose(key, 5000 + (uint64_t)step, (uint64_t)t->data.k);
        double *x = choose(key, 6000 + (uint64_t)step, 2) && t->data.products ? &next.b[i] : &next.a[i];
        double r = uniform(key, 7000 + (uint64_t)step), scale = ldexp(1, -(int)choose(key, 8000 + (uint64_t)step, 12));
        *x = to(t->data.in, choose(key, 9000 + (uint64_t)step, 2) ? *x + (r - 0.5) * scale : (r - 0.5) * 4 * scale);
        double computed = run(&next);
        if (!certainly_finite(&next, b, computed)) continue;
        double slack = slack_of(&next, b, computed);
        if (!(slack <= 1)) fail_with(&next, b->source, slack, computed, key);
        if (slack < best) continue;
        best = slack;
        *t = next;
    }
    return best;
}

static void never_exceeded_by_climbing_data(void **state) {
    (void)state;
    static const char *const formats[] = {"ieee_e6m2", "ieee_e6m3", "ieee_e6m5"};
    uint64_t key = 1;
    for (int f = 0; f < 3; f++)
        for (int order = 0; order < PX_ORDER_COUNT; order++)
            for (int mode = 0; mode < PX_ROUNDING_COUNT; mode++)
                for (int products = 0; products < 3; products++) {
                    trial t = {.recipe = px_recipe_uniform(format(formats[f]))};
                    t.data = (px_bound_data){.k = 3 + (int64_t)choose(key, 1, 6), .entries = 1, .finite = true};
                    t.data.in = t.recipe.acc;
                    t.data.products = products > 0;
                    t.recipe.fused = products == 2;
                    t.recipe.order = (uint8_t)order;
                    t.recipe.rounding = (uint8_t)mode;
                    t.recipe.sr_bits = 6;
                    t.recipe.block = 3;
                    t.recipe.splits = 2;
                    px_bound b = px_bound_sum(&t.recipe, &t.data);
                    if (b.valid) climb(&t, &b, ++key, 250);
                }
}

/* ---- Sharpness ---- */

static double attained(const char *name, px_rounding_mode mode, double first, double next, int64_t n) {
    trial t = {.recipe = px_recipe_uniform(format(name))};
    t.recipe.rounding = (uint8_t)mode;
    t.data = (px_bound_data){.k = n, .entries = 1, .finite = true, .in = t.recipe.acc};
    for (int64_t i = 0; i < n; i++) t.a[i] = i == 0 ? first : next;
    px_bound b = px_bound_sum(&t.recipe, &t.data);
    assert_true(b.valid);
    return slack_of(&t, &b, run(&t));
}

/* 1, then 32 times u: each is lost, (n-1) u (1 + 32 u). Rounding up, 1 and 32 tiny numbers: 32 steps of 2u. */
static void bounds_are_attained(void **state) {
    (void)state;
    static const char *const names[] = {"fp16", "tf32", "fp32", "fp64"};
    for (int f = 0; f < 4; f++) {
        px_fp fp = format(names[f]);
        double nearest = attained(names[f], PX_NEAREST_EVEN, 1, px_fp_u(fp), 33);
        double up = attained(names[f], PX_UP, 1, px_fp_min_subnormal(fp), 33);
        if (!(nearest >= 0.98 && nearest <= 1)) fail_msg("%s: to nearest %.17g", names[f], nearest);
        if (!(up >= 0.98 && up <= 1)) fail_msg("%s: up %.17g", names[f], up);
    }
}

/* One operation: 1 + u loses u; half the smallest subnormal is lost. */
static void one_operation(void **state) {
    (void)state;
    px_fp fp16 = format("fp16");
    px_rounding even = px_rounding_of(PX_NEAREST_EVEN), up = px_rounding_of(PX_UP);
    px_bound b = px_bound_operation(fp16, even, false);
    assert_true(b.valid && b.eta == 0);
    double u = 0x1p-11;
    assert_true(b.beta >= u / (1 + u) && b.beta <= u / (1 + u) * (1 + 0x1p-50)); /* 1 + u -> 1: u of 1 + u */
    b = px_bound_operation(fp16, even, true);
    assert_true(b.eta == 0x1p-25); /* 2^-24 times 1/2 */
    b = px_bound_operation(fp16, up, true);
    assert_true(b.beta == 2 * u && b.eta == 0x1p-24);
    fp16.subnormals = 0;
    b = px_bound_operation(fp16, even, false);
    assert_true(b.eta == 0x1p-14);
    b = px_bound_operation(format("fp64"), even, true);
    assert_true(b.eta == 0x1p-1074); /* 2^-1075, rounded up */
}

/* ---- Formulas, by hand ---- */

static px_bound bound_of(const char *in, const char *mul, const char *acc, const char *out, px_order order, int64_t n) {
    px_recipe r = {.mul = mul ? format(mul) : px_fp_exact(), .acc = format(acc), .out = format(out)};
    r.order = (uint8_t)order;
    r.block = 16;
    r.splits = 4;
    px_bound_data d = {.k = n, .entries = 1, .products = true, .finite = true, .in = format(in)};
    px_bound b = px_bound_sum(&r, &d);
    assert_true(b.valid);
    return b;
}

/* want (1 - 2^-40) <= got <= want (1 + 2^-40): rounded up, but not by much. */
static void assert_about(double got, double want) {
    if (!(got >= want * (1 - 0x1p-40) && got <= want * (1 + 0x1p-40))) fail_msg("got %.17g, want %.17g", got, want);
}

static void formulas(void **state) {
    (void)state;
    double u = 0x1p-11, v = u / (1 + u), w = 0x1p-24;
    px_bound b = bound_of("fp16", "fp16", "fp16", "fp16", PX_SEQUENTIAL, 100);
    assert_true(b.beta == 100 * u); /* n u, products included */
    assert_about(b.eta, 100 * 0x1p-25 * (1 + 100 * u));
    b = bound_of("fp16", "fp32", "fp32", "fp32", PX_SEQUENTIAL, 100);
    assert_true(b.beta == 99 * w && b.eta == 0); /* products of fp16 are exact in fp32 */
    b = bound_of("fp16", NULL, "fp32", "fp32", PX_SEQUENTIAL, 100);
    assert_true(b.beta == 99 * w && b.eta == 0);
    b = bound_of("fp32", NULL, "fp32", "fp32", PX_SEQUENTIAL, 100);
    assert_true(b.beta == 100 * w); /* fused: the first step rounds the product */
    b = bound_of("fp16", "fp16", "fp32", "fp16", PX_SEQUENTIAL, 100);
    assert_about(b.beta, (1 + v) * (1 + 99 * w) * (1 + v) - 1);
    b = bound_of("fp16", NULL, "fp16", "fp16", PX_PAIRWISE, 1024);
    assert_about(b.beta, expm1(10 * log1p(v))); /* ten levels of exact products' sums */
    b = bound_of("fp16", "fp16", "fp16", "fp16", PX_BLOCKED, 256);
    assert_about(b.beta, expm1(31 * log1p(v))); /* product, 15 in a block, 15 blocks */
    b = bound_of("bf16", "fp32", "fp32", "fp32", PX_SEQUENTIAL, 64);
    assert_true(b.beta == 63 * w); /* 16 bits: exact but for underflow */
    assert_about(b.eta, 64 * 0x1p-150 * (1 + 63 * w));
    px_recipe directed = px_recipe_uniform(format("fp16"));
    directed.rounding = PX_TOWARD_ZERO;
    px_bound_data sum = {.k = 33, .entries = 1, .finite = true, .in = directed.acc};
    b = px_bound_sum(&directed, &sum);
    assert_about(b.beta, expm1(32 * log1p(2 * u)));
    assert_true(b.eta == 0);
    directed.acc.subnormals = sum.in.subnormals = 0;
    b = px_bound_sum(&directed, &sum);
    assert_about(b.eta, 33 * 0x1p-14 * (1 + b.beta));
}

/* Every order to nearest has a bound but the compensated ones in their exceptions; it grows with n. */
static void coverage_and_growth(void **state) {
    (void)state;
    static const char *const formats[] = {"fp16", "bf16", "tf32", "fp32", "fp64", "fp8_e4m3", "fp8_e5m2"};
    for (int in = 0; in < 7; in++)
        for (int acc = 0; acc < 7; acc++)
            for (int order = 0; order < PX_ORDER_COUNT; order++)
                for (int variant = 0; variant < 8; variant++) {
                    px_recipe r = px_recipe_uniform(format(formats[acc]));
                    r.order = (uint8_t)order;
                    r.block = r.splits = 8;
                    r.fused = variant & 1;
                    r.out = format(formats[in]);
                    if (variant & 2) r.rounding = PX_NEAREST_AWAY;
                    double last = 0;
                    for (int64_t n = 1; n <= 1 << 20; n *= 4) {
                        px_bound_data d = {.k = n, .entries = 1, .finite = true, .products = variant & 4,
                                           .in = format(formats[in])};
                        px_bound b = px_bound_sum(&r, &d);
                        assert_non_null(b.source);
                        if (order != PX_KAHAN && order != PX_NEUMAIER) assert_true(b.valid);
                        if (!b.valid) continue;
                        assert_true(b.beta >= last && b.eta >= 0 && isfinite(b.beta) && isfinite(b.eta));
                        last = b.beta;
                    }
                }
}

static void no_bound_is_said(void **state) {
    (void)state;
    px_recipe r = px_recipe_uniform(format("bf16"));
    px_bound_data d = {.k = 100, .entries = 1, .finite = false, .in = r.acc};
    assert_true(!px_bound_sum(&r, &d).valid && strstr(px_bound_sum(&r, &d).source, "overflow"));
    d.finite = true;
    r.order = PX_KAHAN;
    assert_true(px_bound_sum(&r, &d).valid);
    d.k = 1 << 18; /* n u^2 = 4 */
    assert_true(!px_bound_sum(&r, &d).valid && strstr(px_bound_sum(&r, &d).source, "n u^2"));
    r.order = PX_NEUMAIER;
    assert_true(px_bound_sum(&r, &d).valid);
    r.rounding = PX_UP;
    assert_true(!px_bound_sum(&r, &d).valid && strstr(px_bound_sum(&r, &d).source, "nearest"));
    r.order = PX_SEQUENTIAL;
    assert_true(!px_bound_sum(&r, &d).valid && strstr(px_bound_sum(&r, &d).source, "range")); /* (1 + 2^-7)^(2^18) */
    r.model = 1;
    assert_true(!px_bound_sum(&r, &d).valid);
    int n;
    const px_bound_row *rows = px_bound_rows(&n);
    assert_int_equal(n, PX_BOUND_COUNT);
    for (int i = 0; i < n; i++)
        assert_true(rows[i].name[0] && rows[i].formula[0] && rows[i].validity[0] && rows[i].source[0]);
}

/* Kahan: five numbers of 5 bits with an error above 2u sum |x| (the usual statement, without its O(n u^2)), found by
 * climbing; ones in 4 bits, where n u^2 counts: beyond its hypotheses there is no bound, and 2u would be none. */
static void kahan_needs_all_its_terms(void **state) {
    (void)state;
    enum { N = 4096 };
    trial t = {.recipe = px_recipe_uniform(format("ieee_e8m4")),
               .a = {0x1.6p-4, 0x1.1p-2, 0x1.fp-1, -0x1.ap-6, -0x1.cp-8}};
    t.recipe.order = PX_KAHAN;
    t.data = (px_bound_data){.k = 5, .entries = 1, .finite = true, .in = t.recipe.acc};
    px_bound b = px_bound_sum(&t.recipe, &t.data), usual = {.beta = 2 * px_fp_u(t.recipe.acc)};
    assert_true(slack_of(&t, &usual, run(&t)) > 1 && slack_of(&t, &b, run(&t)) <= 1);
    static double ones[N];
    for (int i = 0; i < N; i++) ones[i] = 1;
    t.recipe.acc = t.recipe.out = format("ieee_e8m3");
    double u = px_fp_u(t.recipe.acc), above = 0;
    for (int64_t n = 1; n <= N; n++) {
        px_terms terms = {.n = n, .a = ones, .stride_a = 1, .sign = 1};
        t.data.k = n;
        b = px_bound_sum(&t.recipe, &t.data);
        double error = fabs(px_sum(&t.recipe, &terms, NULL) - (double)n) / (double)n;
        assert_true(b.valid ? error <= b.beta : (double)n * u * u > 0.5);
        above = fmax(above, error / (2 * u));
    }
    assert_true(above > 1);
}

/* ---- Probabilistic ---- */

static void probable(void **state) {
    (void)state;
    px_recipe r = px_recipe_uniform(format("fp32"));
    px_bound_data d = {.k = 1000, .entries = 100, .products = true, .finite = true, .in = r.acc};
    px_bound b = px_bound_sum_probable(&r, &d);
    double u = 0x1p-24;
    assert_true(b.valid && b.probability == 0.99);
    assert_about(b.lambda, sqrt(2 * log(200.0 * 100 * 1000)) / (1 - u));
    assert_about(b.beta, expm1(b.lambda * sqrt(1000) * u + 1000 * u * u / (1 - u)));
    assert_true(b.beta < px_bound_sum(&r, &d).beta);
    r.rounding = PX_STOCHASTIC;
    r.sr_bits = 32;
    b = px_bound_sum_probable(&r, &d);
    assert_about(b.beta, expm1(b.lambda * sqrt(1000) * 2 * u + 4000 * u * u / (1 - 2 * u) + 1000 * ldexp(2 * u, -32)));
    r.rounding = PX_DOWN;
    assert_true(!px_bound_sum_probable(&r, &d).valid);
    r = px_recipe_uniform(format("fp32"));
    r.order = PX_KAHAN;
    assert_true(!px_bound_sum_probable(&r, &d).valid);
}

/* Stochastic rounding: 400 sums, each with failure probability at most 1 %. At most 12 exceed: the 99.9 % quantile
 * of the binomial distribution (400, 0.01) is 11. */
static void stochastic_sums_hold(void **state) {
    (void)state;
    enum { N = 70 };
    int exceeded = 0;
    for (uint64_t element = 0; element < 400; element++) {
        trial t = {.recipe = px_recipe_uniform(format("bf16"))};
        t.recipe.rounding = PX_STOCHASTIC;
        t.recipe.sr_bits = 16;
        t.data = (px_bound_data){.k = N, .entries = 1, .finite = true, .in = t.recipe.acc};
        for (int i = 0; i < N; i++) t.a[i] = to(t.recipe.acc, uniform(99, (uint64_t)i));
        px_terms terms = {.n = N, .a = t.a, .stride_a = 1, .sign = 1, .stream = 1, .element = element};
        px_bound b = px_bound_sum_probable(&t.recipe, &t.data);
        exceeded += slack_of(&t, &b, px_sum(&t.recipe, &terms, NULL)) > 1;
    }
    assert_true(exceeded <= 11);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(never_exceeded),
        cmocka_unit_test(never_exceeded_by_climbing_data),
        cmocka_unit_test(bounds_are_attained),
        cmocka_unit_test(one_operation),
        cmocka_unit_test(formulas),
        cmocka_unit_test(coverage_and_growth),
        cmocka_unit_test(no_bound_is_said),
        cmocka_unit_test(kahan_needs_all_its_terms),
        cmocka_unit_test(probable),
        cmocka_unit_test(stochastic_sums_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
