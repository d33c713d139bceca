#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "arith/codec.h"
#include "base/philox.h"
#include "io/safetensors.h"
#include "support/format.h"

#define PATH PX_BINARY_DIR "/test_io_safetensors.safetensors"

/* Any words of the format, its NaNs in their canonical spelling. */
static px_mat any_words(px_arena *arena, const char *name, int64_t rows, int64_t cols) {
    px_mat m = px_mat_new(arena, format(name), rows, cols);
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < cols; j++)
            px_mat_set(&m, i, j, px_decode(m.fmt, px_philox(7, (uint64_t)i, (uint64_t)j).lo));
    return m;
}

static void assert_same(const px_mat *a, const px_mat *b, bool transposed) {
    for (int64_t i = 0; i < a->rows; i++)
        for (int64_t j = 0; j < a->cols; j++) {
            double x = px_mat_get(a, i, j), y = transposed ? px_mat_get(b, j, i) : px_mat_get(b, i, j);
            if (px_encode(a->fmt, x) != px_encode(a->fmt, y)) fail_msg("(%d, %d): %a and %a", (int)i, (int)j, x, y);
        }
}

static void what_is_written_is_read(void **state) {
    (void)state;
    px_arena *arena = px_arena_new();
    px_error err = {0};
    const px_tensor_out out[] = {
        {.name = "half", .m = any_words(arena, "fp16", 3, 5)},
        {.name = "double", .m = any_words(arena, "fp64", 4, 2), .transposed = true},
        {.name = "byte", .m = any_words(arena, "fp8_e4m3", 1, 7), .vector = true},
        {.name = "float", .m = any_words(arena, "fp32", 1, 3), .vector = true},
        {.name = "b\"f\\16 \xc3\xa9", .m = any_words(arena, "bf16", 2, 9)},
        {.name = "no type of its own", .m = any_words(arena, "tf32", 2, 2)},
        {.name = "none", .m = any_words(arena, "fp16", 0, 4)},
    };
    enum { N = sizeof out / sizeof *out };
    assert_int_equal(px_safetensors_write(PATH, out, N, &err), PX_OK);
    px_safetensors file;
    if (px_safetensors_open(arena, PATH, &file, &err) != PX_OK) fail_msg("%s", err.text);
    assert_int_equal(file.n_tensors, N);
    for (int i = 0; i < N; i++) {
        const px_tensor *t = px_safetensors_find(&file, out[i].name);
        assert_non_null(t);
        assert_int_equal(t->begin % (uint64_t)t->dtype->bytes, 0);
        assert_int_equal(t->n_dims, out[i].vector ? 1 : 2);
        assert_int_equal(t->dim[0], out[i].vector || out[i].transposed ? out[i].m.cols : out[i].m.rows);
        px_mat m;
        assert_int_equal(px_safetensors_load(arena, &file, t, &m, &err), PX_OK);
        assert_same(&out[i].m, &m, out[i].transposed);
    }
    assert_string_equal(px_safetensors_find(&file, "no type of its own")->dtype->name, "F32");
    assert_null(px_safetensors_find(&file, "hal"));
    px_arena_free(arena);
}

/* By another reader: Python's json and struct, by the letter of the format. */
static void another_reader_accepts_it(void **state) {
    (void)state;
    if (system("python3 -c 'import json, struct' 2>/dev/null") != 0) skip();
    px_arena *arena = px_arena_new();
    px_error err = {0};
    px_mat half = px_mat_new(arena, format("fp16"), 2, 3), pair = px_mat_new(arena, px_fp_exact(), 2, 1);
    for (int64_t i = 0; i < 2; i++)
        for (int64_t j = 0; j < 3; j++) px_mat_set(&half, i, j, 0.5 * (double)(3 * i + j) - 1);
    px_mat_set(&pair, 0, 0, 0x1p-1074);
    px_mat_set(&pair, 1, 0, -0.1);
    const px_tensor_out out[] = {{.name = "h", .m = half}, {.name = "d", .m = pair, .transposed = true}};
    assert_int_equal(px_safetensors_write(PATH, out, 2, &err), PX_OK);
    const char *script =
        "import json, struct, sys\n"
        "raw = open(sys.argv[1], 'rb').read()\n"
        "n = struct.unpack('<Q', raw[:8])[0]\n"
        "head, data = json.loads(raw[8:8 + n]), raw[8 + n:]\n"
        "def get(t, c):\n"
        "    a, b = head[t]['data_offsets']\n"
        "    return [x[0] for x in struct.iter_unpack(c, data[a:b])]\n"
        "assert n % 8 == 0 and sum(t['data_offsets'][1] - t['data_offsets'][0] for t in head.values()) "
        "== len(data)\n"
        "assert head['h']['dtype'] == 'F16' and head['h']['shape'] == [2, 3]\n"
        "assert get('h', '<e') == [-1, -0.5, 0, 0.5, 1, 1.5]\n"
        "assert head['d']['dtype'] == 'F64' and head['d']['shape'] == [1, 2]\n"
        "assert get('d', '<d') == [5e-324, -0.1]\n";
    FILE *f = fopen(PATH ".py", "w");
    assert_non_null(f);
    fputs(script, f);
    fclose(f);
    assert_int_equal(system("python3 " PATH ".py " PATH), 0);
    px_arena_free(arena);
}

/* The bytes of a file: length, header and as many zeros as data. */
static size_t make_file(char *bytes, const char *header, size_t data) {
    uint64_t length = strlen(header);
    memcpy(bytes, &length, sizeof length);
    memcpy(bytes + 8, header, length);
    memset(bytes + 8 + length, 0, data);
    return 8 + length + data;
}

static const struct mistake {
    const char *header;
    size_t data;
    const char *text;
} mistakes[] = {
    {"[1]", 0, "t: byte 8: the header does not begin with {"},
    {"{\"a\": }", 0, "t: byte 15: unexpected token near '}'"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},\"a\":{}}", 4,
     "t: byte 65: duplicate object key near '\"a\"'"},
    {"{\"a\":3}", 0, "t: byte 9: tensor 'a': is not an object"},
    {"{\"a\":{\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "t: byte 9: tensor 'a': has no 'dtype'"},
    {"{\"a\":{\"dtype\":\"F31\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4,
     "t: byte 9: tensor 'a': unknown dtype 'F31'"},
    {"{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,4]}}", 4, "t: byte 9: tensor 'a': has no list 'shape'"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}", 4,
     "t: byte 9: tensor 'a': a dimension is not a number of elements"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1,1,1,1,1,1,1,1,1],\"data_offsets\":[0,4]}}", 4,
     "t: byte 9: tensor 'a': has more than 8 dimensions"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,0]}}", 0,
     "t: byte 9: tensor 'a': the product of its dimensions is beyond 2^63"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904],\"data_offsets\":[0,0]}}", 0,
     "t: byte 9: tensor 'a': 4611686018427387904 numbers of F32 do not fill 0 bytes"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0]}}", 4,
     "t: byte 9: tensor 'a': has no pair 'data_offsets'"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]}}", 4,
     "t: byte 9: tensor 'a': its data end before they begin"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}", 4,
     "t: byte 9: tensor 'a': its data end at 8 of 4 bytes of data"},
    {"{\"a\":{\"dtype\":\"F16\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4,
     "t: byte 9: tensor 'a': 1 numbers of F16 do not fill 4 bytes"},
    {"{\"a\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[0,4]},"
     "\"b\" :{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[2,6]}}",
     6, "t: byte 62: tensor 'b': its data overlap those of 'a'"},
    {"{\"a\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[0,4]},"
     "\"b\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[6,10]}}",
     10, "t: byte 120: the bytes from here to the next tensor belong to none"},
    {"{\"a\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[0,4]}}", 6,
     "t: byte 66: the bytes from here to the end of the file belong to no tensor"},
    {"{\"__metadata__\":{\"a\":1}}", 0, "t: byte 9: tensor '__metadata__': a value is not a text"},
};

static void mistakes_have_a_place(void **state) {
    (void)state;
    static char bytes[4096];
    px_arena *arena = px_arena_new();
    px_safetensors file;
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        px_error err = {0};
        size_t n = make_file(bytes, mistakes[i].header, mistakes[i].data);
        assert_int_equal(px_safetensors_parse(arena, "t", bytes, n, n, &file, &err), PX_BAD_FILE);
        assert_string_equal(err.text, mistakes[i].text);
        assert_int_equal(file.n_tensors, 0);
    }
    px_arena_free(arena);
}

static void a_length_that_lies(void **state) {
    (void)state;
    static char bytes[64];
    px_arena *arena = px_arena_new();
    px_safetensors file;
    px_error err = {0};
    const struct {
        uint64_t length;
        size_t n;
        const char *text;
    } cases[] = {
        {2, 7, "t: byte 7: the file ends within the length of the header"},
        {UINT64_MAX, 10, "t: byte 0: a header of 18446744073709551615 bytes in a file of 10 (at most 100000000)"},
        {3, 10, "t: byte 0: a header of 3 bytes in a file of 10"},
        {0, 10, "t: byte 0: a header of 0 bytes in a file of 10"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        make_file(bytes, "{}", 0);
        memcpy(bytes, &cases[i].length, sizeof cases[i].length);
        assert_int_equal(px_safetensors_parse(arena, "t", bytes, cases[i].n, cases[i].n, &file, &err), PX_BAD_FILE);
        assert_string_equal(err.text, cases[i].text);
    }
    px_arena_free(arena);
}

/* A valid file with a byte changed or cut off: every answer but a crash (tests/fuzz has the search). */
static void a_byte_that_changes(void **state) {
    (void)state;
    static char whole[512], bytes[512];
    size_t n =
        make_file(whole,
                  "{\"__metadata__\":{\"k\":\"v\"},\"a\":{\"dtype\":\"F16\",\"shape\":[2,1],\"data_offsets\":[0,4]},"
                  "\"b\":{\"dtype\":\"BF16\",\"shape\":[],\"data_offsets\":[4,6]}}",
                  6);
    px_arena *arena = px_arena_new();
    px_safetensors file;
    px_error err;
    assert_int_equal(px_safetensors_parse(arena, "t", whole, n, n, &file, &err), PX_OK);
    assert_int_equal(file.n_tensors, 2);
    for (size_t at = 0; at < n; at++) {
        memcpy(bytes, whole, n);
        bytes[at] = (char)px_philox(1, 0, at).lo;
        px_status changed = px_safetensors_parse(arena, "t", bytes, n, n, &file, &err);
        assert_true(changed == PX_OK || changed == PX_BAD_FILE);
        assert_int_equal(px_safetensors_parse(arena, "t", whole, at, at, &file, &err), PX_BAD_FILE);
    }
    px_arena_free(arena);
}

static void files_that_are_none(void **state) {
    (void)state;
    px_arena *arena = px_arena_new();
    px_safetensors file;
    px_error err;
    assert_int_equal(px_safetensors_open(arena, "/no/such", &file, &err), PX_BAD_FILE);
    assert_string_equal(err.text, "cannot read /no/such: No such file or directory");
    assert_int_equal(px_safetensors_open(arena, "/tmp", &file, &err), PX_BAD_FILE);
    assert_string_equal(err.text, "/tmp is not a regular file");
    const px_tensor_out out = {.name = "x", .m = any_words(arena, "fp64", 64, 64)};
    assert_int_equal(px_safetensors_write("/no/such/folder/x", &out, 1, &err), PX_INCOMPLETE);
    assert_int_equal(px_safetensors_write(PATH, &out, 1, &err), PX_OK);
    assert_int_equal(px_safetensors_open(arena, PATH, &file, &err), PX_OK);
    assert_int_equal(truncate(PATH, 4096), 0); /* while it is open */
    px_mat m;
    assert_int_equal(px_safetensors_load(arena, &file, &file.tensors[0], &m, &err), PX_BAD_FILE);
    assert_non_null(strstr(err.text, "tensor 'x' ends here"));
    assert_int_equal(px_safetensors_open(arena, PATH, &file, &err), PX_BAD_FILE);
    static char bytes[512];
    size_t n = make_file(bytes, "{\"i\":{\"dtype\":\"I32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4);
    assert_int_equal(px_safetensors_parse(arena, "t", bytes, n, n, &file, &err), PX_OK);
    assert_int_equal(px_safetensors_load(arena, &file, &file.tensors[0], &m, &err), PX_BAD_FILE);
    assert_string_equal(err.text, "t: byte 62: tensor 'i' has numbers of type I32, not a floating-point one");
    px_arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read), cmocka_unit_test(another_reader_accepts_it),
        cmocka_unit_test(mistakes_have_a_place),   cmocka_unit_test(a_length_that_lies),
        cmocka_unit_test(a_byte_that_changes),     cmocka_unit_test(files_that_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
