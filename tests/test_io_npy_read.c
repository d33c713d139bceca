/* .npy files from outside: what they hold, and where a wrong one is wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "io/matrix_file.h"
#include "io/npy.h"

static px_arena *arena;

static int set_up(void **state) { return (void)state, (arena = px_arena_new()) ? 0 : 1; }
static int tear_down(void **state) { return (void)state, px_arena_free(arena), 0; }

/* A file of that version with that dictionary and these data. */
static px_bytes file(int version, const char *dict, const void *data, size_t n) {
    size_t length = strlen(dict) + 1, prefix = version == 1 ? 10 : 12, total = prefix + length + n;
    char *bytes = px_arena_alloc(arena, total + 1, 1);
    memcpy(bytes, "\x93NUMPY", 6);
    bytes[6] = (char)version;
    bytes[8] = (char)(length & 255);
    bytes[9] = (char)(length >> 8);
    memcpy(bytes + prefix, dict, length - 1);
    bytes[prefix + length - 1] = '\n';
    if (n > 0) memcpy(bytes + prefix + length, data, n);
    return (px_bytes){bytes, total};
}

#define DICT(descr, order, shape) "{'descr': '" descr "', 'fortran_order': " order ", 'shape': " shape ", }"

static void expect(px_bytes bytes, int64_t rows, int64_t cols, const double *values) {
    px_mat m;
    px_error err;
    if (px_npy_parse(arena, "a.npy", bytes, &m, &err) != PX_OK) fail_msg("%s", err.text);
    assert_int_equal(m.rows, rows);
    assert_int_equal(m.cols, cols);
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < cols; j++) assert_true(px_mat_get(&m, i, j) == values[i * cols + j]);
}

static void every_element_type_is_read(void **state) {
    (void)state;
    static const double f8[] = {1, 2, 3, 4, 5, 0x1p-1074};
    static const float f4[] = {0.5f, -3, 0x1p-149f};
    static const double wide[] = {0.5, -3, 0x1p-149};
    static const unsigned char f2[] = {0x00, 0x3c, 0x01, 0x80}, big[] = {0x40, 0x00, 0, 0, 0, 0, 0, 0};
    static const int8_t i1[] = {-128, 127};
    static const uint8_t u1[] = {255, 0};
    static const int16_t i2[] = {-32768, 5};
    static const int64_t i8[] = {-((int64_t)1 << 53), 7};
    expect(file(1, DICT("<f8", "False", "(2, 3)"), f8, sizeof f8), 2, 3, f8);
    expect(file(2, DICT("<f8", "False", "(6,)"), f8, sizeof f8), 6, 1, f8);
    expect(file(3, DICT("<f8", "True", "(2, 3)"), f8, sizeof f8), 2, 3, (double[]){1, 3, 5, 2, 4, 0x1p-1074});
    expect(file(1, DICT("<f4", "False", "(1,3)"), f4, sizeof f4), 1, 3, wide);
    expect(file(1, DICT("<f2", "False", "(1, 2)"), f2, sizeof f2), 1, 2, (double[]){1, -0x1p-24});
    expect(file(1, DICT(">f8", "False", "(1, 1)"), big, sizeof big), 1, 1, (double[]){2});
    expect(file(1, DICT("|i1", "False", "(1, 2)"), i1, sizeof i1), 1, 2, (double[]){-128, 127});
    expect(file(1, DICT("|u1", "False", "(1, 2)"), u1, sizeof u1), 1, 2, (double[]){255, 0});
    expect(file(1, DICT("<i2", "False", "(1, 2)"), i2, sizeof i2), 1, 2, (double[]){-32768, 5});
    expect(file(1, DICT("<i8", "False", "(1, 2)"), i8, sizeof i8), 1, 2, (double[]){-0x1p53, 7});
    expect(file(1, "{\"shape\": (1, 1), \"descr\": \"<u2\", \"fortran_order\": False}", "\3\1", 2), 1, 1,
           (double[]){259});
}

static const struct wrong {
    const char *dict;
    size_t n; /* bytes of data */
    const char *message;
} wrongs[] = {
    {DICT("<f8", "False", "(2, 2)"), 24,
     "a.npy: byte 70: error: 2 x 2 elements of 8 bytes do not fill the 24 bytes that follow"},
    {DICT("<f8", "False", "(1000000000000, 1000000000000)"), 8,
     "a.npy: byte 94: error: 1000000000000 x 1000000000000 elements of 8 bytes do not fill the 8 bytes that follow"},
    {DICT("<f8", "False", "(99999999999999999999999999, 2)"), 8,
     "a.npy: byte 61: error: a dimension is a whole number, at least 1 and at most 2^40"},
    {DICT("<f8", "False", "(-1, 2)"), 8,
     "a.npy: byte 61: error: a dimension is a whole number, at least 1 and at most 2^40"},
    {DICT("<f8", "False", "(0, 2)"), 0,
     "a.npy: byte 61: error: a dimension is a whole number, at least 1 and at most 2^40"},
    {DICT("<f8", "False", "()"), 8, "a.npy: byte 62: error: a number alone is no matrix"},
    {DICT("<f8", "False", "(1, 1, 1)"), 8, "a.npy: byte 67: error: more than two dimensions are no matrix"},
    {DICT("<c16", "False", "(1, 1)"), 16,
     "a.npy: byte 20: error: elements '<c16' are not read: f2, f4, f8 and integers are"},
    {DICT("|O", "False", "(1, 1)"), 8,
     "a.npy: byte 20: error: elements '|O' are not read: f2, f4, f8 and integers are"},
    {"{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,), }", 8,
     "a.npy: byte 20: error: records are no numbers"},
    {"{'descr': '<f8', 'fortran_order': Maybe, 'shape': (1,), }", 8,
     "a.npy: byte 44: error: True or False is missing from the header"},
    {"{'descr': '<f8', 'shape': (1,), }", 8, "a.npy: byte 44: error: the header lacks fortran_order"},
    {"{'shape': (1,), 'shape': (1,)}", 8, "a.npy: byte 34: error: 'shape' stands twice in the header"},
    {"{'evil': (1,)}", 8, "a.npy: byte 18: error: 'evil' does not belong in the header"},
    {"{'descr", 8, "a.npy: byte 17: error: no such word is known in a header"},
    {"", 8, "a.npy: byte 11: error: '{' is missing from the header"},
    {"__import__('os')", 8, "a.npy: byte 10: error: '{' is missing from the header"},
    {"{} x", 8, "a.npy: byte 13: error: the header goes on behind its dictionary"},
};

static void a_wrong_header_is_told_where(void **state) {
    (void)state;
    static const char zeros[64];
    for (size_t i = 0; i < sizeof wrongs / sizeof *wrongs; i++) {
        px_mat m;
        px_error err;
        assert_int_equal(px_npy_parse(arena, "a.npy", file(1, wrongs[i].dict, zeros, wrongs[i].n), &m, &err),
                         PX_BAD_FILE);
        assert_string_equal(err.text, wrongs[i].message);
    }
}

static void wrong_data_are_told_where(void **state) {
    (void)state;
    px_mat m;
    px_error err;
    const double nan[] = {1, __builtin_nan("")}, inf[] = {-__builtin_inf()};
    const uint64_t large[] = {((uint64_t)1 << 53) + 1};
    assert_int_equal(px_npy_parse(arena, "a.npy", file(1, DICT("<f8", "False", "(2,)"), nan, 16), &m, &err),
                     PX_BAD_FILE);
    assert_string_equal(err.text, "a.npy: byte 76: error: nan is no finite number");
    assert_int_equal(px_npy_parse(arena, "a.npy", file(1, DICT("<f8", "False", "(1,)"), inf, 8), &m, &err),
                     PX_BAD_FILE);
    assert_string_equal(err.text, "a.npy: byte 68: error: inf is no finite number");
    assert_int_equal(px_npy_parse(arena, "a.npy", file(1, DICT("<u8", "False", "(1,)"), large, 8), &m, &err),
                     PX_BAD_FILE);
    assert_string_equal(err.text, "a.npy: byte 68: error: an integer beyond 2^53");
}

/* No beginning of a good file is taken for one. */
static void every_cut_is_noticed(void **state) {
    (void)state;
    static const double data[] = {1, 2, 3, 4};
    for (int version = 1; version <= 2; version++) {
        px_bytes whole = file(version, DICT("<f8", "False", "(2, 2)"), data, sizeof data);
        for (size_t n = 0; n < whole.n; n++) {
            px_mat m;
            px_error err;
            char *copy = malloc(n + 1); /* its own block, so that reading behind it is noticed */
            assert_non_null(copy);
            memcpy(copy, whole.at, n);
            assert_int_equal(px_npy_parse(arena, "a.npy", (px_bytes){copy, n}, &m, &err), PX_BAD_FILE);
            free(copy);
        }
    }
}

static void what_is_written_is_read(void **state) {
    (void)state;
    const char *path = PX_BINARY_DIR "/test_io_npy_read.npy";
    px_mat m = px_mat_new(arena, px_fp_exact(), 3, 2), back;
    px_error err = {0};
    for (int64_t i = 0; i < 3; i++)
        for (int64_t j = 0; j < 2; j++) px_mat_set(&m, i, j, 1.0 / (double)(3 * i + j + 1));
    assert_int_equal(px_npy_write(path, &m, &err), PX_OK);
    assert_int_equal(px_matrix_file_read(arena, path, &back, &err), PX_OK);
    assert_memory_equal(m.data, back.data, 6 * sizeof(double));
    remove(path);
    assert_int_equal(px_matrix_file_read(arena, path, &back, &err), PX_BAD_FILE);
    assert_non_null(strstr(err.text, "No such file"));
    assert_int_equal(px_matrix_file_read(arena, "x.txt", &back, &err), PX_BAD_FILE);
    assert_string_equal(err.text, "x.txt: the name of a matrix file ends in .mtx or .npy");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_element_type_is_read), cmocka_unit_test(a_wrong_header_is_told_where),
        cmocka_unit_test(wrong_data_are_told_where),  cmocka_unit_test(every_cut_is_noticed),
        cmocka_unit_test(what_is_written_is_read),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
