/* A training step of every policy is the hand-written one, bit for bit; defects planted in that one are noticed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/registry.h"
#include "support/small_step.h"

static plain_step plain; /* large: not on the stack */

/* Opens the house's run on `plain`'s numbers, in the arena. */
static void open_run(px_arena *arena, const px_nn_model *model, const px_nn_policy *policy, double scale, uint64_t seed,
                     px_nn_program *program, px_nn_train *t) {
    px_error err = {0};
    plain_formats f = plain_formats_of(policy);
    px_nn_scaler scaler = {.scaling = PX_NN_SCALING_STATIC, .scale = scale};
    if (px_nn_build(arena, model, policy, program, &err) != PX_OK) fail_msg("%s", err.text);
    if (px_nn_train_open(arena, program, px_backend_emulated(), scaler, t, &err) != PX_OK) fail_msg("%s", err.text);
    small_fill(&plain, &f, seed, 0.5);
    small_give(t, &plain);
}

/* The house's step on `plain`'s numbers; then the plain step with these options; what differs. */
static const char *difference(const px_nn_model *model, const px_nn_policy *policy, const plain_options *o,
                              uint64_t seed) {
    px_arena *arena = px_arena_new();
    px_nn_program program;
    px_nn_train t;
    px_nn_report report;
    px_error err = {0};
    plain_formats f = plain_formats_of(policy);
    open_run(arena, model, policy, o->scale, seed, &program, &t);
    t.step = (int64_t)o->step - 1;
    if (px_nn_step(&t, &report, &err) != PX_OK) fail_msg("%s", err.text);
    assert_true(!report.skipped && isfinite(report.loss) && isfinite(report.grad_norm));
    plain_run(&f, o, &plain);
    const char *d = small_difference(&t, &plain);
    px_nn_train_close(&t);
    px_arena_free(arena);
    return d;
}

static plain_options options_of(const px_nn_model *m) {
    plain_options o = small_options(m);
    o.scale = 8;
    o.step = 3;
    return o;
}

static void every_policy_is_the_plain_step(void **state) {
    (void)state;
    for (int id = 0; id < PX_NN_POLICY_COUNT; id++)
        for (int variant = 0; variant < 16; variant++) {
            px_nn_policy policy = px_nn_policy_of((px_nn_policy_id)id);
            px_nn_model model = small_model();
            policy.quantize = id == PX_NN_POLICY_FP8_AMP ? variant % PX_NN_QUANTIZE_COUNT : PX_NN_QUANTIZE_DIRECT;
            model.gelu = variant & 1 ? PX_GELU_ERF : PX_GELU_TANH;
            model.scale_before = variant & 2;
            model.optimizer = variant & 4 ? PX_OPTIMIZER_MOMENTUM : PX_OPTIMIZER_ADAM;
            model.clip = variant & 8 ? 0.25 : (double)INFINITY;
            plain_options o = options_of(&model);
            const char *d = difference(&model, &policy, &o, (uint64_t)(100 * id + variant));
            if (d) fail_msg("policy %d, variant %d: %s", id, variant, d);
        }
}

/* Losses, forms of softmax, norms, dropout, optimizers, decay and penalties. */
static px_nn_model choice(int v) {
    static const px_optimizer_id optimizers[] = {PX_OPTIMIZER_SGD, PX_OPTIMIZER_ADAMW, PX_OPTIMIZER_NESTEROV,
                                                 PX_OPTIMIZER_ADAM, PX_OPTIMIZER_MOMENTUM};
    px_nn_model m = small_model();
    m.loss = (px_nn_loss)(v % PX_NN_LOSS_COUNT);
    m.vocab = m.loss == PX_NN_LOSS_CROSS_ENTROPY ? PLAIN_V : 0;
    m.softmax = v / 3 % 3;
    m.norm = (px_nn_normal)(v / 9 % PX_NN_NORM_COUNT);
    m.dropout = v % 2 ? 0.25 : 0;
    m.scale_before = v % 4 == 1;
    m.optimizer = optimizers[v % 5];
    m.decay = v % 7 < 4 ? 0.1 : 0;
    m.l1 = v % 4 ? 0.01 : 0;
    m.clip = v % 3 ? 1 : (double)INFINITY;
    return m;
}

static void every_choice_in_every_policy_too(void **state) {
    (void)state;
    for (int id = 0; id < PX_NN_POLICY_COUNT; id++)
        for (int v = 0; v < 27; v++) {
            px_nn_policy policy = px_nn_policy_of((px_nn_policy_id)id);
            px_nn_model model = choice(v);
            plain_options o = options_of(&model);
            const char *d = difference(&model, &policy, &o, (uint64_t)(1000 + 100 * id + v));
            if (d) fail_msg("policy %d, choice %d: %s", id, v, d);
        }
}

/* Weights, states, the step's number, learning rate, what drops out and the history of fp8's factors are carried on. */
static void some_steps_in_a_row(px_nn_policy_id id, int v) {
    px_arena *arena = px_arena_new();
    px_nn_policy policy = px_nn_policy_of(id);
    px_nn_model model = choice(v);
    px_nn_program program;
    px_nn_train t;
    px_nn_report report;
    policy.quantize = id == PX_NN_POLICY_FP8_AMP ? PX_NN_QUANTIZE_DELAYED : PX_NN_QUANTIZE_DIRECT;
    policy.history = 1 + v % 3;
    model.schedule = (px_schedule){PX_SCHEDULE_COSINE, 9, 3};
    model.constants.lr = id == PX_NN_POLICY_FP8_AMP ? 0.5 : 0.02; /* factors are to change */
    open_run(arena, &model, &policy, 8, (uint64_t)v, &program, &t);
    plain_formats f = plain_formats_of(&policy);
    plain_options o = small_options(&model);
    o.scale = 8;
    for (int k = 0; k < 7; k++) {
        assert_int_equal(px_nn_step(&t, &report, NULL), PX_OK);
        o.step = (double)t.step + 1;
        o.lr = report.rate;
        small_draws(&model, k, &o);
        plain_run(&f, &o, &plain);
        const char *d = small_difference(&t, &plain);
        if (report.skipped) assert_true(!isfinite(plain.norm));
        if (d && !report.skipped) fail_msg("policy %d, choice %d, step %d: %s", (int)id, v, k + 1, d);
        assert_int_equal(px_nn_advance(&t, NULL), PX_OK);
        plain_advance(&plain, report.skipped);
    }
    assert_true(t.step >= 2);
    px_nn_train_close(&t);
    px_arena_free(arena);
}

static void runs_of_every_policy_too(void **state) {
    (void)state;
    for (int id = 0; id < PX_NN_POLICY_COUNT; id++)
        for (int v = id % 5; v < 27; v += 5) some_steps_in_a_row((px_nn_policy_id)id, v);
}

static void overrides_and_masters_too(void **state) {
    (void)state;
    px_fp fp16;
    assert_int_equal(px_fp_parse("fp16", &fp16, NULL), PX_OK);
    px_nn_model model = small_model();
    plain_options o = options_of(&model);
    for (int c = 0; c < PX_NN_CLASS_COUNT; c++) {
        if (c == PX_NN_CLASS_ATTENTION || c == PX_NN_CLASS_LINEAR) continue; /* the plain step has one for both */
        px_nn_policy policy = px_nn_policy_of(PX_NN_POLICY_FP16_AMP);
        px_nn_policy_override(&policy, (px_nn_class)c, fp16);
        const char *d = difference(&model, &policy, &o, (uint64_t)c);
        if (d) fail_msg("class %d in fp16: %s", c, d);
    }
    for (int id = 0; id < PX_NN_POLICY_COUNT; id++)
        for (int master = 0; master < 2; master++) {
            px_nn_policy policy = px_nn_policy_of((px_nn_policy_id)id);
            px_nn_policy_set_master(&policy, master);
            const char *d = difference(&model, &policy, &o, (uint64_t)(10 + id));
            if (d) fail_msg("policy %d, master %d: %s", id, master, d);
        }
}

static void planted_defects_are_noticed(void **state) {
    (void)state;
    static const struct {
        const char *name;
        size_t field;
    } defects[] = {
#define DEFECT(field) {#field, offsetof(plain_options, field)}
        DEFECT(no_unscale),       DEFECT(unscale_after_clip),
        DEFECT(bias_off_by_one),  DEFECT(eps_inside),
        DEFECT(mask_off_by_one),  DEFECT(no_max),
        DEFECT(unbiased),         DEFECT(stale_copy),
        DEFECT(wide_accumulator), DEFECT(no_residual_gradient),
        DEFECT(decay_coupled),    DEFECT(decay_everything),
        DEFECT(dampened),         DEFECT(no_master),
        DEFECT(other_mask),
#undef DEFECT
    };
    /* One policy is enough: amp's accumulators are wide already, and fp16 hides an eps that it cannot represent. */
    const px_nn_policy_id policies[] = {PX_NN_POLICY_FP32, PX_NN_POLICY_FP16_AMP, PX_NN_POLICY_FP16_PURE};
    for (size_t k = 0; k < sizeof defects / sizeof *defects; k++) {
        int noticed = 0;
        for (int id = 0; id < 3; id++) {
            px_nn_policy policy = px_nn_policy_of(policies[id]);
            px_nn_policy_set_master(&policy, true);
            px_nn_model model = small_model();
            bool momentum = defects[k].field == offsetof(plain_options, dampened);
            model.clip = 0.25;
            model.dropout = 0.25;
            model.decay = 0.1;
            model.optimizer = momentum ? PX_OPTIMIZER_MOMENTUM : PX_OPTIMIZER_ADAMW;
            plain_options o = options_of(&model);
            assert_null(difference(&model, &policy, &o, 5));
            *(int *)((char *)&o + defects[k].field) = 1;
            noticed += difference(&model, &policy, &o, 5) != NULL;
        }
        if (noticed == 0) fail_msg("%s goes unnoticed", defects[k].name);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_policy_is_the_plain_step), cmocka_unit_test(every_choice_in_every_policy_too),
        cmocka_unit_test(runs_of_every_policy_too),       cmocka_unit_test(overrides_and_masters_too),
        cmocka_unit_test(planted_defects_are_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
