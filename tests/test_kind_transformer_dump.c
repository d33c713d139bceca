/* Tensors out of a training step and into one: the dump against another program's step and against the table's own
 * counts, parameters from a file, and what is said about files that do not fit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <math.h>

#include "io/safetensors.h"
#include "support/tunnel.h"

#define DUMP PX_BINARY_DIR "/test_kind_transformer_dump"

static void fresh_folder(void) { assert_int_equal(system("rm -rf " DUMP " && mkdir " DUMP), 0); }

/* An experiment of one block; more: further lines of the sweep. */
static px_flight fly(px_arena *arena, const char *more) {
    return px_fly(arena,
                  px_arena_printf(arena,
                                  "# What does a step do? It is dumped.\n[experiment]\nkind = transformer\n[sweep]\n"
                                  "width = 8\nlength = 4\nheads = 2\nbatch = 1\n%s",
                                  more),
                  PX_ENGINE_AUTO, DUMP);
}

static px_safetensors open_dump(px_arena *arena, const px_flight *f, int64_t row, const char *name) {
    char *id = px_arena_strdup(arena, f->cells[row]->id);
    for (char *p = id; *p; p++)
        if (*p == '/') *p = '_';
    px_safetensors file;
    px_error err;
    if (px_safetensors_open(arena, px_arena_printf(arena, DUMP "/%s/step_1/%s.safetensors", id, name), &file, &err) !=
        PX_OK)
        fail_msg("%s", err.text);
    return file;
}

static px_mat load(px_arena *arena, const px_safetensors *file, const char *name) {
    px_mat m;
    const px_tensor *t = px_safetensors_find(file, name);
    if (!t) fail_msg("%s: no %s", file->path, name);
    assert_int_equal(px_safetensors_load(arena, file, t, &m, NULL), PX_OK);
    return m;
}

static void a_step_in_python_agrees(void **state) {
    (void)state;
    if (system("python3 -c 'import json, struct, math' 2>/dev/null") != 0) skip();
    px_arena *arena = px_arena_new();
    fresh_folder();
    px_flight f = fly(arena, "policy = fp64\ninit = 0.4\njudge = none\n");
    px_safetensors file = open_dump(arena, &f, 0, "computed");
    assert_int_equal(system(px_arena_printf(arena, "python3 %s/tests/step.py %s 2", PX_SOURCE_DIR, file.path)), 0);
    px_arena_free(arena);
}

/* The table's counts and errors are those of the dumped numbers. */
static void the_table_is_the_dump(void **state) {
    (void)state;
    px_arena *arena = px_arena_new();
    fresh_folder();
    px_flight f = fly(arena, "policy = fp16_pure\ntensors = all\nlocal = yes\ngrad = 0.00001\noptimizer = sgd\n");
    px_safetensors computed = open_dump(arena, &f, 0, "computed"), local = open_dump(arena, &f, 0, "local");
    int64_t tensors = 0, flushed = 0;
    for (int64_t i = 0; i < f.n; i++) {
        const char *name = px_flight_text(&f, i, "tensor");
        if (strcmp(name, "step") == 0) continue;
        px_mat x = load(arena, &computed, name), redone = load(arena, &local, name);
        px_mat radius = load(arena, &local, px_arena_printf(arena, "%s.radius", name));
        int64_t n = 0;
        for (int64_t e = 0; e < x.rows * x.cols; e++) {
            int64_t a = e / x.cols, b = e % x.cols;
            n += px_mat_get(&x, a, b) == 0 && fabs(px_mat_get(&redone, a, b)) > px_mat_get(&radius, a, b);
        }
        if (n != (int64_t)px_flight_number(&f, i, "n_flushed_local"))
            fail_msg("%s: %d flushed in the dump", name, (int)n);
        tensors++;
        flushed += n;
    }
    assert_true(tensors > 40 && flushed > 20);
    px_arena_free(arena);
}

/* Parameters and data of a dump, given back, make the same step. */
static void parameters_come_back(void **state) {
    (void)state;
    px_arena *arena = px_arena_new();
    fresh_folder();
    px_flight f = fly(arena, "policy = fp32\ninit = 0.3\n");
    px_safetensors file = open_dump(arena, &f, 0, "computed");
    px_flight g = fly(arena, px_arena_printf(arena, "policy = fp32\nparameters = file:%s\n", file.path));
    px_flight other = fly(arena, "policy = fp32\n");
    assert_int_equal(f.n, g.n);
    int differ = 0;
    for (int64_t i = 0; i < f.n; i++) {
        assert_string_equal(px_flight_text(&f, i, "norm_2"), px_flight_text(&g, i, "norm_2"));
        assert_string_equal(px_flight_text(&f, i, "err_rel_2"), px_flight_text(&g, i, "err_rel_2"));
        assert_string_equal(px_flight_text(&f, i, "loss"), px_flight_text(&g, i, "loss"));
        differ += strcmp(px_flight_text(&f, i, "norm_2"), px_flight_text(&other, i, "norm_2")) != 0;
    }
    assert_true(differ > 5);
    px_arena_free(arena);
}

/* Exit 3 and the place, before anything is run. */
static void a_wrong_file_stops_the_run(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        size_t n;
        const char *text;
    } cases[] = {
        {"\x02\0\0\0\0\0\0\0{}", 10, "no tensor 'h.0.ln_1.weight'"},
        {"\x02\0\0\0\0\0\0\0{", 9, "byte 0: a header of 2 bytes in a file of 9"},
    };
    px_arena *arena = px_arena_new();
    fresh_folder();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        FILE *file = fopen(DUMP "/x.safetensors", "wb"), *ini = fopen(DUMP "/t.ini", "w");
        assert_true(file && ini);
        fwrite(cases[i].bytes, 1, cases[i].n, file);
        fprintf(ini,
                "# A question?\n[experiment]\nkind = transformer\n[sweep]\nparameters = file:" DUMP "/x.safetensors\n");
        fclose(file);
        fclose(ini);
        int status = system("cd " DUMP " && " PX_BINARY_DIR "/precx run t.ini > out.txt 2>&1");
        assert_int_equal(status >> 8, 3);
        assert_int_equal(system(px_arena_printf(arena, "grep -qF \"%s\" " DUMP "/out.txt", cases[i].text)), 0);
        assert_int_equal(system("test ! -e " DUMP "/results/t.csv"), 0);
    }
    px_arena_free(arena);
}

/* Where both judges know a tensor they print the same digits. */
static void the_judges_agree(void **state) {
    (void)state;
    static const char *const columns[] = {"err_rel_2", "err_rel_max",  "err_p50",    "err_p99",
                                          "cosine",    "n_sign_flips", "err_local_2"};
    px_arena *arena = px_arena_new();
    fresh_folder();
    px_flight exact = fly(arena, "policy = bf16_amp\ntensors = all\njudge = exact\nlocal = yes\n");
    px_flight certified = fly(arena, "policy = bf16_amp\ntensors = all\njudge = certified\nlocal = yes\n");
    assert_int_equal(exact.n, certified.n);
    int compared = 0;
    for (int64_t i = 0; i < exact.n; i++) {
        for (size_t c = 0; c < sizeof columns / sizeof *columns; c++) {
            const char *figure = px_flight_text(&certified, i, columns[c]);
            if (!*figure) continue; /* an update; or an error that the radius does not tell from 0 */
            assert_string_equal(px_flight_text(&exact, i, columns[c]), figure);
            compared++;
        }
    }
    assert_true(compared > 200);
    px_arena_free(arena);
}

/* Counted from the calls, and by the notes: 24 B T C^2 + 4 B T^2 C; 20 bytes a parameter with Adam. */
static void operations_and_bytes(void **state) {
    (void)state;
    px_arena *arena = px_arena_new();
    fresh_folder();
    px_flight f = fly(arena, "policy = fp16_amp, fp16_pure\nlayers = 2\njudge = none\ntensors = step\n");
    assert_int_equal(f.n, 2);
    double formula = 3 * 2 * (24 * 4 * 64 + 4 * 16 * 8);
    assert_true(px_flight_number(&f, 0, "flops_products") == formula);
    assert_true(px_flight_number(&f, 0, "flops_formula") == formula);
    assert_true(px_flight_number(&f, 0, "bytes_per_parameter") == 20);
    assert_true(px_flight_number(&f, 1, "bytes_per_parameter") < 12);
    px_arena_free(arena);
}

/* Where tensors share a name (casts of several micro-batches do), each still has its place in the dump. */
static void every_tensor_has_a_name(void **state) {
    (void)state;
    px_arena *arena = px_arena_new();
    fresh_folder();
    px_flight f = fly(arena, "policy = fp16_pure\nlayers = 2\nmicro = 2\nranks = 2\nupdate = kahan\nclip = 0.5\n"
                             "dropout = 0.1\nobjective = mse\njudge = none\n");
    px_safetensors file = open_dump(arena, &f, 0, "computed");
    assert_true(file.n_tensors > 400);
    assert_int_equal(load(arena, &file, "h.1.mlp.c_fc.weight").rows, 32);
    px_arena_free(arena);
}

/* Larger weights, larger gradients: fewer of them below what fp16 holds. */
static void the_initial_scale_moves_the_curve(void **state) {
    (void)state;
    px_arena *arena = px_arena_new();
    fresh_folder();
    px_flight f = fly(arena, "policy = fp16_pure\ninit = 0.01, 0.3\ngrad = 0.00001\ntensors = step\noptimizer = sgd\n");
    assert_int_equal(f.n, 2);
    double small = px_flight_number(&f, 0, "n_flushed"), large = px_flight_number(&f, 1, "n_flushed");
    if (!(small > 1.2 * large && large > 0)) fail_msg("%g and %g flushed", small, large);
    px_arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_step_in_python_agrees), cmocka_unit_test(the_table_is_the_dump),
        cmocka_unit_test(parameters_come_back),    cmocka_unit_test(a_wrong_file_stops_the_run),
        cmocka_unit_test(the_judges_agree),        cmocka_unit_test(operations_and_bytes),
        cmocka_unit_test(every_tensor_has_a_name), cmocka_unit_test(the_initial_scale_moves_the_curve),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
