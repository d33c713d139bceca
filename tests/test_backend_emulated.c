/* The executor `emulated` against plain C: fp32 is what float loops give, fp64 what double loops give, bit for bit; any
 * views, start values and signs; any number of threads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/registry.h"
#include "base/parallel.h"
#include "base/philox.h"
#include "matrix/move.h"
#include "support/format.h"

#ifdef __FLT16_MANT_DIG__
__extension__ typedef _Float16 half;
#endif

static uint64_t counter;
static int64_t below(int64_t n) { return (int64_t)(px_philox(1, 2, counter++).lo % (uint64_t)n); }

/* Significands of `bits` bits, exponents -e .. e. */
static double number(int bits, int e) {
    double m = (double)((int64_t)px_philox(3, 4, counter++).lo >> (64 - bits));
    return ldexp(m, (int)below(2 * e + 1) - e - bits + 1);
}

static void fill(px_mat *m, int bits, int e) {
    for (int64_t i = 0; i < m->rows; i++)
        for (int64_t j = 0; j < m->cols; j++) px_mat_set(m, i, j, number(bits, e));
}

static void assert_same(double got, double want, const char *what, int64_t i, int64_t j) {
    if (memcmp(&got, &want, sizeof got) != 0)
        fail_msg("%s (%lld, %lld): %a, want %a", what, (long long)i, (long long)j, got, want);
}

/* out = [c] + sign a b, with a and b stored transposed on request. */
typedef struct product {
    px_arena *arena;
    px_slot slots[4];
    px_call call;
    px_prog prog;
    px_mat a, b, c, out; /* as stored */
    bool ta, tb;
} product;

static product new_product(px_arena *arena, px_fp f, int64_t m, int64_t n, int64_t k) {
    product p = {.arena = arena, .ta = below(2), .tb = below(2)};
    p.slots[0] = (px_slot){.name = "a", .rows = p.ta ? k : m, .cols = p.ta ? m : k, .fmt = f};
    p.slots[1] = (px_slot){.name = "b", .rows = p.tb ? n : k, .cols = p.tb ? k : n, .fmt = f};
    p.slots[2] = (px_slot){.name = "c", .rows = m, .cols = n, .fmt = f};
    p.slots[3] = (px_slot){.name = "out", .rows = m, .cols = n, .fmt = f};
    p.call = (px_call){.op = PX_OP_GEMM, .recipe = px_recipe_uniform(f), .attr = {below(2) ? 1.0 : -1.0}};
    for (int s = 0; s < 4; s++) {
        px_mat *mats[] = {&p.a, &p.b, &p.c, &p.out};
        *mats[s] = px_mat_new(arena, f, p.slots[s].rows, p.slots[s].cols);
        if (s < 3) fill(mats[s], f.p, 3);
    }
    return p;
}

static void run_product(product *p, const px_exec *exec, bool with_c) {
    p->prog = (px_prog){.slots = p->slots, .calls = &p->call, .n_slots = 4, .n_calls = 1};
    p->call.in[0] = p->ta ? px_arg_transposed(&p->prog, 0) : px_arg_whole(&p->prog, 0);
    p->call.in[1] = p->tb ? px_arg_transposed(&p->prog, 1) : px_arg_whole(&p->prog, 1);
    p->call.in[2] = with_c ? px_arg_whole(&p->prog, 2) : px_arg_absent();
    p->call.out[0] = px_arg_whole(&p->prog, 3);
    const px_mat inputs[] = {p->a, p->b, p->c};
    px_error err = {0};
    if (px_backend_call(exec, &p->prog, inputs, 3, &p->out, NULL, &err) != PX_OK) fail_msg("%s", err.text);
}

static double at(const px_mat *m, bool transposed, int64_t i, int64_t j) {
    return transposed ? px_mat_get(m, j, i) : px_mat_get(m, i, j);
}

static float plain_float(const product *p, bool with_c, int64_t i, int64_t j, int64_t k, bool fused) {
    float s = with_c ? (float)px_mat_get(&p->c, i, j) : 0.0f, sign = (float)p->call.attr[0];
    for (int64_t t = 0; t < k; t++) {
        float a = sign * (float)at(&p->a, p->ta, i, t), b = (float)at(&p->b, p->tb, t, j);
        float ab = a * b;
        s = fused ? fmaf(a, b, s) : s + ab;
    }
    return s;
}

static double plain_double(const product *p, bool with_c, int64_t i, int64_t j, int64_t k, bool fused) {
    double s = with_c ? px_mat_get(&p->c, i, j) : 0.0, sign = p->call.attr[0];
    for (int64_t t = 0; t < k; t++) {
        double a = sign * at(&p->a, p->ta, i, t), b = at(&p->b, p->tb, t, j);
        double ab = a * b;
        s = fused ? fma(a, b, s) : s + ab;
    }
    return s;
}

static void products_are_plain_loops(void **state) {
    (void)state;
    const px_fp formats[] = {format("fp32"), format("fp64")};
    px_arena *arena = px_arena_new();
    for (int rep = 0; rep < 300; rep++) {
        bool large = rep % 30 < 2; /* several tasks, panels and blocks of terms */
        int64_t m = 1 + below(large ? 200 : 20), n = 1 + below(large ? 150 : 70), k = below(large ? 600 : 40);
        bool with_c = below(2), fused = below(2);
        px_fp f = formats[rep % 2];
        product p = new_product(arena, f, m, n, k);
        p.call.recipe.fused = fused;
        run_product(&p, px_backend_emulated(), with_c);
        for (int64_t i = 0; i < m; i++)
            for (int64_t j = 0; j < n; j++) {
                double want = f.p == 24 ? (double)plain_float(&p, with_c, i, j, k, fused)
                                        : plain_double(&p, with_c, i, j, k, fused);
                assert_same(px_mat_get(&p.out, i, j), want, "gemm", i, j);
            }
        px_arena_reset(arena);
    }
    px_arena_free(arena);
}

/* fp16 in steps of the format's own: products and sums each rounded through binary64, 2 * 11 + 2 <= 53. */
static void fp16_is_rounded_at_every_step(void **state) {
    (void)state;
#ifdef __FLT16_MANT_DIG__
    px_arena *arena = px_arena_new();
    px_fp f = format("fp16");
    product p = new_product(arena, f, 9, 33, 50);
    run_product(&p, px_backend_emulated(), false);
    for (int64_t i = 0; i < 9; i++)
        for (int64_t j = 0; j < 33; j++) {
            half s = 0;
            for (int64_t k = 0; k < 50; k++) {
                half a = (half)(p.call.attr[0] * at(&p.a, p.ta, i, k)), b = (half)at(&p.b, p.tb, k, j);
                half ab = a * b; /* one operation a statement: gcc rounds at the assignment */
                s = s + ab;
            }
            assert_same(px_mat_get(&p.out, i, j), (double)s, "fp16 gemm", i, j);
        }
    px_arena_free(arena);
#else
    skip(); /* a compiler without the type */
#endif
}

static void sums_are_plain_loops(void **state) {
    (void)state;
    const px_fp formats[] = {format("fp32"), format("fp64")};
    px_arena *arena = px_arena_new();
    for (int rep = 0; rep < 60; rep++) {
        px_fp f = formats[rep % 2];
        int64_t m = 1 + below(40), n = 1 + below(200);
        px_slot slots[] = {{.name = "x", .rows = m, .cols = n, .fmt = f},
                           {.name = "s", .rows = m, .cols = 1, .fmt = f},
                           {.name = "last", .rows = m, .cols = 1, .fmt = px_fp_exact()}};
        px_call call = {.op = PX_OP_SUM, .recipe = px_recipe_uniform(f)};
        px_prog prog = {.slots = slots, .calls = &call, .n_slots = 3, .n_calls = 1};
        call.in[0] = px_arg_whole(&prog, 0);
        call.out[0] = px_arg_whole(&prog, 1);
        call.out[1] = px_arg_whole(&prog, 2);
        px_mat x = px_mat_new(arena, f, m, n), s = px_mat_new(arena, f, m, 1),
               last = px_mat_new(arena, px_fp_exact(), m, 1);
        fill(&x, f.p, f.p); /* exponents so far apart that terms get lost */
        px_error err = {0};
        if (px_backend_call(px_backend_emulated(), &prog, &x, 1, &s, &last, &err) != PX_OK) fail_msg("%s", err.text);
        px_mat alone = px_mat_new(arena, f, m, 1); /* the other result is not wanted */
        if (px_backend_call(px_backend_emulated(), &prog, &x, 1, &alone, NULL, &err) != PX_OK) fail_msg("%s", err.text);
        for (int64_t i = 0; i < m; i++) {
            float sum32 = 0;
            double sum64 = 0, when = 0;
            for (int64_t k = 0; k < n; k++) {
                float next32 = sum32 + (float)px_mat_get(&x, i, k);
                double next64 = sum64 + px_mat_get(&x, i, k);
                if (f.p == 24 ? next32 - sum32 != 0 : next64 - sum64 != 0) when = (double)(k + 1);
                sum32 = next32, sum64 = next64;
            }
            assert_same(px_mat_get(&s, i, 0), f.p == 24 ? (double)sum32 : sum64, "sum", i, 0);
            assert_same(px_mat_get(&last, i, 0), when, "last change", i, 0);
            assert_same(px_mat_get(&alone, i, 0), px_mat_get(&s, i, 0), "sum alone", i, 0);
        }
        px_arena_reset(arena);
    }
    px_arena_free(arena);
}

static void add_and_mul_are_plain(void **state) {
    (void)state;
    const px_fp formats[] = {format("fp32"), format("fp64")};
    px_arena *arena = px_arena_new();
    for (int rep = 0; rep < 20; rep++) {
        px_fp f = formats[rep % 2];
        bool add = below(2);
        int64_t m = 1 + below(20), n = 1 + below(20);
        px_slot slots[3];
        for (int s = 0; s < 3; s++) slots[s] = (px_slot){.name = "", .rows = m, .cols = n, .fmt = f};
        px_call call = {.op = add ? PX_OP_ADD : PX_OP_MUL, .recipe = px_recipe_uniform(f)};
        px_prog prog = {.slots = slots, .calls = &call, .n_slots = 3, .n_calls = 1};
        px_mat in[2], out = px_mat_new(arena, f, m, n);
        for (int s = 0; s < 2; s++) {
            call.in[s] = px_arg_whole(&prog, s);
            in[s] = px_mat_new(arena, f, m, n);
            fill(&in[s], f.p, 20);
        }
        call.out[0] = px_arg_whole(&prog, 2);
        px_error err = {0};
        if (px_backend_call(px_backend_emulated(), &prog, in, 2, &out, NULL, &err) != PX_OK) fail_msg("%s", err.text);
        for (int64_t i = 0; i < m; i++)
            for (int64_t j = 0; j < n; j++) {
                double a = px_mat_get(&in[0], i, j), b = px_mat_get(&in[1], i, j), want64 = add ? a + b : a * b;
                float a32 = (float)a, b32 = (float)b, want32 = add ? a32 + b32 : a32 * b32;
                assert_same(px_mat_get(&out, i, j), f.p == 24 ? (double)want32 : want64, px_op_name(call.op), i, j);
            }
        px_arena_reset(arena);
    }
    px_arena_free(arena);
}

/* The same bits from one thread and from several, by fast paths and by the definition with its random bits. */
static void threads_do_not_matter(void **state) {
    (void)state;
    const px_rounding_mode modes[] = {PX_NEAREST_EVEN, PX_STOCHASTIC};
    px_arena *arena = px_arena_new();
    for (int t = 0; t < 4; t++) {
        px_fp f = format(t % 2 ? "bf16" : "fp32");
        product p = new_product(arena, f, 70, 66, t < 2 ? 64 : 30);
        px_rounding r = px_rounding_of(modes[t / 2]);
        p.call.recipe.rounding = r.mode, p.call.recipe.sr_bits = r.sr_bits;
        p.call.stream = 42;
        px_parallel_set_jobs(1);
        run_product(&p, px_backend_emulated(), true);
        px_mat one = p.out;
        for (int jobs = 2; jobs <= 5; jobs++) {
            p.out = px_mat_new(arena, f, 70, 66);
            px_parallel_set_jobs(jobs);
            run_product(&p, px_backend_emulated(), true);
            for (int64_t i = 0; i < 70; i++)
                for (int64_t j = 0; j < 66; j++)
                    assert_same(px_mat_get(&p.out, i, j), px_mat_get(&one, i, j), "threads", i, j);
        }
        px_parallel_set_jobs(0);
        px_arena_reset(arena);
    }
    px_arena_free(arena);
}

/* The matrix among other numbers, which are -1. */
static px_mat among_others(px_arena *arena, const px_mat *m) {
    px_mat around = px_mat_new(arena, m->fmt, m->rows + 2, m->cols + 2);
    for (int64_t e = 0; e < around.rows * around.cols; e++) px_mat_set(&around, e / around.cols, e % around.cols, -1);
    px_mat inside = px_mat_block(&around, 1, 1, m->rows, m->cols);
    px_mat_copy(&inside, m);
    return inside;
}

/* Operands that lie as slots do are used where they are, others by way of copies. */
static void places_do_not_matter(void **state) {
    (void)state;
    const px_exec *const execs[] = {px_backend_emulated(), px_backend_openblas()};
    px_arena *arena = px_arena_new();
    for (int t = 0; t < 2 * 16; t++) {
        product p = new_product(arena, format("fp32"), 33, 29, 40);
        run_product(&p, execs[t / 16], true);
        px_mat want = p.out, *mats[] = {&p.a, &p.b, &p.c, &p.out};
        p.out = px_mat_new(arena, want.fmt, want.rows, want.cols);
        for (int s = 0; s < 4; s++)
            if (t >> s & 1) *mats[s] = among_others(arena, mats[s]);
        run_product(&p, execs[t / 16], true);
        for (int64_t i = 0; i < want.rows; i++)
            for (int64_t j = 0; j < want.cols; j++)
                assert_same(px_mat_get(&p.out, i, j), px_mat_get(&want, i, j), "places", i, j);
        for (int64_t j = -1; j <= want.cols && t >> 3 & 1; j++)
            assert_same((double)((float *)p.out.data)[j - p.out.ld], -1, "before", -1, j);
        px_arena_reset(arena);
    }
    px_arena_free(arena);
}

static void says_what_it_has_not(void **state) {
    (void)state;
    const px_exec *exec = px_backend_find("emulated");
    assert_ptr_equal(exec, px_backend_emulated());
    assert_null(px_backend_find("emulate"));
    px_call call = {.op = PX_OP_GEMM, .recipe = px_recipe_uniform(format("fp16"))};
    char why[64] = "";
    assert_true(exec->supports(NULL, &call, why, sizeof why));
    call.recipe.order = PX_BLOCKED;
    assert_false(exec->supports(NULL, &call, why, sizeof why));
    assert_string_equal(why, "blocked order without a block length");
    call.recipe.order = PX_SEQUENTIAL;
    call.recipe.acc = px_fp_exact();
    assert_false(exec->supports(NULL, &call, why, sizeof why));
    assert_string_equal(why, "exact accumulator");
    const px_op to_out[] = {PX_OP_SCALE, PX_OP_ADD_KAHAN};
    for (int i = 0; i < 2; i++) {
        call = (px_call){.op = to_out[i], .recipe = px_recipe_uniform(format("fp32"))};
        assert_true(exec->supports(NULL, &call, why, sizeof why));
        call.recipe.out = px_fp_exact();
        assert_false(exec->supports(NULL, &call, why, sizeof why));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_are_plain_loops), cmocka_unit_test(fp16_is_rounded_at_every_step),
        cmocka_unit_test(sums_are_plain_loops),     cmocka_unit_test(add_and_mul_are_plain),
        cmocka_unit_test(threads_do_not_matter),    cmocka_unit_test(places_do_not_matter),
        cmocka_unit_test(says_what_it_has_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
