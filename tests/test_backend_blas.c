/* The executors blas:PATH: right products by good libraries, and precx alive after bad ones. Operands are small
 * integers, so every order, fused or not, gives the exact result. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>

#include "arith/codec.h"
#include "arith/round.h"
#include "backend/blas_host.h"
#include "backend/blas_library.h"
#include "backend/registry.h"
#include "base/parallel.h"
#include "base/philox.h"
#include "support/format.h"

#define BAD(name) PX_BINARY_DIR "/tests/libbad_" name ".so"
static const char openblas[] = "libopenblas.so.0";

/* 2 x 2 ones in fp32: the status, and the result in c. */
static px_status two_by_two(const char *path, float c[4], px_error *err) {
    static const float ones[4] = {1, 1, 1, 1};
    px_blas_product p = {.routine = PX_BLAS_SGEMM, .m = 2, .n = 2, .k = 2, .a = ones, .b = ones, .c = c};
    return px_blas_multiply(path, &p, err);
}

static void expect_two(const char *path) {
    float c[4] = {0};
    px_error err;
    if (two_by_two(path, c, &err) != PX_OK) fail_msg("%s: %s", path, err.text);
    for (int i = 0; i < 4; i++) assert_true(c[i] == 2.0F);
}

static void expect_failure(const char *path, px_status status, const char *text) {
    float c[4];
    px_error err;
    assert_int_equal(two_by_two(path, c, &err), status);
    if (!strstr(err.text, text)) fail_msg("'%s' says nothing of '%s'", err.text, text);
}

static double small(uint64_t i) { return (double)((int64_t)(px_philox(7, 8, i).lo % 17) - 8); }

/* out = c + sign a b, c and sign as the bits of `how` say, b transposed with bit 2; a, b in format `in`. */
static void check_product(px_arena *arena, const char *path, px_fp in_fmt, px_fp f, int how) {
    int64_t m = 5, n = 7, k = 33;
    bool with_c = how & 1, minus = how & 2, transposed = how & 4;
    px_slot slots[] = {{.name = "a", .rows = m, .cols = k, .fmt = in_fmt},
                       {.name = "b", .rows = transposed ? n : k, .cols = transposed ? k : n, .fmt = in_fmt},
                       {.name = "c", .rows = m, .cols = n, .fmt = f},
                       {.name = "out", .rows = m, .cols = n, .fmt = f}};
    px_call call = {.op = PX_OP_GEMM, .recipe = px_recipe_uniform(f), .attr = {minus ? -1.0 : 1.0}};
    px_prog prog = {.slots = slots, .calls = &call, .n_slots = 4, .n_calls = 1};
    call.in[0] = px_arg_whole(&prog, 0);
    call.in[1] = transposed ? px_arg_transposed(&prog, 1) : px_arg_whole(&prog, 1);
    call.in[2] = with_c ? px_arg_whole(&prog, 2) : px_arg_absent();
    call.out[0] = px_arg_whole(&prog, 3);
    px_mat in[3], out = px_mat_new(arena, f, m, n);
    for (int s = 0; s < 3; s++) {
        in[s] = px_mat_new(arena, slots[s].fmt, slots[s].rows, slots[s].cols);
        for (int64_t i = 0; i < in[s].rows * in[s].cols; i++)
            px_mat_set(&in[s], i / in[s].cols, i % in[s].cols, small((uint64_t)(1000 * s + i)));
    }
    px_error err;
    if (px_backend_call(px_blas_library("blas:x", path), &prog, in, 3, &out, NULL, &err) != PX_OK)
        fail_msg("%s: %s", path, err.text);
    for (int64_t i = 0; i < m; i++)
        for (int64_t j = 0; j < n; j++) {
            double exact = with_c ? px_mat_get(&in[2], i, j) : 0;
            for (int64_t t = 0; t < k; t++) {
                double b = transposed ? px_mat_get(&in[1], j, t) : px_mat_get(&in[1], t, j);
                exact += (minus ? -1 : 1) * px_mat_get(&in[0], i, t) * b;
            }
            assert_true(px_mat_get(&out, i, j) >= exact && px_mat_get(&out, i, j) <= exact);
        }
}

static bool is_here(const char *path) {
    float c[4];
    px_error err;
    px_status status = two_by_two(path, c, &err);
    if (status != PX_SKIPPED) assert_int_equal(status, PX_OK);
    if (status == PX_SKIPPED) print_message("%s: not tested: %s\n", path, err.text);
    return status == PX_OK;
}

static void good_libraries_multiply(void **state) {
    (void)state;
    static const char *const paths[] = {openblas, "libblis.so.4", "/usr/lib/x86_64-linux-gnu/blas/libblas.so.3"};
    px_arena *arena = px_arena_new();
    int here = 0;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        if (!is_here(paths[i])) continue;
        here++;
        for (int how = 0; how < 8; how++) {
            check_product(arena, paths[i], format("fp32"), format("fp32"), how);
            check_product(arena, paths[i], format("fp64"), format("fp64"), how);
        }
    }
    px_arena_free(arena);
    assert_true(here > 0);
}

static void precx_survives_bad_ones(void **state) {
    (void)state;
    expect_failure(BAD("crash"), PX_INCOMPLETE, "during a product");
    expect_two(openblas);
    expect_failure(BAD("crash"), PX_INCOMPLETE, "during a product");
    expect_failure(BAD("empty"), PX_INCOMPLETE, "no cblas_sgemm");
    expect_failure("/nowhere/libblas.so", PX_SKIPPED, "not here");
    expect_failure("libnot-a-library-of-this-machine.so", PX_SKIPPED, "not here");
    expect_failure(PX_SOURCE_DIR "/README.md", PX_INCOMPLETE, "cannot be loaded");
    expect_two(openblas);
}

static void one_that_hangs_is_ended(void **state) {
    (void)state;
    setenv("PRECX_BLAS_TIMEOUT", "0.2", 1);
    expect_failure(BAD("hang"), PX_INCOMPLETE, "does not return");
    unsetenv("PRECX_BLAS_TIMEOUT");
    expect_two(openblas);
}

static void what_not_every_library_has(void **state) {
    (void)state;
    uint16_t one = 0x3F80;
    float c;
    px_error err;
    px_blas_product p = {.routine = PX_BLAS_SBGEMM, .m = 1, .n = 1, .k = 1, .a = &one, .b = &one, .c = &c};
    assert_int_equal(px_blas_multiply(BAD("cut"), &p, &err), PX_SKIPPED);
    assert_non_null(strstr(err.text, "cblas_sbgemm"));
}

/* out = a b by an executor, of any words of the format `in`. */
static void multiply_words(const px_exec *exec, px_arena *arena, px_fp in_fmt, px_mat *out) {
    int64_t m = out->rows, n = out->cols, k = 40;
    px_slot slots[] = {{.name = "a", .rows = m, .cols = k, .fmt = in_fmt},
                       {.name = "b", .rows = k, .cols = n, .fmt = in_fmt},
                       {.name = "out", .rows = m, .cols = n, .fmt = out->fmt}};
    px_call call = {.op = PX_OP_GEMM, .recipe = px_recipe_uniform(out->fmt), .attr = {1.0}};
    px_prog prog = {.slots = slots, .calls = &call, .n_slots = 3, .n_calls = 1};
    call.in[0] = px_arg_whole(&prog, 0), call.in[1] = px_arg_whole(&prog, 1), call.in[2] = px_arg_absent();
    call.out[0] = px_arg_whole(&prog, 2);
    px_mat in[2];
    for (int s = 0; s < 2; s++) {
        in[s] = px_mat_new(arena, in_fmt, slots[s].rows, slots[s].cols);
        for (int64_t i = 0; i < in[s].rows * in[s].cols; i++) {
            uint64_t r = px_philox(9, (uint64_t)s, (uint64_t)i).lo;
            double x = (double)(int64_t)(r >> 40) * 0x1p-22 - 2;
            if (r % 64 == 0) x = px_decode(in_fmt, r >> 20 & 0xFFFF);
            if (r % 128 == 1) x = (double)INFINITY;
            px_mat_set(&in[s], i / in[s].cols, i % in[s].cols, px_round(in_fmt, px_rounding_of(PX_NEAREST_EVEN), x, 0));
        }
    }
    px_error err;
    if (px_backend_call(exec, &prog, in, 2, out, NULL, &err) != PX_OK) fail_msg("%s: %s", exec->name, err.text);
}

/* Words there and back: a library whose products and sums are rounded as precx's own are. */
static void short_formats(void **state) {
    (void)state;
    const char *const formats[][2] = {{"bf16", "fp32"}, {"fp16", "fp16"}};
    px_arena *arena = px_arena_new();
    for (int f = 0; f < 2; f++) {
        px_fp in = format(formats[f][0]), out = format(formats[f][1]);
        for (int how = 0; how < 8; how++) check_product(arena, BAD("short"), in, out, how);
        px_mat ours = px_mat_new(arena, out, 9, 11), theirs = px_mat_new(arena, out, 9, 11);
        multiply_words(px_backend_emulated(), arena, in, &ours);
        multiply_words(px_blas_library("blas:short", BAD("short")), arena, in, &theirs);
        int finite = 0, other = 0;
        for (int64_t i = 0; i < ours.rows; i++)
            for (int64_t j = 0; j < ours.cols; j++) {
                double x = px_mat_get(&ours, i, j), y = px_mat_get(&theirs, i, j);
                if (x != x ? y == y : memcmp(&x, &y, sizeof x) != 0)
                    fail_msg("%s: entry %d, %d: %a, not %a", formats[f][0], (int)i, (int)j, y, x);
                x - x == 0 ? finite++ : other++;
            }
        assert_true(finite > 10 && other > 10);
    }
    px_arena_free(arena);
}

/* C is full of NaN before a product without start value. */
static void a_library_that_reads_c_shows_it(void **state) {
    (void)state;
    float c[4];
    px_error err;
    assert_int_equal(two_by_two(BAD("reads_c"), c, &err), PX_OK);
    for (int i = 0; i < 4; i++) assert_true(c[i] != c[i]);
}

static void the_environment_is_probed(void **state) {
    (void)state;
    char text[240];
    px_error err;
    assert_int_equal(px_blas_environment(openblas, text, &err), PX_OK);
    assert_string_equal(text, "");
#if defined(__SSE2__)
    assert_int_equal(px_blas_environment(BAD("flush"), text, &err), PX_OK);
    assert_non_null(strstr(text, "subnormal"));
#endif
}

/* Two paths with the same file, alignments and threads: nothing of that reaches an exact result. */
static void any_alignment_and_threads(void **state) {
    (void)state;
    enum { N = 20 };
    double a[N * N], b[N * N], c[N * N], again[N * N];
    for (int i = 0; i < N * N; i++) a[i] = small((uint64_t)i), b[i] = small((uint64_t)i + 5000);
    px_error err;
    px_blas_product p = {.routine = PX_BLAS_DGEMM, .m = N, .n = N, .k = N, .a = a, .b = b, .c = c};
    assert_int_equal(px_blas_multiply(openblas, &p, &err), PX_OK);
    p.c = again, p.skew = 8, p.threads = 2;
    assert_int_equal(px_blas_multiply(openblas, &p, &err), PX_OK);
    assert_memory_equal(c, again, sizeof c);
}

static void multiply_one(void *context, int64_t i) {
    px_status *status = context;
    float c[4];
    status[i] = two_by_two(i % 3 == 2 ? BAD("crash") : openblas, c, NULL);
    if (status[i] == PX_OK && !(c[3] > 1.5F && c[3] < 2.5F)) status[i] = PX_REGRESSION;
}

/* From the threads of the pool, after OpenMP has run. */
static void from_many_threads(void **state) {
    (void)state;
    px_status status[48];
    px_parallel_set_jobs(4);
    px_parallel_for(48, multiply_one, status);
    for (int i = 0; i < 48; i++) assert_int_equal(status[i], i % 3 == 2 ? PX_INCOMPLETE : PX_OK);
}

static void one_executor_a_library(void **state) {
    (void)state;
    const px_exec *x = px_backend_of("blas:x", "libx.so");
    assert_ptr_equal(x, px_backend_of("blas:x", "libx.so"));
    assert_ptr_not_equal(x, px_backend_of("blas:x", "liby.so"));
    assert_string_equal(x->name, "blas:x");
    assert_string_equal(px_blas_library_path(x), "libx.so");
    assert_null(px_blas_library_path(px_backend_openblas()));
    assert_ptr_equal(px_backend_of("openblas", NULL), px_backend_openblas());
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_libraries_multiply),
        cmocka_unit_test(precx_survives_bad_ones),
        cmocka_unit_test(one_that_hangs_is_ended),
        cmocka_unit_test(what_not_every_library_has),
        cmocka_unit_test(short_formats),
        cmocka_unit_test(a_library_that_reads_c_shows_it),
        cmocka_unit_test(the_environment_is_probed),
        cmocka_unit_test(any_alignment_and_threads),
        cmocka_unit_test(from_many_threads),
        cmocka_unit_test(one_executor_a_library),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
