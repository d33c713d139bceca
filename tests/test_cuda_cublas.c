/* Every way to call cublasGemmEx (op/plugin.h), with cuda_emu's stand-in for the library: exact on integers, else within
 * the bound that its liberties leave. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "backend/plugin.h"
#include "base/text.h"
#include "kind/trial.h"
#include "selftest/judge.h"
#include "support/format.h"

static const struct way {
    const char *name;
    const char *operands;
    bool reduced;
} ways[] = {
#define WAY(base, id, suffix, type16, type32, type64, math, reduced, operands, text) {base suffix, operands, reduced},
    PX_CUBLAS_LIST(WAY, "cublas_emu")
#undef WAY
};
enum { WAYS = sizeof ways / sizeof *ways };

static const px_exec *executor(const struct way *w) {
    const px_exec *exec = px_plugin_member(PX_CUDA_EMU, w->name);
    if (!exec) fail_msg("no executor %s", w->name);
    return exec;
}

static px_tally judge(const px_exec *exec, px_comparison how, px_text *told) {
    static const int64_t sizes[] = {1, 2, 7, 16, 33, 65};
    px_tally t = {.lines_left = 3, .told = told};
    px_error err;
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
        for (uint64_t i = 0; i < 3 * PX_TRIAL_FORMATS; i++) {
            px_trial_key key = {.seed = 21,
                                .op = PX_OP_GEMM,
                                .size = sizes[s],
                                .data = how == PX_BOUNDED ? PX_DATA_RANDOM : PX_DATA_INTEGERS,
                                .recipe = PX_RECIPE_LIBRARY,
                                .number = i};
            if (px_judge_case(exec, &key, how, &t, &err) != PX_OK) fail_msg("%s: %s", exec->name, err.text);
        }
    return t;
}

static void every_way_keeps_its_promise(void **state) {
    (void)state;
    for (int w = 0; w < WAYS; w++)
        for (int pass = 0; pass < 2; pass++) {
            px_text told = {0};
            const px_comparison how = pass ? PX_BOUNDED : PX_EXACT_INTEGER;
            const px_tally t = judge(executor(&ways[w]), how, &told);
            if (t.different || t.beyond_bound || t.repeats_differ)
                fail_msg("%s, %s:\n%s", ways[w].name, px_comparison_name(how), px_text_str(&told));
            const int formats = ways[w].operands ? 2 : PX_TRIAL_FORMATS; /* fp32 and tf32, or all */
            if (pass) assert_int_equal(t.cases, 6 * 3 * formats);
            assert_true(t.cases > 6 * formats);
            px_text_free(&told);
        }
}

static const px_exec *original; /* of the executor that is changed: it knows itself by its address */
static px_status open_original(const px_exec *self, void **state, const px_prog *prog, px_error *err) {
    (void)self;
    return original->open(original, state, prog, err);
}

/* Without what it says of its operands, the bound would be broken. */
static void rounded_operands_are_told(void **state) {
    (void)state;
    for (int w = 0; w < WAYS; w++) {
        original = executor(&ways[w]);
        px_exec exec = *original;
        exec.open = open_original;
        assert_true(exec.liberties.any_unit && exec.liberties.narrow_sums == ways[w].reduced);
        if (!ways[w].operands) continue;
        assert_string_equal(exec.liberties.operands, ways[w].operands);
        exec.liberties.operands = NULL;
        assert_true(judge(&exec, PX_BOUNDED, NULL).beyond_bound > 100);
    }
}

/* Reductions in reduced precision have other bits, and only where the result is shorter than the sums. */
static void reduced_reductions_are_another_experiment(void **state) {
    (void)state;
    for (uint64_t f = 0; f < PX_TRIAL_FORMATS; f++) {
        px_tally of[2] = {{0}};
        bool narrow = f == 4 || f == 5; /* fp16 or bf16, summed in fp32 */
        for (int w = 0; w < 2; w++)
            for (uint64_t i = 0; i < 4; i++) {
                px_trial_key key = {.seed = 3,
                                    .op = PX_OP_GEMM,
                                    .size = 64,
                                    .data = PX_DATA_RANDOM,
                                    .recipe = PX_RECIPE_LIBRARY,
                                    .number = f + PX_TRIAL_FORMATS * i};
                assert_int_equal(px_judge_case(executor(&ways[w]), &key, PX_BOUNDED, &of[w], NULL), PX_OK);
            }
        assert_int_equal(of[0].digest != of[1].digest, narrow);
    }
}

/* A cell of an experiment: its bound is the executor's, and where an operand may overflow on the way there is none. */
static void cells_have_the_executors_bound(void **state) {
    (void)state;
    for (int w = 0; w < WAYS; w++)
        for (int large = 0; large < 2; large++) {
            px_arena *arena = px_arena_new();
            px_lab lab = {.arena = arena};
            const px_fp f = format("fp32");
            px_treatment how = {.in = f, .recipe = px_recipe_uniform(f), .exec = executor(&ways[w])};
            px_trial *t = PX_NEW(arena, px_trial);
            px_error err;
            px_trial_plan(t, &how, PX_OP_GEMM, (const int64_t[][2]){{3, 40}, {40, 3}});
            assert_null(px_trial_refused(arena, t));
            px_mat in[2] = {px_mat_new(arena, f, 3, 40), px_mat_new(arena, f, 40, 3)};
            for (int i = 0; i < 240; i++) {
                float x = 1 + (float)i * 0x1.8p-12f; /* to be rounded up or down in all three */
                px_mat_set(&in[i / 120], i % 120 / in[i / 120].cols, i % in[i / 120].cols,
                           (double)(large ? 1e5f * x : x));
            }
            if (px_trial_run(t, &lab, in, &err) != PX_OK) fail_msg("%s", err.text);
            const bool fp16 = ways[w].operands && strcmp(ways[w].operands, "fp16") == 0;
            assert_int_equal(t->det.valid, !(large && fp16));
            if (t->det.valid) {
                assert_true(t->slack_det <= 1);
                assert_int_equal(t->det.beta > 0x1p-11, ways[w].operands != NULL);
                assert_non_null(strstr(t->det.source, "metric/bound_library.c"));
            }
            assert_false(t->prob.valid);
            px_arena_free(arena);
        }
}

int main(void) {
    px_error err;
    px_status status = px_plugin_ready(PX_CUDA_EMU, &err);
    if (status != PX_OK) {
        fprintf(stderr, "%s\n", err.text);
        return status;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_way_keeps_its_promise),
        cmocka_unit_test(rounded_operands_are_told),
        cmocka_unit_test(reduced_reductions_are_another_experiment),
        cmocka_unit_test(cells_have_the_executors_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
