/* Training: the rules of loss scaling, skipped steps, micro-batches and ranks, updates that would be lost, dropout; and
 * every choice of the model in fp64 against the same program with real numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "arith/round.h"
#include "backend/registry.h"
#include "base/philox.h"
#include "ref/balls.h"
#include "support/format.h"
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

static void open_run(const px_nn_model *model, const px_nn_policy *policy, px_nn_scaler scaler) {
    px_error err = {0};
    px_nn_train_close(&train);
    if (px_nn_build(arena, model, policy, &program, &err) != PX_OK) fail_msg("%s", err.text);
    if (px_nn_train_open(arena, &program, px_backend_emulated(), scaler, &train, &err) != PX_OK)
        fail_msg("%s", err.text);
}

/* Numbers in -deviation .. deviation, gains about 1, tokens in range. */
static void fill_inputs(uint64_t seed, double deviation) {
    uint64_t counter = 0;
    for (int32_t s = 0; s < program.prog.n_slots; s++) {
        px_mat *m = &train.inputs[s];
        bool token = program.model.vocab > 0 && program.role[s] == PX_NN_ROLE_DATA;
        bool gain = strstr(program.prog.slots[s].name, "ln_") && strstr(program.prog.slots[s].name, ".weight");
        if (!m->data || program.role[s] == PX_NN_ROLE_SCALAR) continue;
        for (int64_t e = 0; e < m->rows * m->cols; e++) {
            uint64_t bits = px_philox(seed, 3, counter++).lo;
            double x = (gain ? 1 : 0) + deviation * (double)((int64_t)bits >> 11) * 0x1p-52;
            if (program.role[s] == PX_NN_ROLE_STATE) x = fabs(x);
            x = token ? (double)(bits % (uint64_t)program.model.vocab)
                      : px_round(m->fmt, px_rounding_of(PX_NEAREST_EVEN), x, 0);
            px_mat_set(m, e / m->cols, e % m->cols, x);
        }
    }
}

static px_nn_report step(void) {
    px_nn_report report;
    px_error err = {0};
    if (px_nn_step(&train, &report, &err) != PX_OK) fail_msg("%s", err.text);
    return report;
}

static void advance(void) { assert_int_equal(px_nn_advance(&train, NULL), PX_OK); }

static double read(int32_t slot, int64_t i, int64_t j) {
    const px_slot *s = &program.prog.slots[slot];
    px_wide value = px_wide_new(arena, s->rows, s->cols);
    assert_int_equal(train.exec->get(train.state, slot, &value, NULL), PX_OK);
    return px_mat_get(&value.hi, i, j);
}

static const px_nn_scaler no_scaling = {.scaling = PX_NN_SCALING_NONE};

static void the_scaler_follows_gradscaler(void **state) {
    (void)state;
    px_nn_scaler s = {.scaling = PX_NN_SCALING_DYNAMIC, .scale = 65536, .up = 2, .down = 0.5, .interval = 3};
    static const int found[] = {1, 0, 0, 1, 0, 0, 0, 0, 0, 0};
    static const double after[] = {32768, 32768, 32768, 16384, 16384, 16384, 32768, 32768, 32768, 65536};
    for (int i = 0; i < 10; i++) {
        px_nn_scaler_update(&s, found[i]);
        assert_true(s.scale == after[i]);
    }
    s = (px_nn_scaler){.scaling = PX_NN_SCALING_DYNAMIC, .scale = 0x1p127, .up = 2, .down = 0.5, .interval = 1};
    px_nn_scaler_update(&s, false);
    assert_true(s.scale == 0x1p127); /* never to infinity */
    s.scaling = PX_NN_SCALING_STATIC;
    px_nn_scaler_update(&s, true);
    assert_true(s.scale == 0x1p127);
}

/* A scale that overflows: nothing changes but the scale, and adam's first update is still its first. */
static void a_skipped_step_leaves_no_trace(void **state) {
    (void)state;
    px_nn_model model = small_model();
    px_nn_policy policy = px_nn_policy_of(PX_NN_POLICY_FP16_AMP);
    px_nn_scaler scaler = {
        .scaling = PX_NN_SCALING_DYNAMIC, .scale = 0x1p30, .up = 2, .down = 0x1p-24, .interval = 100};
    open_run(&model, &policy, scaler);
    plain_formats f = plain_formats_of(&policy);
    small_fill(&plain, &f, 8, 0.5);
    small_give(&train, &plain);
    px_nn_report first = step();
    assert_true(first.skipped && first.found > 0 && isnan(first.grad_norm));
    advance();
    assert_int_equal(train.step, 0);
    assert_int_equal(train.attempt, 1);
    px_nn_report second = step();
    assert_true(!second.skipped && second.scale == 64);
    plain_options o = small_options(&model);
    o.scale = 64;
    plain_run(&f, &o, &plain);
    const char *d = small_difference(&train, &plain);
    if (d) fail_msg("%s", d);
    advance();
    assert_int_equal(train.step, 1);
    for (int64_t j = 0; j < PLAIN_C; j++) /* what was new is now what is */
        assert_true(px_mat_get(&train.inputs[program.params[0].value], 0, j) == plain.new_w[0][j]);
}

/* Without scaling nothing is checked: inf goes into the weights. */
static void without_scaling_nothing_is_skipped(void **state) {
    (void)state;
    px_nn_model model = small_model();
    px_nn_policy policy = px_nn_policy_of(PX_NN_POLICY_FP16_AMP);
    open_run(&model, &policy, no_scaling);
    fill_inputs(1, 0.5);
    px_mat_set(&train.inputs[program.dy[0]], 0, 0, 0x1p100);
    px_nn_report r = step();
    assert_true(!r.skipped && r.found > 0);
}

/* The sum over batches in the order that the model says, in the format that the policy says. */
static double summed(const px_nn_model *m, px_fp f, const double *part) {
    px_rounding near = px_rounding_of(PX_NEAREST_EVEN);
    double rank[4];
    for (int64_t r = 0; r < m->ranks; r++) {
        rank[r] = part[r * m->micro];
        for (int64_t k = 1; k < m->micro; k++)
            rank[r] = px_add(program.policy.master, near, rank[r], part[r * m->micro + k], 0);
        rank[r] = px_round(f, near, rank[r], 0);
    }
    if (!m->reduce_tree)
        return px_add(f, near, px_add(f, near, px_add(f, near, rank[0], rank[1], 0), rank[2], 0), rank[3], 0);
    return px_add(f, near, px_add(f, near, rank[0], rank[1], 0), px_add(f, near, rank[2], rank[3], 0), 0);
}

static int32_t part_of(int32_t parameter, int k) {
    char name[48];
    const char *value = program.prog.slots[program.params[parameter].value].name;
    snprintf(name, sizeof name, "b%d.%.36s.grad", k, value);
    for (int32_t s = 0; s < program.prog.n_slots; s++)
        if (strcmp(program.prog.slots[s].name, name) == 0) return s;
    fail_msg("no %s", name);
    return -1;
}

static void gradients_are_added_as_told(void **state) {
    (void)state;
    for (int variant = 0; variant < 4; variant++) {
        px_nn_model model = small_model();
        model.micro = 2;
        model.ranks = 4;
        model.reduce_tree = variant & 1;
        px_nn_policy policy = px_nn_policy_of(PX_NN_POLICY_BF16_AMP);
        policy.reduce = format(variant & 2 ? "bf16" : "fp32");
        open_run(&model, &policy, no_scaling);
        fill_inputs((uint64_t)variant, 0.5);
        step();
        for (int32_t i = 0; i < program.n_params; i++) {
            double part[8];
            for (int k = 0; k < 8; k++) part[k] = read(part_of(i, k), 0, 3);
            double got = read(program.params[i].grad, 0, 3), want = summed(&model, policy.reduce, part);
            assert_memory_equal(&got, &want, sizeof got);
        }
    }
}

/* Two samples as one batch, as two micro-batches, on two ranks: the mean loss and its gradient, but for rounding. */
static void batches_are_averaged(void **state) {
    (void)state;
    static double grad[3][PLAIN_PARAMS], loss[3];
    for (int v = 0; v < 3; v++) {
        px_nn_model model = small_model();
        model.loss = PX_NN_LOSS_MSE;
        model.batch = v == 0 ? 2 : 1;
        model.micro = v == 1 ? 2 : 1;
        model.ranks = v == 2 ? 2 : 1;
        px_nn_policy policy = px_nn_policy_of(PX_NN_POLICY_FP64);
        plain_formats f = plain_formats_of(&policy);
        open_run(&model, &policy, (px_nn_scaler){.scaling = PX_NN_SCALING_STATIC, .scale = 64});
        small_fill(&plain, &f, 6, 0.5);
        small_give(&train, &plain);
        for (int k = 0; v > 0 && k < 2; k++)
            for (int64_t e = 0; e < PLAIN_T * PLAIN_C; e++) {
                int64_t i = e / PLAIN_C, j = e % PLAIN_C;
                px_mat_set(&train.inputs[program.x[k]], i, j, plain.x[k * PLAIN_T + i][j]);
                px_mat_set(&train.inputs[program.target[k]], i, j, plain.dy[k * PLAIN_T + i][j]);
            }
        loss[v] = step().loss;
        for (int32_t i = 0; i < program.n_params; i++) grad[v][i] = read(program.params[i].unscaled, 0, 3);
    }
    for (int v = 1; v < 3; v++) {
        assert_true(fabs(loss[v] / loss[0] - 1) < 1e-13);
        for (int32_t i = 0; i < program.n_params; i++) assert_true(fabs(grad[v][i] / grad[0][i] - 1) < 1e-11);
    }
}

/* Updates of a fifth of an ulp: lost to nearest, kept on average by chance, kept by Kahan's rest. */
static void small_updates(void **state) {
    (void)state;
    double moved[PX_NN_UPDATE_COUNT];
    for (int u = 0; u < PX_NN_UPDATE_COUNT; u++) {
        px_nn_model model = small_model();
        model.optimizer = PX_OPTIMIZER_SGD;
        model.constants.lr = 0x1p-8 / 5 / (10 * 0x1p-10);
        model.update = (px_nn_update)u;
        px_nn_policy policy = px_nn_policy_of(PX_NN_POLICY_BF16_AMP);
        px_nn_policy_set_master(&policy, false);
        open_run(&model, &policy, no_scaling);
        fill_inputs(4, 0.5);
        int32_t bias = program.params[BPROJ].value; /* its gradient is the column sum of dy, whatever w */
        int32_t rest = program.params[BPROJ].state[PX_NN_STATES - 1];
        for (int64_t j = 0; j < PLAIN_C; j++) {
            px_mat_set(&train.inputs[bias], 0, j, 1);
            if (rest >= 0) px_mat_set(&train.inputs[rest], 0, j, 0);
        }
        for (int64_t i = 0; i < PLAIN_N; i++)
            for (int64_t j = 0; j < PLAIN_C; j++) px_mat_set(&train.inputs[program.dy[0]], i, j, 0x1p-10);
        for (int k = 0; k < 50; k++) {
            step();
            advance();
        }
        moved[u] = 0;
        for (int64_t j = 0; j < PLAIN_C; j++) moved[u] += (1 - px_mat_get(&train.inputs[bias], 0, j)) / PLAIN_C;
    }
    const double all = 50 * 0x1p-8 / 5; /* 10 steps of 2^-8, the ulp below 1 */
    assert_true(moved[PX_NN_UPDATE_PLAIN] == 0);
    assert_true(fabs(moved[PX_NN_UPDATE_KAHAN] - all) <= 0x1p-8);
    /* 400 draws of mean 0.2 and variance 0.16 in units of 2^-8: 6 standard deviations of their mean over columns */
    assert_true(fabs(moved[PX_NN_UPDATE_STOCHASTIC] - all) <= 6 * sqrt(50 * 0.16 / PLAIN_C) * 0x1p-8);
}

static void dropout_is_the_same_forward_and_backward(void **state) {
    (void)state;
    px_nn_model model = small_model();
    model.dropout = 0.5;
    px_nn_policy policy = px_nn_policy_of(PX_NN_POLICY_FP64);
    open_run(&model, &policy, no_scaling);
    fill_inputs(9, 0.5);
    int masks[2][PLAIN_C] = {{0}}, kept = 0;
    for (int k = 0; k < 2; k++) {
        step();
        int32_t out = -1, back = -1;
        for (int32_t s = 0; s < program.prog.n_slots; s++) {
            if (strcmp(program.prog.slots[s].name, "h.0.mlp.out.drop") == 0) out = s;
            if (strcmp(program.prog.slots[s].name, "dy.scaled.drop") == 0) back = s;
        }
        assert_true(out >= 0 && back >= 0);
        for (int64_t i = 0; i < PLAIN_N; i++)
            for (int64_t j = 0; j < PLAIN_C; j++) {
                bool zero = read(out, i, j) == 0;
                assert_int_equal(zero, read(back, i, j) == 0);
                kept += !zero;
                if (i == 0) masks[k][j] = zero;
            }
        advance();
    }
    assert_true(kept > 40 && kept < 120); /* of 160, p = 1/2: 6 standard deviations */
    assert_memory_not_equal(masks[0], masks[1], sizeof masks[0]);
}

static int32_t slot_named(const char *name) {
    for (int32_t s = 0; s < program.prog.n_slots; s++)
        if (strcmp(program.prog.slots[s].name, name) == 0) return s;
    fail_msg("no %s", name);
    return -1;
}

/* A factor is the largest power of two that keeps the tensor in range; delayed, the least of the last steps' is taken,
 * 1 in the first. The weight grows and shrinks from step to step. */
static void fp8_factors(void **state) {
    (void)state;
    static const double grown[] = {1, 0x1p-5, 0x1p-4, 0x1p-6, 0x1p-7, 0x1p-7, 0x1p-7, 0x1p-3};
    enum { STEPS = sizeof grown / sizeof *grown };
    for (int64_t history = 0; history <= 3; history++) { /* 0: the current one */
        px_nn_model model = small_model();
        px_nn_policy policy = px_nn_policy_of(PX_NN_POLICY_FP8_AMP);
        policy.quantize = history ? PX_NN_QUANTIZE_DELAYED : PX_NN_QUANTIZE_CURRENT;
        policy.history = history ? history : 1;
        open_run(&model, &policy, no_scaling);
        double factor[STEPS];
        for (int k = 0; k < STEPS; k++) {
            double top = 0, used = 1;
            int32_t w = slot_named("h.0.attn.c_attn.weight");
            px_mat *m = &train.inputs[w];
            for (int64_t e = 0; e < 3 * PLAIN_C * PLAIN_C; e++) {
                double x = grown[k] * ldexp(1 + (double)(e % 7) / 8, -(int)(e % 3));
                px_mat_set(m, e / PLAIN_C, e % PLAIN_C, x);
                top = fmax(top, x);
            }
            step();
            double f = factor[k] = read(slot_named("h.0.attn.c_attn.weight.factor"), 0, 0), x = read(w, 1, 2);
            assert_true(top * f <= 448 && top * f > 224);
            for (int past = k - (int)history > 0 ? k - (int)history : 0; past < k; past++)
                used = past == 0 || past == k - history ? factor[past] : fmin(used, factor[past]);
            if (history == 0) used = f;
            double want = px_round(policy.forward, px_rounding_of(PX_NEAREST_EVEN), x * used, 0);
            double got = read(slot_named("h.0.attn.c_attn.weight.fp8"), 1, 2);
            assert_memory_equal(&got, &want, sizeof got);
            advance();
        }
        px_nn_train_close(&train);
    }
}

/* The largest error of a slot against the largest exact entry; the absolute one where all are 0 but for the last bits of
 * MPFR (a bias that batch norm takes away again has no gradient). */
static double error_of(const px_exec *judge, void *exact, int32_t slot) {
    const px_slot *s = &program.prog.slots[slot];
    px_wide low = px_wide_new(arena, s->rows, s->cols), high = px_wide_new(arena, s->rows, s->cols);
    assert_int_equal(train.exec->get(train.state, slot, &low, NULL), PX_OK);
    assert_int_equal(judge->get(exact, slot, &high, NULL), PX_OK);
    double worst = 0, top = 0;
    for (int64_t e = 0; e < s->rows * s->cols; e++) {
        double x = px_mat_get(&high.hi, e / s->cols, e % s->cols);
        worst = fmax(worst, fabs(px_mat_get(&low.hi, e / s->cols, e % s->cols) - x));
        top = fmax(top, fabs(x));
    }
    return top > 1e-60 ? worst / top : worst;
}

static px_nn_model variant_of(int v) {
    px_nn_model m = small_model();
    m.loss = (px_nn_loss)(v % 3);
    m.vocab = m.loss == PX_NN_LOSS_CROSS_ENTROPY ? 7 : 0;
    m.layers = 1 + v % 2;
    m.gelu = v & 1;
    m.softmax = v % 5 % 3;
    m.scale_before = v & 2;
    m.dropout = v & 4 ? 0.25 : 0;
    m.norm = (px_nn_normal)(v / 5 % PX_NN_NORM_COUNT);
    m.optimizer = (px_optimizer_id)(v % PX_OPTIMIZER_COUNT);
    m.decay = v & 4 ? 0.125 : 0;
    m.l1 = v & 8 ? 0.0625 : 0;
    m.update = v & 8 ? PX_NN_UPDATE_KAHAN : PX_NN_UPDATE_PLAIN;
    m.micro = 1 + (v & 1);
    m.ranks = v & 4 ? 3 : 1;
    m.reduce_tree = v & 8;
    m.clip = v & 2 ? 0.01 : (double)INFINITY;
    return m;
}

/* Every slot; what is 0 but for rounding (the key bias's gradient and what adam makes of it) is left out. */
static void every_choice_in_fp64_is_close_to_the_truth(void **state) {
    (void)state;
    px_ref_balls balls = px_ref_balls_of(PX_BALLS_BITS);
    for (int v = 0; v < 17; v += 4) {
        px_nn_model model = variant_of(v);
        px_nn_policy policy = px_nn_policy_of(PX_NN_POLICY_FP64);
        open_run(&model, &policy, (px_nn_scaler){.scaling = PX_NN_SCALING_STATIC, .scale = 1024});
        fill_inputs((uint64_t)(70 + v), 0.5);
        px_nn_report report = step();
        void *exact = NULL;
        px_error err = {0};
        if (balls.exec.open(&balls.exec, &exact, &program.prog, &err) != PX_OK) fail_msg("%s", err.text);
        if (px_nn_repeat(&train, &balls.exec, exact, NULL, &err) != PX_OK) fail_msg("%s", err.text);
        assert_false(report.skipped);
        for (int32_t s = 0; s < program.prog.n_slots; s++) {
            const char *name = program.prog.slots[s].name;
            if (strstr(name, ".rest") || strstr(name, "found")) continue;
            double e = error_of(&balls.exec, exact, s);
            if (!(e <= 1e-11)) fail_msg("variant %d: %s is off by %g", v, name, e);
        }
        balls.exec.close(exact);
        px_nn_train_close(&train);
        px_arena_reset(arena);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
        TEST(the_scaler_follows_gradscaler),
        TEST(a_skipped_step_leaves_no_trace),
        TEST(without_scaling_nothing_is_skipped),
        TEST(gradients_are_added_as_told),
        TEST(batches_are_averaged),
        TEST(small_updates),
        TEST(fp8_factors),
        TEST(dropout_is_the_same_forward_and_backward),
        TEST(every_choice_in_fp64_is_close_to_the_truth),
#undef TEST
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
