/* Products by algorithms: every path of emu/ on every instruction set against plain scalar definitions written here, in
 * the machine's floats and integers. And what an algorithm cannot do is refused in words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "arith/codec.h"
#include "arith/round.h"
#include "base/arena.h"
#include "emu/emu.h"
#include "emu/isa/isa.h"
#include "emu/view.h"
#include "support/cases.h"
#include "support/format.h"

enum { MOST_K = 90, ROUNDS = 60 };

/* ---- plain definitions: one entry, fp32 operands and accumulator ---- */

typedef struct entry {
    int k;
    float a[MOST_K], b[MOST_K], c;
    const px_recipe *r;
} entry;

static float to_bf16(float x) {
    uint32_t word;
    memcpy(&word, &x, sizeof word);
    if (isfinite(x)) word = (word + 0x7fff + (word >> 16 & 1)) & 0xffff0000u;
    memcpy(&x, &word, sizeof x);
    return x;
}

static void to_parts(float x, float part[3]) {
    for (int i = 0; i < 3; i++) part[i] = to_bf16(x), x -= part[i];
}

static float by_parts(const entry *e) {
    int products = e->r->algorithm == PX_BF16X3 ? 3 : e->r->algorithm == PX_BF16X6 ? 6 : 9, done = 0;
    float s = e->c;
    for (int level = 6; level >= 2; level--) /* parts 1 to 3, the smallest products first */
        for (int i = 1; i <= 3; i++) {
            int j = level - i;
            if (j < 1 || j > 3 || done++ < 9 - products) continue;
            for (int k = 0; k < e->k; k++) {
                float x[3], y[3];
                to_parts(e->a[k], x);
                to_parts(e->b[k], y);
                s += x[i - 1] * y[j - 1];
            }
        }
    return s;
}

/* The nearest of all elements; of two, the one with the even word. */
static double nearest_element(px_algorithm algorithm, double x) {
    double best = 0, distance = INFINITY;
    int words = algorithm == PX_MXFP4 ? 8 : 128, best_word = 0;
    static const double fp4[] = {0, 0.5, 1, 1.5, 2, 3, 4, 6};
    px_fp f = format(algorithm == PX_MXFP8_E5M2 ? "fp8_e5m2" : "fp8_e4m3");
    for (int w = 0; w < words; w++) {
        double y = algorithm == PX_MXFP4 ? fp4[w] : px_decode(f, (uint64_t)w), d = fabs(fabs(x) - y);
        if (!isfinite(y) || d > distance || (d == distance && best_word % 2 == 0)) continue;
        best = y, distance = d, best_word = w;
    }
    return copysign(best, x);
}

static void to_blocks(const px_recipe *r, int n, const float *x, float *y) {
    int top = r->algorithm == PX_MXFP4 ? 2 : r->algorithm == PX_MXFP8_E4M3 ? 8 : 15;
    for (int first = 0; first < n; first += r->mx_block) {
        int last = first + r->mx_block < n ? first + r->mx_block : n;
        double largest = 0;
        bool finite = true;
        for (int k = first; k < last; k++) largest = fmax(largest, fabs((double)x[k])), finite &= isfinite(x[k]) != 0;
        int e = largest > 0 && finite ? ilogb(largest) - top : 0;
        e = e < -127 ? -127 : e;
        for (int k = first; k < last; k++)
            y[k] =
                !finite ? NAN : (float)ldexp(nearest_element((px_algorithm)r->algorithm, ldexp((double)x[k], -e)), e);
    }
}

static float by_blocks(const entry *e) {
    float x[MOST_K], y[MOST_K], s = e->c;
    to_blocks(e->r, e->k, e->a, x);
    to_blocks(e->r, e->k, e->b, y);
    for (int k = 0; k < e->k; k++) {
        float product = x[k] * y[k];
        s += product;
    }
    return s;
}

/* Digits to the base 128 of |x| 2^(7s - e), the first above. */
static bool to_digits(int s, int n, const float *x, int digits[MOST_K][24], int *e) {
    float largest = 0;
    for (int k = 0; k < n; k++) {
        if (!isfinite(x[k])) return false;
        largest = fmaxf(largest, fabsf(x[k]));
    }
    *e = largest > 0 ? ilogbf(largest) + 1 : 0;
    for (int k = 0; k < n; k++) {
        uint64_t whole = (uint64_t)ldexp(fabs((double)x[k]), 7 * s - *e); /* s <= 8 */
        for (int i = s; i >= 1; i--, whole >>= 7) digits[k][i - 1] = (int)(whole & 127) * (x[k] < 0 ? -1 : 1);
    }
    return true;
}

static float by_slices(const entry *e) {
    static int x[MOST_K][24], y[MOST_K][24];
    const px_rounding nearest = px_rounding_of(PX_NEAREST_EVEN);
    int s = e->r->slices, ea, eb;
    if (!to_digits(s, e->k, e->a, x, &ea) || !to_digits(s, e->k, e->b, y, &eb)) return NAN;
    double sum = 0;
    for (int level = s + 1; level >= 2; level--)
        for (int i = 1; i < level; i++) {
            int64_t exact = 0;
            for (int k = 0; k < e->k; k++) exact += x[k][i - 1] * y[k][level - i - 1];
            sum = px_add(e->r->acc, nearest, sum, ldexp((double)exact, ea + eb - 7 * level), 0);
        }
    if (e->c != 0 || signbit(e->c)) sum = px_add(e->r->acc, nearest, (double)e->c, sum, 0);
    return (float)sum;
}

static float compensated(const entry *e) {
    float p = e->c, s = 0;
    for (int k = 0; k < e->k; k++) {
        float h = e->a[k] * e->b[k], r = fmaf(e->a[k], e->b[k], -h);
        float sum = p + h, z = sum - p, q = (p - (sum - z)) + (h - z);
        p = sum;
        s = s + (q + r);
    }
    return p + s;
}

static float plain(const entry *e) {
    switch ((px_algorithm)e->r->algorithm) {
    case PX_OZAKI: return by_slices(e);
    case PX_DOT2: return compensated(e);
    case PX_BF16X3:
    case PX_BF16X6:
    case PX_BF16X9: return by_parts(e);
    default: return by_blocks(e);
    }
}

/* ---- products ---- */

static px_view some_view(px_arena *arena, px_random *g, int64_t rows, int64_t cols, int kind) {
    px_view v = {.fmt = format("fp32"), .rows = rows, .cols = cols, .rs = cols, .cs = 1};
    v.data = px_arena_alloc(arena, (size_t)(rows * cols) + 1, sizeof(float));
    for (int64_t i = 0; i < rows * cols; i++) {
        float x = (float)(px_random_below(g, 1 << 24) - (1 << 23)) * 0x1p-22f;
        if (kind == 1) x = ldexpf(x, px_random_below(g, 40) - 20);
        if (kind == 2 && px_random_below(g, 3)) x = 0;
        if (kind == 3) x = ldexpf(x, -120 - px_random_below(g, 12));
        if (kind == 4 && px_random_below(g, 40) == 0) x = px_random_below(g, 2) ? INFINITY : NAN;
        if (kind == 5) x = (float)px_random_below(g, 17) * 0.25f; /* ties of the elements */
        ((float *)v.data)[i] = x;
    }
    return v;
}

static void check(const px_task *t, const px_path *path) {
    const px_recipe *r = &t->call->recipe;
    entry e = {.k = (int)t->in[0].cols, .r = r};
    path->run(t);
    for (int64_t i = 0; i < t->out[0].rows; i++)
        for (int64_t j = 0; j < t->out[0].cols; j++) {
            for (int k = 0; k < e.k; k++) {
                e.a[k] = (float)(t->call->attr[0] * px_view_get(&t->in[0], i, k));
                e.b[k] = (float)px_view_get(&t->in[1], k, j);
            }
            e.c = px_view_present(&t->in[2]) ? (float)px_view_get(&t->in[2], i, j) : 0;
            double got = px_view_get(&t->out[0], i, j), want = (double)plain(&e);
            if (isnan(want) ? isnan(got) : px_word_of(got) == px_word_of(want)) continue;
            fail_msg("%s by %s on %s: k %d, slices %d, block %d: %a, not %a",
                     px_algorithm_name((px_algorithm)r->algorithm), path->name, px_emu_isa(), e.k, r->slices,
                     r->mx_block, got, want);
        }
}

static void every_path_is_the_plain_definition(void **state) {
    (void)state;
    px_random g = {11};
    int n_isa, n_paths, ran[PX_ALGORITHM_COUNT] = {0};
    const px_isa *const *isa = px_isa_usable(&n_isa), *chosen = px_isa_chosen();
    const px_path *paths = px_emu_paths(PX_OP_GEMM, &n_paths);
    for (int round = 0; round < ROUNDS * (PX_ALGORITHM_COUNT - 1); round++) {
        px_arena *arena = px_arena_new();
        px_recipe r = px_recipe_uniform(format("fp32"));
        r.algorithm = (uint8_t)(1 + round % (PX_ALGORITHM_COUNT - 1));
        if (r.algorithm == PX_OZAKI) r.slices = 1 + px_random_below(&g, 8);
        if (r.algorithm >= PX_MXFP8_E4M3 && r.algorithm <= PX_MXFP4) r.mx_block = 1 + px_random_below(&g, 40);
        int64_t m = 1 + px_random_below(&g, 6), n = 1 + px_random_below(&g, 70), k = 1 + px_random_below(&g, MOST_K);
        int kind = px_random_below(&g, 6);
        px_call call = {.op = PX_OP_GEMM, .recipe = r, .attr = {px_random_below(&g, 2) ? 1 : -1}};
        px_task t = {.call = &call,
                     .in = {some_view(arena, &g, m, k, kind), some_view(arena, &g, k, n, kind)},
                     .out = {some_view(arena, &g, m, n, 0)}};
        if (px_random_below(&g, 3) == 0) t.in[2] = some_view(arena, &g, m, n, 1);
        for (int p = 0; p < n_paths; p++)
            for (int i = 0; i < n_isa && paths[p].matches(&t); i++) {
                px_isa_use(isa[i]);
                check(&t, &paths[p]);
                ran[r.algorithm]++;
            }
        px_arena_free(arena);
    }
    px_isa_use(chosen);
    for (int a = 1; a < PX_ALGORITHM_COUNT; a++)
        assert_true(ran[a] >= ROUNDS * (px_algorithm_replaces((px_algorithm)a) + 1));
}

static void others_are_refused(void **state) {
    (void)state;
    char why[256];
    px_slot slots[] = {{.fmt = format("fp32")}, {.fmt = format("fp32")}, {.fmt = format("fp32")}};
    px_prog prog = {.slots = slots, .n_slots = 3};
    px_call call = {
        .op = PX_OP_GEMM, .recipe = px_recipe_uniform(format("fp32")), .in = {{0}, {.slot = 1}, {.slot = -1}}};
    call.recipe.algorithm = PX_BF16X9;
    assert_true(px_emu_supports(&prog, &call, why, sizeof why));
    px_call bad = call;
    bad.op = PX_OP_SUM;
    assert_false(px_emu_supports(&prog, &bad, why, sizeof why));
    assert_string_equal(why, "algorithm bf16x9 for other operations than gemm");
    bad = call;
    bad.recipe.algorithm = PX_DOT2;
    bad.recipe.order = PX_PAIRWISE;
    assert_false(px_emu_supports(&prog, &bad, why, sizeof why));
    assert_string_equal(why, "algorithm dot2 in another order or rounding, or by a matrix unit");
    bad = call;
    bad.recipe.algorithm = PX_DOT2;
    bad.recipe.acc = format("fp16");
    assert_false(px_emu_supports(&prog, &bad, why, sizeof why));
    assert_string_equal(why, "algorithm dot2 in an accumulator shorter than the operands, or without subnormals");
    bad = call;
    bad.recipe.algorithm = PX_OZAKI;
    assert_false(px_emu_supports(&prog, &bad, why, sizeof why));
    assert_string_equal(why, "algorithm ozaki with so many slices");
    slots[0].fmt = format("fp64");
    assert_false(px_emu_supports(&prog, &call, why, sizeof why));
    assert_string_equal(why, "algorithm bf16x9 of operands that fp32 cannot hold");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_path_is_the_plain_definition),
        cmocka_unit_test(others_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
