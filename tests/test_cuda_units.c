/* Products by cuda_emu's matrix unit, whatever is done around it, are those of its model: PRECX_CUDA_MODEL, h100
 * otherwise. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "arith/model.h"
#include "backend/plugin.h"
#include "backend/registry.h"
#include "base/text.h"
#include "selftest/judge.h"

static int model_of_device(void) {
    const char *name = getenv("PRECX_CUDA_MODEL");
    return px_model_find(name ? name : "h100");
}

static px_trial_key key_of(int64_t size, int data, int number) {
    return (px_trial_key){.seed = 11,
                          .op = PX_OP_GEMM,
                          .size = size,
                          .data = (px_trial_data)data,
                          .recipe = PX_RECIPE_UNIT,
                          .model = model_of_device(),
                          .number = (uint64_t)number};
}

/* Formats by turns, order, chunks, stretches and start values at random; enough of each is tried. */
static void products_are_those_of_the_model(void **state) {
    (void)state;
    static const int64_t sizes[] = {1, 16, 17, 33, 64, 97};
    int kinds[2][2] = {{0}}; /* split, promoted */
    px_text told = {0};
    px_tally t = {.lines_left = 5, .told = &told};
    px_error err;
    px_arena *arena = px_arena_new();
    for (int s = 0; s < 6; s++)
        for (int d = 0; d < PX_TRIAL_DATA_COUNT; d++)
            for (int i = 0; i < 4; i++) {
                px_trial_key key = key_of(sizes[s], d, i + 4 * (s + d));
                px_trial_case *c = PX_NEW(arena, px_trial_case);
                int64_t before = t.cases;
                if (px_judge_case(px_backend_find("cuda_emu"), &key, PX_EXACT, &t, &err) != PX_OK)
                    fail_msg("%s", err.text);
                px_trial_case_make(arena, &key, c);
                if (t.cases > before) kinds[c->call.recipe.order == PX_SPLITK][c->call.recipe.promote > 0]++;
            }
    px_arena_free(arena);
    if (t.different)
        fail_msg("%lld of %lld differ\n%s", (long long)t.different, (long long)t.values, px_text_str(&told));
    assert_int_equal(t.repeats_differ, 0);
    for (int i = 0; i < 4; i++) assert_true(kinds[i / 2][i % 2] >= 10);
    px_text_free(&told);
}

/* What the unit does not do is refused in words. */
static void the_rest_is_refused(void **state) {
    (void)state;
    static const struct {
        px_order order;
        px_rounding_mode rounding;
        int promote;
        int other_model;
        px_algorithm algorithm;
        const char *why;
    } wrongs[] = {
        {PX_PAIRWISE, PX_NEAREST_EVEN, 0, 0, PX_ALGORITHM_NONE, "matrix unit like"},
        {PX_SEQUENTIAL, PX_UP, 0, 0, PX_ALGORITHM_NONE, "matrix unit like"},
        {PX_SEQUENTIAL, PX_NEAREST_EVEN, -1, 0, PX_ALGORITHM_NONE, "promotion after less than a term"},
        {PX_SEQUENTIAL, PX_NEAREST_EVEN, 0, PX_MODEL_V100, PX_ALGORITHM_NONE, "matrix unit like v100"},
        {PX_SEQUENTIAL, PX_NEAREST_EVEN, 0, 0, PX_BF16X3, "algorithm bf16x3"},
    };
    px_arena *arena = px_arena_new();
    px_trial_case *c = PX_NEW(arena, px_trial_case);
    px_trial_key key = key_of(16, PX_DATA_RANDOM, 0);
    char why[128] = "";
    px_trial_case_make(arena, &key, c);
    const px_recipe good = c->call.recipe;
    assert_true(px_backend_find("cuda_emu")->supports(&c->prog, &c->call, why, sizeof why));
    for (size_t i = 0; i < sizeof wrongs / sizeof *wrongs; i++) {
        px_recipe *r = &c->call.recipe;
        *r = good;
        r->order = (uint8_t)wrongs[i].order, r->rounding = (uint8_t)wrongs[i].rounding;
        r->promote = wrongs[i].promote, r->algorithm = (uint8_t)wrongs[i].algorithm;
        if (wrongs[i].other_model) r->model = (int16_t)wrongs[i].other_model;
        assert_false(px_backend_find("cuda_emu")->supports(&c->prog, &c->call, why, sizeof why));
        if (!strstr(why, wrongs[i].why)) fail_msg("%zu: %s", i, why);
    }
    px_arena_free(arena);
}

int main(void) {
    px_error err;
    px_status status = px_plugin_ready(PX_CUDA_EMU, &err);
    if (status != PX_OK) { /* 77 where there is no such plug-in; one of another build is a failure */
        fprintf(stderr, "%s\n", err.text);
        return status;
    }
    const struct CMUnitTest tests[] = {cmocka_unit_test(products_are_those_of_the_model),
                                       cmocka_unit_test(the_rest_is_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
