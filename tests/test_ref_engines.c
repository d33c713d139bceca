/* Figures of errors do not depend on the engine of the reference: exact sums by MPFR, exact sums in fixed point and the
 * certified product, on every instruction set, give the same bits of every error, slack and correctly rounded result;
 * on data that are badly scaled, overflow, underflow, cancel or are not numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "arith/round.h"
#include "base/philox.h"
#include "metric/error.h"
#include "ref/certified.h"
#include "ref/isa/isa.h"
#include "ref/truth.h"

enum { M = 14, N = 37, K = 45, SLACKS = 3 };

/* Rows and columns of scales far apart; the same, beyond what a product can hold; products near the largest double;
 * below the smallest normal one; numbers of all sizes in one line; lines whose products are 0; sums that cancel to 0 or
 * nearly; infinities and NaNs. */
typedef enum look { SCALED, BEYOND, HUGE, TINY, MIXED, APART, CANCELLING, SPECIAL, LOOKS } look;

static double draw(look kind, int64_t i, int64_t j, bool first) {
    px_bits128 r = px_philox(21 + (uint64_t)first, (uint64_t)(kind * 1000 + i), (uint64_t)j);
    int64_t line = first ? i : j, term = first ? j : i;
    double x = ((double)(r.lo >> 11) * 0x1p-53 - 0.5) * (1 + (double)(r.hi % 1000) * 0x1p-20);
    switch (kind) {
    case SCALED: return ldexp(x, (int)(line * line % 11 - 5) * 20);
    case BEYOND: return ldexp(x, (int)(line % 7 - 3) * 170);
    case HUGE: return ldexp(x, 509 + (int)(line % 3));
    case TINY: return ldexp(x, -530 - (int)(line % 9));
    case MIXED: return ldexp(x, (int)(r.hi % 400) - 200);
    case APART:
        return (term < K / 2) == ((line % 3 == 0) == first) ? (r.lo % 2 ? 0.0 : -0.0)
                                                            : ldexp(x, -150 * (int)(line % 2));
    case CANCELLING:
        return first && term % 2        ? -draw(kind, i, j - 1, true)
               : first || term % 2 == 0 ? x
               : line % 3 == 0          ? draw(kind, i - 1, j, false)
                                        : draw(kind, i - 1, j, false) * (1 + 0x1p-40);
    case SPECIAL: return r.hi % 83 == 0 ? (double)INFINITY : r.hi % 89 == 0 ? (double)NAN : r.hi % 7 == 0 ? 0 : x;
    case LOOKS: break;
    }
    fail_msg("a look");
    return 0;
}

static px_mat matrix(px_arena *arena, look kind, int64_t rows, int64_t cols, bool first, px_fp fmt) {
    px_mat m = px_mat_new(arena, fmt, rows, cols);
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < cols; j++)
            px_mat_set(&m, i, j, px_round(fmt, px_rounding_of(PX_NEAREST_EVEN), draw(kind, i, j, first), 0));
    return m;
}

/* Rounded after each step, as the machine does it. */
static px_mat product_of(px_arena *arena, const px_mat in[2], px_fp fmt) {
    const px_rounding nearest = px_rounding_of(PX_NEAREST_EVEN);
    px_mat c = px_mat_new(arena, fmt, in[0].rows, in[1].cols);
    for (int64_t i = 0; i < c.rows; i++)
        for (int64_t j = 0; j < c.cols; j++) {
            double sum = 0;
            for (int64_t t = 0; t < in[0].cols; t++) {
                double p = px_round(fmt, nearest, px_mat_get(&in[0], i, t) * px_mat_get(&in[1], t, j), 0);
                sum = px_round(fmt, nearest, sum + p, 0);
            }
            px_mat_set(&c, i, j, sum);
        }
    return c;
}

typedef struct figures {
    px_errors errors;
    double slack[SLACKS], rounded[M * N];
} figures;

static void judge(px_arena *arena, const px_mat *computed, const px_truth *truth, figures *f) {
    const double beta[SLACKS] = {K * 0x1p-11, 0, K * 0x1p-53}, eta[SLACKS] = {0, 0x1p-24, 0x1p-1074};
    px_mat rounded = px_mat_new(arena, computed->fmt, M, N);
    memset(f, 0, sizeof *f);
    assert_int_equal(px_ref_rounded(truth, computed->fmt, px_rounding_of(PX_NEAREST_EVEN), &rounded, NULL), PX_OK);
    for (int64_t i = 0; i < M; i++) px_mat_get_row(&rounded, i, 0, N, f->rounded + i * N);
    double tops[M];
    assert_int_equal(px_errors_measure_rows(computed, truth, &rounded, &f->errors, tops, NULL), PX_OK);
    assert_int_equal(px_errors_slacks(computed, truth, tops, 2, beta, eta, f->slack, NULL), PX_OK);
    assert_int_equal(px_errors_slack(computed, truth, beta[2], eta[2], &f->slack[2], NULL), PX_OK);
}

static void check(look kind, const char *format, double sign) {
    px_fp fmt;
    px_arena *arena = px_arena_new();
    assert_int_equal(px_fp_parse(format, &fmt, NULL), PX_OK);
    px_mat in[2] = {matrix(arena, kind, M, K, true, fmt), matrix(arena, kind, K, N, false, fmt)};
    px_mat computed = product_of(arena, in, fmt);
    px_call call = {.op = PX_OP_GEMM, .attr = {sign}};
    px_truth truth;
    figures wanted, got;
    assert_int_equal(px_ref_truth_mpfr(arena, &call, in, 2, &truth, NULL), PX_OK);
    judge(arena, &computed, &truth, &wanted);
    assert_int_equal(px_ref_truth(arena, &call, in, 2, &truth, NULL), PX_OK);
    judge(arena, &computed, &truth, &got);
    if (memcmp(&got, &wanted, sizeof got) != 0) fail_msg("fixed point: look %d, %s", kind, format);
    int n_isa;
    const px_ref_isa *const *isa = px_ref_isa_usable(&n_isa), *chosen = px_ref_isa_chosen();
    for (int s = 0; s < n_isa; s++) {
        px_ref_isa_use(isa[s]);
        px_ref_certify(arena, &call, in, true, &truth);
        judge(arena, &computed, &truth, &got);
        if (memcmp(&got, &wanted, sizeof got) != 0) fail_msg("certified, %s: look %d, %s", isa[s]->name, kind, format);
    }
    px_ref_isa_use(chosen);
    px_arena_free(arena);
}

static void figures_do_not_depend_on_the_engine(void **state) {
    (void)state;
    static const char *const formats[] = {"fp64", "fp32", "fp16", "bf16"};
    for (int kind = 0; kind < LOOKS; kind++)
        for (size_t f = 0; f < sizeof formats / sizeof *formats; f++) check((look)kind, formats[f], f % 2 ? -1 : 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(figures_do_not_depend_on_the_engine)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
