#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "arith/codec.h"
#include "arith/round.h"
#include "base/arena.h"
#include "emu/definition.h"
#include "emu/emu.h"
#include "emu/isa/isa.h"
#include "emu/mma.h"
#include "emu/view.h"
#include "support/cases.h"
#include "support/mma_cases.h"
#include "support/mma_suite.h"

enum { MOST_ROWS = 70, MOST_COLUMNS = 70, MOST_K = 200 };

static int64_t wanted;

/* What the data of a product are. */
#define KINDS(X)                                                                                                       \
    X(NORMAL) X(WIDE) X(SUBNORMAL) X(CANCELLING) X(SPARSE) X(SAME_SIGN) X(NEAR_MAXIMAL) X(FINITE) X(WORDS) X(SHIFTED)
#define KIND(name) name,
enum { KINDS(KIND) N_KINDS };
#undef KIND
#define KIND(name) #name,
static const char *const kinds[] = {KINDS(KIND)};
#undef KIND

static double any_word(px_random *g, px_fp f) {
    return px_decode(f, px_random_word(g) & (UINT64_MAX >> (64 - f.width)));
}

/* In (-4, 4), mostly small: the product of two uniform numbers, or their sum. */
static double spread(px_random *g) {
    double x = (double)(px_random_below(g, 1 << 24) - (1 << 23)) * 0x1p-23;
    return px_random_below(g, 2) ? x * 4 : x * (double)px_random_below(g, 1 << 12) * 0x1p-12;
}

static double one_to_two(px_random *g) { return 1.0 + (double)px_random_below(g, 1 << 24) * 0x1p-24; }

static int between(px_random *g, int low, int high) { return low + px_random_below(g, high - low + 1); }

/* shift: an exponent for the whole matrix. */
static double number(px_random *g, px_fp f, int kind, int shift) {
    double x = 0;
    switch (kind) {
    case NORMAL: x = spread(g); break;
    case WIDE: x = ldexp(one_to_two(g), between(g, f.emin, f.emax) / 2) * (px_random_below(g, 2) ? 1 : -1); break;
    case SUBNORMAL: x = ldexp(spread(g), f.emin - px_random_below(g, f.p)); break;
    case CANCELLING: x = between(g, -3, 3) * 0.75; break;
    case SPARSE: x = px_random_below(g, 20) ? (px_random_below(g, 2) ? 0.0 : -0.0) : spread(g); break;
    case SAME_SIGN: x = fabs(spread(g)); break;
    case NEAR_MAXIMAL: x = 2.0 - (double)(1 + px_random_below(g, 3)) * ldexp(1.0, 1 - f.p); break;
    case FINITE:
        do x = any_word(g, f);
        while (!isfinite(x));
        break;
    case WORDS: return px_random_below(g, 30) ? spread(g) : any_word(g, f);
    default: x = ldexp(spread(g), shift);
    }
    x = px_round(f, px_rounding_of(PX_TOWARD_ZERO), x, 0);
    return isfinite(x) ? x : f.max_finite;
}

static px_view new_view(px_arena *arena, px_fp f, int64_t rows, int64_t cols) {
    px_view v = {.fmt = f, .rows = rows, .cols = cols, .rs = cols, .cs = 1};
    v.data = px_arena_alloc(arena, (size_t)(rows * cols) + 1, sizeof(float));
    return v;
}

static px_view some_view(px_arena *arena, px_random *g, px_fp f, int64_t rows, int64_t cols, int kind) {
    px_view v = new_view(arena, f, rows, cols);
    if (px_random_below(g, 4) == 0) v.rs = 1, v.cs = rows; /* a transpose */
    int shift = between(g, f.emin / 2, f.emax / 2);
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < cols; j++)
            px_view_set(&v, i, j, px_round(f, px_rounding_of(PX_NEAREST_EVEN), number(g, f, kind, shift), 0));
    return v;
}

/* Start values: like products, any word, zeros of both signs, or below the products' grid. */
static px_view some_start(px_arena *arena, px_random *g, px_fp f, int64_t rows, int64_t cols) {
    px_view v = new_view(arena, f, rows, cols);
    int kind = px_random_below(g, 4), shift = between(g, f.emin, f.emax);
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < cols; j++) {
            double x = kind == 0   ? spread(g) * 8
                       : kind == 1 ? any_word(g, f)
                       : kind == 2 ? -0.0
                                   : ldexp(spread(g), shift);
            px_view_set(&v, i, j, px_round(f, px_rounding_of(PX_TOWARD_ZERO), x, 0));
        }
    return v;
}

typedef struct product {
    px_call call;
    px_task task;
    int kind;
    int64_t blocks;
} product;

static void make_product(product *p, px_arena *arena, px_random *g, const px_mma *unit, px_model model) {
    int64_t m = 1 + px_random_below(g, MOST_ROWS), n = 1 + px_random_below(g, MOST_COLUMNS);
    int64_t k = 1 + px_random_below(g, MOST_K), step = unit->width * unit->blocks;
    px_recipe r = {.acc = unit->out, .out = unit->out, .rounding = PX_NEAREST_EVEN, .model = (int16_t)model};
    if (px_random_below(g, 8) == 0) r.out = unit->a;
    if (px_random_below(g, 8) == 0) r.promote = (int32_t)step * (1 + px_random_below(g, 4));
    if (px_random_below(g, 8) == 0) {
        r.order = PX_SPLITK, r.splits = 1 + px_random_below(g, 4),
        r.split = px_random_below(g, 2) ? unit->a : unit->out;
        k = (k / (step * r.splits) + 1) * step * r.splits - px_random_below(g, r.splits);
    }
    *p = (product){.call = {.op = PX_OP_GEMM, .recipe = r, .attr = {px_random_below(g, 2) ? 1 : -1}}};
    p->kind = px_random_below(g, N_KINDS);
    p->blocks = m * n * ((k + step - 1) / step) * unit->blocks;
    p->task.in[0] = some_view(arena, g, unit->a, m, k, p->kind);
    p->task.in[1] = some_view(arena, g, unit->b, k, n, p->kind);
    if (px_random_below(g, 3) == 0) p->task.in[2] = some_start(arena, g, unit->out, m, n);
    p->task.out[0] = new_view(arena, r.out, m, n);
    p->task.call = &p->call;
}

static void compare(product *p, px_arena *arena, const px_isa *isa, const char *unit) {
    px_view want = p->task.out[0];
    px_task task = p->task;
    task.out[0] = new_view(arena, want.fmt, want.rows, want.cols);
    if (px_view_present(&task.in[2]) && px_fp_equal(task.in[2].fmt, want.fmt) && p->blocks % 2 == 0) { /* in place */
        for (int64_t i = 0; i < want.rows; i++)
            for (int64_t j = 0; j < want.cols; j++) px_view_set(&task.out[0], i, j, px_view_get(&task.in[2], i, j));
        task.in[2] = task.out[0];
    }
    px_isa_use(isa);
    px_mma_tiles_run(&task);
    for (int64_t i = 0; i < want.rows; i++)
        for (int64_t j = 0; j < want.cols; j++) {
            double x = px_view_get(&task.out[0], i, j), y = px_view_get(&want, i, j);
            if (px_word_of(x) == px_word_of(y)) continue;
            fail_msg("%s, %s, %s: k %d, start %d, promote %d, splits %d, entry %d %d: %a, not %a", px_emu_isa(), unit,
                     kinds[p->kind], (int)p->task.in[0].cols, px_view_present(&p->task.in[2]), p->call.recipe.promote,
                     p->call.recipe.splits, (int)i, (int)j, x, y);
        }
}

static void unit_against_definition(const mma_unit *u, const char *in_b, int64_t blocks) {
    int n;
    const px_isa *const *isa = px_isa_usable(&n), *chosen = px_isa_chosen();
    px_model model = (px_model)px_model_find(u->model);
    px_mma row = mma_unit_of(u), unit;
    px_fp b;
    px_error err;
    assert_int_equal(px_fp_parse(in_b, &b, &err), PX_OK);
    assert_int_equal(px_mma_find(model, row.a, b, row.out, &unit, &err), PX_OK);
    char name[96];
    snprintf(name, sizeof name, "%s %s %s %s", u->model, u->in, in_b, u->out);
    px_random g = {(uint64_t)(u - mma_units) + 1};
    while (blocks > 0) {
        px_arena *arena = px_arena_new();
        product p;
        make_product(&p, arena, &g, &unit, model);
        assert_true(px_mma_tiles_match(&p.task));
        px_define_gemm(&p.task);
        for (int i = 0; i < n; i++) compare(&p, arena, isa[i], name);
        blocks -= p.blocks;
        px_arena_free(arena);
    }
    px_isa_use(chosen);
}

/* The units of a model, one less: fp64 has no blocks. */
static int units_of(const char *model) {
    int n = 0;
    for (int i = 0; i < mma_n_units; i++)
        n += strcmp(mma_units[i].model, model) == 0 && mma_units[i].fraction != PX_MMA_UNCUT;
    return n;
}

static void blocks_of_every_unit(void **state) {
    (void)state;
    for (int i = 0; i < mma_n_units; i++) {
        const mma_unit *u = &mma_units[i];
        if (u->fraction == PX_MMA_UNCUT) continue;
        int64_t blocks = wanted / units_of(u->model) + 1;
        unit_against_definition(u, u->in, blocks);
        if (strcmp(u->in, "fp8_e4m3") == 0) unit_against_definition(u, "fp8_e5m2", blocks / 4);
    }
}

static bool same(double x, double y) { return isnan(x) ? isnan(y) : px_word_of(x) == px_word_of(y); }

/* The project's own cases, each as a product of one entry. */
static void directed_cases(void **state) {
    (void)state;
    int n, run = 0;
    const px_isa *const *isa = px_isa_usable(&n), *chosen = px_isa_chosen();
    for (int s = 0; s < n * mma_n_units * mma_n_cases; s++) {
        const mma_unit *u = &mma_units[s / n / mma_n_cases];
        const mma_case *c = &mma_cases[s / n % mma_n_cases];
        if (u->fraction == PX_MMA_UNCUT || !mma_case_applies(c, u)) continue;
        double a[MMA_MAX_K], b[MMA_MAX_K];
        px_mma unit = mma_unit_of(u);
        int k = mma_case_operands(c, u, a, b);
        px_isa_use(isa[s % n]);
        px_arena *arena = px_arena_new();
        px_recipe r = {.acc = unit.out, .out = unit.out, .model = (int16_t)px_model_find(u->model)};
        px_call call = {.op = PX_OP_GEMM, .recipe = r, .attr = {1}};
        px_task task = {
            .call = &call,
            .in = {new_view(arena, unit.a, 1, k), new_view(arena, unit.b, k, 1), new_view(arena, unit.out, 1, 1)},
            .out = {new_view(arena, unit.out, 1, 1)}};
        for (int i = 0; i < k; i++) px_view_set(&task.in[0], 0, i, a[i]), px_view_set(&task.in[1], i, 0, b[i]);
        px_view_set(&task.in[2], 0, 0, c->c);
        assert_true(px_mma_tiles_match(&task));
        px_mma_tiles_run(&task);
        double d = px_view_get(&task.out[0], 0, 0);
        if (!same(d, c->d))
            fail_msg("%s, %s %s %s: %s: %a, not %a", px_emu_isa(), u->model, u->in, u->out, c->what, d, c->d);
        run++;
        px_arena_free(arena);
    }
    px_isa_use(chosen);
    assert_true(run > mma_n_units * n);
}

int mma_suite(int64_t blocks) {
    wanted = blocks;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_of_every_unit),
        cmocka_unit_test(directed_cases),
    };
    return cmocka_run_group_tests_name("matrix units by tiles", tests, NULL, NULL);
}
