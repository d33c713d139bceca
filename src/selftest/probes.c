#include "selftest/probes.h"

#include <math.h>
#include <string.h>

#include "arith/codec.h"
#include "arith/model.h"
#include "arith/round.h"
#include "matrix/mat.h"

enum { K = 64, MOST_FRACTION = 40 };

void px_unit_add_answers(px_text *text, const px_unit_answers *answers) {
#define NAME(id, name, what) name,
    static const char *const names[] = {PX_UNIT_QUESTION_LIST(NAME)};
#undef NAME
    for (int i = 0; i < PX_UNIT_QUESTIONS; i++) {
        const long long x = answers->of[i];
        px_text_printf(text, "%s%s ", i ? ", " : "", names[i]);
        if (i == PX_UNIT_RESULT && x >= 0)
            px_text_add(text, px_rounding_name((px_rounding_mode)x));
        else
            px_text_printf(text, i < PX_UNIT_NAN_MADE ? "%lld" : "%llx", x);
    }
}

/* A dot product of K terms on an executor. */
typedef struct dot {
    const px_exec *exec;
    px_slot slots[3]; /* a, b, the result */
    px_call call;
    px_prog prog;
    px_arena *arena;
    px_mat a, b, result;
    px_error *err;
    px_status status; /* the first trouble; further dots are not tried */
} dot;

static px_fp named(const char *name) {
    px_fp f;
    PX_ASSERT(px_fp_parse(name, &f, NULL) == PX_OK);
    return f;
}

static void start(dot *d, int model, const char *in, const char *out) {
    px_fp fi = named(in), fo = named(out);
    d->slots[0] = (px_slot){"a", 1, K, fi};
    d->slots[1] = (px_slot){"b", K, 1, fi};
    d->slots[2] = (px_slot){"c", 1, 1, fo};
    d->prog = (px_prog){.slots = d->slots, .calls = &d->call, .n_slots = 3, .n_calls = 1};
    d->call = (px_call){.op = PX_OP_GEMM, .recipe = px_recipe_uniform(fo), .attr = {1}};
    d->call.recipe.mul = px_fp_exact();
    d->call.recipe.model = (int16_t)model;
    for (int k = 0; k < PX_MAX_IN; k++) d->call.in[k] = k < 2 ? px_arg_whole(&d->prog, k) : px_arg_absent();
    for (int k = 0; k < PX_MAX_OUT; k++) d->call.out[k] = k < 1 ? px_arg_whole(&d->prog, 2) : px_arg_absent();
    d->a = px_mat_new(d->arena, fi, 1, K);
    d->b = px_mat_new(d->arena, fi, K, 1);
    d->result = px_mat_new(d->arena, fo, 1, 1);
}

static void clear(dot *d) {
    for (int k = 0; k < K; k++) {
        px_mat_set(&d->a, 0, k, 0);
        px_mat_set(&d->b, k, 0, 0);
    }
}

/* Term k is 2^exponent factor, each of its operands a number with a moderate exponent. */
static void put(dot *d, int k, double factor, int exponent) {
    px_mat_set(&d->a, 0, k, ldexp(factor, exponent / 2));
    px_mat_set(&d->b, k, 0, ldexp(1, exponent - exponent / 2));
}

static px_status run(dot *d, void *state) {
    px_wide a = px_wide_of(d->a), b = px_wide_of(d->b), result = px_wide_of(d->result);
    PX_TRY(d->exec->put(state, 0, &a, d->err));
    PX_TRY(d->exec->put(state, 1, &b, d->err));
    PX_TRY(d->exec->run(state, 0, 1, d->err));
    return d->exec->get(state, 2, &result, d->err);
}

static double value(dot *d) {
    void *state = NULL;
    if (d->status == PX_OK) d->status = d->exec->open(d->exec, &state, &d->prog, d->err);
    if (d->status != PX_OK) return 0;
    d->status = run(d, state);
    d->exec->close(state);
    return px_mat_get(&d->result, 0, 0);
}

/* one + x - one, x = one factor 2^exponent in term k, the ones in terms 0 and 1. They are 2^12, so that x is a number of
 * fp16, too. */
static double beside_one(dot *d, int k, double factor, int exponent) {
    const int one = 12;
    clear(d);
    put(d, 0, 1, one);
    put(d, 1, -1, one);
    put(d, k, factor, one + exponent);
    return value(d);
}

static int fraction(dot *d) {
    int kept = 0;
    while (kept < MOST_FRACTION && beside_one(d, 2, 1, -(kept + 1)) != 0) kept++;
    return kept;
}

/* The first term that does not notice the ones; K where all do. */
static int width(dot *d, int fraction_bits) {
    int k = 2;
    while (k < K && beside_one(d, k, 1, -fraction_bits - 4) == 0) k++;
    return k;
}

/* sign (3 + x), x in units of half of its last place, which a block still holds: the bit that decides. */
static double three_and(dot *d, double sign, int x) {
    const int half = -d->slots[2].fmt.p + 1;
    clear(d);
    put(d, 0, sign * 1.5, 0);
    put(d, 1, sign * 1.5, 0);
    put(d, 2, sign * x, half);
    return value(d);
}

/* The mode that explains three ties: 3 is even, the next number odd. */
static int rounding_of_result(dot *d) {
    const px_fp f = d->slots[2].fmt;
    static const double cases[][2] = {{1, 1}, {1, 3}, {-1, 1}};
    double got[3];
    for (int i = 0; i < 3; i++) got[i] = three_and(d, cases[i][0], (int)cases[i][1]);
    for (int mode = 0; mode < PX_STOCHASTIC; mode++) {
        int fits = 0;
        for (int i = 0; i < 3; i++) {
            double exact = cases[i][0] * (3 + ldexp(cases[i][1], -f.p + 1));
            fits += got[i] == px_round(f, px_rounding_of((px_rounding_mode)mode), exact, 0);
        }
        if (fits == 3) return mode;
    }
    return -1;
}

/* The word of a b, both words of the operands' format. */
static int64_t word_of_product(dot *d, px_unit_function *words, uint64_t a, uint64_t b) {
    px_unit_dot w = {.in = d->slots[0].fmt, .out = d->slots[2].fmt, .a = {a}, .b = {b}};
    if (!words) {
        clear(d);
        px_mat_set(&d->a, 0, 0, px_decode(w.in, a));
        px_mat_set(&d->b, 0, 0, px_decode(w.in, b));
        return (int64_t)px_mma_encode(w.out, value(d));
    }
    if (d->status == PX_OK) d->status = words(&w, d->err);
    return (int64_t)w.d;
}

static void ask(dot *d, px_unit_function *words, int64_t *answers) {
    const px_fp f = d->slots[0].fmt;
    const uint64_t minus = (uint64_t)1 << (f.width - 1), infinity = px_encode(f, (double)INFINITY);
    const int bits = fraction(d);
    answers[PX_UNIT_FRACTION] = bits;
    answers[PX_UNIT_WIDTH] = width(d, bits);
    answers[PX_UNIT_ROUNDS] = beside_one(d, 2, 1.5, -bits - 1) != 0;
    answers[PX_UNIT_DOWN] = beside_one(d, 2, -1.5, -bits - 1) != 0;
    clear(d);
    px_mat_set(&d->a, 0, 0, px_fp_min_subnormal(f));
    px_mat_set(&d->b, 0, 0, 1);
    answers[PX_UNIT_SUBNORMAL] = value(d) != 0;
    answers[PX_UNIT_RESULT] = rounding_of_result(d);
    answers[PX_UNIT_NAN_MADE] = word_of_product(d, words, 0, infinity);
    answers[PX_UNIT_NAN_MET] = word_of_product(d, words, px_encode(f, 1), px_encode(f, (double)NAN) | minus | 1);
}

px_status px_unit_ask(const px_exec *exec, px_unit_function *words, int model, const char *in, const char *out,
                      px_unit_answers *answers, int *known, px_error *err) {
    px_arena *arena = px_arena_new();
    dot d = {.exec = exec, .arena = arena, .err = err};
    char why[256];
    start(&d, model, in, out);
    *known = exec->supports(&d.prog, &d.call, why, sizeof why);
    if (*known) ask(&d, words, answers->of);
    px_arena_free(arena);
    return d.status;
}
