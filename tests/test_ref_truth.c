/* The truth of every operation: against plain MPFR written here, between the two engines, and on cases worked by hand.
 * */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <mpfr.h>
#include <stdbool.h>
#include <string.h>

#include "base/philox.h"
#include "ref/exact.h"
#include "ref/truth.h"

static uint64_t bits_of(double x) {
    uint64_t w;
    memcpy(&w, &x, sizeof w);
    return w;
}

static void assert_same(const char *what, double got, double want) {
    if (bits_of(got) != bits_of(want)) fail_msg("%s: got %a, want %a", what, got, want);
}

/* Kinds of random double: any bit pattern, a narrow range, near the ends of the range, and a few special values. */
typedef enum dice { ANY, NARROW, TINY, HUGE_, SPECIAL, DICE_COUNT } dice;

static double draw(dice kind, uint64_t key, uint64_t index) {
    static const double special[] = {0, -0.0, 1, -1, 0x1p-1074, -0x1p-1074, 0x1p-1022, 0x1.fffffffffffffp1023,
                                     1.0 / 3, 3};
    px_bits128 r = px_philox(key, 0, index);
    double x;
    uint64_t w = r.lo;
    switch (kind) {
    case ANY: break;
    case NARROW: w = (w & 0x800fffffffffffff) | (1023 - 20 + r.hi % 40) << 52; break;
    case TINY: w = (w & 0x800fffffffffffff) | r.hi % 60 << 52; break;
    case HUGE_: w = (w & 0x800fffffffffffff) | (2046 - r.hi % 60) << 52; break;
    case SPECIAL:
    case DICE_COUNT: return special[r.lo % (sizeof special / sizeof *special)];
    }
    memcpy(&x, &w, sizeof x);
    return isfinite(x) ? x : 1.5;
}

static px_mat random_mat(px_arena *arena, dice kind, uint64_t key, int64_t rows, int64_t cols) {
    px_mat m = px_mat_new(arena, px_fp_exact(), rows, cols);
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < cols; j++) px_mat_set(&m, i, j, draw(kind, key, (uint64_t)(i * cols + j)));
    return m;
}

/* x = c + sign sum a_t b_t in 4400 bits, fused step by step: exact, and nothing of ref/ in it. */
static void plain_entry(mpfr_t x, const px_mat *in, bool has_c, double sign, bool magnitudes, int64_t i, int64_t j) {
    mpfr_t f;
    mpfr_init2(f, 64);
    mpfr_set_prec(x, 4400);
    mpfr_set_d(x, has_c ? px_mat_get(&in[2], i, j) : 0, MPFR_RNDN);
    if (magnitudes) mpfr_abs(x, x, MPFR_RNDN);
    for (int64_t t = 0; t < in[0].cols; t++) {
        mpfr_t g;
        mpfr_init2(g, 64);
        double a = sign * px_mat_get(&in[0], i, t), b = px_mat_get(&in[1], t, j);
        mpfr_set_d(f, magnitudes ? fabs(a) : a, MPFR_RNDN);
        mpfr_set_d(g, magnitudes ? fabs(b) : b, MPFR_RNDN);
        assert_int_equal(mpfr_fma(x, f, g, x, MPFR_RNDN), 0);
        mpfr_clear(g);
    }
    mpfr_clear(f);
}

/* hi, lo, radius and the expansion of one value, as matrix/wide.h defines them. */
static void check_wide(const px_wide *w, int64_t i, int64_t j, const px_expansion *e, mpfr_t exact) {
    double hi = mpfr_get_d(exact, MPFR_RNDN);
    assert_true(px_mat_get(&w->hi, i, j) == hi);
    mpfr_t rest, sum;
    mpfr_init2(rest, 4400);
    mpfr_init2(sum, 4400);
    if (isfinite(hi)) {
        mpfr_sub_d(rest, exact, hi, MPFR_RNDN);
        double lo = mpfr_get_d(rest, MPFR_RNDN);
        assert_true(px_mat_get(&w->lo, i, j) == lo);
        mpfr_sub_d(rest, rest, lo, MPFR_RNDN);
        double radius = px_mat_get(&w->radius, i, j);
        assert_true(mpfr_zero_p(rest) ? radius == 0 : radius > 0);
        assert_true(mpfr_cmp_d(rest, radius) <= 0 && mpfr_cmp_d(rest, -radius) >= 0);
    } else {
        assert_true(px_mat_get(&w->lo, i, j) == 0 && px_mat_get(&w->radius, i, j) == 0);
    }
    mpfr_set_zero(sum, 1);
    for (int p = PX_PARTS - 1; p >= 0; p--) mpfr_add_d(sum, sum, e->part[p], MPFR_RNDN);
    mpfr_mul_2si(sum, sum, e->exponent, MPFR_RNDN);
    mpfr_sub(rest, exact, sum, MPFR_RNDN);
    mpfr_mul_2si(rest, rest, -e->exponent, MPFR_RNDN);
    assert_true(mpfr_zero_p(rest) ? e->radius == 0 : e->radius > 0);
    assert_true(mpfr_cmp_d(rest, e->radius) <= 0 && mpfr_cmp_d(rest, -e->radius) >= 0);
    mpfr_clears(rest, sum, (mpfr_ptr)NULL);
}

static void check_gemm(dice kind, uint64_t key, int64_t m, int64_t n, int64_t k, bool has_c, double sign) {
    px_arena *arena = px_arena_new();
    px_mat in[3] = {random_mat(arena, kind, key, m, k), random_mat(arena, kind, key + 1, k, n)};
    if (has_c) in[2] = random_mat(arena, kind, key + 2, m, n);
    px_call call = {.op = PX_OP_GEMM, .attr = {sign}};
    px_truth truth;
    px_error err;
    assert_int_equal(px_ref_truth(arena, &call, in, has_c ? 3 : 2, &truth, &err), PX_OK);
    mpfr_t exact;
    mpfr_init2(exact, 4400);
    for (int64_t i = 0; i < m; i++)
        for (int64_t j = 0; j < n; j++) {
            px_expansion value, absab;
            assert_int_equal(truth.sharpen(truth.context, i, j, &value, &absab, &err), PX_OK);
            plain_entry(exact, in, has_c, sign, false, i, j);
            check_wide(&truth.v, i, j, &value, exact);
            plain_entry(exact, in, has_c, sign, true, i, j);
            check_wide(&truth.absab, i, j, &absab, exact);
        }
    mpfr_clear(exact);
    px_arena_free(arena);
}

static void gemm_agrees_with_plain_mpfr(void **state) {
    (void)state;
    uint64_t key = 100;
    for (int kind = 0; kind < DICE_COUNT; kind++)
        for (int64_t k = 0; k <= 40; k = 2 * k + 1)
            for (int variant = 0; variant < 4; variant++)
                check_gemm((dice)kind, key += 10, 3, 5, k, variant & 1, variant & 2 ? -1 : 1);
}

/* Both engines give the same bits everywhere. */
static void check_engines(const px_call *call, const px_mat *in, int n_in) {
    px_arena *arena = px_arena_new();
    px_truth t[2];
    px_error err;
    assert_int_equal(px_ref_truth(arena, call, in, n_in, &t[0], &err), PX_OK);
    assert_int_equal(px_ref_truth_mpfr(arena, call, in, n_in, &t[1], &err), PX_OK);
    assert_true(t[0].v.hi.rows == t[1].v.hi.rows && t[0].v.hi.cols == t[1].v.hi.cols);
    for (int64_t i = 0; i < t[0].v.hi.rows; i++)
        for (int64_t j = 0; j < t[0].v.hi.cols; j++) {
            for (int w = 0; w < 2; w++) {
                const px_wide *one = w ? &t[0].absab : &t[0].v, *two = w ? &t[1].absab : &t[1].v;
                assert_same("hi", px_mat_get(&one->hi, i, j), px_mat_get(&two->hi, i, j));
                assert_same("lo", px_mat_get(&one->lo, i, j), px_mat_get(&two->lo, i, j));
                assert_same("radius", px_mat_get(&one->radius, i, j), px_mat_get(&two->radius, i, j));
            }
            px_expansion v[2], b[2];
            for (int e = 0; e < 2; e++) t[e].sharpen(t[e].context, i, j, &v[e], &b[e], NULL);
            for (int p = 0; p < PX_PARTS; p++) {
                assert_same("part", v[0].part[p], v[1].part[p]);
                assert_same("part of |A||B|", b[0].part[p], b[1].part[p]);
            }
            assert_true(v[0].exponent == v[1].exponent && v[0].radius == v[1].radius);
        }
    px_arena_free(arena);
}

static void engines_agree(void **state) {
    (void)state;
    px_arena *arena = px_arena_new();
    uint64_t key = 5000;
    for (int kind = 0; kind < DICE_COUNT; kind++)
        for (int op = 0; op <= PX_OP_GEMM; op++) { /* those that are sums of terms */
            px_call call = {.op = (px_op)op, .attr = {1}};
            px_mat in[3] = {random_mat(arena, (dice)kind, key++, 7, 7), random_mat(arena, (dice)kind, key++, 7, 7),
                            random_mat(arena, (dice)kind, key++, 7, 7)};
            check_engines(&call, in, op == PX_OP_GEMM ? 3 : op == PX_OP_SUM || op == PX_OP_ROUND ? 1 : 2);
            px_mat_set(&in[0], 2, 3, (double)INFINITY);
            px_mat_set(&in[0], 2, 4, -(double)INFINITY);
            px_mat_set(&in[1], 1, 1, (double)NAN);
            px_mat_set(&in[1], 3, 5, 0);
            check_engines(&call, in, op == PX_OP_GEMM ? 3 : op == PX_OP_SUM || op == PX_OP_ROUND ? 1 : 2);
        }
    px_mat long_row = random_mat(arena, ANY, key, 1, 1000);
    check_engines(&(px_call){.op = PX_OP_SUM}, &long_row, 1);
    px_arena_free(arena);
}

/* 2^100 + 2^-100 - 2^100; a pair of fp32 with exponents +-120; binary64 subnormals times 1/2. */
static void hand_worked_sums(void **state) {
    (void)state;
    px_arena *arena = px_arena_new();
    px_truth truth;
    px_mat x = px_mat_new(arena, px_fp_exact(), 4, 3);
    const double rows[4][3] = {{0x1p100, 0x1p-100, -0x1p100},
                               {0x1p100, 0x1p-100, 0},
                               {0x5p-1074, 0x1p-1074, -0x3p-1074},
                               {0x1p120, 0x1.000002p-120, 0x1p-149}};
    for (int64_t i = 0; i < 4; i++) px_mat_set_row(&x, i, 0, 3, rows[i]);
    assert_int_equal(px_ref_truth(arena, &(px_call){.op = PX_OP_SUM}, &x, 1, &truth, NULL), PX_OK);
    assert_same("cancelled", px_mat_get(&truth.v.hi, 0, 0), 0x1p-100);
    assert_same("its radius", px_mat_get(&truth.v.radius, 0, 0), 0);
    assert_same("its magnitudes", px_mat_get(&truth.absab.hi, 0, 0), 0x1p101);
    assert_same("lo", px_mat_get(&truth.v.lo, 1, 0), 0x1p-100);
    assert_same("subnormal", px_mat_get(&truth.v.hi, 2, 0), 0x3p-1074);
    px_expansion value, absab;
    truth.sharpen(truth.context, 3, 0, &value, &absab, NULL);
    assert_same("first", value.part[0], 0x1p120);
    assert_same("second", value.part[1], 0x1.000002p-120 + 0x1p-149);
    assert_true(value.part[2] == 0 && value.radius == 0 && value.exponent == 0);
    px_arena_free(arena);
}

/* Products beyond the range of double, both ways: hi cannot say it, the expansion can. */
static void products_out_of_range(void **state) {
    (void)state;
    px_arena *arena = px_arena_new();
    px_mat in[2] = {px_mat_new(arena, px_fp_exact(), 1, 2), px_mat_new(arena, px_fp_exact(), 1, 2)};
    px_mat_set_row(&in[0], 0, 0, 2, (double[]){0x1p-1074, 0x1.8p1023});
    px_mat_set_row(&in[1], 0, 0, 2, (double[]){-0x1p-1074, 0x1p1000});
    px_truth truth;
    assert_int_equal(px_ref_truth(arena, &(px_call){.op = PX_OP_MUL}, in, 2, &truth, NULL), PX_OK);
    assert_same("tiny", px_mat_get(&truth.v.hi, 0, 0), -0.0);
    assert_same("its radius", px_mat_get(&truth.v.radius, 0, 0), 0x1p-1074);
    assert_same("huge", px_mat_get(&truth.v.hi, 0, 1), (double)INFINITY);
    px_expansion v, b;
    for (int64_t j = 0; j < 2; j++) {
        truth.sharpen(truth.context, 0, j, &v, &b, NULL);
        mpfr_t x;
        mpfr_init2(x, 53);
        mpfr_set_d(x, v.part[0], MPFR_RNDN);
        mpfr_mul_2si(x, x, v.exponent, MPFR_RNDN);
        assert_int_equal(mpfr_cmp_si_2exp(x, j ? 3 : -1, j ? 2022 : -2148), 0);
        assert_true(v.part[1] == 0 && v.radius == 0);
        mpfr_clear(x);
    }
    px_arena_free(arena);
}

/* The multiple of 2^1023 and of 2^-1074 in one sum: the small one only shows as a side. */
static void a_span_wider_than_double(void **state) {
    (void)state;
    px_arena *arena = px_arena_new();
    px_mat a = px_mat_new(arena, px_fp_exact(), 1, 2), b = px_mat_new(arena, px_fp_exact(), 2, 1);
    px_mat_set_row(&a, 0, 0, 2, (double[]){0x1p1000, -0x1p-1074});
    px_mat_set(&b, 0, 0, 0x1p1000);
    px_mat_set(&b, 1, 0, 0x1p-1074);
    px_mat in[2] = {a, b};
    px_truth truth;
    px_expansion v, m;
    assert_int_equal(px_ref_truth(arena, &(px_call){.op = PX_OP_GEMM, .attr = {1}}, in, 2, &truth, NULL), PX_OK);
    truth.sharpen(truth.context, 0, 0, &v, &m, NULL);
    assert_true(v.part[1] < 0 && v.radius > 0 && m.part[1] > 0);
    px_arena_free(arena);
}

/* A reference of 64 bits, summed step by step, differs where it matters: the comparison of these tests sees it. */
static void a_reference_with_too_few_bits_is_seen(void **state) {
    (void)state;
    px_arena *arena = px_arena_new();
    int seen = 0;
    for (uint64_t key = 1; key <= 20; key++) {
        px_mat x = random_mat(arena, NARROW, key, 1, 50);
        px_truth truth;
        assert_int_equal(px_ref_truth(arena, &(px_call){.op = PX_OP_SUM}, &x, 1, &truth, NULL), PX_OK);
        mpfr_t s;
        mpfr_init2(s, 64);
        mpfr_set_zero(s, 1);
        for (int64_t t = 0; t < 50; t++) mpfr_add_d(s, s, px_mat_get(&x, 0, t), MPFR_RNDN);
        mpfr_sub_d(s, s, px_mat_get(&truth.v.hi, 0, 0), MPFR_RNDN);
        seen += mpfr_get_d(s, MPFR_RNDN) != px_mat_get(&truth.v.lo, 0, 0);
        mpfr_clear(s);
    }
    assert_true(seen >= 18);
    px_arena_free(arena);
}

/* (a b + c) (a b + c) in the executor: 4 (52 + 1) bits and more, all there. */
static void the_executor_stays_exact_between_calls(void **state) {
    (void)state;
    const px_slot slots[] = {{.name = "a", .rows = 2, .cols = 2}, {.name = "s", .rows = 2, .cols = 2},
                             {.name = "p", .rows = 2, .cols = 2}, {.name = "r", .rows = 2, .cols = 1},
                             {.name = "last", .rows = 2, .cols = 1}};
    px_prog prog = {.slots = slots, .n_slots = 5, .n_calls = 3};
    px_call calls[3] = {{.op = PX_OP_GEMM, .attr = {-1}}, {.op = PX_OP_MUL}, {.op = PX_OP_SUM}};
    for (int i = 0; i < 3; i++) calls[i].in[2] = px_arg_absent();
    calls[0].in[0] = px_arg_whole(&prog, 0);
    calls[0].in[1] = px_arg_transposed(&prog, 0);
    calls[0].out[0] = calls[1].in[0] = calls[1].in[1] = px_arg_whole(&prog, 1);
    calls[1].out[0] = calls[2].in[0] = px_arg_whole(&prog, 2);
    calls[2].out[0] = px_arg_whole(&prog, 3);
    calls[2].out[1] = px_arg_whole(&prog, 4);
    prog.calls = calls;
    px_arena *arena = px_arena_new();
    px_wide a = px_wide_new(arena, 2, 2), p = px_wide_new(arena, 2, 2), r = px_wide_new(arena, 2, 1);
    px_mat_set_row(&a.hi, 0, 0, 2, (double[]){1, 0x1p-40});
    px_mat_set_row(&a.hi, 1, 0, 2, (double[]){0, 3});
    const px_exec *exec = px_ref_mpfr();
    void *st;
    px_error err;
    for (int c = 0; c < 3; c++) assert_true(exec->supports(&prog, &calls[c], err.text, sizeof err.text));
    assert_int_equal(exec->open(exec, &st, &prog, &err), PX_OK);
    assert_int_equal(exec->put(st, 0, &a, &err), PX_OK);
    assert_int_equal(exec->run(st, 0, 3, &err), PX_OK);
    assert_int_equal(exec->get(st, 2, &p, &err), PX_OK);
    assert_int_equal(exec->get(st, 3, &r, &err), PX_OK);
    /* -A A' = -[[1 + 2^-80, 3 2^-40], [3 2^-40, 9]]; its squares are 1 + 2^-79 + 2^-160, 9 2^-80, 81. */
    assert_same("hi", px_mat_get(&p.hi, 0, 0), 1);
    assert_same("lo", px_mat_get(&p.lo, 0, 0), 0x1p-79);
    assert_same("radius", px_mat_get(&p.radius, 0, 0), 0x1p-160);
    assert_same("off the diagonal", px_mat_get(&p.hi, 0, 1), 0x9p-80);
    assert_same("row sum", px_mat_get(&r.lo, 0, 0), 0xbp-80);
    assert_int_equal(exec->get(st, 4, &r, &err), PX_OK);
    assert_same("last change", px_mat_get(&r.hi, 0, 0), 2);
    exec->close(st);
    px_arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gemm_agrees_with_plain_mpfr),
        cmocka_unit_test(engines_agree),
        cmocka_unit_test(hand_worked_sums),
        cmocka_unit_test(products_out_of_range),
        cmocka_unit_test(a_span_wider_than_double),
        cmocka_unit_test(a_reference_with_too_few_bits_is_seen),
        cmocka_unit_test(the_executor_stays_exact_between_calls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
