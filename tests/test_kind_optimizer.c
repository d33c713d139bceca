/* Optimizers: the exact trajectory is that of formulas written again in MPFR, the fp32 one that of plain C floats, bit
 * for bit; a formula that is wrong in one place is told apart. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <mpfr.h>

#include "nn/descent.h"
#include "support/tunnel.h"

enum { STEPS = 20, BITS = 200 };
static const char *const names[] = {
#define NAME(id, name, text) name,
    PX_OPTIMIZER_LIST(NAME)
#undef NAME
};

/* What is wrong, if anything. */
typedef enum defect {
    NONE,
    BIAS_OFF_BY_ONE,
    EPS_UNDER_ROOT,
    DECAY_COUPLED,
    MAXIMUM_OF_CORRECTED,
    BELIEF_WITHOUT_EPS,
    DAMPENED,
    DEFECTS
} defect;

/* ---- the formulas again, in MPFR: R is one number of 200 bits ---- */

enum { W, G, B, M, V, X, ROOT, T1, T2, LR, MU, B1, B2, EPS, DECAY, NUMBERS };
typedef mpfr_t *R;
#define RN MPFR_RNDN

/* y = beta y + (1 - beta) x */
static void average(mpfr_t y, mpfr_t beta, mpfr_t x, R r) {
    mpfr_mul(y, y, beta, RN);
    mpfr_ui_sub(r[T1], 1, beta, RN);
    mpfr_mul(r[T1], r[T1], x, RN);
    mpfr_add(y, y, r[T1], RN);
}

/* x / (1 - beta^t) */
static void correct(mpfr_t y, mpfr_t x, mpfr_t beta, long t, R r) {
    mpfr_pow_si(r[T1], beta, t, RN);
    mpfr_ui_sub(r[T1], 1, r[T1], RN);
    mpfr_div(y, x, r[T1], RN);
}

static void step_sgd(int optimizer, defect wrong, long t, R r) {
    if (optimizer == PX_OPTIMIZER_SGD)
        mpfr_set(r[T2], r[G], RN);
    else {
        mpfr_mul(r[B], r[B], r[MU], RN);
        mpfr_set(r[T1], r[G], RN);
        if (wrong == DAMPENED && t > 1) mpfr_mul_d(r[T1], r[T1], 0.5, RN);
        mpfr_add(r[B], r[B], r[T1], RN);
        mpfr_set(r[T2], r[B], RN);
    }
    if (optimizer == PX_OPTIMIZER_NESTEROV) {
        mpfr_mul(r[T2], r[B], r[MU], RN);
        mpfr_add(r[T2], r[T2], r[G], RN);
    }
    mpfr_mul(r[T2], r[T2], r[LR], RN);
}

static void second_moment(int optimizer, defect wrong, long t, R r) {
    mpfr_set(r[T2], r[G], RN);
    if (optimizer == PX_OPTIMIZER_ADABELIEF) mpfr_sub(r[T2], r[G], r[M], RN);
    mpfr_sqr(r[T2], r[T2], RN);
    if (optimizer == PX_OPTIMIZER_ADAGRAD)
        mpfr_add(r[V], r[V], r[T2], RN);
    else
        average(r[V], r[B2], r[T2], r);
    if (optimizer == PX_OPTIMIZER_ADABELIEF && wrong != BELIEF_WITHOUT_EPS) mpfr_add(r[V], r[V], r[EPS], RN);
    mpfr_set(r[ROOT], r[V], RN);
    if (optimizer == PX_OPTIMIZER_AMSGRAD) {
        if (wrong == MAXIMUM_OF_CORRECTED) correct(r[ROOT], r[V], r[B2], t, r);
        mpfr_max(r[X], r[X], r[ROOT], RN);
        mpfr_set(r[ROOT], r[X], RN);
    }
}

static void step_adaptive(int optimizer, defect wrong, long t, R r) {
    bool first = optimizer != PX_OPTIMIZER_RMSPROP && optimizer != PX_OPTIMIZER_ADAGRAD;
    bool inside = (optimizer == PX_OPTIMIZER_EPS_INSIDE) != (wrong == EPS_UNDER_ROOT);
    long exponent = wrong == BIAS_OFF_BY_ONE ? t + 1 : t;
    if (first) average(r[M], r[B1], r[G], r);
    second_moment(optimizer, wrong, t, r);
    if (first && wrong != MAXIMUM_OF_CORRECTED) correct(r[ROOT], r[ROOT], r[B2], exponent, r);
    if (inside) mpfr_add(r[ROOT], r[ROOT], r[EPS], RN);
    mpfr_sqrt(r[ROOT], r[ROOT], RN);
    if (!inside) mpfr_add(r[ROOT], r[ROOT], r[EPS], RN);
    if (first)
        correct(r[T2], r[M], r[B1], exponent, r);
    else
        mpfr_set(r[T2], r[G], RN);
    mpfr_div(r[T2], r[T2], r[ROOT], RN);
    mpfr_mul(r[T2], r[T2], r[LR], RN);
}

/* g = (w - 0.1) + 0.02 sin(3 t), its numbers stored in fp64 as a cell's are. */
static void gradient(long t, R r) {
    mpfr_sub_d(r[G], r[W], 0.1, RN);
    mpfr_set_si(r[T1], 3 * t, RN);
    mpfr_sin(r[T1], r[T1], RN);
    mpfr_div_ui(r[T1], r[T1], 50, RN);
    mpfr_add_d(r[G], r[G], mpfr_get_d(r[T1], RN), RN);
}

static void trajectory(int optimizer, defect wrong, const char *decay, double w[STEPS]) {
    mpfr_t r[NUMBERS];
    static const char *const start[NUMBERS] = {
        [W] = "0.5", [LR] = "0.01", [MU] = "0.9", [B1] = "0.9", [B2] = "0.999", [EPS] = "1e-8"};
    for (int k = 0; k < NUMBERS; k++) {
        mpfr_init2(r[k], BITS);
        mpfr_set_str(r[k], k == DECAY ? decay : start[k] ? start[k] : "0", 10, RN);
    }
    bool decoupled = (optimizer == PX_OPTIMIZER_ADAMW) != (wrong == DECAY_COUPLED);
    for (long t = 1; t <= STEPS; t++) {
        gradient(t, r);
        mpfr_mul(r[T1], r[DECAY], r[W], RN);
        if (!decoupled) mpfr_add(r[G], r[G], r[T1], RN);
        if (optimizer < PX_OPTIMIZER_ADAM)
            step_sgd(optimizer, wrong, t, r);
        else
            step_adaptive(optimizer, wrong, t, r);
        mpfr_mul(r[T1], r[DECAY], r[W], RN);
        mpfr_mul(r[T1], r[T1], r[LR], RN);
        mpfr_sub(r[W], r[W], r[T2], RN);
        if (decoupled) mpfr_sub(r[W], r[W], r[T1], RN);
        w[t - 1] = mpfr_get_d(r[W], RN);
    }
    for (int k = 0; k < NUMBERS; k++) mpfr_clear(r[k]);
}

static px_flight fly(px_arena *arena, const char *optimizer, const char *more) {
    char ini[512];
    snprintf(ini, sizeof ini, "[experiment]\nkind = optimizer\n[sweep]\noptimizer = %s\n%s\n", optimizer, more);
    return px_fly(arena, ini, PX_ENGINE_AUTO, NULL);
}

/* 20 steps of at most 30 operations, each off by 2^-53. */
#define FP64_ACCURACY (20 * 30 * 0x1p-53)

static int differing_steps(int optimizer, defect wrong, const char *decay, const px_flight *f) {
    double w[STEPS];
    int differing = 0;
    trajectory(optimizer, wrong, decay, w);
    for (int t = 0; t < STEPS; t++) {
        differing += px_flight_number(f, t, "w_ref") != w[t];
        if (wrong == NONE && fabs(px_flight_number(f, t, "w") - w[t]) > FP64_ACCURACY)
            fail_msg("%s, step %d: fp64 has lost its accuracy", names[optimizer], t + 1);
    }
    return differing;
}

static void trajectories_are_the_formulas(void **state) {
    px_arena *arena = px_arena_new();
    (void)state;
    for (int o = 0; o < PX_OPTIMIZER_COUNT; o++)
        for (int with_decay = 0; with_decay < 2; with_decay++) {
            const char *decay = with_decay ? "0.125" : "0";
            char more[64];
            snprintf(more, sizeof more, "format = fp64\ndecay = %s", decay);
            px_flight f = fly(arena, names[o], more);
            assert_int_equal(f.n, STEPS);
            if (differing_steps(o, NONE, decay, &f)) fail_msg("%s, decay %s: another trajectory", names[o], decay);
        }
    px_arena_free(arena);
}

static void planted_defects_are_told_apart(void **state) {
    static const struct {
        defect wrong;
        int optimizer;
        const char *name;
    } plants[] = {
        {BIAS_OFF_BY_ONE, PX_OPTIMIZER_ADAM, "bias correction off by one"},
        {EPS_UNDER_ROOT, PX_OPTIMIZER_ADAM, "eps under the root"},
        {DECAY_COUPLED, PX_OPTIMIZER_ADAMW, "decay coupled"},
        {MAXIMUM_OF_CORRECTED, PX_OPTIMIZER_AMSGRAD, "the maximum of corrected moments"},
        {BELIEF_WITHOUT_EPS, PX_OPTIMIZER_ADABELIEF, "belief without eps"},
        {DAMPENED, PX_OPTIMIZER_MOMENTUM, "momentum dampened"},
    };
    px_arena *arena = px_arena_new();
    (void)state;
    assert_int_equal(sizeof plants / sizeof *plants, DEFECTS - 1);
    for (size_t i = 0; i < DEFECTS - 1; i++) {
        px_flight f = fly(arena, names[plants[i].optimizer], "format = fp64\ndecay = 0.125");
        if (!differing_steps(plants[i].optimizer, plants[i].wrong, "0.125", &f))
            fail_msg("%s: not seen", plants[i].name);
        printf("%-34s caught\n", plants[i].name);
    }
    px_arena_free(arena);
}

/* ---- the same in floats, an operation a statement: what format = fp32 must give, bit for bit ---- */

typedef struct floats {
    float w, b, m, v, x;
} floats;

static float mean(float beta, double beta64, float y, float x) {
    float rest = (float)(1 - beta64), left = beta * y, right = rest * x;
    return left + right;
}

static float hat(float y, double beta, int t) {
    double power = 1;
    for (int i = 0; i < t; i++) power *= beta;
    return y / (float)(1 - power);
}

static float update(int o, int t, float g, floats *s) {
    const float lr = -0.01f, mu = 0.9f, eps = 1e-8f;
    if (o == PX_OPTIMIZER_SGD) return lr * g;
    if (o == PX_OPTIMIZER_MOMENTUM || o == PX_OPTIMIZER_NESTEROV) {
        float kept = mu * s->b;
        s->b = kept + g;
        float ahead = mu * s->b;
        ahead = ahead + g;
        return lr * (o == PX_OPTIMIZER_NESTEROV ? ahead : s->b);
    }
    bool first = o != PX_OPTIMIZER_RMSPROP && o != PX_OPTIMIZER_ADAGRAD;
    if (first) s->m = mean(0.9f, 0.9, s->m, g);
    float e = o == PX_OPTIMIZER_ADABELIEF ? g - s->m : g, square = e * e;
    s->v = o == PX_OPTIMIZER_ADAGRAD ? s->v + square : mean(0.999f, 0.999, s->v, square);
    if (o == PX_OPTIMIZER_ADABELIEF) s->v = s->v + eps;
    float root = s->v;
    if (o == PX_OPTIMIZER_AMSGRAD) root = s->x = s->v > s->x ? s->v : s->x;
    if (first) root = hat(root, 0.999, t);
    if (o == PX_OPTIMIZER_EPS_INSIDE) root = root + eps;
    root = sqrtf(root);
    if (o != PX_OPTIMIZER_EPS_INSIDE) root = root + eps;
    float top = first ? hat(s->m, 0.9, t) : g, ratio = top / root;
    return lr * ratio;
}

static void fp32_is_plain_floats(void **state) {
    static const float force[] = {0x1.71f008p-9f, -0x1.6e3c48p-8f}; /* 0.02 sin 3, 0.02 sin 6 */
    px_arena *arena = px_arena_new();
    (void)state;
    for (int o = 0; o < PX_OPTIMIZER_COUNT; o++) {
        px_flight f = fly(arena, names[o], "format = fp32\nsteps = 2\ndecay = 0.125");
        floats s = {.w = 0.5f};
        for (int t = 1; t <= 2; t++) {
            float rest = s.w + -0.1f, g = rest + force[t - 1], decay = 0.125f * s.w;
            if (o != PX_OPTIMIZER_ADAMW) g = g + decay;
            float d = update(o, t, g, &s), decoupled = (float)(-0.01 * 0.125) * s.w;
            if (o == PX_OPTIMIZER_ADAMW) d = d + decoupled;
            s.w = s.w + d;
            if ((double)s.w != px_flight_number(&f, t - 1, "w"))
                fail_msg("%s, step %d: %.9g, floats have %.9g", names[o], t, px_flight_number(&f, t - 1, "w"),
                         (double)s.w);
        }
    }
    px_arena_free(arena);
}

/* With one gradient for ever the moments over their corrections are g and g^2: each step moves by lr g/(|g| + eps). */
static void ten_steps_of_a_textbook(void **state) {
    px_arena *arena = px_arena_new();
    (void)state;
    px_flight f = fly(arena, "adam", "format = fp64\nproblem = textbook\nn = 2\nsteps = 10");
    for (int t = 0; t < 10; t++) {
        double wanted = 0.5 - 0.01 * (t + 1) * (0.1 / (0.1 + 1e-8));
        assert_true(fabs(px_flight_number(&f, t, "w") - wanted) <= FP64_ACCURACY);
    }
    px_arena_free(arena);
}

/* Weights in [1, 2), |d| = lr: below u none of them moves, above u all do; a wider copy, a Kahan sum keep everything. */
static void updates_are_lost_below_u(void **state) {
    px_arena *arena = px_arena_new();
    (void)state;
    px_flight f = fly(arena, "sgd",
                      "problem = drift\nn = 256\nformat = bf16\nsteps = 4\nevery = 4\n"
                      "lr = 0.0038, 0.004\nstore/weights = nearest/bf16, nearest/fp32, kahan/bf16");
    assert_int_equal(f.n, 6);
    for (int i = 0; i < 6; i++) {
        bool low = strcmp(px_case_text(f.cells[i], "weights"), "bf16") == 0,
             small = px_flight_number(&f, i, "lr_t") < 0x1p-8;
        bool kahan = strcmp(px_case_text(f.cells[i], "store"), "kahan") == 0;
        double lost = px_flight_number(&f, i, "lost_total");
        if (low && !kahan)
            assert_true(lost == (small ? 1 : 0));
        else if (!low)
            assert_true(lost == 0);
        else
            assert_true(lost < 1); /* what one step loses the next ones bring back */
    }
    px_arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trajectories_are_the_formulas), cmocka_unit_test(planted_defects_are_told_apart),
        cmocka_unit_test(fp32_is_plain_floats),          cmocka_unit_test(ten_steps_of_a_textbook),
        cmocka_unit_test(updates_are_lost_below_u),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
