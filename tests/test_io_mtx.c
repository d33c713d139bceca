/* Matrix Market files: what they hold, and where a wrong one is wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "io/mtx.h"

static px_arena *arena;

static int set_up(void **state) { return (void)state, (arena = px_arena_new()) ? 0 : 1; }
static int tear_down(void **state) { return (void)state, px_arena_free(arena), 0; }

static px_status parse(const char *text, px_mat *m, px_error *err) {
    *err = (px_error){.status = PX_OK};
    return px_mtx_parse(arena, "a.mtx", (px_bytes){text, strlen(text)}, m, err);
}

static void expect(const char *text, int64_t rows, int64_t cols, const double *values) {
    px_mat m;
    px_error err;
    if (parse(text, &m, &err) != PX_OK) fail_msg("%s", err.text);
    assert_int_equal(m.rows, rows);
    assert_int_equal(m.cols, cols);
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < cols; j++) assert_true(px_mat_get(&m, i, j) == values[i * cols + j]);
}

static void every_variant_is_read(void **state) {
    (void)state;
    expect("%%MatrixMarket matrix coordinate real general\n% a comment\n\n2 3 3\n1 1 1.5\n2 3 -2e-3\n1 3 .5\n", 2, 3,
           (double[]){1.5, 0, 0.5, 0, 0, -2e-3});
    expect("%%matrixmarket MATRIX Coordinate Integer Symmetric\n2 2 2\n1 1 7\n2 1 -3\n", 2, 2,
           (double[]){7, -3, -3, 0});
    expect("%%MatrixMarket matrix coordinate pattern general\r\n2 2 1\r\n\r\n2 1\r\n", 2, 2, (double[]){0, 0, 1, 0});
    expect("%%MatrixMarket matrix coordinate real skew-symmetric\n2 2 1\n2 1 4", 2, 2, (double[]){0, -4, 4, 0});
    expect("%%MatrixMarket matrix array real general\n2 2\n1\n2\n% between\n3\n4\n", 2, 2, (double[]){1, 3, 2, 4});
    expect("%%MatrixMarket matrix array integer symmetric\n2 2\n1\n2\n3\n", 2, 2, (double[]){1, 2, 2, 3});
    expect("%%MatrixMarket matrix array real skew-symmetric\n3 3\n1\n2\n3\n", 3, 3,
           (double[]){0, -1, -2, 1, 0, -3, 2, 3, 0});
    expect("%%MatrixMarket matrix array double general\n1 1\n9007199254740993\n", 1, 1, (double[]){9007199254740992});
    expect("%%MatrixMarket matrix coordinate real general\n3 1 0\n", 3, 1, (double[]){0, 0, 0});
}

#define COORDINATE "%%MatrixMarket matrix coordinate real general\n"
#define ARRAY      "%%MatrixMarket matrix array real general\n"

static const struct wrong {
    const char *text, *message;
} wrongs[] = {
    {"", "a.mtx:1:1: error: a Matrix Market file begins with %%MatrixMarket"},
    {"hello\n", "a.mtx:1:1: error: a Matrix Market file begins with %%MatrixMarket"},
    {"%%MatrixMarket", "a.mtx:1:15: error: the object is missing from the first line"},
    {"%%MatrixMarket vector coordinate real general\n",
     "a.mtx:1:16: error: object 'vector' is not one of those that precx reads"},
    {"%%MatrixMarket matrix coordinate complex general\n",
     "a.mtx:1:34: error: field 'complex' is not one of those that precx reads"},
    {"%%MatrixMarket matrix coordinate real hermitian\n",
     "a.mtx:1:39: error: symmetry 'hermitian' is not one of those that precx reads"},
    {"%%MatrixMarket matrix array pattern general\n", "a.mtx:1:29: error: an array has numbers, not a pattern"},
    {"%%MatrixMarket matrix array real general x\n", "a.mtx:1:42: error: 'x' is more than the line should hold"},
    {COORDINATE, "a.mtx:2:1: error: the file ends before its sizes"},
    {COORDINATE "% a comment without an end", "a.mtx:2:27: error: the file ends before its sizes"},
    {COORDINATE "-1 2 3\n", "a.mtx:2:1: error: the number of rows, -1, is not within 1 .. 16777216"},
    {COORDINATE "0 2 0\n", "a.mtx:2:1: error: the number of rows, 0, is not within 1 .. 16777216"},
    {COORDINATE "99999999999999999999 2 3\n",
     "a.mtx:2:1: error: the number of rows is no integer: '99999999999999999999'"},
    {COORDINATE "1000000 1000000 3\n",
     "a.mtx:2:9: error: 1000000 x 1000000 numbers: precx keeps matrices densely, up to 16777216 numbers"},
    {COORDINATE "2 2\n", "a.mtx:2:4: error: the number of entries is missing"},
    {COORDINATE "2 2 5\n", "a.mtx:2:5: error: the number of entries, 5, is not within 0 .. 4"},
    {COORDINATE "2 2 1 0\n", "a.mtx:2:7: error: '0' is more than the line should hold"},
    {COORDINATE "2 2 2\n1 1 1\n", "a.mtx:4:1: error: the file ends after 1 of 2 entries"},
    {COORDINATE "2 2 1\n1 1 1\n2 2 1\n", "a.mtx:4:1: error: '2' stands behind the last entry"},
    {COORDINATE "2 2 1\n3 1 1\n", "a.mtx:3:1: error: the row, 3, is not within 1 .. 2"},
    {COORDINATE "2 2 1\n1 -1 1\n", "a.mtx:3:3: error: the column, -1, is not within 1 .. 2"},
    {COORDINATE "2 2 1\n1\n", "a.mtx:3:2: error: the column is missing"},
    {COORDINATE "2 2 1\n1 1\n", "a.mtx:3:4: error: the value is missing"},
    {COORDINATE "2 2 1\n1 1 nan\n", "a.mtx:3:5: error: 'nan' is no finite decimal number"},
    {COORDINATE "2 2 1\n1 1 -inf\n", "a.mtx:3:5: error: '-inf' is no finite decimal number"},
    {COORDINATE "2 2 1\n1 1 1e999\n", "a.mtx:3:5: error: 1e999 is beyond the range of doubles"},
    {COORDINATE "2 2 1\n1 1 1e5x\n", "a.mtx:3:5: error: '1e5x' is no finite decimal number"},
    {COORDINATE "2 2 1\n1 1 1e+\n", "a.mtx:3:5: error: '1e+' is no finite decimal number"},
    {COORDINATE "2 2 1\n1 1 1 1\n", "a.mtx:3:7: error: '1' is more than the line should hold"},
    {COORDINATE "2 2 2\n1 1 1\n1 1 2\n", "a.mtx:4:5: error: entry (1, 1) stands twice"},
    {"%%MatrixMarket matrix coordinate real symmetric\n2 2 1\n1 2 1\n",
     "a.mtx:3:5: error: a symmetric file holds the lower triangle only"},
    {"%%MatrixMarket matrix coordinate real symmetric\n2 3 1\n",
     "a.mtx:2:3: error: a symmetric matrix is square, not 2 x 3"},
    {"%%MatrixMarket matrix coordinate real skew-symmetric\n2 2 1\n1 1 1\n",
     "a.mtx:3:5: error: a skew-symmetric file has no diagonal"},
    {"%%MatrixMarket matrix coordinate integer general\n2 2 1\n1 1 1.5\n",
     "a.mtx:3:5: error: the value is no integer: '1.5'"},
    {"%%MatrixMarket matrix coordinate integer general\n1 1 1\n1 1 9007199254740993\n",
     "a.mtx:3:5: error: the value, 9007199254740993, is not within -9007199254740992 .. 9007199254740992"},
    {ARRAY "4000 4000\n1\n", "a.mtx:3:1: error: the file is too short for 16000000 numbers"},
    {ARRAY "2 2\n1\n2\n3\n\n\n\n", "a.mtx:9:1: error: the file ends before entry (2, 2)"},
    {ARRAY "1 1\n1\n2\n", "a.mtx:4:1: error: '2' stands behind the last entry"},
    {ARRAY "1 2\n1\nz\001\x80z\n", "a.mtx:4:1: error: 'z\?\?z' is no finite decimal number"},
};

static void a_wrong_file_is_told_where(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof wrongs / sizeof *wrongs; i++) {
        px_mat m;
        px_error err;
        assert_int_equal(parse(wrongs[i].text, &m, &err), PX_BAD_FILE);
        assert_string_equal(err.text, wrongs[i].message);
    }
}

/* Every beginning of a good file is refused, but for those that lack no number. */
static void every_cut_is_noticed(void **state) {
    (void)state;
    static const char text[] = COORDINATE "2 2 2\n1 1 1\n2 2 5\n";
    for (size_t n = 0; n + 2 < strlen(text); n++) {
        px_mat m;
        px_error err;
        assert_int_equal(px_mtx_parse(arena, "a.mtx", (px_bytes){text, n}, &m, &err), PX_BAD_FILE);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_variant_is_read),
        cmocka_unit_test(a_wrong_file_is_told_where),
        cmocka_unit_test(every_cut_is_noticed),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
