/* add and product: known sums, representation and arithmetic error apart, predictions beside measurements, bounds. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "metric/error.h"
#include "support/tunnel.h"

static px_arena *arena;

static int set_up(void **state) { return (void)state, (arena = px_arena_new()) ? 0 : 1; }
static int tear_down(void **state) { return (void)state, px_arena_free(arena), 0; }

static void is(const px_flight *f, int64_t i, const char *column, double want) {
    double got = px_flight_number(f, i, column);
    if (got != want) fail_msg("%s, %s: %.17g, not %.17g", f->cells[i]->id, column, got, want);
}

/* 0.1 + 0.2 and 0.1 * 0.2 in every format, worked out in rational arithmetic (Python's Fraction): the result; the
 * relative effect of rounding 0.1 and 0.2; for the product also its first-order prediction. */
static const struct fact {
    const char *format;
    double sum, sum_repr, product, product_repr, product_first;
} facts[] = {
    {"fp64", 0x1.3333333333334p-2, 5.551115123125783e-17, 0x1.47ae147ae147cp-6, 1.1102230246251565e-16,
     1.1102230246251565e-16},
    {"fp32", 0x1.333334p-2, 1.4901161193847656e-08, 0x1.47ae16p-6, 2.980232260973992e-08, 2.9802322387695312e-08},
    {"tf32", 0x1.33p-2, 0.000244140625, 0x1.478p-6, 0.0004882216453552246, 0.00048828125},
    {"fp16", 0x1.33p-2, 0.000244140625, 0x1.478p-6, 0.0004882216453552246, 0.00048828125},
    {"bf16", 0x1.34p-2, 0.0009765625, 0x1.48p-6, 0.0019540786743164062, 0.001953125},
    {"fp8_e5m2", 0x1p-2, 0.0625, 0x1p-6, 0.12109375, 0.125},
    {"fp8_e4m3", 0x1.4p-2, 0.015625, 0x1.6p-6, 0.031494140625, 0.03125},
};

static void one_tenth_and_two_tenths(void **state) {
    (void)state;
    px_flight sums =
        px_fly(arena,
               "[experiment]\nkind = add\n[sweep]\nformat = fp64, fp32, tf32, fp16, bf16, fp8_e5m2, fp8_e4m3\n"
               "data = values\na = 0.1\nb = 0.2\nn = 1\n",
               PX_ENGINE_AUTO, NULL);
    px_flight products =
        px_fly(arena,
               "[experiment]\nkind = product\n[sweep]\nformat = fp64, fp32, tf32, fp16, bf16, fp8_e5m2, fp8_e4m3\n"
               "data = values\na = 0.1\nb = 0.2\nn = 1\n",
               PX_ENGINE_AUTO, NULL);
    for (int64_t i = 0; i < 7; i++) {
        assert_string_equal(px_case_text(sums.cells[i], "format"), facts[i].format);
        is(&sums, i, "computed", facts[i].sum);
        is(&sums, i, "repr_rel", px_round_digits(facts[i].sum_repr));
        is(&sums, i, "pred_first_order", px_round_digits(facts[i].sum_repr));
        is(&products, i, "computed", facts[i].product);
        is(&products, i, "repr_rel", px_round_digits(facts[i].product_repr));
        is(&products, i, "pred_first_order", px_round_digits(facts[i].product_first));
    }
}

/* 0.1 + 0.2 in fp64: the exact sum of the stored numbers lies halfway between two doubles, 2^-55 from both. */
static void errors_add_up_to_the_total(void **state) {
    (void)state;
    px_flight f =
        px_fly(arena, "[experiment]\nkind = add\n[sweep]\nformat = fp64\ndata = values\nn = 1\n", PX_ENGINE_AUTO, NULL);
    is(&f, 0, "err_abs", px_round_digits(0x1p-55));
    is(&f, 0, "err_ulp", 0.5);
    double slack = px_flight_number(&f, 0, "slack_det"), expected = 0x1p-55 / 0.3 / 0x1p-53;
    assert_true(fabs(slack / expected - 1) < 1e-7);
    /* (0x1.3333333333334p-2 - 3/10) / (3/10) = 2^-52 2/3 */
    is(&f, 0, "total_err_rel", px_round_digits(0x1p-52 * 2 / 3));
}

static void subtraction_of_near_numbers_is_innocent(void **state) {
    (void)state;
    px_flight f = px_fly(arena,
                         "[experiment]\nkind = add\n[sweep]\nformat = fp16, bf16, fp32, fp64\ndata = values\n"
                         "a = 1.1, 1.001, 1.00001\nb = -1\nn = 1\n",
                         PX_ENGINE_AUTO, NULL);
    for (int64_t i = 0; i < f.n; i++) {
        is(&f, i, "err_abs", 0);
        is(&f, i, "repr_rel", px_flight_number(&f, i, "pred_first_order"));
        is(&f, i, "total_err_rel", px_flight_number(&f, i, "repr_rel"));
    }
    is(&f, px_flight_find(&f, "fp16/values/1.00001/-1/1"), "repr_rel", 1); /* stored as 1: all is lost */
}

static const char everything[] = "[sweep]\nformat/edge = fp16/-14, bf16/-126, tf32/-126, fp32/-126, fp64/-1022, "
                                 "fp8_e4m3/-6, fp8_e5m2/-14, fp16/15, fp64/1023, fp8_e4m3/8\n"
                                 "rounding = nearest_even, nearest_away, toward_zero, up, down, odd, stochastic\n"
                                 "subnormal = keep, flush\ndata = near_edge\nn = 200\n";

static void bounds_hold_at_the_edges(const char *kind, int64_t least_underflows) {
    px_flight f =
        px_fly(arena, px_arena_printf(arena, "[experiment]\nkind = %s\n%s", kind, everything), PX_ENGINE_AUTO, NULL);
    int64_t underflows = 0, overflows = 0;
    assert_true(f.n == 140);
    for (int64_t i = 0; i < f.n; i++) {
        const char *status = px_flight_text(&f, i, "status");
        double slack = px_flight_number(&f, i, "slack_det");
        underflows += strcmp(status, "underflow") == 0;
        overflows += strcmp(status, "overflow") == 0 || strcmp(status, "nan") == 0;
        bool overflowed = strcmp(status, "overflow") == 0 || strcmp(status, "nan") == 0;
        if (!overflowed && !(slack <= 1)) fail_msg("%s %s: slack %g, %s", kind, f.cells[i]->id, slack, status);
        assert_true(overflowed == isnan(slack));
    }
    assert_true(underflows >= least_underflows && overflows > 10);
}

static void bounds_hold_at_the_edges_of_the_range(void **state) {
    (void)state;
    bounds_hold_at_the_edges("add", 0); /* a sum of numbers of a format never underflows in it */
    bounds_hold_at_the_edges("product", 30);
}

/* Saturation hides an overflow from the eye, not from `status`: there is no bound then. */
static void saturated_results_have_no_bound(void **state) {
    (void)state;
    px_flight f = px_fly(arena,
                         "[experiment]\nkind = product\n[sweep]\nformat/edge = fp16/15, fp8_e4m3/8\ndata = near_edge\n"
                         "overflow = saturate\nn = 200\n",
                         PX_ENGINE_AUTO, NULL);
    for (int64_t i = 0; i < 2; i++) {
        assert_string_equal(px_flight_text(&f, i, "status"), "overflow");
        assert_string_equal(px_flight_text(&f, i, "slack_det"), "");
        is(&f, i, "n_inf", 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_tenth_and_two_tenths),
        cmocka_unit_test(errors_add_up_to_the_total),
        cmocka_unit_test(subtraction_of_near_numbers_is_innocent),
        cmocka_unit_test(bounds_hold_at_the_edges_of_the_range),
        cmocka_unit_test(saturated_results_have_no_bound),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
