#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "matrix/mat.h"
#include "matrix/move.h"
#include "matrix/wide.h"
#include "op/op.h"

static const px_fp fp32 = {
    .p = 24, .emin = -126, .emax = 127, .width = 32, .subnormals = 1, .has_inf = 1, .has_nan = 1};
static const px_fp fp64 = {
    .p = 53, .emin = -1022, .emax = 1023, .width = 64, .subnormals = 1, .has_inf = 1, .has_nan = 1};

static uint64_t bits(double x) {
    uint64_t b;
    memcpy(&b, &x, sizeof b);
    return b;
}

/* Values survive both carriers bit for bit, signed zeros and infinities among them. */
static void stores_what_it_is_given(void **state) {
    (void)state;
    const double values[] = {0.0, -0.0, 1.0, -0x1.fffffep127, 0x1p-149, (double)__builtin_inff(), -1.5};
    const px_fp formats[] = {fp32, fp64, px_fp_exact()};
    px_arena *arena = px_arena_new();
    for (size_t f = 0; f < 3; f++) {
        px_mat m = px_mat_new(arena, formats[f], 3, 7);
        assert_int_equal(bits(px_mat_get(&m, 2, 6)), 0);
        px_mat_set_row(&m, 1, 0, 7, values);
        for (int64_t j = 0; j < 7; j++) assert_int_equal(bits(px_mat_get(&m, 1, j)), bits(values[j]));
        px_mat_set(&m, 2, 3, 42.0);
        px_mat b = px_mat_block(&m, 1, 2, 2, 4);
        assert_int_equal(bits(px_mat_get(&b, 0, 0)), bits(values[2]));
        assert_int_equal(bits(px_mat_get(&b, 1, 1)), bits(42.0));
        px_mat_set(&b, 1, 3, -2.0);
        assert_int_equal(bits(px_mat_get(&m, 2, 5)), bits(-2.0));
    }
    px_mat d = px_mat_new(arena, fp64, 1, 1);
    px_mat_set(&d, 0, 0, 0x1.fffffffffffffp1023);
    assert_int_equal(bits(px_mat_get(&d, 0, 0)), bits(0x1.fffffffffffffp1023));
    px_mat none = px_mat_new(arena, fp32, 0, 5);
    assert_int_equal(none.rows, 0);
    px_mat_block(&none, 0, 5, 0, 0);
    px_arena_free(arena);
}

static void wide_values_have_three_parts(void **state) {
    (void)state;
    px_arena *arena = px_arena_new();
    px_wide w = px_wide_new(arena, 2, 3);
    assert_non_null(w.hi.data);
    assert_non_null(w.lo.data);
    assert_non_null(w.radius.data);
    px_wide exact = px_wide_of(w.hi);
    assert_ptr_equal(exact.hi.data, w.hi.data);
    assert_null(exact.lo.data);
    assert_null(exact.radius.data);
    px_arena_free(arena);
}

/* Blocks, also of matrices with a longer row, number for number, as they are and transposed; what lies between stays. */
static void blocks_are_copied_along_and_across(void **state) {
    (void)state;
    enum { ROWS = 5, COLS = 21, ROOM = 40 };
    px_arena *arena = px_arena_new();
    const px_fp formats[] = {fp32, fp64};
    for (size_t f = 0; f < 2; f++) {
        px_mat m = px_mat_new(arena, formats[f], ROWS + 2, COLS + 3);
        for (int64_t e = 0; e < m.rows * m.cols; e++) px_mat_set(&m, e / m.cols, e % m.cols, (double)(e + 1));
        double along[ROWS * ROOM], across[COLS * ROOM];
        for (int e = 0; e < ROWS * ROOM; e++) along[e] = -1;
        for (int e = 0; e < COLS * ROOM; e++) across[e] = -1;
        px_mat_get_block(&m, 1, 2, ROWS, COLS, along, ROOM, 1);
        px_mat_get_block(&m, 1, 2, ROWS, COLS, across, 1, ROOM);
        for (int64_t i = 0; i < ROWS; i++)
            for (int64_t j = 0; j < ROOM; j++) {
                double want = j < COLS ? px_mat_get(&m, 1 + i, 2 + j) : -1;
                assert_int_equal(bits(along[i * ROOM + j]), bits(want));
                if (j < COLS) assert_int_equal(bits(across[j * ROOM + i]), bits(want));
            }
        for (int64_t j = 0; j < COLS; j++) assert_int_equal(bits(across[j * ROOM + ROWS]), bits(-1));
    }
    px_arena_free(arena);
}

/* Parts of longer rows, pieces and threads, between both carriers; what lies between rows stays. */
static void matrices_are_copied_and_cleared(void **state) {
    (void)state;
    enum { ROWS = 201, COLS = 1030 };
    px_arena *arena = px_arena_new();
    const px_fp formats[] = {fp32, fp64};
    for (size_t f = 0; f < 4; f++) {
        px_mat from = px_mat_new(arena, formats[f / 2], ROWS + 1, COLS + 3),
               to = px_mat_new(arena, formats[f % 2], ROWS + 2, COLS + 1);
        for (int64_t e = 0; e < from.rows * from.cols; e++)
            px_mat_set(&from, e / from.cols, e % from.cols, (double)(e + 1));
        for (int64_t e = 0; e < to.rows * to.cols; e++) px_mat_set(&to, e / to.cols, e % to.cols, -1);
        px_mat inner = px_mat_block(&from, 1, 2, ROWS, COLS), place = px_mat_block(&to, 1, 1, ROWS, COLS);
        for (int zeros = 0; zeros < 2; zeros++) {
            if (zeros)
                px_mat_clear(&place);
            else
                px_mat_copy(&place, &inner);
            for (int64_t i = 0; i < to.rows; i++)
                for (int64_t j = 0; j < to.cols; j++) {
                    bool inside = i >= 1 && i <= ROWS && j >= 1;
                    double want = !inside ? -1 : zeros ? 0 : px_mat_get(&from, i, j + 1);
                    assert_int_equal(bits(px_mat_get(&to, i, j)), bits(want));
                }
        }
    }
    px_mat none = px_mat_new(arena, fp32, 3, 0);
    px_mat_copy(&none, &none);
    px_mat_clear(&none);
    px_arena_free(arena);
}

static void views_of_a_slot(void **state) {
    (void)state;
    const px_slot slots[] = {{.name = "a", .rows = 3, .cols = 5}};
    const px_prog prog = {.slots = slots, .n_slots = 1};
    px_arg a = px_arg_whole(&prog, 0), t = px_arg_transposed(&prog, 0);
    for (int64_t i = 0; i < 3; i++)
        for (int64_t j = 0; j < 5; j++) {
            assert_int_equal(a.off + i * a.rs + j * a.cs, i * 5 + j);
            assert_int_equal(t.off + j * t.rs + i * t.cs, i * 5 + j);
        }
    assert_int_equal(t.rows, 5);
    assert_int_equal(t.cols, 3);
    assert_int_equal(px_arg_absent().slot, -1);
    assert_string_equal(px_op_name(PX_OP_ADD), "add");
    assert_string_equal(px_op_name(PX_OP_GEMM), "gemm");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stores_what_it_is_given),
        cmocka_unit_test(wide_values_have_three_parts),
        cmocka_unit_test(blocks_are_copied_along_and_across),
        cmocka_unit_test(matrices_are_copied_and_cleared),
        cmocka_unit_test(views_of_a_slot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
