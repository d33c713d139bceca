/* Optimizers in training are those of the problems of their own, bit for bit; learning rates are MPFR's; a sign is one;
 * the loss of data that are held out is that of a step without dropout. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <mpfr.h>

#include "backend/registry.h"
#include "nn/descent.h"
#include "support/small_step.h"

static px_arena *arena;
static px_nn_program program;
static px_nn_train train;
static plain_step plain;

static int set_up(void **state) { return (void)state, (arena = px_arena_new()) ? 0 : 1; }
static int tear_down(void **state) {
    (void)state;
    px_nn_train_close(&train);
    px_arena_free(arena);
    return 0;
}

static void open_run(const px_nn_model *model, const px_nn_policy *policy, uint64_t seed) {
    px_error err = {0};
    plain_formats f = plain_formats_of(policy);
    px_nn_train_close(&train);
    if (px_nn_build(arena, model, policy, &program, &err) != PX_OK) fail_msg("%s", err.text);
    px_nn_scaler none = {.scaling = PX_NN_SCALING_NONE};
    if (px_nn_train_open(arena, &program, px_backend_emulated(), none, &train, &err) != PX_OK) fail_msg("%s", err.text);
    small_fill(&plain, &f, seed, 0.5);
    small_give(&train, &plain);
}

static double number(const px_exec *exec, void *of, const px_prog *prog, int32_t slot, int64_t e) {
    const px_slot *s = &prog->slots[slot];
    px_wide value = px_wide_new(arena, s->rows, s->cols);
    assert_int_equal(exec->get(of, slot, &value, NULL), PX_OK);
    return px_mat_get(&value.hi, e / s->cols, e % s->cols);
}

static double of_step(int32_t slot, int64_t e) { return number(train.exec, train.state, &program.prog, slot, e); }

/* One weight of the qkv matrix, by the program of the kind optimizer, from the same gradient and states. */
static void same_as_descent(const px_nn_model *m, px_fp f, int64_t e) {
    const px_nn_param *q = &program.params[WQKV];
    px_descent d;
    px_descent_how how = {.optimizer = m->optimizer,
                          .gradient = PX_GRADIENT_FIXED,
                          .n = 1,
                          .grad = f,
                          .acc = f,
                          .state = f,
                          .weights = f,
                          .constants = m->constants,
                          .decay = m->decay};
    px_descent_build(arena, &how, &d);
    px_descent_set_step(&d, train.step + 1, px_schedule_rate(&m->schedule, m->constants.lr, train.step + 1));
    const px_exec *exec = px_backend_emulated();
    void *run;
    assert_int_equal(exec->open(exec, &run, &d.prog, NULL), PX_OK);
    int32_t to[2 + PX_OPTIMIZER_STATES] = {d.w, d.numbers, d.state[0], d.state[1], d.state[2]};
    int32_t from[2 + PX_OPTIMIZER_STATES] = {q->value, q->clipped, q->state[0], q->state[1], q->state[2]};
    for (int k = 0; k < 2 + PX_OPTIMIZER_STATES; k++) {
        assert_int_equal(to[k] < 0, from[k] < 0);
        if (to[k] < 0) continue;
        px_wide value = px_wide_new(arena, 1, 1);
        px_mat_set(&value.hi, 0, 0, of_step(from[k], e));
        assert_int_equal(exec->put(run, to[k], &value, NULL), PX_OK);
    }
    assert_int_equal(exec->run(run, 0, d.prog.n_calls, NULL), PX_OK);
    int32_t found[] = {d.new_w, d.update, d.new_state[0], d.new_state[1], d.new_state[2]};
    int32_t made[] = {q->new_value, q->update, q->new_state[0], q->new_state[1], q->new_state[2]};
    for (size_t k = 0; k < sizeof found / sizeof *found; k++) {
        if (found[k] < 0) continue;
        double want = number(exec, run, &d.prog, found[k], 0), got = of_step(made[k], e);
        if (memcmp(&want, &got, sizeof want) != 0)
            fail_msg("optimizer %d, result %d: %a, not %a", (int)m->optimizer, (int)k, got, want);
    }
    exec->close(run);
}

/* The second step: t and the learning rate have moved. */
static void every_optimizer_is_the_one_of_its_own_kind(void **state) {
    (void)state;
    const px_nn_policy_id policies[] = {PX_NN_POLICY_FP32, PX_NN_POLICY_BF16_PURE};
    for (int id = 0; id < PX_OPTIMIZER_COUNT; id++)
        for (int k = 0; k < 2; k++) {
            px_nn_policy policy = px_nn_policy_of(policies[k]);
            px_nn_model m = small_model();
            px_nn_report report;
            m.optimizer = (px_optimizer_id)id;
            m.decay = 0.125;
            m.schedule = (px_schedule){PX_SCHEDULE_COSINE, 5, 3};
            open_run(&m, &policy, (uint64_t)id);
            assert_int_equal(px_nn_step(&train, &report, NULL), PX_OK);
            assert_int_equal(px_nn_advance(&train, NULL), PX_OK);
            assert_int_equal(px_nn_step(&train, &report, NULL), PX_OK);
            assert_true(report.rate == px_schedule_rate(&m.schedule, m.constants.lr, 2));
            for (int64_t e = 0; e < 9; e++) same_as_descent(&m, policy.master, e);
            px_nn_train_close(&train);
        }
}

/* 10 steps; the cosine against MPFR's. */
static void learning_rates(void **state) {
    (void)state;
    enum { T = 1000 };
    mpfr_t x;
    mpfr_init2(x, 100);
    for (int t = 1; t <= T; t++) {
        px_schedule s = {PX_SCHEDULE_COSINE, T, 0};
        mpfr_const_pi(x, MPFR_RNDN);
        mpfr_mul_d(x, x, (double)t, MPFR_RNDN);
        mpfr_div_ui(x, x, T, MPFR_RNDN);
        mpfr_cos(x, x, MPFR_RNDN);
        mpfr_add_ui(x, x, 1, MPFR_RNDN);
        assert_true(fabs(px_schedule_rate(&s, 2, t) - mpfr_get_d(x, MPFR_RNDN)) <= 0x1p-50);
    }
    mpfr_clear(x);
    static const double third[] = {1, 1, 1, 0.1, 0.1, 0.1, 0.01, 0.01, 0.01};
    for (int t = 1; t <= 9; t++) {
        px_schedule step = {PX_SCHEDULE_STEP, 9, 0}, linear = {PX_SCHEDULE_LINEAR, 9, 4},
                    root = {PX_SCHEDULE_INVERSE_ROOT, 9, 0};
        assert_true(px_schedule_rate(&step, 1, t) == third[t - 1]);
        assert_true(px_schedule_rate(&linear, 9, t) == (t < 4 ? 9 * ((9.0 - t) / 9) * t / 4 : 9 * ((9.0 - t) / 9)));
        assert_true(px_schedule_rate(&root, 1, t) == 1 / sqrt(t));
    }
    px_schedule cosine = {PX_SCHEDULE_COSINE, 9, 0}, constant = {PX_SCHEDULE_CONSTANT, 9, 10};
    assert_true(fabs(px_schedule_rate(&cosine, 1, 9)) < 1e-16 && px_schedule_rate(&cosine, 1, 50) < 1e-16);
    assert_true(px_schedule_rate(&constant, 1, 5) == 0.5 && px_schedule_rate(&constant, 1, 10) == 1);
}

/* Without dropout the loss of a step is that of an evaluation; with it the evaluation is still that one. */
static void nothing_drops_out_of_an_evaluation(void **state) {
    (void)state;
    px_nn_policy policy = px_nn_policy_of(PX_NN_POLICY_FP16_AMP);
    px_nn_report report;
    double loss[2], first = 0;
    for (int k = 0; k < 2; k++) {
        px_nn_model m = small_model();
        m.loss = PX_NN_LOSS_MSE;
        m.dropout = k ? 0.25 : 0;
        open_run(&m, &policy, 3);
        assert_int_equal(px_nn_step(&train, &report, NULL), PX_OK);
        assert_int_equal(px_nn_evaluate(&train, &loss[k], NULL), PX_OK);
        if (k == 0) first = report.loss;
    }
    assert_true(loss[0] == first && loss[1] == first && report.loss != first);
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
        TEST(every_optimizer_is_the_one_of_its_own_kind),
        TEST(learning_rates),
        TEST(nothing_drops_out_of_an_evaluation),
#undef TEST
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
