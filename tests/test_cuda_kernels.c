/* Every kernel of the device against the plain definition, on the CPU (cuda_emu): 0 differences, in every recipe and
 * through every view. PX_TEST_EFFORT multiplies the number of cases. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "arith/model.h"
#include "arith/round.h"
#include "backend/plugin.h"
#include "backend/registry.h"
#include "base/text.h"
#include "kernel/layer.h"
#include "selftest/census.h"

/* Ends of blocks of 64 threads and of tiles of 16 and 128, a prime, and a larger one. */
static const int64_t sizes[] = {1, 16, 17, 31, 32, 33, 64, 65, 97, 129, 300};
enum { SIZES = sizeof sizes / sizeof *sizes, DATA_STRIDE = 3 }; /* fast: two kinds of data a size */

static int effort(void) {
    const char *text = getenv("PX_TEST_EFFORT");
    return text ? atoi(text) : 1;
}

static px_tally sweep(px_op op, px_trial_recipe recipe, int model, int a_size) {
    px_text told = {0};
    px_tally t = {.lines_left = 5, .told = &told};
    px_error err = {PX_OK, ""};
    for (int s = 0; s < SIZES; s++)
        for (int d = s % DATA_STRIDE; d<PX_TRIAL_DATA_COUNT; d += effort()> 1 ? 1 : DATA_STRIDE)
            for (int i = 0; i < a_size * effort(); i++) {
                px_trial_key key = {.seed = 9,
                                    .op = op,
                                    .size = sizes[s],
                                    .data = (px_trial_data)d,
                                    .recipe = recipe,
                                    .model = model,
                                    .number = (uint64_t)(s + d + i * 8)};
                px_status status = px_judge_case(px_backend_find("cuda_emu"), &key, PX_EXACT, &t, &err);
                if (status != PX_OK) fail_msg("%s: %s", px_op_name(op), err.text);
            }
    if (t.different)
        fail_msg("%s: %lld of %lld values differ\n%s", px_op_name(op), (long long)t.different, (long long)t.values,
                 px_text_str(&told));
    assert_int_equal(t.repeats_differ, 0);
    px_text_free(&told);
    return t;
}

static void every_operation_is_its_definition(void **state) {
    (void)state;
    for (int op = 0; op < PX_OP_COUNT; op++) {
        if (!px_trial_covers((px_op)op)) continue;
        px_tally t = sweep((px_op)op, PX_RECIPE_ANY, 0, op == PX_OP_GEMM || op == PX_OP_SUM ? 3 : 1);
        if (t.cases < SIZES * (PX_TRIAL_DATA_COUNT / DATA_STRIDE))
            fail_msg("%s: %lld cases", px_op_name((px_op)op), (long long)t.cases);
    }
}

static void products_by_instructions_are_the_definition(void **state) {
    (void)state;
    px_tally t = sweep(PX_OP_GEMM, PX_RECIPE_NATIVE, 0, 2);
    assert_true(t.values > 3000);
}

static void products_by_the_matrix_unit_are_its_model(void **state) {
    (void)state;
    px_tally t = sweep(PX_OP_GEMM, PX_RECIPE_UNIT, PX_MODEL_H100, 1); /* cuda_emu's, unless it is told otherwise */
    assert_true(t.cases >= 20);
}

/* Ends of blocks of 64 threads, and of the 1024 numbers that a block takes at most; a prime; several blocks. */
static void censuses_are_the_definition(void **state) {
    (void)state;
    static const int64_t lengths[] = {1, 31, 32, 33, 63, 64, 65, 1021, 1023, 1024, 1025, 5000};
    px_text told = {0};
    px_tally t = {.lines_left = 5, .told = &told};
    px_error err = {PX_OK, ""};
    for (size_t s = 0; s < sizeof lengths / sizeof *lengths; s++)
        for (int d = 0; d <= PX_DATA_WORDS; d++)
            for (int i = 0; i < effort(); i++) {
                px_trial_key key = {.seed = 9,
                                    .size = d == PX_DATA_WORDS ? 65536 : lengths[s],
                                    .data = (px_trial_data)d,
                                    .number = (uint64_t)(s + (size_t)d + (size_t)i * 8)};
                if (d == PX_DATA_WORDS && s > 1) continue;
                if (px_judge_census(px_backend_find("cuda_emu"), &key, &t, &err) != PX_OK) fail_msg("%s", err.text);
            }
    if (t.different) fail_msg("%lld counts differ\n%s", (long long)t.different, px_text_str(&told));
    assert_int_equal(t.repeats_differ, 0);
    assert_true(t.cases >= 74 && t.values > 1200);
    px_text_free(&told);
}

/* How scatter_add's rows go: where row i of n goes, n + 2 places there being. */
enum { TO_ONE, APART, BACKWARDS, BY_TWOS, SPREAD, WAYS, MOST_ROWS = 700, WIDTH = 3 };
static int64_t place(int way, int64_t n, int64_t i) {
    switch (way) {
    case TO_ONE: return n / 2;
    case APART: return (i + n / 3) % n + 2;
    case BACKWARDS: return n + 1 - i;
    case BY_TWOS: return i / 2;
    default: return (int64_t)(px_bits(3, (uint64_t)i, 0) % (uint64_t)(n / 3 + 1));
    }
}

/* out (n + 2 x WIDTH) of dy and index, each a slot of its own. */
static void scatter_on(const px_exec *exec, const px_recipe *recipe, const px_mat *dy, const px_mat *index,
                       const px_mat *out) {
    const px_mat *const tensors[] = {dy, index, out};
    px_slot slots[3] = {0};
    px_arg whole[3] = {0};
    for (int32_t s = 0; s < 3; s++) {
        const px_mat *m = tensors[s];
        slots[s] = (px_slot){.rows = m->rows, .cols = m->cols, .fmt = m->fmt};
        whole[s] = (px_arg){.slot = s, .rows = m->rows, .cols = m->cols, .rs = m->cols, .cs = 1};
    }
    px_call call = {.op = PX_OP_SCATTER_ADD, .recipe = *recipe, .in = {whole[0], whole[1]}, .out = {whole[2]}};
    for (int k = 2; k < PX_MAX_IN; k++) call.in[k] = px_arg_absent();
    for (int k = 1; k < PX_MAX_OUT; k++) call.out[k] = px_arg_absent();
    const px_prog prog = {.slots = slots, .calls = &call, .n_slots = 3, .n_calls = 1};
    px_wide values[] = {px_wide_of(*dy), px_wide_of(*index), px_wide_of(*out)};
    px_error err;
    void *st;
    if (exec->open(exec, &st, &prog, &err) || exec->put(st, 0, &values[0], &err) ||
        exec->put(st, 1, &values[1], &err) || exec->run(st, 0, 1, &err) || exec->get(st, 2, &values[2], &err))
        fail_msg("%s", err.text);
    exec->close(st);
}

/* In fp16 the sums depend on their order. */
static void scatter_one_way(px_arena *arena, const px_recipe *recipe, int64_t n, int way) {
    static double x[WIDTH * MOST_ROWS];
    static int64_t own[MOST_ROWS];
    px_mat dy = px_mat_new(arena, recipe->out, n, WIDTH), index = px_mat_new(arena, px_fp_exact(), n, 1),
           out = px_mat_new(arena, recipe->out, n + 2, WIDTH);
    for (int64_t e = 0; e < WIDTH * n; e++) {
        x[e] = (double)(px_bits(5, (uint64_t)e, 0) % 2047) - 1023;
        px_mat_set(&dy, e / WIDTH, e % WIDTH, x[e]);
    }
    for (int64_t i = 0; i < n; i++) px_mat_set(&index, i, 0, (double)place(way, n, i));
    scatter_on(px_backend_find("cuda_emu"), recipe, &dy, &index, &out);
    for (int64_t v = 0; v < n + 2; v++) {
        int64_t count = 0;
        for (int64_t i = 0; i < n; i++)
            if (place(way, n, i) == v) own[count++] = i;
        for (int64_t j = 0; j < WIDTH; j++) {
            double want = px_layer_scatter_add(recipe, count, own, WIDTH, x + j), got = px_mat_get(&out, v, j);
            if (memcmp(&got, &want, sizeof got) != 0)
                fail_msg("%lld rows, way %d, place %lld: %a, not %a", (long long)n, way, (long long)v, got, want);
        }
    }
}

static void scattered_rows_are_added_in_their_order(void **state) {
    (void)state;
    static const int64_t rows[] = {1, 2, 3, 31, 64, 65, 257, MOST_ROWS};
    px_fp fp16;
    assert_int_equal(px_fp_parse("fp16", &fp16, NULL), PX_OK);
    const px_recipe recipe = px_recipe_uniform(fp16);
    px_arena *arena = px_arena_new();
    for (size_t s = 0; s < sizeof rows / sizeof *rows; s++)
        for (int way = 0; way < WAYS; way++) {
            scatter_one_way(arena, &recipe, rows[s], way);
            px_arena_reset(arena);
        }
    px_arena_free(arena);
}

/* cuda_emu with one bit wrong in its first result. */
static px_status wrong_get(void *state, int slot, px_wide *value, px_error *err) {
    PX_TRY(px_backend_find("cuda_emu")->get(state, slot, value, err));
    double x = px_mat_get(&value->hi, 0, 0);
    px_mat_set(&value->hi, 0, 0, x + ldexp(1, -10));
    return PX_OK;
}

static void a_wrong_bit_is_told(void **state) {
    (void)state;
    px_exec wrong = *px_backend_find("cuda_emu");
    px_text told = {0};
    px_tally t = {.lines_left = 5, .told = &told};
    px_trial_key key = {.seed = 9, .op = PX_OP_GEMM, .size = 33, .recipe = PX_RECIPE_NATIVE};
    wrong.get = wrong_get;
    assert_int_equal(px_judge_case(&wrong, &key, PX_EXACT, &t, NULL), PX_OK);
    assert_int_equal(t.different, 1);
    assert_int_equal(t.by_kind[PX_DIFFERS_ONE_ULP] + t.by_kind[PX_DIFFERS_MORE], 1);
    assert_non_null(strstr(px_text_str(&told), "gemm fp16"));
    assert_non_null(strstr(px_text_str(&told), "got=0x"));
    px_text_free(&told);
}

int main(void) {
    px_error err;
    px_status status = px_plugin_ready(PX_CUDA_EMU, &err);
    if (status != PX_OK) { /* 77 where there is no such plug-in; one of another build is a failure */
        fprintf(stderr, "%s\n", err.text);
        return status;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wrong_bit_is_told),
        cmocka_unit_test(every_operation_is_its_definition),
        cmocka_unit_test(censuses_are_the_definition),
        cmocka_unit_test(scattered_rows_are_added_in_their_order),
        cmocka_unit_test(products_by_instructions_are_the_definition),
        cmocka_unit_test(products_by_the_matrix_unit_are_its_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
