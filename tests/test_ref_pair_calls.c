/* Calls of a program in pairs: products that run side by side give what they give one by one, and those that wait for
 * each other do wait; a cast keeps its numbers when what it casts changes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/parallel.h"
#include "base/philox.h"
#include "ref/pairs.h"

enum { N = 24, SLOTS = 4, CALLS = 8 };

/* left, right, result, its first column, its columns. The second reads what the third is the first to write: in a
 * second pass, bounds that must not be forgotten too early. */
static const int products[CALLS][5] = {{0, 0, 1, 0, N},  {2, 1, 3, 0, N}, {1, 1, 2, 0, 8},  {0, 1, 2, 8, 16},
                                       {1, 1, 2, 4, 12}, {1, 2, 3, 0, N}, {3, 2, 1, 0, 16}, {3, 2, 1, 16, 8}};

/* out = op(a, b), b < 0: of a alone. */
static px_call call_of(const px_prog *prog, px_op op, int a, int b, int out) {
    px_call c = {.op = op, .attr = {1}};
    for (int k = 0; k < PX_MAX_IN; k++) c.in[k] = px_arg_absent();
    for (int k = 0; k < PX_MAX_OUT; k++) c.out[k] = px_arg_absent();
    c.in[0] = px_arg_whole(prog, a);
    if (b >= 0) c.in[1] = px_arg_whole(prog, b);
    c.out[0] = px_arg_whole(prog, out);
    return c;
}

static px_call product(const px_prog *prog, const int p[5]) {
    px_call c = call_of(prog, PX_OP_GEMM, p[0], p[1], p[2]);
    c.in[1].off = c.out[0].off = p[3];
    c.in[1].cols = c.out[0].cols = p[4];
    return c;
}

/* Slot 0 is given; two passes, `step` calls at a time. */
static void run(const px_prog *prog, int step, px_arena *arena, px_wide got[SLOTS]) {
    const px_exec *pairs = px_ref_pairs();
    void *state;
    px_wide x = px_wide_new(arena, N, N);
    for (int e = 0; e < N * N; e++)
        px_mat_set(&x.hi, e / N, e % N, (double)(int64_t)px_philox(3, 6, (uint64_t)e).lo * 0x1p-63);
    assert_int_equal(pairs->open(pairs, &state, prog, NULL), PX_OK);
    assert_int_equal(pairs->put(state, 0, &x, NULL), PX_OK);
    for (int c = 0; c < 2 * CALLS; c += step) assert_int_equal(pairs->run(state, c % CALLS, step, NULL), PX_OK);
    for (int s = 0; s < SLOTS; s++) {
        got[s] = px_wide_new(arena, N, N);
        assert_int_equal(pairs->get(state, s, &got[s], NULL), PX_OK);
    }
    pairs->close(state);
}

static void side_by_side(void **state) {
    (void)state;
    px_slot slots[SLOTS];
    px_call calls[CALLS];
    px_prog prog = {.slots = slots, .calls = calls, .n_slots = SLOTS, .n_calls = CALLS};
    for (int s = 0; s < SLOTS; s++) slots[s] = (px_slot){.rows = N, .cols = N};
    for (int c = 0; c < CALLS; c++) calls[c] = product(&prog, products[c]);
    px_arena *arena = px_arena_new();
    px_wide alone[SLOTS], together[SLOTS];
    run(&prog, 1, arena, alone);
    for (int step = 2; step <= CALLS; step *= 2)
        for (int jobs = 1; jobs <= 3; jobs++) {
            px_parallel_set_jobs(jobs);
            run(&prog, step, arena, together);
            for (int s = 0; s < SLOTS; s++)
                for (int part = 0; part < 3; part++)
                    for (int e = 0; e < N * N; e++) {
                        const px_mat *a = (const px_mat *[]){&alone[s].hi, &alone[s].lo, &alone[s].radius}[part];
                        const px_mat *b =
                            (const px_mat *[]){&together[s].hi, &together[s].lo, &together[s].radius}[part];
                        double x = px_mat_get(a, e / N, e % N), y = px_mat_get(b, e / N, e % N);
                        if (memcmp(&x, &y, sizeof x) != 0)
                            fail_msg("slot %d, part %d: %a, by %d calls %a", s, part, x, step, y);
                    }
        }
    px_arena_free(arena);
}

/* y = x, z = y; then x = 2 v: y + v and z + v are the old x + v. */
static void casts(void **state) {
    (void)state;
    enum { X, Y, Z, V, FROM_Y, FROM_Z, COUNT };
    px_slot slots[COUNT];
    for (int s = 0; s < COUNT; s++) slots[s] = (px_slot){.rows = 1, .cols = 1};
    px_prog prog = {.slots = slots, .n_slots = COUNT, .n_calls = 5};
    px_call calls[] = {call_of(&prog, PX_OP_ROUND, X, -1, Y), call_of(&prog, PX_OP_ROUND, Y, -1, Z),
                       call_of(&prog, PX_OP_ADD, V, V, X), call_of(&prog, PX_OP_ADD, Y, V, FROM_Y),
                       call_of(&prog, PX_OP_ADD, Z, V, FROM_Z)};
    prog.calls = calls;
    px_arena *arena = px_arena_new();
    const px_exec *pairs = px_ref_pairs();
    px_wide x = px_wide_new(arena, 1, 1);
    assert_int_equal(pairs->open(pairs, state, &prog, NULL), PX_OK);
    px_mat_set(&x.hi, 0, 0, 3);
    assert_int_equal(pairs->put(*state, X, &x, NULL), PX_OK);
    px_mat_set(&x.hi, 0, 0, 5);
    assert_int_equal(pairs->put(*state, V, &x, NULL), PX_OK);
    assert_int_equal(pairs->run(*state, 0, 5, NULL), PX_OK);
    static const double expected[] = {[X] = 10, [Y] = 3, [Z] = 3, [V] = 5, [FROM_Y] = 8, [FROM_Z] = 8};
    for (int s = 0; s < COUNT; s++) {
        assert_int_equal(pairs->get(*state, s, &x, NULL), PX_OK);
        assert_true(px_mat_get(&x.hi, 0, 0) == expected[s]);
    }
    pairs->close(*state);
    px_arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(side_by_side), cmocka_unit_test(casts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
