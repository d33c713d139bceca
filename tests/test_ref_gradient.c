/* The gradients of the program are the derivatives of its loss: every parameter of a small block against a central
 * difference, both on balls of many bits, the key bias with its zero gradient included; some of each tensor of other
 * models. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/parallel.h"
#include "base/philox.h"
#include "nn/nn.h"
#include "ref/balls.h"

/* The third derivative over 6 times h^2 = 2^-200, and the loss's error of about 2^-500 over h. */
enum { BITS = 512, H = -100 };

static double draw(uint64_t key, uint64_t i) { return (double)(int64_t)px_philox(key, 8, i).lo * 0x1p-63; }

typedef struct bench {
    px_arena *arena;
    px_nn_program program;
    px_ref_balls balls;
    void *state;
    px_mat *inputs; /* by slot; of parameters, data and scalars */
} bench;

static void put(bench *b, int slot, int64_t i, int64_t j, double step) {
    px_wide v = px_wide_new(b->arena, b->inputs[slot].rows, b->inputs[slot].cols);
    for (int64_t r = 0; r < v.hi.rows; r++)
        for (int64_t c = 0; c < v.hi.cols; c++) px_mat_set(&v.hi, r, c, px_mat_get(&b->inputs[slot], r, c));
    if (step != 0) px_mat_set(&v.lo, i, j, step);
    assert_int_equal(b->balls.exec.put(b->state, slot, &v, NULL), PX_OK);
}

/* Values that read back as short decimals or not: any double will do. */
static void give(bench *b, int slot, uint64_t key, double centre, double spread) {
    if (slot < 0) return;
    const px_slot *s = &b->program.prog.slots[slot];
    b->inputs[slot] = px_mat_new(b->arena, px_fp_exact(), s->rows, s->cols);
    for (int64_t i = 0; i < s->rows; i++)
        for (int64_t j = 0; j < s->cols; j++)
            px_mat_set(&b->inputs[slot], i, j, centre + spread * draw(key, (uint64_t)(i * s->cols + j)));
    put(b, slot, 0, 0, 0);
}

static void give_tokens(bench *b, int slot, uint64_t key) {
    if (slot < 0) return;
    give(b, slot, key, 0, 0);
    for (int64_t i = 0; i < b->inputs[slot].rows; i++)
        px_mat_set(&b->inputs[slot], i, 0,
                   (double)(px_philox(key, 9, (uint64_t)i).lo % (uint64_t)b->program.model.vocab));
    put(b, slot, 0, 0, 0);
}

static void run_stage(bench *b, px_nn_stage stage) {
    for (int s = 0; s < b->program.n_segments; s++)
        if (b->program.segments[s].stage == stage)
            assert_int_equal(
                b->balls.exec.run(b->state, b->program.segments[s].first, b->program.segments[s].count, NULL), PX_OK);
}

static void open_bench(bench *b, const px_nn_model *model) {
    px_error err;
    px_nn_policy policy = px_nn_policy_of(PX_NN_POLICY_FP64);
    b->arena = px_arena_new();
    if (px_nn_build(b->arena, model, &policy, &b->program, &err) != PX_OK) fail_msg("%s", err.text);
    const px_nn_program *p = &b->program;
    b->balls = px_ref_balls_of(BITS);
    b->inputs = PX_NEW_ARRAY(b->arena, px_mat, p->prog.n_slots);
    assert_int_equal(b->balls.exec.open(&b->balls.exec, &b->state, &p->prog, &err), PX_OK);
    for (int i = 0; i < p->n_params; i++) {
        bool gain = strstr(p->prog.slots[p->params[i].value].name, "ln_") && !(i % 2);
        give(b, p->params[i].value, (uint64_t)i, gain ? 1 : 0, 0.5);
    }
    bool tokens = model->loss == PX_NN_LOSS_CROSS_ENTROPY;
    give(b, p->x[0], 100, 0, 1);
    give(b, p->dy[0], 101, 0, 1);
    if (tokens)
        give_tokens(b, p->tokens[0], 103), give_tokens(b, p->target[0], 102);
    else
        give(b, p->target[0], 102, 0, 1);
    give(b, p->seed, 0, 1, 0);
    give(b, p->unscale, 0, 1, 0);
}

static void close_bench(bench *b) {
    b->balls.exec.close(b->state);
    px_arena_free(b->arena);
}

/* Of every stride-th entry: |(loss(x + h) - loss(x - h))/(2 h) - g| <= 1e-25 max |g|. */
static void check_slot(bench *b, int value, int gradient, int64_t stride) {
    const char *name = b->program.prog.slots[value].name;
    int64_t rows = b->inputs[value].rows, cols = b->inputs[value].cols;
    mpfr_t plus, difference, bound;
    mpfr_inits2(BITS, plus, difference, bound, (mpfr_ptr)NULL);
    mpfr_set_zero(bound, 1);
    const px_ball *g = px_ref_balls_slot(b->state, gradient);
    for (int64_t e = 0; e < rows * cols; e++)
        if (mpfr_cmpabs(g[e].x, bound) > 0) mpfr_abs(bound, g[e].x, MPFR_RNDN);
    mpfr_mul_d(bound, bound, 1e-25, MPFR_RNDN);
    assert_true(mpfr_cmp_d(bound, 1e-30) > 0);
    for (int64_t e = 0; e < rows * cols; e += stride) {
        for (int side = 1; side >= -1; side -= 2) {
            put(b, value, e / cols, e % cols, ldexp(side, H));
            run_stage(b, PX_NN_STAGE_FORWARD);
            const px_ball *loss = px_ref_balls_slot(b->state, b->program.loss);
            if (side > 0)
                mpfr_set(plus, loss->x, MPFR_RNDN);
            else
                mpfr_sub(difference, plus, loss->x, MPFR_RNDN);
        }
        mpfr_mul_2si(difference, difference, -H - 1, MPFR_RNDN);
        mpfr_sub(difference, difference, g[e].x, MPFR_RNDN);
        if (mpfr_cmpabs(difference, bound) > 0)
            mpfr_printf("%s[%d]: %.10Re, central difference off by %.3Re\n", name, (int)e, g[e].x, difference);
        assert_true(mpfr_cmpabs(difference, bound) <= 0);
    }
    put(b, value, 0, 0, 0);
    mpfr_clears(plus, difference, bound, (mpfr_ptr)NULL);
}

/* Nothing of the gradient of the key bias is told apart from 0: softmax does not see a shift of all scores. */
static void check_key_bias(bench *b) {
    int64_t width = b->program.model.width;
    int found = 0;
    for (int i = 0; i < b->program.n_params; i++) {
        if (!strstr(b->program.prog.slots[b->program.params[i].value].name, "c_attn.bias")) continue;
        const px_ball *g = px_ref_balls_slot(b->state, b->program.params[i].grad);
        for (int64_t j = 0; j < 3 * width; j++) {
            bool key = j >= width && j < 2 * width;
            double value = fabs(mpfr_get_d(g[j].x, MPFR_RNDN));
            assert_true(key ? value <= g[j].r && g[j].r < 1e-130 : value > g[j].r);
            found += key;
        }
    }
    assert_int_equal(found, b->program.model.layers * width);
}

static px_nn_model small(void) {
    return (px_nn_model){.layers = 1,
                         .batch = 1,
                         .length = 3,
                         .width = 4,
                         .heads = 2,
                         .vocab = 5,
                         .loss = PX_NN_LOSS_DOT,
                         .optimizer = PX_OPTIMIZER_SGD,
                         .gelu = PX_GELU_TANH,
                         .softmax = PX_SOFTMAX_STABLE,
                         .mask = -(double)INFINITY,
                         .norm_eps = 1e-5,
                         .constants = {.lr = 0.01, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8},
                         .clip = (double)INFINITY,
                         .micro = 1,
                         .ranks = 1,
                         .seed = 7};
}

static void check_model(const px_nn_model *model, int64_t stride) {
    bench b;
    open_bench(&b, model);
    run_stage(&b, PX_NN_STAGE_FORWARD);
    run_stage(&b, PX_NN_STAGE_BACKWARD);
    check_key_bias(&b);
    const px_nn_program *p = &b.program;
    for (int i = 0; i < p->n_params; i++) check_slot(&b, p->params[i].value, p->params[i].grad, stride);
    if (model->loss != PX_NN_LOSS_CROSS_ENTROPY) check_slot(&b, p->x[0], p->dx[0], stride);
    close_bench(&b);
}

static void a_block(void **state) {
    (void)state;
    px_nn_model m = small();
    check_model(&m, 1);
}

static void two_layers_with_every_other_choice(void **state) {
    (void)state;
    px_nn_model m = small();
    m.layers = 2;
    m.batch = 2;
    m.loss = PX_NN_LOSS_MSE;
    m.gelu = PX_GELU_ERF;
    m.scale_before = true;
    m.dropout = 0.2;
    check_model(&m, 11);
}

static void other_norms(void **state) {
    (void)state;
    for (int norm = PX_NN_NORM_BATCH; norm < PX_NN_NORM_COUNT; norm++) {
        px_nn_model m = small();
        m.norm = (px_nn_normal)norm;
        m.loss = PX_NN_LOSS_MSE;
        check_model(&m, 5);
    }
}

static void a_character_model(void **state) {
    (void)state;
    px_nn_model m = small();
    m.loss = PX_NN_LOSS_CROSS_ENTROPY;
    check_model(&m, 11);
}

int main(void) {
    px_parallel_set_jobs(1); /* rows are short */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_block),
        cmocka_unit_test(two_layers_with_every_other_choice),
        cmocka_unit_test(other_norms),
        cmocka_unit_test(a_character_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
