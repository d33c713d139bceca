/* One rounding of the exact result: exhaustively for the 8-bit formats against a table of their numbers and integer
 * distances, and against mpfr_subnormalize with the format's range for the wider ones. */
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
#include "ref/truth.h"

__extension__ typedef __int128 i128;

static uint64_t bits_of(double x) {
    uint64_t w;
    memcpy(&w, &x, sizeof w);
    return w;
}

#define FORMAT_ROW(name_, p_, emin_, emax_, width_, pad_, rule, inf, max, other)                                       \
    {name_, {.p = p_, .emin = emin_, .emax = emax_, .width = width_, .pad = pad_, .subnormals = 1,                     \
             .overflow = rule, .has_inf = inf, .has_nan = 1, .max_finite = max}},
static const struct named {
    const char *name;
    px_fp fp;
} formats[] = {PX_FORMAT_LIST(FORMAT_ROW)};
enum { FORMATS = sizeof formats / sizeof *formats };

/* ---- The 8-bit formats: every number is an integer n of smallest subnormals, read off its word. ---- */

typedef struct table {
    px_fp fp;
    int count;      /* non-negative finite numbers, by word */
    i128 n[128];    /* in smallest subnormals */
    int unit;       /* the smallest subnormal is 2^unit */
} table;

static table make_table(px_fp fp) {
    table t = {.fp = fp, .unit = fp.emin - fp.p + 1};
    for (int word = 0; word < 128; word++) {
        int field = word >> (fp.p - 1), fraction = word & ((1 << (fp.p - 1)) - 1);
        i128 n = field == 0 ? fraction : (i128)(fraction | 1 << (fp.p - 1)) << (field - 1);
        if (ldexp((double)n, t.unit) > fp.max_finite) break;
        t.n[t.count++] = n;
    }
    return t;
}

static double overflow_result(px_fp fp) {
    if (fp.overflow == PX_OVERFLOW_SATURATE) return fp.max_finite;
    return fp.overflow == PX_OVERFLOW_INF ? (double)INFINITY : (double)NAN;
}

/* |x| = m 2^(unit - scale), exact, rounded by looking for its neighbours; negative is its sign. */
static double table_round(const table *t, i128 m, int scale, bool negative, px_rounding_mode mode) {
    i128 ulp = t->n[t->count - 1] - t->n[t->count - 2];
    int below = 0;
    while (below + 1 < t->count && t->n[below + 1] << scale <= m) below++;
    i128 low = t->n[below] << scale, high = (below + 1 < t->count ? t->n[below + 1] : t->n[below] + ulp) << scale;
    bool outwards = mode == PX_UP ? !negative : mode == PX_DOWN ? negative : false;
    bool last = below + 1 == t->count, up = false;
    if (m != low) {
        i128 to_low = m - low, to_high = high - m;
        if (last && to_high < 0) to_high = 0; /* far beyond the largest number */
        switch (mode) {
        case PX_NEAREST_EVEN:
        case PX_STOCHASTIC: up = to_high < to_low || (to_high == to_low && below % 2 == 1); break;
        case PX_NEAREST_AWAY: up = to_high <= to_low; break;
        case PX_ODD: up = below % 2 == 0 && !last; break;
        default: up = outwards;
        }
    }
    double result = up && last ? overflow_result(t->fp) : ldexp((double)t->n[below + up], t->unit);
    return negative && !isnan(result) ? -result : result;
}

/* All pairs of numbers of a format, added and multiplied, in every mode. */
static void check_pairs(px_fp fp) {
    table t = make_table(fp);
    px_arena *arena = px_arena_new();
    int64_t n = 2 * t.count;
    px_mat in[2] = {px_mat_new(arena, fp, n, n), px_mat_new(arena, fp, n, n)}, out = px_mat_new(arena, fp, n, n);
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < n; j++) {
            double a = ldexp((double)t.n[i / 2], t.unit), b = ldexp((double)t.n[j / 2], t.unit);
            px_mat_set(&in[0], i, j, i % 2 ? -a : a);
            px_mat_set(&in[1], i, j, j % 2 ? -b : b);
        }
    for (int op = PX_OP_ADD; op <= PX_OP_MUL; op++) {
        px_truth truth;
        assert_int_equal(px_ref_truth(arena, &(px_call){.op = (px_op)op}, in, 2, &truth, NULL), PX_OK);
        for (int mode = 0; mode < PX_ROUNDING_COUNT; mode++) {
            assert_int_equal(px_ref_rounded(&truth, fp, px_rounding_of((px_rounding_mode)mode), &out, NULL), PX_OK);
            for (int64_t i = 0; i < n; i++)
                for (int64_t j = 0; j < n; j++) {
                    i128 a = i % 2 ? -t.n[i / 2] : t.n[i / 2], b = j % 2 ? -t.n[j / 2] : t.n[j / 2];
                    i128 exact = op == PX_OP_ADD ? a + b : a * b;
                    bool negative = exact ? exact < 0 : op == PX_OP_ADD ? i % 2 && j % 2 && a == 0 : (i ^ j) % 2 != 0;
                    double want = table_round(&t, exact < 0 ? -exact : exact, op == PX_OP_ADD ? 0 : -t.unit, negative,
                                              (px_rounding_mode)mode);
                    double got = px_mat_get(&out, i, j);
                    if (bits_of(got) != bits_of(want))
                        fail_msg("op %d mode %d: %a %a: got %a, want %a", op, mode, px_mat_get(&in[0], i, j),
                                 px_mat_get(&in[1], i, j), got, want);
                }
        }
    }
    px_arena_free(arena);
}

static void eight_bit_formats_exhaustively(void **state) {
    (void)state;
    for (int f = 0; f < FORMATS; f++) {
        px_fp fp = formats[f].fp;
        if (fp.width != 8) continue;
        check_pairs(fp);
        fp.overflow = PX_OVERFLOW_SATURATE;
        check_pairs(fp);
    }
}

/* ---- The others: MPFR's own emulation of a format's range. ---- */

/* x to fp by mpfr_subnormalize; the result before the overflow rule. Nearest even, toward zero, up, down. */
static double by_subnormalize(const mpfr_t x, px_fp fp, mpfr_rnd_t rnd) {
    mpfr_exp_t emin = mpfr_get_emin(), emax = mpfr_get_emax();
    mpfr_t y;
    mpfr_init2(y, fp.p);
    int ternary = mpfr_set(y, x, rnd);
    mpfr_set_emin(fp.emin - fp.p + 2);
    mpfr_set_emax(fp.emax + 1);
    ternary = mpfr_check_range(y, ternary, rnd);
    mpfr_subnormalize(y, ternary, rnd);
    mpfr_set_emin(emin);
    mpfr_set_emax(emax);
    double result = mpfr_get_d(y, MPFR_RNDN);
    mpfr_clear(y);
    return result;
}

/* Products of two fp64 numbers whose exponents lie around the format's range, plus midpoints and their neighbours. */
static void draw_operands(px_fp fp, uint64_t key, uint64_t i, double *a, double *b) {
    px_bits128 r = px_philox(key, 7, i);
    int span = fp.emax - fp.emin + fp.p + 8, e = fp.emin - fp.p - 4 + (int)(r.hi % (uint64_t)span);
    if (i % 3 == 0) e = fp.emin - fp.p + (int)(r.hi % (uint64_t)(fp.p + 3)); /* the subnormal range */
    int keep = i % 2 ? fp.p + 1 : 53; /* a half of the last bit, or anything */
    double significand = 1 + (double)(r.lo >> (65 - keep)) * ldexp(1, 1 - keep);
    int half = e / 2;
    *a = ldexp(r.lo & 1 ? -significand : significand, half);
    *b = ldexp(i % 5 == 0 ? 1 + 0x1p-52 : i % 5 == 1 ? 1 - 0x1p-53 : 1, e - half);
}

static void check_wide_format(px_fp fp, const char *name) {
    enum { N = 4000 };
    px_arena *arena = px_arena_new();
    px_mat in[2] = {px_mat_new(arena, px_fp_exact(), 1, N), px_mat_new(arena, px_fp_exact(), 1, N)};
    px_mat out = px_mat_new(arena, fp, 1, N);
    for (int64_t i = 0; i < N; i++) {
        double a, b;
        draw_operands(fp, px_stream(name), (uint64_t)i, &a, &b);
        px_mat_set(&in[0], 0, i, a);
        px_mat_set(&in[1], 0, i, b);
    }
    px_truth truth;
    assert_int_equal(px_ref_truth(arena, &(px_call){.op = PX_OP_MUL}, in, 2, &truth, NULL), PX_OK);
    static const struct {
        px_rounding_mode mode;
        mpfr_rnd_t rnd;
    } modes[] = {{PX_NEAREST_EVEN, MPFR_RNDN}, {PX_TOWARD_ZERO, MPFR_RNDZ}, {PX_UP, MPFR_RNDU}, {PX_DOWN, MPFR_RNDD}};
    mpfr_t x;
    mpfr_init2(x, 106);
    for (int m = 0; m < 4; m++) {
        assert_int_equal(px_ref_rounded(&truth, fp, px_rounding_of(modes[m].mode), &out, NULL), PX_OK);
        for (int64_t i = 0; i < N; i++) {
            mpfr_set_d(x, px_mat_get(&in[0], 0, i), MPFR_RNDN);
            mpfr_mul_d(x, x, px_mat_get(&in[1], 0, i), MPFR_RNDN);
            double want = by_subnormalize(x, fp, modes[m].rnd), got = px_mat_get(&out, 0, i);
            if (bits_of(got) != bits_of(want))
                fail_msg("%s mode %d: %a * %a: got %a, want %a", name, (int)modes[m].mode, px_mat_get(&in[0], 0, i),
                         px_mat_get(&in[1], 0, i), got, want);
        }
    }
    mpfr_clear(x);
    px_arena_free(arena);
}

static void wider_formats_as_mpfr_subnormalizes(void **state) {
    (void)state;
    for (int f = 0; f < FORMATS; f++)
        if (formats[f].fp.width > 8) check_wide_format(formats[f].fp, formats[f].name);
    /* The thread's range of MPFR is as it was. */
    assert_true(mpfr_get_emin() < -1000000 && mpfr_get_emax() > 1000000);
}

/* Beyond double, both ways; an infinite operand; a nan. */
static double round_product(double a, double b, px_fp fp, px_rounding_mode mode) {
    px_arena *arena = px_arena_new();
    px_mat in[2] = {px_mat_new(arena, px_fp_exact(), 1, 1), px_mat_new(arena, px_fp_exact(), 1, 1)};
    px_mat out = px_mat_new(arena, fp, 1, 1);
    px_mat_set(&in[0], 0, 0, a);
    px_mat_set(&in[1], 0, 0, b);
    px_truth truth;
    assert_int_equal(px_ref_truth(arena, &(px_call){.op = PX_OP_MUL}, in, 2, &truth, NULL), PX_OK);
    assert_int_equal(px_ref_rounded(&truth, fp, px_rounding_of(mode), &out, NULL), PX_OK);
    double result = px_mat_get(&out, 0, 0);
    px_arena_free(arena);
    return result;
}

static px_fp format(const char *name) {
    for (int f = 0; f < FORMATS; f++)
        if (strcmp(formats[f].name, name) == 0) return formats[f].fp;
    fail_msg("no format %s", name);
    return formats[0].fp;
}

static void extremes(void **state) {
    (void)state;
    px_fp fp64 = format("fp64"), e4m3 = format("fp8_e4m3"), fp16 = format("fp16");
    double inf = (double)INFINITY, top = 0x1.fffffffffffffp1023;
    assert_true(round_product(top, top, fp64, PX_NEAREST_EVEN) == inf);
    assert_true(round_product(top, top, fp64, PX_TOWARD_ZERO) == top);
    assert_true(round_product(top, -top, fp64, PX_UP) == -top);
    assert_true(round_product(top, -top, fp64, PX_DOWN) == -inf);
    assert_true(round_product(0x1p-1074, 0x1p-1, fp64, PX_NEAREST_EVEN) == 0);
    assert_true(round_product(0x1p-1074, 0x1p-1, fp64, PX_NEAREST_AWAY) == 0x1p-1074);
    assert_true(round_product(0x1p-1074, 0x1.8p-1, fp64, PX_NEAREST_EVEN) == 0x1p-1074);
    assert_true(round_product(0x1p-1074, 0x1p-1074, fp64, PX_UP) == 0x1p-1074);
    assert_true(round_product(0x1p-1074, 0x1p-1074, fp64, PX_ODD) == 0x1p-1074);
    assert_true(signbit(round_product(-0x1p-1074, 0x1p-1074, fp64, PX_UP)));
    assert_true(isnan(round_product(inf, 0, fp16, PX_NEAREST_EVEN)));
    assert_true(round_product(inf, -2, fp16, PX_TOWARD_ZERO) == -inf);
    assert_true(isnan(round_product(inf, 1, e4m3, PX_NEAREST_EVEN)));
    e4m3.overflow = PX_OVERFLOW_SATURATE;
    assert_true(round_product(inf, -1, e4m3, PX_NEAREST_EVEN) == -448);
    assert_true(round_product(464, 1, format("fp8_e4m3"), PX_NEAREST_EVEN) == 448);
    assert_true(isnan(round_product(465, 1, format("fp8_e4m3"), PX_NEAREST_EVEN)));
}

/* Flushed: what is below 2^emin after rounding to p bits as if exponents had no end. */
static void flushed_subnormals(void **state) {
    (void)state;
    px_fp fp16 = format("fp16");
    fp16.subnormals = 0;
    assert_true(round_product(0x1.ffcp-15, 1, fp16, PX_NEAREST_EVEN) == 0);
    assert_true(round_product(0x1.ffdp-15, 1, fp16, PX_NEAREST_EVEN) == 0);
    assert_true(round_product(0x1.ffep-15, 1, fp16, PX_NEAREST_EVEN) == 0x1p-14);
    assert_true(round_product(0x1.ffc01p-15, 1, fp16, PX_UP) == 0x1p-14);
    assert_true(round_product(0x1p-20, 1, fp16, PX_UP) == 0);
    assert_true(signbit(round_product(-0x1p-20, 1, fp16, PX_NEAREST_EVEN)));
}

/* The correctly rounded dot product. */
static void dots(void **state) {
    (void)state;
    px_fp fp32 = format("fp32"), fp64 = format("fp64");
    px_rounding even = px_rounding_of(PX_NEAREST_EVEN), down = px_rounding_of(PX_DOWN);
    const double a[] = {0x1p50, 0x1p-50, -0x1p50}, b[] = {0x1p50, 0x1p-50, 0x1p50};
    assert_true(px_ref_dot(3, a, b, 0, fp32, even) == 0x1p-100);
    assert_true(px_ref_dot(2, a, b, -0x1p100, fp64, even) == 0x1p-100);
    assert_true(px_ref_dot(3, (double[]){1, 0x1p-24, 0x1p-120}, (double[]){1, 1, 1}, 0, fp32, even) == 1 + 0x1p-23);
    assert_true(px_ref_dot(0, NULL, NULL, 0.1, fp32, even) == (double)0.1f);
    /* Signs of zero (IEEE 754, 6.3). */
    const double minus[] = {-0.0}, one[] = {1}, minus_one[] = {-1};
    assert_int_equal(bits_of(px_ref_dot(1, minus, one, -0.0, fp64, even)), bits_of(-0.0));
    assert_int_equal(bits_of(px_ref_dot(1, minus, one, 0, fp64, even)), 0);
    assert_int_equal(bits_of(px_ref_dot(1, minus, one, 0, fp64, down)), bits_of(-0.0));
    assert_int_equal(bits_of(px_ref_dot(1, minus, minus_one, 0, fp64, down)), 0);
    assert_int_equal(bits_of(px_ref_dot(1, one, one, -1, fp64, down)), bits_of(-0.0));
    /* Infinities. */
    const double wild[] = {(double)INFINITY, 1, -(double)INFINITY}, ones[] = {1, 1, 1};
    assert_true(px_ref_dot(2, wild, ones, 5, fp64, even) == (double)INFINITY);
    assert_int_equal(bits_of(px_ref_dot(3, wild, ones, 5, fp64, even)), 0x7ff8000000000000);
    /* Longer than a piece. */
    double x[1000], y[1000];
    for (int i = 0; i < 1000; i++) {
        x[i] = i % 2 ? -0x1p500 : 0x1p500;
        y[i] = 0x1p500;
    }
    assert_true(px_ref_dot(1000, x, y, 3, fp64, even) == 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(eight_bit_formats_exhaustively),
        cmocka_unit_test(wider_formats_as_mpfr_subnormalizes),
        cmocka_unit_test(extremes),
        cmocka_unit_test(flushed_subnormals),
        cmocka_unit_test(dots),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
