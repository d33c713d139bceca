/* gemm with matrix units: a dumped cell is what MPFR makes of the published description; combinations that no unit has
 * are left out; truncation drifts as theory says. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "arith/round.h"
#include "support/fixture.h"
#include "support/mma_cases.h"
#include "support/mma_oracle.h"
#include "support/tunnel.h"

static px_flight fly(const char *sweep, bool dump) {
    const char *ini = px_arena_printf(arena, "[experiment]\nkind = gemm\n[sweep]\n%s", sweep);
    return px_fly(arena, ini, PX_ENGINE_AUTO, dump ? folder : NULL);
}

enum { M = 3, N = 4, K = 70 };

static void a_dumped_cell_can_be_checked(void **state) {
    (void)state;
    px_flight f = fly("format/accum = fp16/fp32, bf16/fp32, fp8_e4m3/fp16\nmodel = v100, h100, h100-mmasync\n"
                      "out = same, bf16\nmatrix = normal\nm = 3\nn = 4\nk = 70\n",
                      true);
    assert_int_equal(f.n, 2 * (1 + 1 + 1 + 1 + 1)); /* v100 has fp16 only, h100_mmasync fp8 only */
    for (int64_t i = 0; i < f.n; i++) {
        const px_case *c = f.cells[i];
        const double *a = px_flight_load(arena, folder, c->id, "A", M * K);
        const double *b = px_flight_load(arena, folder, c->id, "B", K * N);
        const double *d = px_flight_load(arena, folder, c->id, "C_hat", M * N);
        px_mma unit;
        px_fp in = px_case_fp(c, "format"), out = px_case_fp(c, "out");
        px_model model = (px_model)px_model_find(px_case_text(c, "model"));
        assert_int_equal(px_mma_find(model, in, in, px_case_fp(c, "accum"), &unit, NULL), PX_OK);
        for (int row = 0; row < M; row++)
            for (int column = 0; column < N; column++) {
                double x[K], y[K];
                for (int k = 0; k < K; k++) x[k] = a[row * K + k], y[k] = b[k * N + column];
                double want = mma_oracle(&unit, K, x, y, 0.0);
                want = px_round(out, px_rounding_of(PX_NEAREST_EVEN), want, 0);
                assert_true(d[row * N + column] == want);
            }
        double slack = px_flight_number(&f, i, "slack_det");
        assert_true(slack > 0 && slack <= 1);
    }
}

/* What a unit does not have would be a duplicate, and is left out; so is promotion without a unit. */
static void axes_that_do_not_apply_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *axis;
        int kept, dropped;
    } cases[] = {
        {"product = same, exact", 3, 1},
        {"fused = no, yes", 3, 1},
        {"rounding = nearest_even, up", 3, 1},
        {"subnormal = keep, flush", 3, 1},
        {"overflow = own, saturate", 3, 1},
        {"order = sequential, pairwise", 3, 1},
        {"promote = 0, 16", 3, 1},
        {"order = sequential, splitk", 4, 0},
        {"backend = emulated, openblas", 2, 2}, /* fp16 is not openblas's either */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        px_flight f = fly(px_arena_printf(arena, "format = fp16\naccum = fp32\nmodel = none, a100\nn = 2\nk = 9\n%s\n",
                                          cases[i].axis),
                          false);
        if (f.n != cases[i].kept || f.n_dropped != cases[i].dropped)
            fail_msg("%s: %d kept, %d dropped", cases[i].axis, (int)f.n, (int)f.n_dropped);
    }
}

/* On data of one sign every block is cut downwards, so the error is a drift, about one unit in the last place of the
 * accumulator for each block: it halves with each generation's wider blocks and is far above that of fp32 sums. */
static void truncation_drifts(void **state) {
    (void)state;
    px_flight f = fly("format = fp16\naccum = fp32\nmodel = none, v100, a100, h100, b200\nn = 8\nk = 2048\n", false);
    double err[5];
    for (int i = 0; i < 5; i++) err[i] = px_flight_number(&f, i, "err_cw_p50");
    assert_true(err[1] > 20 * err[0]);
    for (int i = 2; i < 4; i++) assert_true(err[i - 1] > 1.6 * err[i] && err[i - 1] < 2.4 * err[i]);
    assert_true(err[3] == err[4]);
}

/* The drift is that of one chain, in proportion to its length: promotion every 128 terms and 16 splits of 2048 make it
 * 16 times smaller, the additions apart. Partial sums in fp16, which has 13 bits less than fp32, undo that. */
static void promotion_and_splits(void **state) {
    (void)state;
    px_flight f = fly("format = fp8_e4m3\naccum = fp32\nmodel = h100\npromote = 0, 128\nn = 8\nk = 2048\n", false);
    assert_true(px_flight_number(&f, 0, "err_cw_p50") > 4 * px_flight_number(&f, 1, "err_cw_p50"));
    px_flight g = fly("format = fp16\naccum = fp32\nmodel = h100\norder = splitk\nsplits = 1, 16\n"
                      "partial = same, fp16\nn = 8\nk = 2048\n",
                      false);
    double once = px_flight_number(&g, 0, "err_cw_p50"), narrow = px_flight_number(&g, 3, "err_cw_p50"),
           wide = px_flight_number(&g, 2, "err_cw_p50");
    assert_int_equal(g.n, 4);
    assert_true(once > 4 * wide && narrow > 16 * wide);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dumped_cell_can_be_checked),
        cmocka_unit_test(axes_that_do_not_apply_are_refused),
        cmocka_unit_test(truncation_drifts),
        cmocka_unit_test(promotion_and_splits),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
