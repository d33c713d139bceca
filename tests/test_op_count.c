/* The list of operations against the definitions themselves: compiled here once more, with every + - * / sqrt and
 * elementary function counted as it is computed. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "arith/round.h"
#include "kernel/fn.h"
#include "op/count.h"

static double counted;

#define px_add(...)      (counted += 1, px_add(__VA_ARGS__))
#define px_sub(...)      (counted += 1, px_sub(__VA_ARGS__))
#define px_mul(...)      (counted += 1, px_mul(__VA_ARGS__))
#define px_div(...)      (counted += 1, px_div(__VA_ARGS__))
#define px_sqrt(...)     (counted += 1, px_sqrt(__VA_ARGS__))
#define px_fma(...)      (counted += 2, px_fma(__VA_ARGS__))
#define px_fn_exp(...)   (counted += 1, px_fn_exp(__VA_ARGS__))
#define px_fn_log(...)   (counted += 1, px_fn_log(__VA_ARGS__))
#define px_fn_erf(...)   (counted += 1, px_fn_erf(__VA_ARGS__))
#define px_fn_tanh(...)  (counted += 1, px_fn_tanh(__VA_ARGS__))
#define px_fn_rsqrt(...) (counted += 1, px_fn_rsqrt(__VA_ARGS__))

#define add     sum_add
#define bits_at sum_bits_at
#include "../src/kernel/sum.c"
#undef add
#undef bits_at
#include "../src/kernel/layer.c"
#include "../src/kernel/normalise.c"
#include "../src/kernel/optimizer.c"
#include "../src/kernel/softmax.c"
#define divide factor_divide
#include "../src/kernel/factor.c"
#undef divide

enum { ROOM = 4096 };
static double ones[ROOM], out[ROOM], room[ROOM];
static px_recipe recipe;

/* The shapes of a call. */
typedef struct shape {
    int64_t m, n, k; /* of out[0]; columns of in[0] */
    const double *a;
} shape;

static void norm(const shape *s) {
    double mean, rstd;
    for (int64_t i = 0; i < s->m; i++) px_layer_norm(&recipe, s->n, ones, ones, ones, 1e-5, out, &mean, &rstd);
}
static void norm_backward(const shape *s) {
    for (int64_t i = 0; i < s->m; i++) px_layer_norm_backward(&recipe, s->n, ones, ones, 1, 1, ones, out, room);
}
static void norm_gamma(const shape *s) {
    for (int64_t j = 0; j < s->n; j++) px_layer_norm_gamma(&recipe, 3, s->n, j, ones, ones, ones, ones, room);
}
static void gelu(const shape *s) {
    for (int64_t i = 0; i < s->m * s->n; i++) px_layer_gelu(&recipe, (int)s->a[0], 0.5);
}
static void gelu_backward(const shape *s) {
    for (int64_t i = 0; i < s->m * s->n; i++) px_layer_gelu_backward(&recipe, (int)s->a[0], 1, 0.5);
}
static void softmax(const shape *s) {
    px_softmax how = {.d = s->a[0], .form = (int)s->a[3]};
    for (int64_t i = 0; i < s->m; i++) px_layer_softmax(&recipe, &how, s->n, s->n, ones, out, room);
}
static void softmax_backward(const shape *s) {
    for (int64_t i = 0; i < s->m; i++) px_layer_softmax_backward(&recipe, s->a[0], s->n, s->n, ones, ones, out);
}
static void scale(const shape *s) {
    for (int64_t i = 0; i < s->m * s->n; i++) px_layer_scale(&recipe, 2, 4, 1, 0, 0);
}
static void drop(const shape *s) {
    for (int64_t i = 0; i < s->m * s->n; i++) px_layer_dropout(&recipe, 0, 1, 0, 0);
}
static void scatter(const shape *s) { /* 3 rows of dy, all to row 0 of the table */
    static const int64_t rows[3];
    for (int64_t j = 0; j < s->n; j++) px_layer_scatter_add(&recipe, 3, rows, s->n, ones);
}
static void mse(const shape *s) { px_layer_mse(&recipe, 3 * s->k, ones, ones, 1, out, room); }
static void cross_entropy(const shape *s) {
    for (int i = 0; i < 3; i++) px_layer_cross_entropy(&recipe, s->k, 3, ones, 0, 1, out, room);
    px_layer_mean(&recipe, 3, ones);
}
static void clip(const shape *s) {
    (void)s;
    px_layer_clip_factor(&recipe, 1, 1, 1e-6, room);
}
static void sgd(const shape *s) {
    px_optimizer_state state = {.stored = {recipe.acc}};
    for (int64_t i = 0; i < s->m * s->n; i++) px_layer_sgd(&recipe, 0.1, 0.9, 1, &state);
}
static const px_adam how_adam = {.lr = 0.1, .beta1 = 0.9, .beta2 = 0.99, .eps = 1e-8, .rest1 = 0.1, .rest2 = 0.01};
static void adam(const shape *s) {
    px_optimizer_state state = {.stored = {recipe.acc, recipe.acc, recipe.acc}};
    for (int64_t i = 0; i < s->m * s->n; i++) px_layer_adam(&recipe, &how_adam, 1, &state);
}
static void adaptive(const shape *s) {
    px_optimizer_state state = {.stored = {recipe.acc, recipe.acc, recipe.acc}};
    for (int64_t i = 0; i < s->m * s->n; i++) px_layer_adaptive(&recipe, &how_adam, (int)s->a[5], 1, &state);
}
static void kahan_update(const shape *s) {
    for (int64_t i = 0; i < s->m * s->n; i++) px_layer_add_kahan(&recipe, 1, 1, 1, room);
}
static void normalise(const shape *s) {
    double centre, spread;
    for (int64_t i = 0; i < s->m; i++) px_normalise(&recipe, (int)s->a[0], s->n, ones, out, &centre, &spread);
}
static void signs(const shape *s) {
    for (int64_t i = 0; i < s->m * s->n; i++) px_layer_sign(1);
}
static void sums(const shape *s) {
    for (int64_t i = 0; i < s->m; i++) sum(&recipe, s->k, ones);
}
static void product(const shape *s) {
    for (int64_t i = 0; i < s->m * s->n; i++) dot(&recipe, s->k, 1, ones, ones);
}
static void lu(const shape *s) {
    int64_t pivots[8];
    for (int64_t i = 0; i < s->n * s->n; i++) out[i] = i % (s->n + 1) ? 1 : 9;
    px_lu(&recipe, false, s->n, out, pivots, 0);
}
static void cholesky(const shape *s) {
    for (int64_t i = 0; i < s->n * s->n; i++) out[i] = i % (s->n + 1) ? 1 : 9;
    px_cholesky(&recipe, false, s->n, out, 0);
}
static void trsm(const shape *s) {
    px_triangle t = {.n = s->m, .t = ones, .unit = s->a[PX_TRSM_UNIT] != 0};
    px_trsm(&recipe, &t, s->n, out, 0);
}

static const struct {
    px_op op;
    void (*run)(const shape *);
    int64_t rows, m, n, k; /* rows of in[0] */
    double a[PX_MAX_ATTR];
} cases[] = {
    {PX_OP_SUM, sums, 4, 4, 1, 7, {0}},
    {PX_OP_GEMM, product, 4, 4, 5, 7, {1}},
    {PX_OP_LU, lu, 6, 6, 6, 6, {0}},
    {PX_OP_CHOLESKY, cholesky, 6, 6, 6, 6, {0}},
    {PX_OP_TRSM, trsm, 6, 6, 5, 6, {0}},
    {PX_OP_TRSM, trsm, 6, 6, 5, 6, {[PX_TRSM_UNIT] = 1}},
    {PX_OP_SCALE, scale, 3, 3, 7, 7, {2, 4}},
    {PX_OP_LAYERNORM, norm, 3, 3, 7, 7, {0}},
    {PX_OP_LAYERNORM_BACKWARD, norm_backward, 3, 3, 7, 7, {0}},
    {PX_OP_LAYERNORM_GAMMA, norm_gamma, 3, 1, 7, 7, {0}},
    {PX_OP_GELU, gelu, 3, 3, 7, 7, {PX_GELU_TANH}},
    {PX_OP_GELU, gelu, 3, 3, 7, 7, {PX_GELU_ERF}},
    {PX_OP_GELU_BACKWARD, gelu_backward, 3, 3, 7, 7, {PX_GELU_TANH}},
    {PX_OP_GELU_BACKWARD, gelu_backward, 3, 3, 7, 7, {PX_GELU_ERF}},
    {PX_OP_SOFTMAX, softmax, 3, 3, 7, 7, {4, 0, 0, PX_SOFTMAX_STABLE}},
    {PX_OP_SOFTMAX, softmax, 3, 3, 7, 7, {0, 0, 0, PX_SOFTMAX_PLAIN}},
    {PX_OP_SOFTMAX, softmax, 3, 3, 7, 7, {4, 0, 0, PX_SOFTMAX_ONLINE}},
    {PX_OP_SOFTMAX_BACKWARD, softmax_backward, 3, 3, 7, 7, {4}},
    {PX_OP_SOFTMAX_BACKWARD, softmax_backward, 3, 3, 7, 7, {0}},
    {PX_OP_DROPOUT, drop, 3, 3, 7, 7, {0}},
    {PX_OP_SCATTER_ADD, scatter, 3, 5, 7, 7, {0}},
    {PX_OP_MSE, mse, 3, 1, 1, 7, {0}},
    {PX_OP_CROSS_ENTROPY, cross_entropy, 3, 1, 1, 7, {0}},
    {PX_OP_CLIP_FACTOR, clip, 1, 1, 1, 1, {0}},
    {PX_OP_NORMALISE, normalise, 3, 3, 7, 7, {PX_NORMALISE_TWO_PASS}},
    {PX_OP_NORMALISE, normalise, 3, 3, 7, 7, {PX_NORMALISE_ONE_PASS}},
    {PX_OP_NORMALISE, normalise, 3, 3, 7, 7, {PX_NORMALISE_WELFORD}},
    {PX_OP_NORMALISE, normalise, 3, 3, 7, 7, {PX_NORMALISE_MIN_MAX}},
    {PX_OP_SIGN, signs, 3, 3, 7, 7, {0}},
    {PX_OP_SGD, sgd, 3, 3, 7, 7, {0}},
    {PX_OP_ADAM, adam, 3, 3, 7, 7, {0}},
    {PX_OP_ADAPTIVE, adaptive, 3, 3, 7, 7, {[5] = PX_ADAPTIVE_EPS_INSIDE}},
    {PX_OP_ADAPTIVE, adaptive, 3, 3, 7, 7, {[5] = PX_ADAPTIVE_AMSGRAD}},
    {PX_OP_ADAPTIVE, adaptive, 3, 3, 7, 7, {[5] = PX_ADAPTIVE_ADABELIEF}},
    {PX_OP_ADAPTIVE, adaptive, 3, 3, 7, 7, {[5] = PX_ADAPTIVE_RMSPROP}},
    {PX_OP_ADAPTIVE, adaptive, 3, 3, 7, 7, {[5] = PX_ADAPTIVE_ADAGRAD}},
    {PX_OP_ADD_KAHAN, kahan_update, 3, 3, 7, 7, {0}},
};

static px_call call_of(size_t i) {
    px_call c = {.op = cases[i].op};
    for (int k = 0; k < PX_MAX_IN; k++) c.in[k].slot = -1;
    for (int k = 0; k < PX_MAX_OUT; k++) c.out[k].slot = -1;
    c.in[0] = (px_arg){0, 0, cases[i].rows, cases[i].k, cases[i].k, 1};
    c.out[0] = (px_arg){1, 0, cases[i].m, cases[i].n, cases[i].n, 1};
    memcpy(c.attr, cases[i].a, sizeof c.attr);
    return c;
}

static void the_list_is_what_definitions_compute(void **state) {
    (void)state;
    px_fp fp32;
    assert_int_equal(px_fp_parse("fp32", &fp32, NULL), PX_OK);
    recipe = px_recipe_uniform(fp32);
    for (int i = 0; i < ROOM; i++) ones[i] = 1;
    const px_slot slots[2] = {{"a", 8, 8, fp32}, {"b", 8, 8, fp32}};
    const px_prog prog = {.slots = slots, .n_slots = 2};
    bool tried[PX_OP_COUNT] = {[PX_OP_ADD] = true,       [PX_OP_MUL] = true,    [PX_OP_ROUND] = true,
                               [PX_OP_NONFINITE] = true, [PX_OP_GATHER] = true, [PX_OP_POWER_SCALE] = true};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        shape s = {cases[i].m, cases[i].n, cases[i].k, cases[i].a};
        px_call c = call_of(i);
        counted = 0;
        cases[i].run(&s);
        double listed = px_call_count(&prog, &c).flops;
        if (counted != listed) fail_msg("%s (case %zu): %g listed, %g computed", px_op_name(c.op), i, listed, counted);
        tried[c.op] = true;
    }
    for (int op = 0; op < PX_OP_COUNT; op++)
        if (!tried[op]) fail_msg("nobody counted %s", px_op_name((px_op)op));
}

/* Numbers that a view spreads are read once; of a table, the rows asked for. */
static void bytes_are_those_of_distinct_numbers(void **state) {
    (void)state;
    px_fp fp16, fp32;
    assert_int_equal(px_fp_parse("fp16", &fp16, NULL), PX_OK);
    assert_int_equal(px_fp_parse("fp32", &fp32, NULL), PX_OK);
    const px_slot slots[] = {
        {"a", 5, 7, fp16}, {"bias", 1, 7, fp32}, {"c", 5, 7, fp16}, {"index", 2, 1, px_fp_exact()}};
    const px_prog prog = {.slots = slots, .n_slots = 4};
    px_call c = {.op = PX_OP_ADD};
    c.in[0] = px_arg_whole(&prog, 0);
    c.in[1] = (px_arg){1, 0, 5, 7, 0, 1};
    c.out[0] = px_arg_whole(&prog, 2);
    assert_true(px_call_count(&prog, &c).read == 2 * 35 + 4 * 7);
    assert_true(px_call_count(&prog, &c).written == 2 * 35);
    c.op = PX_OP_GATHER;
    c.in[1] = px_arg_whole(&prog, 3);
    c.out[0].rows = 2;
    assert_true(px_call_count(&prog, &c).read == 2 * 2 * 7 + 8 * 2);
    assert_true(px_call_count(&prog, &c).written == 2 * 2 * 7);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_list_is_what_definitions_compute),
        cmocka_unit_test(bytes_are_those_of_distinct_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
