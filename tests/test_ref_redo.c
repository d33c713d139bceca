/* A call redone is the exact result on the low-precision inputs, view by view: against the engine of fixed-point sums.
 * */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "backend/registry.h"
#include "base/philox.h"
#include "ref/balls.h"
#include "ref/redo.h"
#include "ref/truth.h"

enum { A, B, C, D, SLOTS, ROWS = 4, INNER = 6, COLS = 8 };

static px_fp half(void) {
    px_fp fp;
    assert_int_equal(px_fp_parse("fp16", &fp, NULL), PX_OK);
    return fp;
}

/* c's column blocks are products of blocks of b; d = c + c transposed-and-back, so that views of all kinds occur. */
static void make_program(px_prog *prog, px_slot slots[SLOTS], px_call calls[3]) {
    px_recipe r = {.mul = half(), .acc = half(), .out = half()};
    static const int64_t shape[SLOTS][2] = {{INNER, ROWS}, {INNER, COLS}, {ROWS, COLS}, {COLS, ROWS}};
    for (int s = 0; s < SLOTS; s++) slots[s] = (px_slot){.rows = shape[s][0], .cols = shape[s][1], .fmt = half()};
    *prog = (px_prog){.slots = slots, .calls = calls, .n_slots = SLOTS, .n_calls = 3};
    for (int h = 0; h < 2; h++) {
        px_arg b = {B, h * COLS / 2, INNER, COLS / 2, COLS, 1}, c = {C, h * COLS / 2, ROWS, COLS / 2, COLS, 1};
        calls[h] = (px_call){.op = PX_OP_GEMM, .recipe = r, .attr = {h ? -1 : 1}};
        calls[h].in[0] = px_arg_transposed(prog, A);
        calls[h].in[1] = b;
        calls[h].in[2] = px_arg_absent();
        calls[h].out[0] = c;
    }
    calls[2] = (px_call){.op = PX_OP_ADD, .recipe = r};
    calls[2].in[0] = px_arg_transposed(prog, C);
    calls[2].in[1] = (px_arg){C, 0, COLS, ROWS, 0, 0}; /* one number for all */
    calls[2].out[0] = px_arg_whole(prog, D);
}

static px_mat read_slot(px_arena *arena, const px_prog *prog, const px_exec *e, void *state, int slot) {
    px_wide v = px_wide_of(px_mat_new(arena, half(), prog->slots[slot].rows, prog->slots[slot].cols));
    assert_int_equal(e->get(state, slot, &v, NULL), PX_OK);
    return v.hi;
}

/* The operand that a view shows. */
static px_mat show(px_arena *arena, const px_mat *whole, const px_arg *a) {
    px_mat m = px_mat_new(arena, half(), a->rows, a->cols);
    for (int64_t i = 0; i < a->rows; i++)
        for (int64_t j = 0; j < a->cols; j++) {
            int64_t e = a->off + i * a->rs + j * a->cs;
            px_mat_set(&m, i, j, px_mat_get(whole, e / whole->cols, e % whole->cols));
        }
    return m;
}

static void assert_part(const px_mat *got, int64_t i, int64_t j, const px_mat *want, int64_t wi, int64_t wj) {
    double x = px_mat_get(got, i, j), y = px_mat_get(want, wi, wj);
    if (memcmp(&x, &y, sizeof x) != 0) fail_msg("(%d, %d): %a, not %a", (int)i, (int)j, x, y);
}

static void a_call_is_redone_on_its_own_inputs(void **state) {
    (void)state;
    px_arena *arena = px_arena_new();
    px_slot slots[SLOTS];
    px_call calls[3];
    px_prog prog;
    make_program(&prog, slots, calls);
    const px_exec *low = px_backend_emulated();
    px_ref_balls balls = px_ref_balls_of(PX_BALLS_BITS);
    void *st;
    px_error err;
    assert_int_equal(low->open(low, &st, &prog, &err), PX_OK);
    for (int s = A; s <= B; s++) {
        px_wide v = px_wide_of(px_mat_new(arena, half(), slots[s].rows, slots[s].cols));
        for (int64_t i = 0; i < slots[s].rows; i++)
            for (int64_t j = 0; j < slots[s].cols; j++)
                px_mat_set(&v.hi, i, j,
                           (double)(int64_t)(px_philox((uint64_t)s, (uint64_t)i, (uint64_t)j).lo % 2047) / 512 - 2);
        assert_int_equal(low->put(st, s, &v, &err), PX_OK);
    }
    assert_int_equal(low->run(st, 0, 3, &err), PX_OK);
    px_mat whole[SLOTS];
    for (int s = 0; s < SLOTS; s++) whole[s] = read_slot(arena, &prog, low, st, s);
    px_wide redone[2];
    int last[2];
    for (int s = C; s <= D; s++)
        assert_int_equal(
            px_ref_redo_slot(arena, &balls.exec, &prog, 0, 3, s, low, st, &redone[s - C], &last[s - C], &err), PX_OK);
    assert_int_equal(last[0], 1);
    assert_int_equal(last[1], 2);
    for (int c = 0; c < 3; c++) {
        px_mat in[2] = {show(arena, &whole[calls[c].in[0].slot], &calls[c].in[0]),
                        show(arena, &whole[calls[c].in[1].slot], &calls[c].in[1])};
        px_truth truth;
        assert_int_equal(px_ref_truth(arena, &calls[c], in, 2, &truth, &err), PX_OK);
        const px_wide *got = &redone[c == 2];
        for (int64_t i = 0; i < calls[c].out[0].rows; i++)
            for (int64_t j = 0; j < calls[c].out[0].cols; j++) {
                int64_t column = c == 1 ? j + COLS / 2 : j;
                assert_part(&got->hi, i, column, &truth.v.hi, i, j);
                assert_part(&got->lo, i, column, &truth.v.lo, i, j);
                assert_part(&got->radius, i, column, &truth.v.radius, i, j);
            }
    }
    low->close(st);
    px_arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_is_redone_on_its_own_inputs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
