/* Data that are normalised: the operation is loops written here once more, bit for bit, and wrong ones are noticed;
 * first-order predictions hold where nothing over- or underflows; one pass loses what two passes keep. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "arith/round.h"
#include "backend/registry.h"
#include "base/philox.h"
#include "kind/treatment.h"
#include "support/tunnel.h"

enum { M = 5, N = 24 };

static px_arena *arena;

static int set_up(void **state) { return (void)state, (arena = px_arena_new()) ? 0 : 1; }
static int tear_down(void **state) { return (void)state, px_arena_free(arena), 0; }

static px_fp f; /* the format of the plain loops */
static double r(double x) { return px_round(f, px_rounding_of(PX_NEAREST_EVEN), x, 0); }

typedef enum defect { NONE, UNBIASED, UNCENTRED, MEAN_OF_N_LESS_1, NO_ROOT, DEFECTS } defect;

/* A row by hand. */
static void plain(int form, defect wrong, const double *x, double *y, double *centre, double *spread) {
    double c = 0, v = 0, least = x[0], most = x[0];
    for (int j = 0; j < N; j++) {
        if (form == PX_NORMALISE_WELFORD) {
            double d = r(x[j] - c);
            c = r(c + r(d / (j + 1)));
            v = r(v + r(d * r(x[j] - c)));
        } else {
            c = r(c + x[j]);
        }
        least = x[j] < least ? x[j] : least;
        most = x[j] > most ? x[j] : most;
    }
    if (form != PX_NORMALISE_WELFORD) c = r(c / (wrong == MEAN_OF_N_LESS_1 ? N - 1 : N));
    if (form == PX_NORMALISE_MIN_MAX) c = least;
    for (int j = 0; j < N; j++) {
        double d = form == PX_NORMALISE_ONE_PASS || wrong == UNCENTRED ? x[j] : r(x[j] - c);
        if (form <= PX_NORMALISE_ONE_PASS) v = r(v + r(d * d));
    }
    v = r(v / (wrong == UNBIASED ? N - 1 : N));
    if (form == PX_NORMALISE_ONE_PASS) v = r(v - r(c * c));
    if (form == PX_NORMALISE_MIN_MAX) v = r(most - c);
    double over = form == PX_NORMALISE_MIN_MAX || wrong == NO_ROOT ? v : r(sqrt(v));
    for (int j = 0; j < N; j++) y[j] = r(r(x[j] - c) / over);
    *centre = c;
    *spread = v;
}

/* Every result of the operation; how many differ from the plain loops. */
static int differing(const char *format, int form, defect wrong) {
    assert_int_equal(px_fp_parse(format, &f, NULL), PX_OK);
    px_slot slots[] = {{"x", M, N, f}, {"y", M, N, f}, {"c", M, 1, f}, {"v", M, 1, f}};
    px_call call = {.op = PX_OP_NORMALISE, .recipe = px_recipe_uniform(f), .attr = {form}};
    px_prog prog = {slots, &call, 4, 1};
    for (int k = 0; k < PX_MAX_IN; k++) call.in[k] = px_arg_absent();
    for (int k = 0; k < PX_MAX_OUT; k++) call.out[k] = px_arg_absent();
    call.in[0] = px_arg_whole(&prog, 0);
    px_wide value[4];
    for (int s = 0; s < 4; s++) value[s] = px_wide_new(arena, slots[s].rows, slots[s].cols);
    for (int s = 1; s < 4; s++) call.out[s - 1] = px_arg_whole(&prog, s);
    for (int64_t e = 0; e < M * N; e++) {
        double bits = (double)(px_philox(7, 1, (uint64_t)e).lo >> 11) * 0x1p-53;
        px_mat_set(&value[0].hi, e / N, e % N, r(2 * bits + 0.25 * (double)(e / N)));
    }
    const px_exec *exec = px_backend_emulated();
    void *run;
    assert_int_equal(exec->open(exec, &run, &prog, NULL), PX_OK);
    assert_int_equal(exec->put(run, 0, &value[0], NULL), PX_OK);
    assert_int_equal(exec->run(run, 0, 1, NULL), PX_OK);
    for (int s = 1; s < 4; s++) assert_int_equal(exec->get(run, s, &value[s], NULL), PX_OK);
    exec->close(run);
    int count = 0;
    for (int64_t i = 0; i < M; i++) {
        double x[N], y[N], two[2];
        px_mat_get_row(&value[0].hi, i, 0, N, x);
        plain(form, wrong, x, y, &two[0], &two[1]);
        for (int64_t j = 0; j < N; j++) count += px_mat_get(&value[1].hi, i, j) != y[j];
        for (int s = 2; s < 4; s++) count += px_mat_get(&value[s].hi, i, 0) != two[s - 2];
    }
    return count;
}

static void the_operation_is_plain_loops(void **state) {
    (void)state;
    static const char *const formats[] = {"fp16", "bf16", "fp32", "fp64"};
    for (int k = 0; k < 4; k++)
        for (int form = 0; form < PX_NORMALISE_COUNT; form++)
            if (differing(formats[k], form, NONE)) fail_msg("%s, form %d", formats[k], form);
}

static void planted_defects_are_noticed(void **state) {
    (void)state;
    for (int wrong = NONE + 1; wrong < DEFECTS; wrong++)
        if (!differing("fp32", PX_NORMALISE_TWO_PASS, (defect)wrong)) fail_msg("defect %d goes unnoticed", wrong);
    assert_true(differing("fp32", PX_NORMALISE_ONE_PASS, UNBIASED) > 0);
    assert_true(differing("fp32", PX_NORMALISE_WELFORD, UNBIASED) > 0);
}

static double of(const px_flight *t, int64_t i, const char *column) { return px_flight_number(t, i, column); }

/* To first order and n u kappa small. */
static void predictions_hold(void **state) {
    (void)state;
    const char *ini =
        "[experiment]\nkind = normalisation\n[sweep]\nmethod = two_pass, one_pass, min_max\nformat/accum = "
        "fp16/fp16, fp16/fp32, bf16/fp32, fp32/fp32\nmean = 0, 1, 3, 10\nn = 32\nm = 8\nrep = 1..3\n";
    px_flight t = px_fly(arena, ini, PX_ENGINE_AUTO, NULL);
    assert_int_equal(t.n, 144);
    int checked = 0;
    for (int64_t i = 0; i < t.n; i++) {
        double predicted = of(&t, i, "pred_first_order");
        if (!(predicted < 0.25)) continue;
        if (!(of(&t, i, "spread_err") <= predicted))
            fail_msg("%s: %g above %g", t.cells[i]->id, of(&t, i, "spread_err"), predicted);
        checked++;
    }
    assert_true(checked > 120);
}

static void one_pass_loses_what_two_passes_keep(void **state) {
    (void)state;
    const char *ini =
        "[experiment]\nkind = normalisation\n[sweep]\nmethod = two_pass, one_pass\nformat/accum = fp32/fp32\n"
        "mean = 1000\nn = 64\nm = 8\n";
    px_flight t = px_fly(arena, ini, PX_ENGINE_AUTO, NULL);
    assert_true(of(&t, 0, "spread_err") < 1e-5 && of(&t, 1, "spread_err") > 1e-2);
}

/* Squares leave fp16 long before the data do. */
static void squares_overflow_and_vanish(void **state) {
    (void)state;
    const char *ini = "[experiment]\nkind = normalisation\n[sweep]\nmethod = two_pass, layer_norm, min_max\n"
                      "deviation = 2^-14, 2^8\nn = 64\nm = 8\n";
    static const char *const status[] = {"overflow", "overflow", "ok", "overflow", "ok", "ok"};
    px_flight t = px_fly(arena, ini, PX_ENGINE_AUTO, NULL);
    assert_int_equal(t.n, 6);
    for (int64_t i = 0; i < t.n; i++) assert_string_equal(px_flight_text(&t, i, "status"), status[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
        TEST(the_operation_is_plain_loops),        TEST(planted_defects_are_noticed), TEST(predictions_hold),
        TEST(one_pass_loses_what_two_passes_keep), TEST(squares_overflow_and_vanish),
#undef TEST
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
