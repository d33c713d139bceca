/* Every operation, format, mode, subnormal and overflow rule: the fast paths and the integer definition against MPFR,
 * bit for bit, the definition's flags included. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "arith/round.h"
#include "support/cases.h"

enum { CASES = 300 };

static double fast(px_oracle_op op, px_fp f, px_rounding r, const double x[3], uint64_t bits, unsigned *flags) {
    (void)flags;
    switch (op) {
    case OP_ROUND: return px_round(f, r, x[0], bits);
    case OP_ADD: return px_add(f, r, x[0], x[1], bits);
    case OP_SUB: return px_sub(f, r, x[0], x[1], bits);
    case OP_MUL: return px_mul(f, r, x[0], x[1], bits);
    case OP_DIV: return px_div(f, r, x[0], x[1], bits);
    case OP_SQRT: return px_sqrt(f, r, x[0], bits);
    case OP_FMA: return px_fma(f, r, x[0], x[1], x[2], bits);
    case OP_COUNT: break;
    }
    return 0;
}

static px_exact exact(px_oracle_op op, px_rounding r, const double x[3], unsigned *flags) {
    switch (op) {
    case OP_ROUND: return px_exact_of(x[0]);
    case OP_ADD: return px_exact_add(r, x[0], x[1], flags);
    case OP_SUB: return px_exact_add(r, x[0], -x[1], flags);
    case OP_MUL: return px_exact_mul(x[0], x[1], flags);
    case OP_DIV: return px_exact_div(x[0], x[1], flags);
    case OP_SQRT: return px_exact_sqrt(x[0], flags);
    case OP_FMA: return px_exact_fma(r, x[0], x[1], x[2], flags);
    case OP_COUNT: break;
    }
    return px_exact_of(0);
}

static double definition(px_oracle_op op, px_fp f, px_rounding r, const double x[3], uint64_t bits, unsigned *flags) {
    *flags = 0;
    px_exact v = exact(op, r, x, flags);
    return px_exact_round(f, r, v, bits, flags);
}

static void judge(px_subject *subject, px_oracle_op op, int n, uint64_t seed) {
    px_verdict v = px_case_judge(subject, op, n, seed);
    if (v.differences)
        fail_msg("%lld of %lld differ; first: %s", (long long)v.differences, (long long)v.cases, v.first);
    for (int mode = 0; mode < PX_ROUNDING_COUNT; mode++)
        if (v.inexact[mode] < n) fail_msg("mode %s hardly rounded", px_rounding_name((px_rounding_mode)mode));
}

static void the_definition_is_mpfr(void **state) {
    (void)state;
    for (int op = 0; op < OP_COUNT; op++) judge(definition, (px_oracle_op)op, CASES, 1);
}

static void the_fast_paths_are_mpfr(void **state) {
    (void)state;
    for (int op = 0; op < OP_COUNT; op++) judge(fast, (px_oracle_op)op, CASES, 2);
}

/* Operands from one format, result in another, more cases than MPFR would bear: the fast paths against the definition.
 */
static void the_fast_paths_are_the_definition(void **state) {
    (void)state;
    px_random g = {3};
    for (int i = 0; i < 3000000; i++) {
        px_oracle_op op = (px_oracle_op)px_random_below(&g, OP_COUNT);
        px_fp f = px_case_format(px_random_below(&g, px_case_formats()));
        px_fp of_operands = px_random_below(&g, 2) ? f : px_case_format(px_random_below(&g, px_case_formats()));
        px_rounding r = px_rounding_of((px_rounding_mode)px_random_below(&g, PX_ROUNDING_COUNT));
        if (r.mode == PX_STOCHASTIC) r.sr_bits = (uint8_t)(1 + px_random_below(&g, 64));
        f.subnormals = (uint8_t)px_random_below(&g, 2);
        double x[3];
        px_case_draw(&g, op, of_operands, x);
        uint64_t bits = px_random_word(&g);
        unsigned flags;
        double got = fast(op, f, r, x, bits, &flags), want = definition(op, f, r, x, bits, &flags);
        char name[24];
        if (px_word_of(got) != px_word_of(want))
            fail_msg("case %d: %s to %s %s: %a %a %a: got %a want %a", i, px_oracle_name(op), px_fp_name(f, name),
                     px_rounding_name((px_rounding_mode)r.mode), x[0], x[1], x[2], got, want);
    }
}

static px_fp named(const char *name) {
    px_fp f;
    assert_int_equal(px_fp_parse(name, &f, NULL), PX_OK);
    return f;
}

static void assert_same(double got, double want) { assert_int_equal(px_word_of(got), px_word_of(want)); }

/* Worked by hand: the rules of the contract. */
static void e4m3_ends_at_448(void **state) {
    (void)state;
    px_fp f = named("fp8_e4m3");
    px_rounding even = px_rounding_of(PX_NEAREST_EVEN), zero = px_rounding_of(PX_TOWARD_ZERO);
    assert_same(px_round(f, even, 464, 0), 448);
    assert_true(isnan(px_round(f, even, nextafter(464, 500), 0)));
    assert_true(isnan(px_round(f, px_rounding_of(PX_NEAREST_AWAY), 464, 0)));
    assert_same(px_round(f, zero, 1e30, 0), 448);
    assert_same(px_round(f, px_rounding_of(PX_ODD), 470, 0), 448);
    assert_same(px_round(f, px_rounding_of(PX_UP), -1e30, 0), -448);
    assert_true(isnan(px_round(f, px_rounding_of(PX_UP), 449, 0)));
    assert_true(isnan(px_round(f, zero, (double)INFINITY, 0)));
    f.overflow = PX_OVERFLOW_SATURATE;
    assert_same(px_round(f, even, (double)-INFINITY, 0), -448);
    assert_same(px_round(f, even, 1e30, 0), 448);
}

/* 1 + 2^-11 + 2^-40 in fp16: through float it would become a tie. 1.75 in fp8_e5m2 + SR. */
static void rounding_is_single(void **state) {
    (void)state;
    px_fp half = named("fp16");
    px_rounding even = px_rounding_of(PX_NEAREST_EVEN);
    assert_same(px_round(half, even, 1 + 0x1p-11 + 0x1p-40, 0), 1 + 0x1p-10);
    assert_same(px_add(half, even, 1 + 0x1p-11, 0x1p-900, 0), 1 + 0x1p-10);
    assert_same(px_fma(named("fp32"), even, 1 + 0x1p-12, 1 + 0x1p-12, 0x1p-80, 0), 0x1.002002p+0);
}

static void stochastic_rounding_adds_a_cut_fraction(void **state) {
    (void)state;
    px_fp f = named("ieee_e5m2"); /* quantum 1/4 above 1 */
    px_rounding r = {PX_STOCHASTIC, 3};
    for (uint64_t bits = 0; bits < 8; bits++) {
        assert_same(px_round(f, r, 1.25, bits), 1.25);                                  /* exact: draws nothing */
        assert_same(px_round(f, r, 1 + 3 / 32.0, bits), bits >= 5 ? 1.25 : 1.0);        /* 3/8 of a quantum */
        assert_same(px_round(f, r, 1 + 3.9 / 32.0, bits), bits >= 5 ? 1.25 : 1.0);      /* cut to 3/8 */
        assert_same(px_round(f, r, -1 - 7 / 32.0, bits | 8), bits >= 1 ? -1.25 : -1.0); /* bits above r do not count */
        assert_same(px_round(f, r, 0x1p-18, bits), bits >= 6 ? 0x1p-16 : 0.0);          /* of the smallest subnormal */
        assert_same(px_round(f, r, 57344 + 4096, bits), bits >= 4 ? (double)INFINITY : 57344.0);
    }
}

static void flushing_keeps_the_sign_in_every_mode(void **state) {
    (void)state;
    px_fp f = named("fp16");
    f.subnormals = 0;
    for (int mode = 0; mode < PX_ROUNDING_COUNT; mode++) {
        px_rounding r = px_rounding_of((px_rounding_mode)mode);
        assert_same(px_round(f, r, -0x1p-15, 0), -0.0);
        assert_same(px_round(f, r, 0x1p-14, 0), 0x1p-14);
        assert_same(px_flush(f, -0x1.ffcp-15), -0.0);
        assert_same(px_flush(f, -0x1p-14), -0x1p-14);
    }
    /* Rounded to 11 bits first: this one is 2^-14 to nearest, and below it toward zero. */
    assert_same(px_round(f, px_rounding_of(PX_NEAREST_EVEN), 0x1.ffep-15, 0), 0x1p-14);
    assert_same(px_round(f, px_rounding_of(PX_TOWARD_ZERO), 0x1.ffep-15, 0), 0.0);
}

static void neighbours_are_the_next_words(void **state) {
    (void)state;
    px_fp f = named("fp16");
    assert_same(px_next_up(f, 1), 1 + 0x1p-10);
    assert_same(px_next_down(f, 1), 1 - 0x1p-11);
    assert_same(px_next_up(f, -1), -1 + 0x1p-11);
    assert_same(px_next_up(f, 0.0), 0x1p-24);
    assert_same(px_next_up(f, -0x1p-24), -0.0);
    assert_same(px_next_up(f, 65504), (double)INFINITY);
    assert_same(px_next_down(f, -65504), (double)-INFINITY);
    f.subnormals = 0;
    assert_same(px_next_up(f, 0.0), 0x1p-14);
    assert_same(px_next_down(f, 0x1p-14), 0.0);
    assert_true(isnan(px_next_up(named("fp8_e4m3"), 448)));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_definition_is_mpfr),
        cmocka_unit_test(the_fast_paths_are_mpfr),
        cmocka_unit_test(the_fast_paths_are_the_definition),
        cmocka_unit_test(e4m3_ends_at_448),
        cmocka_unit_test(rounding_is_single),
        cmocka_unit_test(stochastic_rounding_adds_a_cut_fraction),
        cmocka_unit_test(flushing_keeps_the_sign_in_every_mode),
        cmocka_unit_test(neighbours_are_the_next_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
