/* Bounds for what libraries may do beside the recipe: never exceeded by any unit, by sums rounded on the way or operands
 * rounded first, and each liberty is needed. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "arith/model.h"
#include "arith/round.h"
#include "emu/emu.h"
#include "metric/bound.h"
#include "support/cases.h"
#include "support/format.h"

enum { MOST_K = 96, ROUNDS = 3000 };
static const px_rounding_mode directions[] = {PX_NEAREST_EVEN, PX_TOWARD_ZERO, PX_UP};

static double rounded(px_fp f, px_rounding_mode mode, double x) { return px_round(f, px_rounding_of(mode), x, 0); }

/* Sums of fp32 or fp16 numbers a b. Products and their sums are exact in long double to 2^-60 or so: far below what is
 * looked at. */
typedef struct dot {
    px_recipe recipe;
    px_fp in;
    int k;
    float a[MOST_K], b[MOST_K];
} dot;

static px_bound_data data_of(const dot *d, px_liberties liberties) {
    px_bound_data data = {
        .k = d->k, .entries = 1, .products = true, .finite = true, .in = d->in, .liberties = liberties};
    for (int k = 0; k < d->k; k++) {
        data.largest_a = fmax(data.largest_a, fabs((double)d->a[k]));
        data.largest_b = fmax(data.largest_b, fabs((double)d->b[k]));
    }
    return data;
}

static double slack(const dot *d, px_liberties liberties, double computed) {
    const px_bound_data data = data_of(d, liberties);
    const px_bound b = px_bound_sum(&d->recipe, &data);
    if (!b.valid) fail_msg("%s", b.source);
    long double sum = 0, size = 0;
    for (int k = 0; k < d->k; k++) {
        sum += (long double)d->a[k] * (long double)d->b[k];
        size += fabsl((long double)d->a[k] * (long double)d->b[k]);
    }
    const long double error = fabsl((long double)computed - sum),
                      most = (long double)b.beta * size + (long double)b.eta;
    return error == 0 ? 0 : (double)(error / most);
}

/* Numbers of `in`: near one and all bits set, of one sign, wide, small. */
static dot draw(px_random *g, px_fp in, int most_k) {
    dot d = {.in = in, .k = 1 + px_random_below(g, most_k), .recipe = px_recipe_uniform(format("fp32"))};
    const int kind = px_random_below(g, 4);
    for (int i = 0; i < 2 * d.k; i++) {
        double x = 1 + (double)px_random_below(g, 1 << 24) * 0x1p-24;
        if (kind == 0) x = 2 - 0x1p-10 - x * 0x1p-11;
        if (kind == 2) x = ldexp(x, px_random_below(g, 24) - 12);
        if (kind == 3) x = ldexp(x, -px_random_below(g, 26));
        if (kind > 0 && px_random_below(g, 2)) x = -x;
        (i < d.k ? d.a : d.b)[i % d.k] = (float)rounded(in, PX_NEAREST_EVEN, x);
    }
    return d;
}

/* ---- operands rounded first ---- */

static double with_rounded_operands(const dot *d, px_fp f, px_rounding_mode mode) {
    double sum = 0;
    for (int k = 0; k < d->k; k++) {
        double product = rounded(f, mode, (double)d->a[k]) * rounded(f, mode, (double)d->b[k]);
        sum = rounded(d->recipe.acc, mode, sum + product); /* fp32 and a product of 22 bits: exact enough in fp64 */
    }
    return sum;
}

static void rounded_operands_stay_within_the_bound(void **state) {
    (void)state;
    static const char *const formats[] = {"fp16", "bf16", "tf32"};
    px_random g = {77};
    for (int f = 0; f < 3; f++) {
        const px_liberties all = {formats[f], true, false}, less = {NULL, true, false};
        double most = 0;
        int beyond = 0;
        for (int n = 0; n < ROUNDS; n++) {
            const dot d = draw(&g, format("fp32"), n % 2 ? 3 : MOST_K);
            const double x = with_rounded_operands(&d, format(formats[f]), directions[n % 3]);
            most = fmax(most, slack(&d, all, x));
            beyond += slack(&d, less, x) > 1;
        }
        if (most > 1 || most < 0.7) fail_msg("%s: largest error %g of its bound", formats[f], most);
        assert_true(beyond > ROUNDS / 4);
    }
}

static void operands_out_of_range_have_no_bound(void **state) {
    (void)state;
    dot d = {.in = format("fp32"), .k = 1, .recipe = px_recipe_uniform(format("fp32")), .a = {1}, .b = {65505}};
    px_bound_data data = data_of(&d, (px_liberties){"fp16", true, false});
    px_bound b = px_bound_sum(&d.recipe, &data);
    assert_false(b.valid);
    assert_non_null(strstr(b.source, "beyond the range"));
    data.liberties.operands = "bf16";
    assert_true(px_bound_sum(&d.recipe, &data).valid);
    assert_false(px_bound_sum_probable(&d.recipe, &data).valid);
}

/* ---- any unit: the models of matrix units, by the bound of a plain recipe ---- */

static double by_unit(const dot *d, int model) {
    px_recipe r = d->recipe;
    float result;
    r.model = (int16_t)model;
    r.mul = px_fp_exact();
    px_call call = {.op = PX_OP_GEMM, .recipe = r, .attr = {1}};
    px_task t = {.call = &call,
                 .in = {{.data = (void *)d->a, .fmt = d->in, .rows = 1, .cols = d->k, .rs = d->k, .cs = 1},
                        {.data = (void *)d->b, .fmt = d->in, .rows = d->k, .cols = 1, .rs = 1, .cs = 1}},
                 .out = {{.data = &result, .fmt = r.out, .rows = 1, .cols = 1, .rs = 1, .cs = 1}}};
    px_emu_run(&t);
    return (double)result;
}

static void every_unit_stays_within_the_bound(void **state) {
    (void)state;
    px_random g = {78};
    int n_units, beyond = 0;
    const px_mma_row *units = px_mma_rows(&n_units);
    for (int u = 0; u < n_units; u++) {
        if (strcmp(units[u].out, "fp32") != 0 || !strstr(units[u].in, "fp16")) continue;
        for (int n = 0; n < ROUNDS; n++) {
            dot d = draw(&g, format("fp16"), n % 2 ? 3 : MOST_K);
            const double x = by_unit(&d, (int)units[u].model);
            const double all = slack(&d, (px_liberties){NULL, true, false}, x);
            if (all > 1) fail_msg("%s: %g of the bound", px_model_name(units[u].model), all);
            beyond += slack(&d, (px_liberties){0}, x) > 1;
        }
    }
    assert_true(beyond > 100);
}

/* ---- sums rounded to the result's format on the way ---- */

static void narrow_sums_stay_within_the_bound(void **state) {
    (void)state;
    px_random g = {79};
    int beyond = 0;
    for (int n = 0; n < ROUNDS; n++) {
        dot d = draw(&g, format(n % 2 ? "bf16" : "fp16"), MOST_K);
        d.recipe.out = d.in;
        double sum = 0;
        bool saturated = false; /* which no directed mode tells */
        for (int k = 0; k < d.k; k++) {
            sum = rounded(d.recipe.acc, directions[n % 3], sum + (double)d.a[k] * (double)d.b[k]);
            sum = rounded(d.in, directions[n % 3], sum);
            saturated |= !(fabs(sum) < d.in.max_finite);
        }
        if (saturated) continue;
        assert_true(slack(&d, (px_liberties){NULL, true, true}, sum) <= 1);
        beyond += slack(&d, (px_liberties){NULL, true, false}, sum) > 1;
    }
    assert_true(beyond > 100);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rounded_operands_stay_within_the_bound),
        cmocka_unit_test(operands_out_of_range_have_no_bound),
        cmocka_unit_test(every_unit_stays_within_the_bound),
        cmocka_unit_test(narrow_sums_stay_within_the_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
