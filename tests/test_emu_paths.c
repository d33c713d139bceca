/* Every fast path of emu/ prints the bits of the definition: all operations, random recipes over the formats of the
 * list and others, random, directed, special, tiny and huge operands, ragged and strided shapes, every instruction set
 * of this machine. PX_TEST_EFFORT multiplies the number of cases. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "arith/codec.h"
#include "arith/model.h"
#include "arith/round.h"
#include "base/arena.h"
#include "base/philox.h"
#include "emu/emu.h"
#include "emu/isa/isa.h"
#include "emu/tiles.h"
#include "emu/view.h"
#include "support/random_task.h"

static int64_t tried[PX_OP_COUNT][8], steps_tried[PX_STEPS + 1];

/* The task by the definition and by every path that matches, on every instruction set. */
static void try_task(px_arena *arena, px_task *task) {
    int n_paths, n_isa;
    const px_path *paths = px_emu_paths(task->call->op, &n_paths);
    const px_isa *const *isas = px_isa_usable(&n_isa);
    paths[n_paths - 1].run(task);
    for (int p = 0; p + 1 < n_paths; p++) {
        bool matched = false;
        for (int i = 0; i < n_isa; i++) {
            px_isa_use(isas[i]);
            if (!paths[p].matches(task)) continue;
            matched = true;
            px_task again = *task;
            for (int k = 0; k < PX_MAX_OUT; k++)
                if (task->out[k].data)
                    again.out[k] = result_view(arena, task->out[k].fmt, task->out[k].rows, task->out[k].cols);
            paths[p].run(&again);
            compare_tasks(task, &again, paths[p].name);
        }
        if (!matched) continue;
        tried[task->call->op][p]++;
        if (p == 0 && task->call->op == PX_OP_GEMM && paths[0].matches(task)) steps_tried[px_tiles_step(task)]++;
    }
}

static int effort(void) {
    const char *s = getenv("PX_TEST_EFFORT");
    return s && atoi(s) > 0 ? atoi(s) : 1;
}

static int64_t some_size(int64_t large) { return 1 + below(below(4) ? large / 8 : large); }

static void matrix_products(void **state) {
    (void)state;
    px_arena *arena = px_arena_new();
    for (int64_t rep = 0; rep < 6000 * effort(); rep++) {
        data_kind kind = (data_kind)below(KINDS);
        px_call call = {.op = PX_OP_GEMM, .recipe = some_recipe(), .attr = {below(2) ? 1.0 : -1.0}, .stream = draw()};
        px_fp in = below(2) ? (call.recipe.mul.p ? call.recipe.mul : call.recipe.acc) : some_format();
        bool by_unit = below(16) == 0; /* or an algorithm: its operands have one format */
        if (by_unit) call.recipe = some_unit(&in);
        if (!by_unit && below(16) == 0) {
            in = px_fp_row((size_t)below(3) + 1); /* fp32 or shorter */
            call.recipe.algorithm = (uint8_t)(1 + below(PX_MXFP4));
            call.recipe.mx_block = (int32_t)(1 + below(40));
            by_unit = true;
        }
        int64_t m = below(100) ? some_size(12) : 65 + below(100), n = some_size(140), k = some_size(60);
        px_task task = {.call = &call};
        task.in[0] = make_view(arena, in, m, k, kind);
        task.in[1] = make_view(arena, by_unit || below(4) ? in : some_format(), k, n, below(3) ? kind : ORDINARY);
        if (below(3) == 0)
            task.in[2] = make_view(arena, by_unit || below(4) ? call.recipe.acc : some_format(), m, n, kind);
        task.out[0] = result_view(arena, call.recipe.out, m, n);
        try_task(arena, &task);
        px_arena_reset(arena);
    }
    px_arena_free(arena);
}

static void row_sums(void **state) {
    (void)state;
    px_arena *arena = px_arena_new();
    for (int64_t rep = 0; rep < 6000 * effort(); rep++) {
        px_call call = {.op = PX_OP_SUM, .recipe = some_recipe(), .stream = draw()};
        int64_t m = some_size(80), n = some_size(300);
        px_task task = {.call = &call};
        task.in[0] = make_view(arena, below(2) ? call.recipe.acc : some_format(), m, n, (data_kind)below(KINDS));
        task.out[0] = result_view(arena, call.recipe.out, m, 1);
        if (below(2)) task.out[1] = result_view(arena, px_fp_exact(), m, 1);
        try_task(arena, &task);
        px_arena_reset(arena);
    }
    px_arena_free(arena);
}

static void elementwise(void **state) {
    (void)state;
    px_arena *arena = px_arena_new();
    for (int64_t rep = 0; rep < 6000 * effort(); rep++) {
        const px_op ops[] = {PX_OP_ADD, PX_OP_MUL, PX_OP_ROUND};
        px_call call = {.op = ops[below(3)], .recipe = some_recipe(), .stream = draw()};
        if (px_fp_is_exact(call.recipe.out) && call.op != PX_OP_ROUND) call.recipe.out = call.recipe.acc;
        if (below(2)) call.recipe.rounding = (uint8_t)below(PX_ROUNDING_COUNT);
        const uint8_t bits[] = {1, 12, 32, 40, 52, 64};
        call.recipe.sr_bits = call.recipe.rounding == PX_STOCHASTIC ? bits[below(6)] : 0;
        int64_t m = some_size(12), n = below(60) ? some_size(140) : 9000; /* more than a chunk */
        data_kind kind = (data_kind)below(KINDS);
        px_task task = {.call = &call};
        task.in[0] = make_view(arena, some_format_or_exact(), m, n, kind);
        if (call.op != PX_OP_ROUND)
            task.in[1] = make_view(arena, below(2) ? task.in[0].fmt : some_format(), m, n, kind);
        task.out[0] = result_view(arena, call.recipe.out, m, n);
        try_task(arena, &task);
        px_arena_reset(arena);
    }
    px_arena_free(arena);
}

/* 1705 * 1845 = 3 2^20 - 3: a product that is below the middle of two numbers of tf32 by less than binary32 can say. */
static void a_product_that_binary32_rounds(void **state) {
    (void)state;
    px_arena *arena = px_arena_new();
    px_fp tf32;
    assert_int_equal(px_fp_parse("tf32", &tf32, NULL), PX_OK);
    px_call call = {.op = PX_OP_MUL, .recipe = px_recipe_uniform(tf32)};
    px_task task = {.call = &call};
    for (int s = 0; s < 2; s++) task.in[s] = make_view(arena, tf32, 1, 20, ORDINARY);
    px_view_set(&task.in[0], 0, 7, ldexp(1705, -78));
    px_view_set(&task.in[1], 0, 7, ldexp(1845, -79));
    task.out[0] = result_view(arena, tf32, 1, 20);
    try_task(arena, &task);
    px_arena_free(arena);
}

/* Products in short formats as tiles take them: numbers that keep clear of the ends, all subnormal, or with a rare small
 * one among them; k beyond several periods of the drift and beyond a block of k. */
static double short_number(px_fp f, int kind) {
    double x = (double)(int64_t)draw() * 0x1p-62, half = sqrt(px_fp_min_normal(f)) * 0.25;
    switch (kind) {
    case 0: return round_to(f, x);
    case 1: return round_to(f, x * half); /* products below the smallest normal number */
    case 2: return round_to(f, below(40) ? x + (x < 0 ? -1 : 1) : x * half * half);
    case 3: return below(3) ? round_to(f, x) : below(2) ? 0.0 : -0.0;
    default: return round_to(f, ldexp(x, (int)below(20) - 10));
    }
}

static void short_products(void **state) {
    (void)state;
    px_arena *arena = px_arena_new();
    const px_order orders[] = {PX_SEQUENTIAL, PX_SEQUENTIAL, PX_REVERSE, PX_BLOCKED, PX_SPLITK};
    for (int64_t rep = 0; rep < 1500 * effort(); rep++) {
        px_fp in = px_fp_row(2 + (size_t)below((int64_t)px_fp_count() - 2));
        px_fp acc = below(2) ? in : px_fp_row(below(2) ? 1 : 1 + (size_t)below((int64_t)px_fp_count() - 1));
        px_call call = {.op = PX_OP_GEMM, .recipe = px_recipe_uniform(acc), .attr = {below(4) ? 1.0 : -1.0}};
        call.recipe.mul = below(8) ? in : px_fp_exact();
        call.recipe.order = (uint8_t)orders[below(5)];
        call.recipe.block = (int32_t)(1 + below(40)), call.recipe.splits = (int32_t)(1 + below(4));
        int64_t m = some_size(20), n = some_size(100), k = below(10) ? some_size(40) : 250 + below(40);
        px_task task = {.call = &call};
        task.in[0] = make_view(arena, in, m, k, ORDINARY);
        task.in[1] = make_view(arena, in, k, n, ORDINARY);
        int kind = (int)below(5);
        for (int side = 0; side < 2; side++)
            for (int64_t i = 0; i < task.in[side].rows; i++)
                for (int64_t j = 0; j < task.in[side].cols; j++)
                    px_view_set(&task.in[side], i, j, short_number(in, kind));
        if (below(4) == 0) task.in[2] = make_view(arena, acc, m, n, ORDINARY);
        task.out[0] = result_view(arena, acc, m, n);
        try_task(arena, &task);
        px_arena_reset(arena);
    }
    px_arena_free(arena);
}

/* Results too long for the caches are written past them; rows begin at any place. */
static void long_arrays(void **state) {
    (void)state;
    enum { ROWS = 3, COLUMNS = 1400003, STRIDE = COLUMNS + 2 };
    px_arena *arena = px_arena_new();
    for (int rep = 0; rep < 3; rep++) {
        px_fp f = px_fp_row(rep == 0 ? 4 : 3);
        px_call call = {.op = rep == 2 ? PX_OP_MUL : PX_OP_ROUND, .recipe = px_recipe_uniform(f)};
        px_task task = {.call = &call};
        float *x = px_arena_alloc(arena, ROWS * STRIDE, sizeof *x);
        for (int64_t i = 0; i < ROWS * STRIDE; i++) x[i] = (float)(int32_t)(i * 0x9E3779B1) * 0x1p-24F;
        task.in[0] = (px_view){.data = x, .fmt = px_fp_row(1), .rows = ROWS, .cols = COLUMNS, .rs = STRIDE, .cs = 1};
        task.in[1] = task.in[0];
        task.out[0] = result_view(arena, f, ROWS, COLUMNS);
        try_task(arena, &task);
        px_arena_reset(arena);
    }
    px_arena_free(arena);
}

/* Arrays are rounded in blocks that are looked at as a whole for NaNs: each word, each place of a block. */
static void nans_of_any_word(void **state) {
    (void)state;
    enum { ROWS = 300, COLUMNS = 300 };
    static const uint32_t words[] = {0x7fc00000, 0xffc00000, 0x7f800001, 0xff801234, 0xffffffff};
    px_arena *arena = px_arena_new();
    for (size_t f = 2; f < px_fp_count(); f++) {
        px_call call = {.op = PX_OP_ROUND, .recipe = px_recipe_uniform(px_fp_row(f))};
        px_task task = {.call = &call};
        float *x = px_arena_alloc(arena, ROWS * COLUMNS, sizeof *x);
        for (int64_t i = 0; i < ROWS * COLUMNS; i++)
            x[i] = (float)round_to(px_fp_row(1), ldexp((double)below(4096), -9));
        for (int64_t i = 0; i < ROWS; i++) memcpy(&x[i * COLUMNS + i], &words[i % 5], sizeof *words);
        task.in[0] = (px_view){.data = x, .fmt = px_fp_row(1), .rows = ROWS, .cols = COLUMNS, .rs = COLUMNS, .cs = 1};
        task.out[0] = result_view(arena, px_fp_row(f), ROWS, COLUMNS);
        try_task(arena, &task);
        px_arena_reset(arena);
    }
    px_arena_free(arena);
}

/* Mostly steps in fp32, which have a path of their own; results in any format. */
static px_recipe layer_recipe(void) {
    px_recipe r = some_recipe();
    r.rounding = below(8) ? PX_NEAREST_EVEN : PX_NEAREST_AWAY;
    r.sr_bits = 0;
    if (px_fp_is_exact(r.out)) r.out = r.acc;
    if (below(4) == 0) return r;
    px_fp f = px_fp_row(1);
    return (px_recipe){.mul = f, .acc = f, .out = below(2) ? f : px_fp_row((size_t)below((int64_t)px_fp_count()))};
}

/* A call of an operation of a training step on m x n numbers. */
static void layer_task(px_arena *arena, px_call *call, px_task *task, int64_t m, int64_t n) {
    const double d[] = {0, 4, 12}, mask[] = {-(double)INFINITY, -1e9, -3};
    data_kind kind = (data_kind)below(KINDS);
    px_fp in = below(4) ? px_fp_row(1) : some_format();
    bool forward = call->op == PX_OP_LAYERNORM, columns = call->op == PX_OP_LAYERNORM_GAMMA;
    bool backward = call->op == PX_OP_LAYERNORM_BACKWARD || columns;
    int same = call->op == PX_OP_ADAM ? 3 : forward || call->op == PX_OP_GELU || call->op == PX_OP_SOFTMAX ? 1 : 2;
    for (int k = 0; k < same; k++) task->in[k] = make_view(arena, in, m, n, kind);
    if (forward && below(4)) task->in[1] = make_view(arena, in, 1, n, kind);
    if (forward && below(4)) task->in[2] = make_view(arena, in, 1, n, kind);
    for (int k = 2; backward && k < 4; k++) task->in[k] = make_view(arena, call->recipe.acc, m, 1, kind);
    if (backward && !columns && below(4)) task->in[4] = make_view(arena, in, 1, n, kind);
    if (call->op == PX_OP_SGD && below(3) == 0) task->in[1] = (px_view){.data = NULL};
    task->out[0] = result_view(arena, call->recipe.out, columns ? 1 : m, n);
    if (forward) task->out[1] = result_view(arena, call->recipe.acc, m, 1);
    if (forward) task->out[2] = result_view(arena, call->recipe.acc, m, 1);
    for (int k = 1; (call->op == PX_OP_ADAM || call->op == PX_OP_SGD) && k < same; k++)
        if (task->in[k].data) task->out[k] = result_view(arena, below(4) ? call->recipe.acc : in, m, n);
    const double softmax[] = {d[below(3)], (double)below(7), mask[below(3)], (double)below(3)};
    const double optimizer[] = {1e-3, 0.9, 0.999, 1e-8, (double)(1 + below(9))};
    bool attention = call->op == PX_OP_SOFTMAX || call->op == PX_OP_SOFTMAX_BACKWARD;
    for (int k = 0; k < 5; k++) call->attr[k] = attention ? k < 4 ? softmax[k] : 0 : optimizer[k];
    if (forward) call->attr[0] = 1e-5;
    if (call->op == PX_OP_GELU || call->op == PX_OP_GELU_BACKWARD) call->attr[0] = (double)below(2);
}

static void layer_operations(void **state) {
    (void)state;
    const px_op ops[] = {PX_OP_LAYERNORM,
                         PX_OP_LAYERNORM_BACKWARD,
                         PX_OP_LAYERNORM_GAMMA,
                         PX_OP_GELU,
                         PX_OP_GELU_BACKWARD,
                         PX_OP_SOFTMAX,
                         PX_OP_SOFTMAX_BACKWARD,
                         PX_OP_SGD,
                         PX_OP_ADAM};
    px_arena *arena = px_arena_new();
    for (int64_t rep = 0; rep < 12000 * effort(); rep++) {
        px_call call = {.op = ops[below(9)], .recipe = layer_recipe()};
        px_task task = {.call = &call};
        layer_task(arena, &call, &task, 1 + below(6), 1 + below(90));
        try_task(arena, &task);
        px_arena_reset(arena);
    }
    px_arena_free(arena);
}

/* LU, Cholesky, triangular solves: orders from 1 up, ragged halves, every recipe that has one. */
static void factorisations(void **state) {
    (void)state;
    px_arena *arena = px_arena_new();
    for (int64_t rep = 0; rep < 4000 * effort(); rep++) {
        const px_op ops[] = {PX_OP_LU, PX_OP_CHOLESKY, PX_OP_TRSM};
        px_call call = {.op = ops[below(3)], .recipe = some_recipe(), .stream = draw()};
        if (call.op == PX_OP_LU && below(3) == 0) {
            px_fp operand;
            call.recipe = some_unit(&operand);
            call.recipe.out = operand;
            call.recipe.mul = below(2) ? call.recipe.acc : px_fp_exact();
            call.recipe.block = (int32_t)(1 + below(20));
        }
        if (px_fp_is_exact(call.recipe.out)) call.recipe.out = call.recipe.acc;
        call.recipe.order = PX_SEQUENTIAL;
        for (int i = 0; i < 3; i++) call.attr[i] = (double)below(2);
        int64_t n = below(3) ? 11 + some_size(40) : some_size(12), columns = some_size(24);
        data_kind kind = (data_kind)below(KINDS);
        px_task task = {.call = &call};
        task.in[0] = make_view(arena, below(4) ? call.recipe.acc : some_format(), n, n, below(2) ? kind : ORDINARY);
        task.out[0] = result_view(arena, call.recipe.out, n, call.op == PX_OP_TRSM ? columns : n);
        if (call.recipe.model) task.in[0] = make_view(arena, call.recipe.out, n, n, kind);
        if (call.op == PX_OP_LU) task.out[1] = result_view(arena, px_fp_exact(), n, 1);
        for (int64_t i = 0; i < n && call.op == PX_OP_CHOLESKY && kind == ORDINARY; i++)
            px_view_set(&task.in[0], i, i, round_to(task.in[0].fmt, 64));
        if (call.op == PX_OP_TRSM) {
            task.in[1] = make_view(arena, below(4) ? call.recipe.acc : some_format(), n, columns, kind);
            if (below(2)) task.in[2] = make_view(arena, px_fp_exact(), n, 1, ZEROS);
            for (int64_t k = 0; k < n && px_view_present(&task.in[2]); k++)
                px_view_set(&task.in[2], k, 0, (double)(k + below(n - k)));
        }
        try_task(arena, &task);
        px_arena_reset(arena);
    }
    px_arena_free(arena);
}

/* Each row of each table, and each step of the tiles, has met many cases that it matches. Runs last. */
static void every_path_was_tried(void **state) {
    (void)state;
    for (int op = 0; op < PX_OP_COUNT; op++) {
        int n;
        const px_path *paths = px_emu_paths((px_op)op, &n);
        assert_non_null(paths);
        assert_true(n >= 1 && n <= 8);
        for (int p = 0; p + 1 < n; p++)
            if (tried[op][p] < 100)
                fail_msg("%s: '%s' met only %lld cases", px_op_name((px_op)op), paths[p].name, (long long)tried[op][p]);
    }
    for (int step = 0; step < PX_STEPS; step++)
        if (steps_tried[step] < 20)
            fail_msg("step %d of tiles met only %lld cases", step, (long long)steps_tried[step]);
}

/* What must be fast is: the common products never fall to the definition. */
static void common_recipes_are_fast(void **state) {
    (void)state;
    px_arena *arena = px_arena_new();
    const px_order orders[] = {PX_SEQUENTIAL, PX_REVERSE, PX_PAIRWISE, PX_BLOCKED, PX_SPLITK, PX_KAHAN, PX_NEUMAIER};
    for (size_t in = 0; in < px_fp_count(); in++)
        for (size_t acc = 0; acc < px_fp_count(); acc++)
            for (size_t o = 0; o < sizeof orders / sizeof *orders; o++) {
                px_call call = {.op = PX_OP_GEMM, .recipe = px_recipe_uniform(px_fp_row(acc)), .attr = {1.0}};
                call.recipe.order = (uint8_t)orders[o];
                call.recipe.block = 8, call.recipe.splits = 2;
                if (below(2) && px_fp_row(acc).p < 53) call.recipe.rounding = (uint8_t)below(PX_STOCHASTIC);
                px_task task = {.call = &call};
                task.in[0] = make_view(arena, px_fp_row(in), 2, 3, ORDINARY);
                task.in[1] = make_view(arena, px_fp_row(in), 3, 2, ORDINARY);
                task.out[0] = result_view(arena, call.recipe.out, 2, 2);
                int n, first = 0;
                const px_path *paths = px_emu_paths(PX_OP_GEMM, &n);
                while (!paths[first].matches(&task)) first++;
                char text[512];
                describe_task(text, &task, paths[first].name);
                if (first == n - 1) fail_msg("%s", text);
                px_arena_reset(arena);
            }
    px_arena_free(arena);
}

int main(void) {
    make_formats();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(common_recipes_are_fast),
        cmocka_unit_test(matrix_products),
        cmocka_unit_test(short_products),
        cmocka_unit_test(row_sums),
        cmocka_unit_test(elementwise),
        cmocka_unit_test(a_product_that_binary32_rounds),
        cmocka_unit_test(layer_operations),
        cmocka_unit_test(long_arrays),
        cmocka_unit_test(nans_of_any_word),
        cmocka_unit_test(factorisations),
        cmocka_unit_test(every_path_was_tried),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
