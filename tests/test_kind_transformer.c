/* What the experiments on training steps say, on small layers: loss scaling, master weights, attention masks; and that a
 * larger initial scale of the weights moves the curve of flushed gradients. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <string.h>

#include <cmocka.h>

#include "backend/registry.h"
#include "kind/transformer.h"
#include "support/tunnel.h"

static px_arena *arena;

static int set_up(void **state) { return (void)state, (arena = px_arena_new()) ? 0 : 1; }
static int tear_down(void **state) { return (void)state, px_arena_free(arena), 0; }

/* Cells of a small layer whose upstream gradient is about 1e-6. */
static px_flight fly(const char *sweep) {
    const char *ini = px_arena_printf(arena,
                                      "[experiment]\nkind = transformer\n[sweep]\nwidth = 8\nlength = 8\ngrad = 2^-20\n"
                                      "lr = 1e-5\ntensors = step\n%s",
                                      sweep);
    return px_fly(arena, ini, PX_ENGINE_AUTO, NULL);
}

static double of(const px_flight *f, int64_t i, const char *column) { return px_flight_number(f, i, column); }

static void flushed_falls_until_overflow_begins(void **state) {
    (void)state;
    px_flight f = fly("scaling = static\nscale = 1, 2^6, 2^12, 2^20, 2^28, 2^40\n");
    assert_int_equal(f.n, 6);
    for (int64_t i = 1; i < 4; i++) assert_true(of(&f, i, "flushed") <= of(&f, i - 1, "flushed"));
    assert_true(of(&f, 0, "flushed") > 0.2 && of(&f, 3, "flushed") == 0);
    for (int64_t i = 0; i < 5; i++) assert_true(of(&f, i, "overflowed") == 0 && of(&f, i, "skipped") == 0);
    assert_true(of(&f, 5, "overflowed") > 0 && of(&f, 5, "skipped") == 1);
}

static void bf16_needs_no_scale(void **state) {
    (void)state;
    px_flight f = fly("policy = bf16_amp\nscaling = static\nscale = 1, 2^20, 2^40\n");
    for (int64_t i = 0; i < f.n; i++) assert_true(of(&f, i, "flushed") == 0 && of(&f, i, "overflowed") == 0);
}

/* Down until a step succeeds; up after four clean steps, which fails, and down again. */
static void dynamic_scaling_finds_the_edge(void **state) {
    (void)state;
    px_flight f = fly("scaling = dynamic\nscale = 2^40\ninterval = 4\nsteps = 24\nevery = 24\n");
    int64_t first = 0;
    while (first < f.n && of(&f, first, "skipped") == 1) first++;
    assert_true(first >= 1 && first < 12);
    double edge = of(&f, first, "loss_scale");
    assert_true(edge == ldexp(0x1p40, -(int)first));
    for (int64_t i = first; i < f.n; i++) {
        double scale = of(&f, i, "loss_scale");
        assert_true((of(&f, i, "skipped") == 1) == (scale > edge) && scale >= edge && scale <= 2 * edge);
        assert_true(scale == ((i - first) % 5 == 4 ? 2 * edge : edge));
    }
}

static void masters_keep_small_updates(void **state) {
    (void)state;
    px_flight f = fly("policy = fp16_amp, bf16_amp\nmaster = policy, none\nscaling = static\nscale = 2^20\n");
    assert_int_equal(f.n, 4);
    assert_true(of(&f, 0, "lost") < 0.02 && of(&f, 1, "lost") > 0.1); /* fp16 */
    assert_true(of(&f, 2, "lost") < 0.02 && of(&f, 3, "lost") > 0.5); /* bf16 */
}

static void the_initial_scale_moves_the_curve(void **state) {
    (void)state;
    px_flight f = fly("init = 0.002, 0.02, 0.2\n");
    assert_true(of(&f, 0, "flushed") > of(&f, 1, "flushed") && of(&f, 1, "flushed") > of(&f, 2, "flushed"));
}

static int64_t find_tensor(const px_flight *f, int64_t cell, const char *tensor) {
    for (int64_t i = 0; i < f->n; i++)
        if (f->cells[i]->index == cell && strcmp(px_flight_text(f, i, "tensor"), tensor) == 0) return i;
    fail_msg("no row of %s", tensor);
    return -1;
}

/* exp of large scores overflows unless the largest is taken off; -1e4 does not hide what -inf hides. */
static void softmax_and_masks(void **state) {
    (void)state;
    const char *ini =
        "[experiment]\nkind = transformer\n[sweep]\nattention/mask = stable/0, plain/0, online/0, stable/-1e9, "
        "stable/-1e4\npolicy = fp32\nwidth = 8\nlength = 4\nheads = 1\ninit = 64\ntensors = attention\n";
    px_flight f = px_fly(arena, ini, PX_ENGINE_AUTO, NULL);
    const int nans[] = {0, 1, 0, 0, 0}, wrong[] = {0, 1, 0, 0, 1};
    for (int64_t cell = 0; cell < 5; cell++) {
        int64_t i = find_tensor(&f, cell, "h.0.attn.probs");
        double error = of(&f, i, "err_rel_2");
        assert_int_equal(of(&f, i, "n_nan") > 0, nans[cell]);
        assert_int_equal(error > 0.5, wrong[cell]);
    }
}

/* ---- an executor that counts where its tensors lie is asked to, of the step and of every tensor ---- */

static px_status count_seven(void *state, int slot, const px_wide *truth, px_census *census, px_error *err) {
    (void)state, (void)slot, (void)err;
    assert_non_null(truth);
    census->n += 7;
    census->n_subnormal += 7;
    return PX_OK;
}

typedef struct seen {
    px_sink sink;
    int64_t rows, sevens; /* counted in the row of the step, first, and then in each other */
} seen;

static px_status see(px_sink *sink, const px_row *row, px_error *err) {
    seen *s = (seen *)sink;
    px_flight f = {.n = 1, .rows = row};
    (void)err;
    assert_true(of(&f, 0, "entries") == of(&f, 0, "n_subnormal"));
    s->sevens += (int64_t)of(&f, 0, "entries") / 7;
    s->rows++;
    return PX_OK;
}

static void an_executor_may_count(void **state) {
    (void)state;
    px_flight f =
        px_fly(arena, "[experiment]\nkind = transformer\n[sweep]\nwidth = 8\nlength = 4\n", PX_ENGINE_AUTO, NULL);
    px_exec counting = *px_backend_emulated();
    counting.census = count_seven;
    px_transformer t;
    px_transformer_signs signs = {.alarm = 2, .calm = 5};
    assert_null(px_transformer_read(arena, f.cells[0], &t));
    t.signs = &signs;
    t.exec = &counting;
    px_nn_report report;
    px_lab lab = {.arena = arena};
    seen s = {.sink = {see}};
    assert_int_equal(px_nn_build(arena, &t.model, &t.policy, &t.program, NULL), PX_OK);
    assert_int_equal(px_nn_train_open(arena, &t.program, t.exec, t.scaler, &t.train, NULL), PX_OK);
    px_transformer_start(f.cells[0], &t);
    px_transformer_batch(f.cells[0], &t);
    assert_int_equal(px_nn_step(&t.train, &report, NULL), PX_OK);
    assert_int_equal(px_transformer_emit(&t, &report, &lab, &s.sink, NULL), PX_OK);
    px_nn_train_close(&t.train);
    assert_int_equal(s.rows, 1 + t.program.n_params);
    assert_int_equal(s.sevens, 2 * t.program.n_params);
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
        TEST(flushed_falls_until_overflow_begins),
        TEST(bf16_needs_no_scale),
        TEST(dynamic_scaling_finds_the_edge),
        TEST(masters_keep_small_updates),
        TEST(the_initial_scale_moves_the_curve),
        TEST(softmax_and_masks),
        TEST(an_executor_may_count),
#undef TEST
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
