/* Matrix units: the parameters against the published ones, the definition on the project's own cases, and how many
 * wrong units those cases tell from the right one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "arith/codec.h"
#include "io/csv.h"
#include "kernel/mma.h"
#include "support/cases.h"
#include "support/mma_cases.h"
#include "support/shared.h"

static bool same(double x, double y) { return isnan(x) ? isnan(y) : px_word_of(x) == px_word_of(y); }

static double run_case(const px_mma *unit, const mma_unit *u, const mma_case *c) {
    double a[MMA_MAX_K], b[MMA_MAX_K];
    int n = mma_case_operands(c, u, a, b);
    px_terms terms = {.n = n, .a = a, .b = b, .stride_a = 1, .stride_b = 1, .c = c->c, .sign = 1.0};
    return px_mma_sum(unit, &terms);
}

static void test_parameters(void **state) {
    (void)state;
    int n, pairs = 0;
    const px_mma_row *rows = px_mma_rows(&n);
    for (int i = 0; i < mma_n_units; i++) {
        const mma_unit *u = &mma_units[i];
        px_mma unit = mma_unit_of(u);
        bool mmasync = strpbrk(u->classes, "MN") != NULL, to_fp32 = strcmp(u->out, "fp32") == 0;
        assert_int_equal(unit.width, u->width);
        assert_int_equal(unit.fraction, u->fraction);
        assert_int_equal(unit.acc.p, u->precision + 1);
        assert_int_equal(unit.floor, u->floor);
        assert_int_equal(unit.rounding, to_fp32 ? PX_TOWARD_ZERO : PX_NEAREST_EVEN);
        assert_int_equal(unit.blocks, mmasync ? 2 : 1);
        assert_int_equal(unit.late_c, mmasync);
        assert_false(unit.normalised || unit.descending);
    }
    for (int i = 0; i < n; i++)
        for (const char *p = rows[i].in; p; p = strchr(p, ' '), p = p ? p + 1 : p) pairs++;
    assert_int_equal(pairs, mma_n_units); /* the list has nothing else */
}

static void test_cases(void **state) {
    (void)state;
    int wrong = 0, runs = 0;
    for (int j = 0; j < mma_n_cases; j++) {
        int units = 0;
        for (int i = 0; i < mma_n_units; i++) {
            const mma_unit *u = &mma_units[i];
            if (!mma_case_applies(&mma_cases[j], u)) continue;
            px_mma unit = mma_unit_of(u);
            double d = run_case(&unit, u, &mma_cases[j]);
            units++;
            if (same(d, mma_cases[j].d)) continue;
            wrong++;
            print_error("%s %s %s, %s: %a, not %a\n", u->model, u->in, u->out, mma_cases[j].what, d, mma_cases[j].d);
        }
        if (units == 0) fail_msg("no unit for the case '%s' (%s)", mma_cases[j].what, mma_cases[j].classes);
        runs += units;
    }
    print_message("%d cases, %d runs on %d units\n", mma_n_cases, runs, mma_n_units);
    assert_int_equal(wrong, 0);
}

/* A wrong unit: the change, and the classes (with these inputs) in which it cannot show. */
static void less_fraction(px_mma *u) { u->fraction--; }
static void more_fraction(px_mma *u) { u->fraction++; }
static void exact_sum(px_mma *u) { u->fraction = 34; }
static void swap_rounding(px_mma *u) { u->rounding = u->rounding == PX_TOWARD_ZERO ? PX_NEAREST_EVEN : PX_TOWARD_ZERO; }
static void normalise(px_mma *u) { u->normalised = true; }
static void flush_operands(px_mma *u) { u->a.subnormals = u->b.subnormals = 0; }
static void flush_c(px_mma *u) { u->acc.subnormals = u->out.subnormals = 0; }
static void swap_c(px_mma *u) { u->late_c = !u->late_c; }
static void half_block(px_mma *u) { u->width = (int16_t)(u->width / 2); }
static void double_block(px_mma *u) { u->width = (int16_t)(u->width * 2); }
static void reverse(px_mma *u) { u->descending = true; }
static void saturate(px_mma *u) { u->acc.overflow = u->out.overflow = PX_OVERFLOW_SATURATE; }
static void fewer_bits(px_mma *u) { u->acc.p--; }
static void full_precision(px_mma *u) { u->acc = u->out; }
static void one_sum(px_mma *u) { u->width = (int16_t)(u->width * u->blocks), u->blocks = 1; }
static void halves(px_mma *u) { u->blocks = 1; } /* 0..15, then 16..31, c after each */
static void no_floor(px_mma *u) { u->quirks.no_floor = true; }
static void higher_floor(px_mma *u) { u->floor++; }
static void lower_floor(px_mma *u) { u->floor--; }
static void zero_c(px_mma *u) { u->quirks.zero_c_counts = true; }
static void zero_product(px_mma *u) { u->quirks.zero_product_counts = true; }
static void normalise_c(px_mma *u) { u->quirks.normalised_c = true; }
static void positive(px_mma *u) { u->quirks.positive_underflow = true; }

static const struct wrong {
    const char *name;
    void (*change)(px_mma *u);
    const char *classes, *in; /* of the units where it can show; in: "" any */
} wrongs[] = {
    {"F - 1", less_fraction, "ABCDEFGHMN", ""},
    {"F + 1", more_fraction, "ABCDEFGHMN", ""},
    {"an exact sum", exact_sum, "ABCDEFGHMN", ""},
    {"the other rounding", swap_rounding, "ABCDEFGHMN", ""},
    {"normalised products", normalise, "ABCDEFGHMN", ""},
    {"operands flushed to zero", flush_operands, "ABCDEFGHMN", ""},
    {"c and results flushed to zero", flush_c, "ABCDEFGHMN", ""},
    {"c late, or not late", swap_c, "ABCDEFGHMN", ""},
    {"half a block", half_block, "ABCDEFGHMN", ""},
    {"a double block", double_block, "ABCDEFGHMN", ""},
    {"k descending", reverse, "ABCDEFGHMN", ""},
    {"overflow saturates", saturate, "EFGHN", ""}, /* fp16 and fp8 products cannot reach 2^104, the last bit of fp32 */
    {"overflow saturates, fp32", saturate, "BC", "bf16 tf32"},
    {"one bit less in the result", fewer_bits, "ABCDEFGHMN", ""},
    {"23 bits, not 13", full_precision, "D", ""},
    {"mma.sync in one block", one_sum, "MN", ""},
    {"mma.sync in consecutive halves", halves, "MN", ""},
    {"no floor", no_floor, "EXG", "fp16"}, /* other products do not reach it */
    {"no floor, fp32", no_floor, "BC", "bf16 tf32"},
    {"floor + 1", higher_floor, "EXG", "fp16"},
    {"floor + 1, fp32", higher_floor, "BC", "bf16 tf32"},
    {"floor - 1", lower_floor, "EXG", "fp16"},
    {"floor - 1, fp32", lower_floor, "BC", "bf16 tf32"},
    {"a zero c counts", zero_c, "BC", "bf16 tf32"},
    {"a zero product counts", zero_product, "ABCD", ""},
    {"a subnormal c is normalised", normalise_c, "EFG", "fp16"},
    {"underflow loses its sign", positive, "EFGH", "fp8_e5m2 fp16"},
    {"underflow loses its sign, fp32", positive, "BC", "bf16 tf32"},
};
enum { N_WRONG = sizeof wrongs / sizeof *wrongs };

/* Cases that tell the wrong unit from the right one. */
static int catches(const struct wrong *w, const mma_unit *u) {
    px_mma unit = mma_unit_of(u);
    int n = 0;
    w->change(&unit);
    for (int j = 0; j < mma_n_cases; j++)
        if (mma_case_applies(&mma_cases[j], u)) n += !same(run_case(&unit, u, &mma_cases[j]), mma_cases[j].d);
    return n;
}

static void test_wrong_units(void **state) {
    (void)state;
    int missed = 0;
    for (int i = 0; i < N_WRONG; i++) {
        const struct wrong *w = &wrongs[i];
        const mma_case where = {.classes = w->classes, .in = w->in, .products = ""};
        int units = 0, caught = 0;
        for (int j = 0; j < mma_n_units; j++) {
            if (!mma_case_applies(&where, &mma_units[j])) continue;
            units++;
            if (catches(w, &mma_units[j]) > 0)
                caught++;
            else
                print_error("%s: not seen in %s %s %s\n", w->name, mma_units[j].model, mma_units[j].in,
                            mma_units[j].out);
        }
        print_message("%-32s caught in %2d of %2d units\n", w->name, caught, units);
        assert_true(units > 0);
        missed += units - caught;
    }
    assert_int_equal(missed, 0);
}

static int words_of(px_fp f, const char *field, double *x) {
    int n = 0;
    char copy[1024];
    assert_true(strlen(field) < sizeof copy);
    strcpy(copy, field);
    for (char *word = strtok(copy, " "); word; word = strtok(NULL, " ")) {
        uint64_t bits;
        assert_true(n < MMA_MAX_K && px_word_parse(f, word, &bits));
        x[n++] = px_decode(f, bits);
    }
    return n;
}

/* The unit of "h100-bf16-fp32". */
static px_mma unit_named(const char *name) {
    char model[16], in[16], out[16];
    assert_int_equal(sscanf(name, "%15[^-]-%15[^-]-%15s", model, in, out), 3);
    return mma_unit_of(&(mma_unit){"", model, in, out, 0, 0, 0, 0});
}

/* Where two published models differ, both answers come out of the quirks, and the one chosen here without any. */
static void test_disputed(void **state) {
    (void)state;
    char path[4096];
    if (!px_shared_find("tensorcore/disputed.csv", path, sizeof path)) skip();
    static const struct {
        const char *column;
        px_mma_quirks quirks;
    } answers[] = {
        {"d_spec", {0}},
        {"d_mmasim",
         {.no_floor = true, .zero_c_counts = true, .zero_product_counts = true, .positive_underflow = true}},
        {"d_matlab", {.normalised_c = true}},
    };
    px_arena *arena = px_arena_new();
    px_csv csv;
    px_error err;
    assert_int_equal(px_csv_read(arena, path, &csv, &err), PX_OK);
    int model = px_csv_column(&csv, "model"), a = px_csv_column(&csv, "a"), b = px_csv_column(&csv, "b"),
        c = px_csv_column(&csv, "c");
    for (size_t i = 0; i < csv.n_rows; i++)
        for (size_t j = 0; j < sizeof answers / sizeof *answers; j++) {
            const char *const *row = csv.rows[i];
            px_mma unit = unit_named(row[model]);
            double xa[MMA_MAX_K], xb[MMA_MAX_K], xc, xd;
            px_terms t = {.n = words_of(unit.a, row[a], xa), .a = xa, .b = xb, .stride_a = 1, .stride_b = 1, .sign = 1};
            assert_int_equal(words_of(unit.b, row[b], xb), t.n);
            words_of(unit.out, row[c], &xc);
            words_of(unit.out, row[px_csv_column(&csv, answers[j].column)], &xd);
            t.c = xc;
            unit.quirks = answers[j].quirks;
            if (!same(px_mma_sum(&unit, &t), xd)) fail_msg("%s, row %zu: %s", row[model], i + 1, answers[j].column);
        }
    print_message("%zu disputed rows, three answers each\n", csv.n_rows);
    px_arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parameters),
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_wrong_units),
        cmocka_unit_test(test_disputed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
