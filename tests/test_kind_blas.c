/* The kind `blas`: what it finds out about recipes is what they say, good libraries get grade A, and each bad one is
 * convicted by the name of what it does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/tunnel.h"

typedef struct truth {
    const char *axes, *sum_bits, *join_bits, *rounding, *products, *order, *block;
} truth;

/* One cell of the kind; n = 32. */
static px_flight judge(px_arena *arena, const char *axes) {
    char ini[1024];
    snprintf(ini, sizeof ini, "[experiment]\nkind = blas\n[sweep]\nn = 32\n%s\n", axes);
    px_flight f = px_fly(arena, ini, PX_ENGINE_AUTO, NULL);
    assert_int_equal(f.n, 1);
    return f;
}

static void expect(const px_flight *f, const char *axes, const char *column, const char *value) {
    const char *found = px_flight_text(f, 0, column);
    if (strcmp(found, value) != 0) fail_msg("%s: %s is '%s', not '%s'", axes, column, found, value);
}

static void recipes_are_found_out(void **state) {
    (void)state;
    static const truth truths[] = {
        {"format = fp32", "24", "24", "nearest_even", "rounded", "sequential", ""},
        {"format = fp64", "53", "53", "nearest_even", "rounded", "sequential", ""},
        {"format = fp16", "11", "11", "nearest_even", "rounded", "sequential", ""},
        {"format = fp8_e4m3", "4", "4", "nearest_even", "rounded", "sequential", ""},
        {"format = fp32\nfused = yes", "24", "24", "nearest_even", "fused", "sequential", ""},
        {"format = fp32\nproduct = exact", "24", "24", "nearest_even", "fused", "sequential", ""},
        {"format = fp32\naccum = fp64", "53", "53", "nearest_even", "fit", "sequential", ""},
        {"format = fp32\naccum = bf16", "8", "8", "nearest_even", "rounded", "sequential", ""},
        {"format = fp32\naccum = ieee_e8m16", "17", "17", "nearest_even", "rounded", "sequential", ""},
        {"format = bf16\naccum = fp32\nrounding = toward_zero", "24", "24", "toward_zero", "fit", "sequential", ""},
        {"format = fp32\nrounding = up", "24", "24", "up", "rounded", "sequential", ""},
        {"format = fp32\nrounding = down\norder = reverse", "24", "24", "down", "rounded", "reverse", ""},
        {"format = fp16\naccum = fp32\nrounding = nearest_away", "24", "24", "nearest_away", "fit", "sequential", ""},
        {"format = fp32\norder = pairwise", "24", "24", "nearest_even", "rounded", "pairwise", ""},
        {"format = fp32\norder = blocked\nblock = 8", "24", "24", "nearest_even", "rounded", "blocked", "8"},
        {"format = fp32\norder = blocked\nblock = 384", "24", "24", "nearest_even", "rounded", "blocked", "384"},
        {"format = fp32\norder = blocked\nblock = 683", "24", "24", "nearest_even", "rounded", "blocked", "683"},
        {"format = fp32\norder = splitk\nsplits = 4", "24", "24", "nearest_even", "rounded", "blocked", "8"},
        {"format = fp16\naccum = fp32\nmodel = v100", "24", "24", "toward_zero", "fit", "unit", "4"},
        {"format = fp16\naccum = fp32\nmodel = a100", "24", "25", "toward_zero", "fit", "unit", "8"},
        {"format = fp16\naccum = fp32\nmodel = h100", "24", "26", "toward_zero", "fit", "unit", "16"},
        {"format = fp8_e4m3\naccum = fp32\nmodel = ada", "14", "14", "toward_zero", "fit", "unit", "16"},
    };
    px_arena *arena = px_arena_new();
    for (size_t i = 0; i < sizeof truths / sizeof *truths; i++) {
        const truth *t = &truths[i];
        px_flight f = judge(arena, t->axes);
        expect(&f, t->axes, "sum_bits", t->sum_bits);
        expect(&f, t->axes, "join_bits", t->join_bits);
        expect(&f, t->axes, "sum_rounding", t->rounding);
        expect(&f, t->axes, "products", t->products);
        expect(&f, t->axes, "sum_order", t->order);
        expect(&f, t->axes, "sum_block", t->block);
        expect(&f, t->axes, "same_order", "yes");
        expect(&f, t->axes, "keeps_nan", "yes");
        px_arena_reset(arena);
    }
    px_arena_free(arena);
}

static void flushed_subnormals_are_seen(void **state) {
    (void)state;
    px_arena *arena = px_arena_new();
    px_flight f = judge(arena, "format = fp32\nsubnormal = flush");
    expect(&f, "flush", "keeps_subnormal", "no");
    expect(&f, "flush", "defect", ""); /* as the recipe says */
    f = judge(arena, "format = fp64\norder = kahan");
    expect(&f, "kahan", "keeps_inf", "no"); /* inf - inf in the correction */
    px_arena_free(arena);
}

typedef struct suspect {
    const char *name, *grade, *defect; /* "": none; else a part of the text */
} suspect;

static void accuse(px_arena *arena, const char *axes, const char *grade, const char *defect) {
    px_flight f = judge(arena, axes);
    expect(&f, axes, "grade", grade);
    const char *found = px_flight_text(&f, 0, "defect");
    if (*defect ? !strstr(found, defect) : *found != '\0') fail_msg("%s: convicted of '%s'", axes, found);
}

static void libraries_get_their_grades(void **state) {
    (void)state;
    static const suspect suspects[] = {
        {"\"blas:bad=" PX_BINARY_DIR "/tests/libbad_strassen.so\"", "B",
         "rows and columns mixed as by Strassen, from size 32"},
        {"\"blas:bad=" PX_BINARY_DIR "/tests/libbad_cut.so\"", "F", "operands cut to 11 bits"},
        {"\"blas:bad=" PX_BINARY_DIR "/tests/libbad_skip.so\"", "A", "NaN lost; infinity lost"},
#if defined(__SSE2__)
        {"\"blas:bad=" PX_BINARY_DIR "/tests/libbad_flush.so\"", "A", "changes the floating-point environment"},
#endif
        {"blas:libopenblas.so.0", "A", ""},
        {"openblas", "A", ""},
    };
    px_arena *arena = px_arena_new();
    for (size_t i = 0; i < sizeof suspects / sizeof *suspects; i++) {
        static const char *const formats[] = {"fp32", "fp64"};
        for (int f = 0; f < 2; f++) {
            char axes[512];
            snprintf(axes, sizeof axes, "format = %s\nbackend = %s", formats[f], suspects[i].name);
            accuse(arena, axes, suspects[i].grade, suspects[i].defect);
            px_arena_reset(arena);
        }
    }
    accuse(arena, "format = fp32\nbackend = \"blas:bad=" PX_BINARY_DIR "/tests/libbad_reads_c.so\"", "F",
           "NaN or infinity for finite operands");
    px_arena_free(arena);
}

/* Orders that go by the numbers, and roundings that differ each time, cannot be asked. */
static void what_cannot_be_asked_is_refused(void **state) {
    (void)state;
    px_arena *arena = px_arena_new();
    px_flight f = px_fly(arena,
                         "[experiment]\nkind = blas\n[sweep]\nn = 16\nformat = fp32\n"
                         "order = sequential, sorted_up, sorted_down\nrounding = nearest_even, stochastic\n",
                         PX_ENGINE_AUTO, NULL);
    assert_int_equal(f.n, 1);
    assert_int_equal(f.n_dropped, 5);
    px_arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recipes_are_found_out),
        cmocka_unit_test(flushed_subnormals_are_seen),
        cmocka_unit_test(libraries_get_their_grades),
        cmocka_unit_test(what_cannot_be_asked_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
