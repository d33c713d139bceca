/* What a few products tell of a matrix unit: asked of the emulated models, the answers are the parameters in THE list
 * of models, which was made from other measurements. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "arith/model.h"
#include "arith/round.h"
#include "backend/plugin.h"
#include "backend/registry.h"
#include "selftest/probes.h"

static void ask(const char *backend, px_unit_function *words, int model, const char *in, const char *out,
                px_unit_answers *answers) {
    int known;
    px_error err;
    if (px_unit_ask(px_backend_find(backend), words, model, in, out, answers, &known, &err) != PX_OK)
        fail_msg("%s", err.text);
    assert_true(known);
}

static void answers_are_the_models_parameters(void **state) {
    (void)state;
    int n, asked = 0;
    const px_mma_row *rows = px_mma_rows(&n);
    for (int i = 0; i < n; i++) {
        const char *in = strstr(rows[i].in, "bf16") ? "bf16" : "fp16";
        px_unit_answers a;
        if (!strstr(rows[i].in, "fp16")) continue;
        ask("emulated", NULL, (int)rows[i].model, in, rows[i].out, &a);
        assert_int_equal(a.of[PX_UNIT_FRACTION], rows[i].fraction);
        assert_int_equal(a.of[PX_UNIT_WIDTH], rows[i].width);
        assert_int_equal(a.of[PX_UNIT_ROUNDS], 0);
        assert_int_equal(a.of[PX_UNIT_DOWN], 0);
        assert_int_equal(a.of[PX_UNIT_SUBNORMAL], 1);
        assert_int_equal(a.of[PX_UNIT_RESULT], rows[i].rounding);
        assert_int_equal(a.of[PX_UNIT_NAN_MADE], strcmp(rows[i].out, "fp16") == 0 ? 0x7fff : 0x7fffffff);
        assert_int_equal(a.of[PX_UNIT_NAN_MET], a.of[PX_UNIT_NAN_MADE]);
        asked++;
    }
    assert_true(asked >= 12);
}

/* cuda_emu's unit is a model: PRECX_CUDA_MODEL, h100 otherwise. */
static void the_unit_of_cuda_emu_answers_as_its_model(void **state) {
    (void)state;
    static const char *const formats[][2] = {{"fp16", "fp32"}, {"bf16", "fp32"}, {"fp16", "fp16"}};
    const char *name = getenv("PRECX_CUDA_MODEL");
    const int model = px_model_find(name ? name : "h100");
    px_error err;
    px_status status = px_plugin_ready(PX_CUDA_EMU, &err);
    if (status == PX_SKIPPED) skip();
    if (status != PX_OK) fail_msg("%s", err.text);
    for (size_t f = 0; f < sizeof formats / sizeof *formats; f++) {
        px_unit_answers unit, expected;
        ask("cuda_emu", px_plugin_unit(PX_CUDA_EMU), model, formats[f][0], formats[f][1], &unit);
        ask("emulated", NULL, model, formats[f][0], formats[f][1], &expected);
        assert_memory_equal(&unit, &expected, sizeof unit);
    }
}

/* ---- a unit that is no model: exact sums, rounded in a mode; NaNs of its own ---- */

static px_rounding_mode mode;
static double operands[2][64];

static px_status open_exact(const px_exec *self, void **state, const px_prog *prog, px_error *err) {
    (void)self, (void)state, (void)prog, (void)err;
    return PX_OK;
}
static px_status put_exact(void *state, int slot, const px_wide *value, px_error *err) {
    (void)state, (void)err;
    for (int k = 0; k < 64; k++) operands[slot][k] = slot ? px_mat_get(&value->hi, k, 0) : px_mat_get(&value->hi, 0, k);
    return PX_OK;
}
static px_status run_exact(void *state, int first, int count, px_error *err) {
    (void)state, (void)first, (void)count, (void)err;
    return PX_OK;
}
static px_status get_exact(void *state, int slot, px_wide *value, px_error *err) {
    double sum = 0;
    (void)state, (void)slot, (void)err;
    for (int k = 0; k < 64; k++) sum += operands[0][k] * operands[1][k];
    px_mat_set(&value->hi, 0, 0, px_round(value->hi.fmt, px_rounding_of(mode), sum, 0));
    return PX_OK;
}
static int supports_all(const px_prog *prog, const px_call *call, char *why, size_t n) {
    (void)prog, (void)call, (void)why, (void)n;
    return 1;
}
static void close_exact(void *state) { (void)state; }

static px_status other_nans(px_unit_dot *dot, px_error *err) {
    (void)err;
    dot->d = dot->out.width == 16 ? 0xfe00 : 0xffc00000;
    return PX_OK;
}

static void every_rounding_and_other_nans_are_told(void **state) {
    (void)state;
    static const char *const outs[] = {"fp32", "fp16"};
    const px_exec exact = {.abi = PX_EXEC_ABI,
                           .name = "exact",
                           .supports = supports_all,
                           .open = open_exact,
                           .put = put_exact,
                           .run = run_exact,
                           .get = get_exact,
                           .close = close_exact};
    for (int o = 0; o < 2; o++)
        for (int m = 0; m < PX_STOCHASTIC; m++) {
            px_unit_answers a;
            px_text text = {0};
            int known;
            mode = (px_rounding_mode)m;
            assert_int_equal(px_unit_ask(&exact, other_nans, PX_MODEL_H100, "fp16", outs[o], &a, &known, NULL), PX_OK);
            assert_int_equal(a.of[PX_UNIT_RESULT], m);
            px_unit_add_answers(&text, &a);
            assert_non_null(strstr(px_text_str(&text), px_rounding_name(mode)));
            assert_non_null(strstr(px_text_str(&text), o ? "nan made fe00, nan met fe00" : "nan met ffc00000"));
            px_text_free(&text);
        }
}

/* A unit that an executor lacks is no error. */
static void a_unit_that_is_not_there_gives_no_answers(void **state) {
    (void)state;
    px_unit_answers answers;
    int known;
    assert_int_equal(
        px_unit_ask(px_backend_find("emulated"), NULL, PX_MODEL_V100, "bf16", "fp32", &answers, &known, NULL), PX_OK);
    assert_false(known);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(answers_are_the_models_parameters),
                                       cmocka_unit_test(the_unit_of_cuda_emu_answers_as_its_model),
                                       cmocka_unit_test(every_rounding_and_other_nans_are_told),
                                       cmocka_unit_test(a_unit_that_is_not_there_gives_no_answers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
