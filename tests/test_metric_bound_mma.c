/* The bound of matrix units is never exceeded, by random and adversarial data, with start values, splits and promotion;
 * it is attained within a factor of two by blocks that lose all they can; and it grows with the number of blocks. Sums
 * are kernel/mma.h's, exact values MPFR's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <mpfr.h>
#include <string.h>

#include "arith/codec.h"
#include "arith/round.h"
#include "base/arena.h"
#include "kernel/mma.h"
#include "metric/bound.h"
#include "metric/bound_mma.h"
#include "support/cases.h"
#include "support/mma_cases.h"

enum { MOST = 300, ROUNDS = 400 };

typedef struct sum {
    px_mma unit;
    px_recipe recipe;
    int n;
    double a[MOST], b[MOST], c;
} sum;

static double run(const sum *s) {
    px_terms t = {.n = s->n, .a = s->a, .b = s->b, .stride_a = 1, .stride_b = 1, .c = s->c, .sign = 1};
    return px_mma_entry(&s->unit, &s->recipe, &t);
}

static px_bound bound_of(const sum *s, bool looks) {
    px_arena *arena = px_arena_new();
    px_mat a = px_mat_new(arena, s->unit.a, 1, s->n), b = px_mat_new(arena, s->unit.b, s->n, 1);
    for (int k = 0; k < s->n; k++) px_mat_set(&a, 0, k, s->a[k]), px_mat_set(&b, k, 0, s->b[k]);
    px_bound_data data = {
        .k = s->n, .entries = 1, .has_c = s->c != 0, .products = true, .finite = true, .in = s->unit.a};
    if (looks) data.tiny = px_bound_mma_tiny(s->unit.a, &a, &b);
    px_bound bound = px_bound_sum(&s->recipe, &data);
    px_arena_free(arena);
    return bound;
}

/* |computed - exact| / (beta B + eta), from below; exact inside. */
static double slack_of(const sum *s, const px_bound *bound, double computed) {
    mpfr_t x, all, f, g;
    mpfr_inits2(2200, x, all, f, g, (mpfr_ptr)NULL);
    mpfr_set_d(x, s->c, MPFR_RNDN);
    mpfr_abs(all, x, MPFR_RNDN);
    for (int k = 0; k < s->n; k++) {
        mpfr_set_d(f, s->a[k], MPFR_RNDN);
        mpfr_mul_d(f, f, s->b[k], MPFR_RNDN);
        mpfr_add(x, x, f, MPFR_RNDN);
        mpfr_abs(f, f, MPFR_RNDN);
        mpfr_add(all, all, f, MPFR_RNDN);
    }
    mpfr_d_sub(x, computed, x, MPFR_RNDN);
    mpfr_abs(x, x, MPFR_RNDN);
    mpfr_mul_d(g, all, bound->beta, MPFR_RNDU);
    mpfr_add_d(g, g, bound->eta, MPFR_RNDU);
    mpfr_div(g, x, g, MPFR_RNDD);
    double slack = mpfr_zero_p(x) ? 0.0 : mpfr_get_d(g, MPFR_RNDD);
    mpfr_clears(x, all, f, g, (mpfr_ptr)NULL);
    return slack;
}

static double to(px_fp f, double x) {
    double y = px_round(f, px_rounding_of(PX_TOWARD_ZERO), x, 0);
    return isfinite(y) ? y : f.max_finite;
}

/* Same sign with all bits set; the largest term first and products one bit below the grid; carries; cancelling; tiny
 * ones among subnormals; any words. */
static double operand(px_random *g, px_fp f, int kind, int k) {
    double full = 2.0 - ldexp(1.0, 1 - f.p), any = 0;
    switch (kind) {
    case 0: return full;
    case 1: return k % 32 == 0 ? 1.0 : to(f, ldexp(full, -(f.emin > -10 ? 4 : 6) - px_random_below(g, 6)));
    case 2: return to(f, (k % 2 ? -1 : 1) * ldexp(full, -px_random_below(g, 4)));
    case 3: return to(f, ldexp((double)(px_random_below(g, 2001) - 1000), -10));
    case 4: return to(f, ldexp(full * (px_random_below(g, 2) ? 1 : -1), f.emin + 3 - px_random_below(g, f.p + 3)));
    default:
        do any = px_decode(f, px_random_word(g) & (UINT64_MAX >> (64 - f.width)));
        while (!isfinite(any));
        return any;
    }
}

static sum draw(px_random *g, const mma_unit *u) {
    sum s = {.unit = mma_unit_of(u), .n = 1 + px_random_below(g, MOST)};
    int kind_a = px_random_below(g, 6), kind_b = px_random_below(g, 3) ? kind_a : px_random_below(g, 6);
    s.recipe = (px_recipe){
        .acc = s.unit.out, .out = s.unit.out, .rounding = PX_NEAREST_EVEN, .model = (int16_t)px_model_find(u->model)};
    if (px_random_below(g, 4) == 0) s.recipe.out = s.unit.a;
    if (px_random_below(g, 3) == 0) s.recipe.promote = 1 + px_random_below(g, 100);
    if (px_random_below(g, 3) == 0) {
        s.recipe.order = PX_SPLITK, s.recipe.splits = 1 + px_random_below(g, 8);
        if (px_random_below(g, 2)) s.recipe.split = s.unit.a;
    }
    for (int k = 0; k < s.n; k++) s.a[k] = operand(g, s.unit.a, kind_a, k), s.b[k] = operand(g, s.unit.b, kind_b, k);
    if (px_random_below(g, 3) == 0) s.c = to(s.unit.out, ldexp(1.9999, px_random_below(g, 40) - 20));
    return s;
}

static void never_exceeded(void **state) {
    (void)state;
    px_random g = {5};
    int held = 0;
    for (int i = 0; i < mma_n_units; i++)
        for (int round = 0; round < ROUNDS; round++) {
            sum s = draw(&g, &mma_units[i]);
            double d = run(&s);
            px_bound tight = bound_of(&s, true), loose = bound_of(&s, false);
            if (mma_units[i].fraction == PX_MMA_UNCUT && s.recipe.promote) continue;
            if (!tight.valid || !loose.valid || !isfinite(d)) continue;
            assert_true(tight.eta <= loose.eta);
            double slack = slack_of(&s, &tight, d);
            if (!(slack <= 1))
                fail_msg("%s %s %s, n %d, promote %d, order %d: slack %g, beta %g, eta %g", mma_units[i].model,
                         mma_units[i].in, mma_units[i].out, s.n, s.recipe.promote, s.recipe.order, slack, tight.beta,
                         tight.eta);
            held++;
        }
    assert_true(held > mma_n_units * ROUNDS / 2);
}

/* One block: 1, and W products, each as much below a multiple of 2^-F as its bits allow: all but the 1 are cut. */
static void attained(void **state) {
    (void)state;
    int blocks = 0;
    for (int i = 0; i < mma_n_units; i++) {
        const mma_unit *u = &mma_units[i];
        if (strcmp(u->in, "fp16") != 0 || strcmp(u->out, "fp32") != 0) continue;
        sum s = {.unit = mma_unit_of(u), .n = u->width, .c = 1};
        s.recipe = (px_recipe){.acc = s.unit.out, .out = s.unit.out, .model = (int16_t)px_model_find(u->model)};
        for (int k = 0; k < s.n; k++)
            s.a[k] = ldexp(2 - 0x1p-10, -12), s.b[k] = ldexp(1.0, 11 - u->fraction); /* nearly 2^-F: all of it is cut */
        px_bound b = bound_of(&s, true);
        double slack = slack_of(&s, &b, run(&s));
        assert_true(b.valid && slack <= 1);
        if (!(slack >= 0.5)) fail_msg("%s: slack %g", u->model, slack);
        blocks++;
    }
    assert_true(blocks >= 5);
}

/* A subnormal operand counts with the smallest normal exponent, so a small product can cut the others on a coarse grid:
 * what `tiny` is for. */
static void subnormal_operands(void **state) {
    (void)state;
    const mma_unit *u = mma_units;
    while (strcmp(u->model, "h100") != 0 || strcmp(u->in, "fp16") != 0) u++;
    sum s = {.unit = mma_unit_of(u), .n = 16};
    s.recipe = (px_recipe){.acc = s.unit.out, .out = s.unit.out, .model = PX_MODEL_H100};
    s.a[0] = 0x1p-24, s.b[0] = 0x1p15; /* 2^-9, with exponent -14 + 15: the grid is 2^-24 */
    for (int k = 1; k < s.n; k++) s.a[k] = ldexp(2 - 0x1p-10, -12), s.b[k] = 0x1p-13;
    px_bound b = bound_of(&s, true);
    double d = run(&s);
    assert_true(d == 0x1p-9);
    assert_true(slack_of(&s, &b, d) <= 1);
    b.eta = 0;
    assert_true(slack_of(&s, &b, d) > 1);
}

static void grows_with_blocks_and_promotion_helps(void **state) {
    (void)state;
    px_fp fp16, fp32;
    assert_int_equal(px_fp_parse("fp16", &fp16, NULL), PX_OK);
    assert_int_equal(px_fp_parse("fp32", &fp32, NULL), PX_OK);
    px_recipe r = px_recipe_uniform(fp32);
    r.model = PX_MODEL_H100;
    px_bound_data data = {.k = 16, .products = true, .finite = true, .in = fp16, .tiny = -1};
    px_bound one = px_bound_sum(&r, &data);
    assert_true(one.valid && one.beta > 20 * 0x1p-25 && one.beta < 21 * 0x1p-25); /* 16 cut, and 2^-23 */
    data.k = 4096;
    px_bound all = px_bound_sum(&r, &data);
    assert_true(all.beta > 255 * one.beta && all.beta < 257 * one.beta);
    r.promote = 128;
    px_bound promoted = px_bound_sum(&r, &data);
    assert_true(promoted.beta < all.beta / 15 && promoted.beta > 8 * one.beta);
    data.k = 4097;
    assert_true(px_bound_sum(&r, &data).beta > promoted.beta);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(never_exceeded),
        cmocka_unit_test(attained),
        cmocka_unit_test(subnormal_operands),
        cmocka_unit_test(grows_with_blocks_and_promotion_helps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
