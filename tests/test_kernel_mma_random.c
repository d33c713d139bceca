/* The definition of matrix units against MPFR: random words, operands of like size, cancellation, ragged k. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>

#include "arith/codec.h"
#include "arith/round.h"
#include "kernel/mma.h"
#include "support/cases.h"
#include "support/mma_cases.h"
#include "support/mma_oracle.h"

enum { DRAWS = 3000, MAX_N = 96 };

/* What the results were: a test of overflow has overflowed. */
enum { SEEN_NAN, SEEN_INF, SEEN_ZERO, SEEN_SUBNORMAL, SEEN_NORMAL, SEEN_KINDS };

typedef struct draw {
    int n;
    double a[MAX_N], b[MAX_N], c;
} draw;

/* Every word: infinities and NaNs where the format has many, all exponents. */
static double any_word(px_random *g, px_fp f) {
    return px_decode(f, px_random_word(g) & (UINT64_MAX >> (64 - f.width)));
}

/* A number of f near 2^e. */
static double near_power(px_random *g, px_fp f, int e, int spread) {
    double x = 1.0 + (double)px_random_below(g, 1 << 24) * 0x1p-24;
    x = ldexp(px_random_below(g, 2) ? x : -x, e + px_random_below(g, 2 * spread + 1) - spread);
    return px_round(f, px_rounding_of(PX_TOWARD_ZERO), x, 0);
}

static double operand(px_random *g, px_fp f, int kind, int e) {
    if (px_random_below(g, 16) == 0) return px_random_below(g, 2) ? 0.0 : -0.0;
    switch (kind) {
    case 0: return any_word(g, f);
    case 1: return near_power(g, f, e, 2);
    case 2: return near_power(g, f, e, 12);
    case 3: return (px_random_below(g, 2) ? 1 : -1) * f.max_finite;
    default: return near_power(g, f, f.emin - f.p / 2, f.p / 2 + 1);
    }
}

static draw draw_case(px_random *g, const px_mma *u) {
    int step = u->width * u->blocks, kind = px_random_below(g, 6) % 5, range = u->a.emax < 20 ? u->a.emax : 60;
    int ea = px_random_below(g, 2 * range) - range, eb = px_random_below(g, 4) ? -ea : px_random_below(g, range);
    draw d = {.n = px_random_below(g, 4) ? step : px_random_below(g, MAX_N + 1)};
    double sum = 0;
    for (int k = 0; k < d.n; k++) {
        d.a[k] = operand(g, u->a, kind, ea);
        d.b[k] = operand(g, u->b, kind, eb);
        if (k % 4 == 3 && px_random_below(g, 3) == 0) d.a[k] = -d.a[k - 1], d.b[k] = d.b[k - 1]; /* cancels */
        sum += d.a[k] * d.b[k];
    }
    switch (px_random_below(g, 6)) {
    case 0: d.c = 0.0; break;
    case 1: d.c = any_word(g, u->out); break;
    case 2: d.c = px_round(u->out, px_rounding_of(PX_TOWARD_ZERO), isfinite(sum) ? -sum : 1.0, 0); break;
    case 3: d.c = near_power(g, u->out, u->out.emin, u->out.p); break;
    default: d.c = near_power(g, u->out, ea + eb, 8);
    }
    return d;
}

static int kind_of(px_fp f, double x) {
    if (isnan(x)) return SEEN_NAN;
    if (isinf(x)) return SEEN_INF;
    if (x == 0) return SEEN_ZERO;
    return fabs(x) < px_fp_min_normal(f) ? SEEN_SUBNORMAL : SEEN_NORMAL;
}

static void test_against_mpfr(void **state) {
    (void)state;
    int64_t seen[SEEN_KINDS] = {0};
    for (int i = 0; i < mma_n_units; i++) {
        px_random g = {20240601 + (uint64_t)i};
        px_mma u = mma_unit_of(&mma_units[i]);
        for (int j = 0; j < DRAWS; j++) {
            draw d = draw_case(&g, &u);
            px_terms t = {.n = d.n, .a = d.a, .b = d.b, .stride_a = 1, .stride_b = 1, .c = d.c, .sign = 1.0};
            double got = px_mma_sum(&u, &t), want = mma_oracle(&u, d.n, d.a, d.b, d.c);
            seen[kind_of(u.out, want)]++;
            if (isnan(want) ? isnan(got) : px_word_of(got) == px_word_of(want)) continue;
            for (int k = 0; k < d.n; k++) print_error("%a*%a ", d.a[k], d.b[k]);
            fail_msg("%s %s %s, draw %d, c %a: %a, not %a", mma_units[i].model, mma_units[i].in, mma_units[i].out, j,
                     d.c, got, want);
        }
    }
    print_message("NaN %lld, inf %lld, zero %lld, subnormal %lld, normal %lld\n", (long long)seen[SEEN_NAN],
                  (long long)seen[SEEN_INF], (long long)seen[SEEN_ZERO], (long long)seen[SEEN_SUBNORMAL],
                  (long long)seen[SEEN_NORMAL]);
    for (int i = 0; i < SEEN_KINDS; i++) assert_true(seen[i] > mma_n_units * DRAWS / 200);
}

/* sign = -1 negates every product and nothing else; strides pick the terms. */
static void test_sign_and_strides(void **state) {
    (void)state;
    px_random g = {7};
    for (int i = 0; i < mma_n_units; i++) {
        px_mma u = mma_unit_of(&mma_units[i]);
        for (int j = 0; j < 100; j++) {
            draw d = draw_case(&g, &u);
            double minus[MAX_N], wide[3 * MAX_N];
            for (int k = 0; k < d.n; k++) minus[k] = -d.a[k], wide[3 * k] = d.b[k];
            px_terms t = {.n = d.n, .a = d.a, .b = wide, .stride_a = 1, .stride_b = 3, .c = d.c, .sign = -1.0};
            double got = px_mma_sum(&u, &t), want = mma_oracle(&u, d.n, minus, d.b, d.c);
            assert_true(isnan(want) ? isnan(got) : px_word_of(got) == px_word_of(want));
        }
    }
}

/* Inside a block the order is of no concern. */
static void test_order_in_a_block(void **state) {
    (void)state;
    px_random g = {11};
    for (int i = 0; i < mma_n_units; i++) {
        px_mma u = mma_unit_of(&mma_units[i]);
        if (u.blocks > 1) continue;
        for (int j = 0; j < 100; j++) {
            draw d = draw_case(&g, &u);
            d.n = d.n < u.width ? d.n : u.width;
            px_terms t = {.n = d.n, .a = d.a, .b = d.b, .stride_a = 1, .stride_b = 1, .c = d.c, .sign = 1.0};
            double before = px_mma_sum(&u, &t);
            for (int k = d.n - 1; k > 0; k--) {
                int other = px_random_below(&g, k + 1);
                double a = d.a[k], b = d.b[k];
                d.a[k] = d.a[other], d.b[k] = d.b[other];
                d.a[other] = a, d.b[other] = b;
            }
            double after = px_mma_sum(&u, &t);
            assert_true(isnan(before) ? isnan(after) : px_word_of(after) == px_word_of(before));
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_mpfr),
        cmocka_unit_test(test_sign_and_strides),
        cmocka_unit_test(test_order_in_a_block),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
