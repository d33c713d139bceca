#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "io/npy.h"

static const px_fp fp32 = {
    .p = 24, .emin = -126, .emax = 127, .width = 32, .subnormals = 1, .has_inf = 1, .has_nan = 1};

static size_t slurp(const char *path, char *bytes, size_t capacity) {
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    size_t n = fread(bytes, 1, capacity, f);
    fclose(f);
    return n;
}

/* The file by the letter of numpy/lib/format.py, version 1.0. */
static void writes_the_format(void **state) {
    (void)state;
    const char *path = PX_BINARY_DIR "/test_io_npy.npy";
    px_arena *arena = px_arena_new();
    px_mat whole = px_mat_new(arena, fp32, 5, 9), m = px_mat_block(&whole, 1, 2, 3, 4);
    for (int64_t i = 0; i < 3; i++)
        for (int64_t j = 0; j < 4; j++) px_mat_set(&m, i, j, (double)(10 * i + j) - 0.5);
    px_error err = {0};
    assert_int_equal(px_npy_write(path, &m, &err), PX_OK);

    static char bytes[4096];
    size_t n = slurp(path, bytes, sizeof bytes);
    assert_memory_equal(bytes, "\x93NUMPY\x01\x00", 8);
    size_t header = (size_t)(unsigned char)bytes[8] | (size_t)(unsigned char)bytes[9] << 8;
    assert_int_equal((10 + header) % 64, 0);
    assert_int_equal(n, 10 + header + 12 * sizeof(double));
    const char *dict = "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }";
    assert_memory_equal(bytes + 10, dict, strlen(dict));
    for (size_t i = 10 + strlen(dict); i < 10 + header - 1; i++) assert_int_equal(bytes[i], ' ');
    assert_int_equal(bytes[10 + header - 1], '\n');
    for (int64_t i = 0; i < 3; i++)
        for (int64_t j = 0; j < 4; j++) {
            double x = (double)(10 * i + j) - 0.5;
            assert_memory_equal(bytes + 10 + header + (size_t)(4 * i + j) * sizeof x, &x, sizeof x);
        }
    px_arena_free(arena);
}

/* The same by NumPy itself, where it is installed. */
static void numpy_reads_it(void **state) {
    (void)state;
    if (system("python3 -c 'import numpy' 2>/dev/null") != 0) skip();
    const char *path = PX_BINARY_DIR "/test_io_npy_numpy.npy";
    px_arena *arena = px_arena_new();
    px_mat m = px_mat_new(arena, px_fp_exact(), 2, 3);
    const double values[2][3] = {{0x1p-1074, -0.0, 0x1.fffffffffffffp1023}, {0.1, -1e300, 3.0}};
    for (int64_t i = 0; i < 2; i++) px_mat_set_row(&m, i, 0, 3, values[i]);
    px_error err = {0};
    assert_int_equal(px_npy_write(path, &m, &err), PX_OK);
    char command[2048];
    snprintf(command, sizeof command,
             "python3 -c \"import numpy, sys; a = numpy.load('%s'); "
             "b = numpy.array([[2.0**-1074, -0.0, sys.float_info.max], [0.1, -1e300, 3.0]]); "
             "sys.exit(a.shape != b.shape or a.tobytes() != b.tobytes())\"",
             path);
    assert_int_equal(system(command), 0);
    px_arena_free(arena);
}

static void says_why_it_cannot(void **state) {
    (void)state;
    px_arena *arena = px_arena_new();
    px_mat m = px_mat_new(arena, px_fp_exact(), 64, 64);
    px_error err = {0};
    assert_int_equal(px_npy_write("/no/such/folder/x.npy", &m, &err), PX_INCOMPLETE);
    assert_string_equal(err.text, "/no/such/folder/x.npy: No such file or directory");
    FILE *full = fopen("/dev/full", "wb");
    if (full) { /* a disk that is always full */
        fclose(full);
        assert_int_equal(px_npy_write("/dev/full", &m, &err), PX_INCOMPLETE);
        assert_string_equal(err.text, "/dev/full: No space left on device");
    }
    px_arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_the_format),
        cmocka_unit_test(numpy_reads_it),
        cmocka_unit_test(says_why_it_cannot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
