/* Bounds of algorithms are never exceeded, by random and adversarial data, and are sharp to known factors. Exact values
 * are MPFR's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <mpfr.h>
#include <string.h>

#include "arith/round.h"
#include "emu/emu.h"
#include "metric/bound.h"
#include "metric/bound_mma.h"
#include "support/cases.h"
#include "support/format.h"

enum { MOST_K = 200, ROUNDS = 250 };

typedef struct dot {
    px_recipe recipe;
    int k;
    float a[MOST_K], b[MOST_K];
} dot;

static double run(const dot *d) {
    float result;
    px_fp f = format("fp32");
    px_call call = {.op = PX_OP_GEMM, .recipe = d->recipe, .attr = {1}};
    px_task t = {.call = &call,
                 .in = {{.data = (void *)d->a, .fmt = f, .rows = 1, .cols = d->k, .rs = d->k, .cs = 1},
                        {.data = (void *)d->b, .fmt = f, .rows = d->k, .cols = 1, .rs = 1, .cs = 1}},
                 .out = {{.data = &result, .fmt = d->recipe.out, .rows = 1, .cols = 1, .rs = 1, .cs = 1}}};
    px_emu_run(&t);
    return (double)result;
}

static px_bound bound_of(const dot *d) {
    px_bound_data data = {.k = d->k, .entries = 1, .products = true, .finite = true, .in = format("fp32")};
    for (int k = 0; k < d->k; k++) {
        data.largest_a = fmax(data.largest_a, fabs((double)d->a[k]));
        data.largest_b = fmax(data.largest_b, fabs((double)d->b[k]));
    }
    return px_bound_sum(&d->recipe, &data);
}

static double slack_of(const dot *d, const px_bound *bound, double computed) {
    mpfr_t x, all, f;
    mpfr_inits2(2200, x, all, f, (mpfr_ptr)NULL);
    mpfr_set_zero(x, 1);
    mpfr_set_zero(all, 1);
    for (int k = 0; k < d->k; k++) {
        mpfr_set_d(f, (double)d->a[k], MPFR_RNDN);
        mpfr_mul_d(f, f, (double)d->b[k], MPFR_RNDN);
        mpfr_add(x, x, f, MPFR_RNDN);
        mpfr_abs(f, f, MPFR_RNDN);
        mpfr_add(all, all, f, MPFR_RNDN);
    }
    mpfr_d_sub(x, computed, x, MPFR_RNDN);
    mpfr_abs(x, x, MPFR_RNDN);
    mpfr_mul_d(all, all, bound->beta, MPFR_RNDU);
    mpfr_add_d(all, all, bound->eta, MPFR_RNDU);
    double slack = 0;
    if (!mpfr_zero_p(x)) {
        mpfr_div(x, x, all, MPFR_RNDD);
        slack = mpfr_get_d(x, MPFR_RNDD);
    }
    mpfr_clears(x, all, f, (mpfr_ptr)NULL);
    return slack;
}

/* Same sign with all bits set; just below powers of two, which elements saturate on; one large among tiny; wide; near
 * the subnormals; cancelling. */
static float operand(px_random *g, int kind, int k) {
    float full = 2.0f - 0x1p-23f, any = (float)(1 + px_random_below(g, 1 << 24)) * 0x1p-23f;
    float sign = px_random_below(g, 2) ? 1.0f : -1.0f;
    switch (kind) {
    case 0: return full;
    case 1: return sign * ldexpf(full, -px_random_below(g, 2));
    case 2: return k % 32 == 0 ? sign * any : sign * ldexpf(any, -px_random_below(g, 30));
    case 3: return sign * ldexpf(any, px_random_below(g, 60) - 30);
    case 4: return sign * ldexpf(any, -100 - px_random_below(g, 49));
    default: return (k % 2 ? -1.0f : 1.0f) * (1.0f + (float)(k / 2 % 7) * 0x1p-12f);
    }
}

static void never_exceeded(void **state) {
    (void)state;
    px_random g = {21};
    double worst[PX_ALGORITHM_COUNT] = {0};
    for (int round = 0; round < ROUNDS * (PX_ALGORITHM_COUNT - 1); round++) {
        dot d = {.recipe = px_recipe_uniform(format("fp32")), .k = 1 + px_random_below(&g, MOST_K)};
        int a = 1 + round % (PX_ALGORITHM_COUNT - 1), kind_a = px_random_below(&g, 6), kind_b = px_random_below(&g, 6);
        d.recipe.algorithm = (uint8_t)a;
        if (a == PX_OZAKI) d.recipe.slices = 1 + px_random_below(&g, 8);
        if (a >= PX_MXFP8_E4M3 && a <= PX_MXFP4) d.recipe.mx_block = 1 + px_random_below(&g, 64);
        for (int k = 0; k < d.k; k++) d.a[k] = operand(&g, kind_a, k), d.b[k] = operand(&g, kind_b, k);
        double computed = run(&d);
        px_bound b = bound_of(&d);
        assert_true(b.valid && isfinite(computed));
        double slack = slack_of(&d, &b, computed);
        if (!(slack <= 1))
            fail_msg("%s, k %d, slices %d, block %d, data %d %d: slack %g, beta %g, eta %g",
                     px_algorithm_name((px_algorithm)a), d.k, d.recipe.slices, d.recipe.mx_block, kind_a, kind_b, slack,
                     b.beta, b.eta);
        worst[a] = fmax(worst[a], slack);
    }
    for (int a = 1; a < PX_ALGORITHM_COUNT; a++) assert_true(worst[a] > 0.01);
    assert_true(worst[PX_DOT2] > 0.7); /* one rounding of the result */
    assert_true(worst[PX_MXFP8_E4M3] > 0.5 && worst[PX_MXFP8_E5M2] > 0.5 && worst[PX_MXFP4] > 0.5); /* saturation */
    assert_true(worst[PX_OZAKI] > 0.2 && worst[PX_BF16X3] > 0.2); /* what is left out */
}

static void no_bound_where_the_theorem_ends(void **state) {
    (void)state;
    px_recipe r = px_recipe_uniform(format("fp16"));
    r.algorithm = PX_DOT2;
    px_bound_data data = {.k = 1023, .products = true, .finite = true, .in = format("fp16")};
    assert_true(px_bound_sum(&r, &data).valid);
    data.k = 1024;
    assert_false(px_bound_sum(&r, &data).valid);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(never_exceeded),
        cmocka_unit_test(no_bound_where_the_theorem_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
