/* Whole matrix products by matrix units: every path of emu/ against MPFR, entry by entry, for every unit, with start
 * values, split sums and promotion, on ragged shapes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "arith/codec.h"
#include "arith/round.h"
#include "base/arena.h"
#include "emu/emu.h"
#include "emu/view.h"
#include "support/cases.h"
#include "support/mma_cases.h"
#include "support/mma_oracle.h"

enum { ROUNDS = 12, MAX_K = 100 };

static px_view new_view(px_arena *arena, px_fp f, int64_t rows, int64_t cols) {
    size_t size = px_fits_float(f) ? sizeof(float) : sizeof(double);
    px_view v = {.fmt = f, .rows = rows, .cols = cols, .rs = cols, .cs = 1};
    v.data = px_arena_alloc(arena, (size_t)(rows * cols) + 1, size);
    return v;
}

/* Mostly numbers of like size, in some matrices every word of the format. */
static px_view some_view(px_arena *arena, px_random *g, px_fp f, int64_t rows, int64_t cols) {
    px_view v = new_view(arena, f, rows, cols);
    int any = px_random_below(g, 4) == 0;
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < cols; j++) {
            double x = (double)(px_random_below(g, 2001) - 1000) * 0x1p-9;
            uint64_t word = px_random_word(g) & (UINT64_MAX >> (64 - f.width));
            x = px_round(f, px_rounding_of(PX_NEAREST_EVEN), x, 0);
            px_view_set(&v, i, j, any && px_random_below(g, 4) == 0 ? px_decode(f, word) : x);
        }
    return v;
}

typedef struct product {
    px_call call;
    px_task task;
    px_mma unit;
} product;

static void make_product(product *p, px_arena *arena, px_random *g, const mma_unit *u) {
    px_mma unit = mma_unit_of(u);
    int64_t m = 1 + px_random_below(g, 5), n = 1 + px_random_below(g, 70), k = px_random_below(g, MAX_K + 1);
    px_recipe r = {.acc = unit.out, .out = unit.out, .rounding = PX_NEAREST_EVEN};
    if (px_random_below(g, 3) == 0) r.out = unit.a;
    if (px_random_below(g, 3) == 0) r.split = unit.a;
    if (px_random_below(g, 2)) r.order = PX_SPLITK, r.splits = 1 + px_random_below(g, 5);
    if (px_random_below(g, 3) == 0) r.promote = 1 + px_random_below(g, 50);
    r.model = (int16_t)px_model_find(u->model);
    *p = (product){.unit = unit, .call = {.op = PX_OP_GEMM, .recipe = r, .attr = {px_random_below(g, 2) ? 1 : -1}}};
    p->task.in[0] = some_view(arena, g, unit.a, m, k);
    p->task.in[1] = some_view(arena, g, unit.b, k, n);
    if (px_random_below(g, 2)) p->task.in[2] = some_view(arena, g, unit.out, m, n);
    p->task.out[0] = new_view(arena, r.out, m, n);
    p->task.call = &p->call;
}

/* Terms first .. first + n - 1 of an entry, from c, by the words of kernel/mma.h. */
static double chain(const product *p, const double *a, const double *b, int first, int n, double c) {
    int promote = p->call.recipe.promote;
    if (promote == 0) return mma_oracle(&p->unit, n, a + first, b + first, c);
    for (int k = 0; k < n; k += promote) {
        int count = n - k < promote ? n - k : promote;
        double part = mma_oracle(&p->unit, count, a + first + k, b + first + k, 0.0);
        c = px_add(p->unit.out, px_rounding_of(PX_NEAREST_EVEN), c, part, 0);
    }
    return c;
}

static double entry(const product *p, int64_t i, int64_t j) {
    const px_recipe *r = &p->call.recipe;
    const px_rounding nearest = px_rounding_of(PX_NEAREST_EVEN);
    double a[MAX_K + 1], b[MAX_K + 1], c = p->task.in[2].data ? px_view_get(&p->task.in[2], i, j) : 0.0, d;
    int k = (int)p->task.in[0].cols;
    for (int t = 0; t < k; t++) a[t] = p->call.attr[0] * px_view_get(&p->task.in[0], i, t);
    for (int t = 0; t < k; t++) b[t] = px_view_get(&p->task.in[1], t, j);
    if (r->order == PX_SEQUENTIAL) {
        d = chain(p, a, b, 0, k, c);
    } else {
        int length = (k + r->splits - 1) / r->splits, chunks = 0;
        d = 0.0;
        for (int first = 0; first < k; first += length) {
            double part = chain(p, a, b, first, k - first < length ? k - first : length, 0.0);
            part = px_round(r->split, nearest, part, 0);
            d = chunks++ == 0 ? part : px_add(r->acc, nearest, d, part, 0);
        }
        if (c != 0 || signbit(c)) d = px_add(r->acc, nearest, c, d, 0);
    }
    return px_round(r->out, nearest, d, 0);
}

static bool same(double x, double y) { return isnan(x) ? isnan(y) : px_word_of(x) == px_word_of(y); }

static void check(const product *p, const mma_unit *u, const px_path *path) {
    const px_recipe *r = &p->call.recipe;
    const px_view *out = &p->task.out[0];
    path->run(&p->task);
    for (int64_t i = 0; i < out->rows; i++)
        for (int64_t j = 0; j < out->cols; j++) {
            double want = entry(p, i, j), got = px_view_get(out, i, j);
            if (same(got, want)) continue;
            fail_msg("%s: %s %s %s, k %d, order %s, splits %d, promote %d, entry %d %d: %a, not %a", path->name,
                     u->model, u->in, u->out, (int)p->task.in[0].cols, px_order_name((px_order)r->order), r->splits,
                     r->promote, (int)i, (int)j, got, want);
        }
}

static void products_of_every_unit(void **state) {
    (void)state;
    px_random g = {3};
    int n_paths;
    const px_path *paths = px_emu_paths(PX_OP_GEMM, &n_paths);
    for (int round = 0; round < ROUNDS; round++)
        for (int i = 0; i < mma_n_units; i++) {
            px_arena *arena = px_arena_new();
            product p;
            make_product(&p, arena, &g, &mma_units[i]);
            int ran = 0;
            for (int j = 0; j < n_paths; j++)
                if (paths[j].matches(&p.task)) check(&p, &mma_units[i], &paths[j]), ran++;
            assert_true(ran > 0);
            px_arena_free(arena);
        }
}

/* What a unit cannot do is refused in words. */
static void other_recipes_are_refused(void **state) {
    (void)state;
    px_fp fp16, fp32;
    px_error err;
    char why[2048];
    assert_int_equal(px_fp_parse("fp16", &fp16, &err), PX_OK);
    assert_int_equal(px_fp_parse("fp32", &fp32, &err), PX_OK);
    px_slot slots[] = {{.fmt = fp16}, {.fmt = fp16}, {.fmt = fp32}};
    px_prog prog = {.slots = slots, .n_slots = 3};
    px_call call = {.op = PX_OP_GEMM, .recipe = px_recipe_uniform(fp32), .in = {{0}, {.slot = 1}, {.slot = 2}}};
    call.recipe.model = PX_MODEL_H100;
    assert_true(px_emu_supports(&prog, &call, why, sizeof why));
    px_call bad = call;
    bad.op = PX_OP_SUM;
    assert_false(px_emu_supports(&prog, &bad, why, sizeof why));
    assert_string_equal(why, "model of a matrix unit for other operations than gemm and lu");
    bad = call;
    bad.recipe.order = PX_PAIRWISE;
    assert_false(px_emu_supports(&prog, &bad, why, sizeof why));
    assert_string_equal(why, "matrix units in other orders than sequential and splitk");
    bad = call;
    bad.recipe.rounding = PX_UP;
    assert_false(px_emu_supports(&prog, &bad, why, sizeof why));
    assert_string_equal(why, "matrix units with another rounding than their own");
    bad = call;
    bad.recipe.acc.subnormals = 0;
    assert_false(px_emu_supports(&prog, &bad, why, sizeof why));
    assert_string_equal(why, "matrix units that flush subnormals or saturate");
    bad = call;
    bad.recipe.acc = fp16;
    assert_false(px_emu_supports(&prog, &bad, why, sizeof why));
    assert_string_equal(why, "matrix units with a start value of a wider format");
    bad = call;
    bad.recipe.model = PX_MODEL_H100_MMASYNC;
    assert_false(px_emu_supports(&prog, &bad, why, sizeof why));
    assert_string_equal(why,
                        "model h100_mmasync has no products of fp16 and fp16 with results in fp32; it has fp8_e4m3 "
                        "fp8_e5m2 to fp32; fp8_e4m3 fp8_e5m2 to fp16");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_of_every_unit),
        cmocka_unit_test(other_recipes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
