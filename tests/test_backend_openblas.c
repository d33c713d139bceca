/* The executor `openblas`: within the bound that holds in any order, and honest about what it has not. Operands are
 * integers, so every partial sum in any order, fused or not, is an integer and the exact result fits 128 bits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "backend/registry.h"
#include "base/philox.h"
#include "support/format.h"

__extension__ typedef __int128 i128;

static uint64_t counter;
static uint64_t draw(void) { return px_philox(5, 6, counter++).lo; }
static i128 magnitude(i128 x) { return x < 0 ? -x : x; }

static void fill(px_mat *m, int bits) {
    for (int64_t i = 0; i < m->rows; i++)
        for (int64_t j = 0; j < m->cols; j++) px_mat_set(m, i, j, (double)((int64_t)draw() >> (64 - bits)));
}

static double at(const px_mat *m, bool transposed, int64_t i, int64_t j) {
    return transposed ? px_mat_get(m, j, i) : px_mat_get(m, i, j);
}

typedef struct shape {
    int64_t m, n, k;
    bool ta, tb, with_c;
    double sign;
} shape;

/* Jeannerod & Rump 2013: |computed - exact| <= n u (|a||b| + |c|), n terms in any order; one more for the product. */
static void check_entry(shape s, int p, const px_mat in[3], double computed, int64_t i, int64_t j) {
    i128 exact = s.with_c ? (i128)px_mat_get(&in[2], i, j) : 0, sum = magnitude(exact);
    for (int64_t t = 0; t < s.k; t++) {
        i128 ab = (i128)at(&in[0], s.ta, i, t) * (i128)at(&in[1], s.tb, t, j);
        exact += s.sign > 0 ? ab : -ab;
        sum += magnitude(ab);
    }
    i128 error = magnitude((i128)computed - exact), bound = ((sum >> p) + 1) * (s.k + 1);
    if (error > bound) fail_msg("(%lld, %lld): %a is too far off", (long long)i, (long long)j, computed);
}

static void check_product(px_arena *arena, px_fp f, shape s) {
    px_slot slots[] = {{.name = "a", .rows = s.ta ? s.k : s.m, .cols = s.ta ? s.m : s.k, .fmt = f},
                       {.name = "b", .rows = s.tb ? s.n : s.k, .cols = s.tb ? s.k : s.n, .fmt = f},
                       {.name = "c", .rows = s.m, .cols = s.n, .fmt = f},
                       {.name = "out", .rows = s.m, .cols = s.n, .fmt = f}};
    px_call call = {.op = PX_OP_GEMM, .recipe = px_recipe_uniform(f), .attr = {s.sign}};
    px_prog prog = {.slots = slots, .calls = &call, .n_slots = 4, .n_calls = 1};
    call.in[0] = s.ta ? px_arg_transposed(&prog, 0) : px_arg_whole(&prog, 0);
    call.in[1] = s.tb ? px_arg_transposed(&prog, 1) : px_arg_whole(&prog, 1);
    call.in[2] = s.with_c ? px_arg_whole(&prog, 2) : px_arg_absent();
    call.out[0] = px_arg_whole(&prog, 3);
    px_mat in[3], out = px_mat_new(arena, f, s.m, s.n);
    for (int i = 0; i < 3; i++) {
        in[i] = px_mat_new(arena, f, slots[i].rows, slots[i].cols);
        fill(&in[i], f.p);
    }
    px_error err = {0};
    if (px_backend_call(px_backend_openblas(), &prog, in, 3, &out, NULL, &err) != PX_OK) fail_msg("%s", err.text);
    for (int64_t i = 0; i < s.m; i++)
        for (int64_t j = 0; j < s.n; j++) check_entry(s, f.p, in, px_mat_get(&out, i, j), i, j);
}

static void products_keep_the_bound(void **state) {
    (void)state;
    const px_fp formats[] = {format("fp32"), format("fp64")};
    px_arena *arena = px_arena_new();
    for (int rep = 0; rep < 64; rep++) {
        shape s = {.ta = rep & 1, .tb = rep & 2, .with_c = rep & 4, .sign = rep & 8 ? 1.0 : -1.0};
        s.m = 1 + (int64_t)(draw() % 40), s.n = 1 + (int64_t)(draw() % 40), s.k = (int64_t)(draw() % 100);
        check_product(arena, formats[rep / 16 % 2], s);
        px_arena_reset(arena);
    }
    px_arena_free(arena);
}

static void says_what_it_has_not(void **state) {
    (void)state;
    px_slot slots[] = {{.name = "a", .rows = 2, .cols = 2, .fmt = format("fp32")},
                       {.name = "b", .rows = 2, .cols = 2, .fmt = format("fp32")},
                       {.name = "out", .rows = 2, .cols = 2, .fmt = format("fp32")}};
    px_call call = {.op = PX_OP_GEMM, .recipe = px_recipe_uniform(format("fp32")), .attr = {1.0}};
    px_prog prog = {.slots = slots, .calls = &call, .n_slots = 3, .n_calls = 1};
    call.in[0] = px_arg_whole(&prog, 0), call.in[1] = px_arg_whole(&prog, 1), call.in[2] = px_arg_absent();
    call.out[0] = px_arg_whole(&prog, 2);
    const px_exec *exec = px_backend_find("openblas");
    assert_ptr_equal(exec, px_backend_openblas());
    char why[128] = "";
    assert_true(exec->supports(&prog, &call, why, sizeof why));

    slots[1].fmt = format("fp16");
    assert_false(exec->supports(&prog, &call, why, sizeof why));
    assert_string_equal(why, "fp16");
    slots[1].fmt = format("fp64");
    assert_false(exec->supports(&prog, &call, why, sizeof why));
    assert_string_equal(why, "mixed input formats");
    slots[1].fmt = format("fp32");
    slots[1].fmt.subnormals = 0;
    assert_false(exec->supports(&prog, &call, why, sizeof why));
    assert_string_equal(why, "flushing of subnormals and saturation");
    slots[1].fmt.subnormals = 1;

    px_call odd = call;
    odd.recipe.acc = format("fp64");
    assert_false(exec->supports(&prog, &odd, why, sizeof why));
    assert_string_equal(why, "accumulator format other than the input's");
    odd = call, odd.recipe.order = PX_PAIRWISE;
    assert_false(exec->supports(&prog, &odd, why, sizeof why));
    odd = call, odd.recipe.rounding = PX_UP;
    assert_false(exec->supports(&prog, &odd, why, sizeof why));
    odd = call, odd.recipe.fused = 1;
    assert_false(exec->supports(&prog, &odd, why, sizeof why));
    odd = call, odd.op = PX_OP_ADD;
    assert_false(exec->supports(&prog, &odd, why, sizeof why));
    assert_string_equal(why, "add");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_keep_the_bound),
        cmocka_unit_test(says_what_it_has_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
