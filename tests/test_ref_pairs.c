/* The executor of pairs against balls: every operation alone, its roundings alone and each operand's error alone, so
 * that a bound that misses a term is seen; then a whole step. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/parallel.h"
#include "base/philox.h"
#include "nn/nn.h"
#include "ref/balls.h"
#include "ref/isa/isa.h"
#include "ref/pairs.h"
#include "support/pair_step.h"

enum { MAX_SLOTS = PX_MAX_IN + PX_MAX_OUT };

static double draw(uint64_t key, uint64_t i) { return (double)(int64_t)px_philox(key, 6, i).lo * 0x1p-63; }

/* ---- one operation ---- */

typedef struct shape {
    int64_t rows, cols;
} shape;

/* Operands and results by shape; `turned`: operand k is shown transposed. */
typedef struct operation {
    const char *name;
    px_op op;
    double attr[PX_MAX_ATTR];
    shape in[5], out[3];
    int turned;    /* bits */
    double spread; /* of the numbers */
} operation;

static const operation operations[] = {
    {"gemm", PX_OP_GEMM, {1}, {{37, 80}, {80, 45}}, {{37, 45}}, 0, 1},
    {"gemm of a transpose", PX_OP_GEMM, {1}, {{70, 33}, {70, 21}}, {{33, 21}}, 1, 1},
    {"gemm by a transpose", PX_OP_GEMM, {-1}, {{20, 64}, {35, 64}}, {{20, 35}}, 2, 1},
    {"gemm and start", PX_OP_GEMM, {-1}, {{9, 200}, {200, 18}, {9, 18}}, {{9, 18}}, 0, 1},
    {"dot", PX_OP_GEMM, {1}, {{1, 91}, {91, 1}}, {{1, 1}}, 0, 1},
    {"add", PX_OP_ADD, {0}, {{12, 33}, {12, 33}}, {{12, 33}}, 0, 1},
    {"mul", PX_OP_MUL, {0}, {{12, 33}, {12, 33}}, {{12, 33}}, 0, 1},
    {"scale", PX_OP_SCALE, {-1.5, 7}, {{12, 33}}, {{12, 33}}, 0, 1},
    {"dropout", PX_OP_DROPOUT, {0.3}, {{12, 33}}, {{12, 33}}, 0, 1},
    {"sum of rows", PX_OP_SUM, {0}, {{12, 50}}, {{12, 1}}, 0, 1},
    {"sum of columns", PX_OP_SUM, {0}, {{50, 12}}, {{12, 1}}, 1, 1},
    {"gelu", PX_OP_GELU, {PX_GELU_TANH}, {{20, 60}}, {{20, 60}}, 0, 6},
    {"gelu_backward", PX_OP_GELU_BACKWARD, {PX_GELU_TANH}, {{20, 60}, {20, 60}}, {{20, 60}}, 0, 6},
    {"softmax", PX_OP_SOFTMAX, {5, 17, 0, 0}, {{34, 20}}, {{34, 20}}, 0, 20},
    {"softmax_backward", PX_OP_SOFTMAX_BACKWARD, {5, 17}, {{34, 20}, {34, 20}}, {{34, 20}}, 0, 1},
    {"layernorm", PX_OP_LAYERNORM, {1e-5}, {{15, 45}, {1, 45}, {1, 45}}, {{15, 45}, {15, 1}, {15, 1}}, 0, 1},
    {"layernorm_backward",
     PX_OP_LAYERNORM_BACKWARD,
     {0},
     {{15, 45}, {15, 45}, {15, 1}, {15, 1}, {1, 45}},
     {{15, 45}},
     0,
     1},
    {"layernorm_gamma", PX_OP_LAYERNORM_GAMMA, {0}, {{15, 45}, {15, 45}, {15, 1}, {15, 1}}, {{1, 45}}, 0, 1},
};

typedef struct bench {
    px_arena *arena;
    px_slot slots[MAX_SLOTS];
    px_call call;
    px_prog prog;
    px_wide value[MAX_SLOTS]; /* operands */
    px_wide got[MAX_SLOTS];   /* of pairs */
} bench;

static void add_slots(bench *b, const operation *op) {
    *b = (bench){.arena = px_arena_new(), .call = {.op = op->op, .stream = 5}};
    b->prog = (px_prog){.slots = b->slots, .calls = &b->call, .n_calls = 1};
    memcpy(b->call.attr, op->attr, sizeof op->attr);
    for (int k = 0; k < PX_MAX_IN; k++) b->call.in[k] = px_arg_absent();
    for (int k = 0; k < PX_MAX_OUT; k++) b->call.out[k] = px_arg_absent();
    for (int k = 0; k < 5 && op->in[k].rows; k++) {
        int s = b->prog.n_slots++;
        b->slots[s] = (px_slot){.rows = op->in[k].rows, .cols = op->in[k].cols};
        b->call.in[k] = op->turned >> k & 1 ? px_arg_transposed(&b->prog, s) : px_arg_whole(&b->prog, s);
    }
    for (int k = 0; k < 3 && op->out[k].rows; k++) {
        int s = b->prog.n_slots++;
        b->slots[s] = (px_slot){.rows = op->out[k].rows, .cols = op->out[k].cols};
        b->call.out[k] = px_arg_whole(&b->prog, s);
    }
}

/* Operand k, of pairs: hi, lo, and a radius of 2^-radius of the entry's size. */
static void give(bench *b, const operation *op, int k, double radius) {
    int s = b->call.in[k].slot;
    b->value[s] = px_wide_new(b->arena, b->slots[s].rows, b->slots[s].cols);
    bool probabilities = op->op == PX_OP_SOFTMAX_BACKWARD && k == 1;
    for (int64_t i = 0; i < b->slots[s].rows; i++) {
        double sum = 0;
        for (int64_t j = 0; j < b->slots[s].cols; j++) {
            double x = op->spread * draw((uint64_t)k, (uint64_t)(i * b->slots[s].cols + j));
            if (probabilities) x = j > i % 17 ? 0 : fabs(x);
            sum += x;
            px_mat_set(&b->value[s].hi, i, j, x);
        }
        for (int64_t j = 0; j < b->slots[s].cols; j++) {
            double x = px_mat_get(&b->value[s].hi, i, j) / (probabilities ? sum : 1);
            px_mat_set(&b->value[s].hi, i, j, x);
            px_mat_set(&b->value[s].lo, i, j, x * 0x1p-55 * draw(9 + (uint64_t)k, (uint64_t)(i + j)));
            px_mat_set(&b->value[s].radius, i, j, fabs(x) * radius);
        }
    }
}

static void run(const px_exec *e, void **state, bench *b) {
    px_error err;
    char why[100];
    if (!e->supports(&b->prog, &b->call, why, sizeof why)) fail_msg("no %s", why);
    assert_int_equal(e->open(e, state, &b->prog, &err), PX_OK);
    for (int k = 0; k < 5; k++)
        if (b->call.in[k].slot >= 0)
            assert_int_equal(e->put(*state, b->call.in[k].slot, &b->value[b->call.in[k].slot], &err), PX_OK);
    assert_int_equal(e->run(*state, 0, 1, &err), PX_OK);
}

/* To a point of the operands' balls: the rim, with signs by `way`. */
static void to_a_point(bench *b, int k, uint64_t way) {
    px_wide *v = &b->value[b->call.in[k].slot];
    for (int64_t i = 0; i < v->hi.rows; i++)
        for (int64_t j = 0; j < v->hi.cols; j++) {
            double r = px_mat_get(&v->radius, i, j), lo = px_mat_get(&v->lo, i, j);
            bool up = way == 0 || draw(way, (uint64_t)(i * v->hi.cols + j)) > 0;
            px_mat_set(&v->lo, i, j, lo + (up ? r : -r) * (1 - 0x1p-20));
            px_mat_set(&v->radius, i, j, 0);
        }
}

/* Every result of balls lies within the radius of pairs. Returns the largest share of a radius that is used. */
static double compare(const operation *op, const bench *b, const void *balls, const char *what) {
    double most = 0;
    mpfr_t d;
    mpfr_init2(d, PX_BALLS_BITS);
    for (int k = 0; k < 3; k++) {
        int s = b->call.out[k].slot;
        if (s < 0) continue;
        const px_ball *exact = px_ref_balls_slot(balls, s);
        const px_wide *v = &b->got[s];
        for (int64_t e = 0; e < v->hi.rows * v->hi.cols; e++) {
            int64_t i = e / v->hi.cols, j = e % v->hi.cols;
            mpfr_sub_d(d, exact[e].x, px_mat_get(&v->hi, i, j), MPFR_RNDN);
            mpfr_sub_d(d, d, px_mat_get(&v->lo, i, j), MPFR_RNDN);
            double error = fabs(mpfr_get_d(d, MPFR_RNDA)), radius = px_mat_get(&v->radius, i, j);
            if (!(error <= radius) || isinf(radius))
                fail_msg("%s, %s: result %d (%d, %d): %g off, radius %g", op->name, what, k, (int)i, (int)j, error,
                         radius);
            most = fmax(most, error == 0 ? 0 : error / radius);
        }
    }
    mpfr_clear(d);
    return most;
}

/* The results of pairs, in b->got. */
static void run_pairs(bench *b) {
    void *state;
    run(px_ref_pairs(), &state, b);
    for (int k = 0; k < 3; k++) {
        int s = b->call.out[k].slot;
        if (s < 0) continue;
        b->got[s] = px_wide_new(b->arena, b->slots[s].rows, b->slots[s].cols);
        assert_int_equal(px_ref_pairs()->get(state, s, &b->got[s], NULL), PX_OK);
    }
    px_ref_pairs()->close(state);
}

static double compare_with_balls(const operation *op, bench *b, const char *what) {
    void *state;
    px_ref_balls balls = px_ref_balls_of(PX_BALLS_BITS);
    run(&balls.exec, &state, b);
    double most = compare(op, b, state, what);
    balls.exec.close(state);
    return most;
}

/* perturbed: the operand with a radius, -1: none has one. */
static double check(const operation *op, int perturbed, double radius, uint64_t way) {
    bench b;
    char what[80];
    add_slots(&b, op);
    for (int k = 0; k < 5 && op->in[k].rows; k++) give(&b, op, k, k == perturbed ? radius : 0);
    run_pairs(&b);
    if (perturbed >= 0) to_a_point(&b, perturbed, way);
    snprintf(what, sizeof what, "operand %d off by %g", perturbed, perturbed < 0 ? 0 : radius);
    double most = compare_with_balls(op, &b, what);
    px_arena_free(b.arena);
    return most;
}

/* A bound that is never used to more than 2^-14 would not show a term that is missing. */
static void every_operation(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++) {
        const operation *op = &operations[i];
        double most = check(op, -1, 0, 0);
        if (most < 0x1p-14) fail_msg("%s: roundings use only %g of the bound", op->name, most);
        for (int k = 0; k < 5 && op->in[k].rows; k++) {
            if (op->op == PX_OP_LAYERNORM_BACKWARD && k == 4) continue; /* gains are given */
            for (uint64_t way = 0; way < 3; way++) {
                check(op, k, 0x1p-40, way);
                most = fmax(check(op, k, 0x1p-70, way), way ? most : 0);
            }
            if (most < 0x1p-10) fail_msg("%s: operand %d uses only %g of the bound", op->name, k, most);
        }
    }
}

/* The operands have lo parts; `error`: the first one's first row has an error, too, which is not used. */
static void run_product(bench *b, const operation *op, bool error) {
    add_slots(b, op);
    for (int k = 0; k < 2; k++) give(b, op, k, 0);
    px_mat *radius = &b->value[b->call.in[0].slot].radius;
    for (int64_t j = 0; error && j < radius->cols; j++) px_mat_set(radius, 0, j, 0x1p-30);
    run_pairs(b);
    for (int64_t j = 0; error && j < radius->cols; j++) px_mat_set(radius, 0, j, 0);
}

/* How many lo parts of results are not the same, the first row apart. */
static int differing(const bench *a, const bench *b) {
    const px_mat *x = &a->got[a->call.out[0].slot].lo, *y = &b->got[b->call.out[0].slot].lo;
    int n = 0;
    for (int64_t i = 1; i < x->rows; i++)
        for (int64_t j = 0; j < x->cols; j++) n += px_mat_get(x, i, j) != px_mat_get(y, i, j);
    return n;
}

/* Lo parts are multiplied in binary32 where operands have errors: rows without one show what that takes. The bits are
 * those of the portable kernels. */
static void narrow_products(void **state) {
    (void)state;
    const operation *op = &operations[0];
    int n;
    const px_ref_isa *const *usable = px_ref_isa_usable(&n), *chosen = px_ref_isa_chosen();
    bench wide, portable, narrow;
    px_ref_isa_use(usable[0]);
    run_product(&wide, op, false);
    run_product(&portable, op, true);
    assert_true(differing(&wide, &portable) > 36 * 45 / 2);
    double most = compare_with_balls(op, &portable, "lo parts in binary32");
    if (most < 0x1p-14) fail_msg("lo parts in binary32 use only %g of the bound", most);
    for (int k = 1; k < n; k++) {
        px_ref_isa_use(usable[k]);
        run_product(&narrow, op, true);
        assert_int_equal(differing(&portable, &narrow), 0);
        px_arena_free(narrow.arena);
    }
    px_ref_isa_use(chosen);
    px_arena_free(portable.arena);
    px_arena_free(wide.arena);
}

/* ---- large results, which do not pass the caches ---- */

/* Whole numbers and, 2^-60 of them, the low parts: every sum is exact. */
static void large_products(void **state) {
    (void)state;
    const operation op = {"large gemm", PX_OP_GEMM, {1}, {{3, 520}, {3, 512}}, {{520, 512}}, 1, 1};
    int n;
    const px_ref_isa *const *usable = px_ref_isa_usable(&n), *chosen = px_ref_isa_chosen();
    for (int k = 0; k < n; k++) {
        px_ref_isa_use(usable[k]);
        bench b;
        void *st;
        add_slots(&b, &op);
        for (int s = 0; s < 2; s++) {
            b.value[s] = px_wide_new(b.arena, 3, op.in[s].cols);
            for (int64_t e = 0; e < 3 * op.in[s].cols; e++) {
                px_mat_set(&b.value[s].hi, e / op.in[s].cols, e % op.in[s].cols, (double)(e % 97 + 1));
                px_mat_set(&b.value[s].lo, e / op.in[s].cols, e % op.in[s].cols, (double)(e % 89) * 0x1p-60);
            }
        }
        run(px_ref_pairs(), &st, &b);
        px_wide got = px_wide_new(b.arena, 520, 512);
        assert_int_equal(px_ref_pairs()->get(st, 2, &got, NULL), PX_OK);
        for (int64_t i = 0; i < 520; i++)
            for (int64_t j = 0; j < 512; j++) {
                double high = 0, low = 0;
                for (int64_t t = 0; t < 3; t++) {
                    int64_t x = t * 520 + i, y = t * 512 + j;
                    high += (double)((x % 97 + 1) * (y % 97 + 1));
                    low += (double)((x % 97 + 1) * (y % 89) + (x % 89) * (y % 97 + 1)) * 0x1p-60;
                }
                if (px_mat_get(&got.hi, i, j) != high || px_mat_get(&got.lo, i, j) != low)
                    fail_msg("%s (%d, %d): %a + %a, not %a + %a", px_ref_isa_chosen()->name, (int)i, (int)j,
                             px_mat_get(&got.hi, i, j), px_mat_get(&got.lo, i, j), high, low);
            }
        px_ref_pairs()->close(st);
        px_arena_free(b.arena);
    }
    px_ref_isa_use(chosen);
}

/* ---- norms ---- */

static void norms(void **state) {
    (void)state;
    /* diag(3, 2, 1) turned by a rotation of the plane, and embedded: the norm is 3. */
    double x[3][5] = {{3 * 0.6, 3 * 0.8, 0, 0, 0}, {2 * -0.8, 2 * 0.6, 0, 0, 0}, {0, 0, 1, 0, 0}};
    double frobenius = px_pairs_norm(&x[0][0], 3, 5, 5, 1, -1), one = px_pairs_norm(&x[0][0], 3, 5, 5, 1, 0);
    double two = px_pairs_norm(&x[0][0], 3, 5, 5, 1, 2), turned = px_pairs_norm(&x[0][0], 5, 3, 1, 5, 2);
    assert_true(frobenius >= sqrt(14) && frobenius < sqrt(14) * 1.001);
    assert_true(one < frobenius && two < one && two >= 3 && two < 3.05);
    assert_true(two == turned);
    double zeros[4] = {0};
    assert_true(px_pairs_norm(zeros, 2, 2, 2, 1, 2) == 0);
    double infinite[4] = {1, (double)INFINITY, 0, 0};
    assert_true(isinf(px_pairs_norm(infinite, 2, 2, 2, 1, 2)));
}

/* ---- the constant of GELU ---- */

/* |gelu''| over balls of radius h that cover [-8, 8], from y'' = q (2 t' + x t'' + x t'^2 (1 - 2 s)), t = 2 sqrt(2/pi)
 * (x + 0.044715 x^3), s = 1/(1 + exp(-t)), q = s (1 - s). On such a ball |q'| <= t' q, so that q moves by at most
 * q (e^(h t') - 1) <= 1.01 h t' q. Beyond 8, |t| > 49: q < e^-49, and the factor grows slower than e^|t|: below 1e-15.
 * The middles are in double; 1e-9 covers their roundings. */
static void gelu_bends_less_than_2(void **state) {
    (void)state;
    const double h = 0x1p-11;
    px_ball *b = px_balls_new(6, 64), *x = b, *d = b + 1, *dd = b + 2, *q = b + 3, *w = b + 4, *c = b + 5;
    double worst = 0;
    px_ball_pi(c);
    px_ball_scale(c, c, -3);
    px_ball_rsqrt(c, c); /* sqrt(8/pi) */
    for (int k = -8 * 1024; k <= 8 * 1024; k++) {
        double v = k * 0x1p-10, u = sqrt(8 / M_PI) * (v + 0.044715 * v * v * v), s = 1 / (1 + exp(-u));
        px_ball_pair(x, v, 0, h);
        px_ball_decimal(dd, 0.044715 * 6);
        px_ball_mul(dd, dd, x);
        px_ball_mul(dd, dd, c); /* t'' */
        px_ball_decimal(w, 0.134145);
        px_ball_mul(d, x, x);
        px_ball_mul(d, d, w);
        px_ball_double(w, 1);
        px_ball_add(d, d, w);
        px_ball_mul(d, d, c); /* t' */
        double slope = mpfr_get_d(d->x, MPFR_RNDU) + d->r;
        assert_true(slope * h < 0.01);
        px_ball_pair(q, s * (1 - s), 0, s * (1 - s) * 1.01 * slope * h + 1e-14);
        px_ball_pair(w, 1 - 2 * s, 0, 2 * s * (1 - s) * 1.02 * slope * h + 1e-14);
        px_ball_mul(w, w, d);
        px_ball_mul(w, w, d);
        px_ball_add(w, w, dd);
        px_ball_mul(w, w, x);
        px_ball_add(w, w, d);
        px_ball_add(w, w, d);
        px_ball_mul(w, w, q);
        worst = fmax(worst, fabs(mpfr_get_d(w->x, MPFR_RNDA)) + w->r + 1e-9);
    }
    px_balls_free(b, 6);
    if (!(worst > 0.7 && worst < 1.2)) fail_msg("|gelu''| is below %g only", worst);
}

/* ---- a whole step ---- */

static void a_step_holds_the_truth(void **state) {
    (void)state;
    for (int norm = 0; norm < PX_NN_NORM_COUNT; norm++) {
        pair_step s;
        pair_step_make(&s, PX_NN_POLICY_FP16_AMP, (px_nn_normal)norm, norm == PX_NN_NORM_LAYER ? 48 : 16, 12, 4);
        pair_step_check(&s, 0x1p-65);
        px_arena_free(s.arena);
    }
}

static void same_wide(const pair_step *s, const px_wide *a, const px_wide *b, int slot) {
    const px_mat *x[] = {&a->hi, &a->lo, &a->radius}, *y[] = {&b->hi, &b->lo, &b->radius};
    for (int p = 0; p < 3; p++)
        for (int64_t i = 0; i < a->hi.rows; i++)
            for (int64_t j = 0; j < a->hi.cols; j++) {
                double u = px_mat_get(x[p], i, j), v = px_mat_get(y[p], i, j);
                if (memcmp(&u, &v, sizeof u) != 0)
                    fail_msg("%s, part %d: %a and %a", s->program.prog.slots[slot].name, p, u, v);
            }
}

static void the_same_bits_everywhere(void **state) {
    (void)state;
    pair_step s;
    pair_step_make(&s, PX_NN_POLICY_FP16_AMP, PX_NN_NORM_LAYER, 24, 9, 2);
    int n;
    const px_ref_isa *const *usable = px_ref_isa_usable(&n), *chosen = px_ref_isa_chosen();
    px_wide first[512];
    assert_true(s.program.prog.n_slots <= 512);
    for (int k = 0; k < 2 * n; k++) {
        px_ref_isa_use(usable[k / 2]);
        px_parallel_set_jobs(1 + k % 2);
        void *st = pair_step_run(&s, px_ref_pairs());
        for (int i = 0; i < s.program.prog.n_slots; i++) {
            px_wide v = px_wide_new(s.arena, s.program.prog.slots[i].rows, s.program.prog.slots[i].cols);
            assert_int_equal(px_ref_pairs()->get(st, i, &v, NULL), PX_OK);
            if (k == 0)
                first[i] = v;
            else
                same_wide(&s, &first[i], &v, i);
        }
        px_ref_pairs()->close(st);
    }
    px_ref_isa_use(chosen);
    px_arena_free(s.arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_operation),
        cmocka_unit_test(narrow_products),
        cmocka_unit_test(large_products),
        cmocka_unit_test(norms),
        cmocka_unit_test(gelu_bends_less_than_2),
        cmocka_unit_test(a_step_holds_the_truth),
        cmocka_unit_test(the_same_bits_everywhere),
    };
    px_parallel_set_jobs(2);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
