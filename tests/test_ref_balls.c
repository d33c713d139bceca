/* The exact readings of op/layer.h: every operation against its formula in plain double arithmetic, written here once
 * more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/philox.h"
#include "ref/balls.h"

enum { M = 6, N = 5, MAX_SLOTS = 9 };

/* One call and its tensors: inputs first, drawn at random or given, then outputs. */
typedef struct bench {
    px_arena *arena;
    px_slot slots[MAX_SLOTS];
    px_call call;
    px_prog prog;
    px_mat value[MAX_SLOTS];
} bench;

static double draw(uint64_t key, uint64_t i) {
    return (double)(int64_t)px_philox(key, 5, i).lo * 0x1p-62;
} /* [-2, 2] */

static void start(bench *b, px_op op) {
    *b = (bench){.arena = px_arena_new(), .call = {.op = op}};
    b->prog = (px_prog){.slots = b->slots, .calls = &b->call, .n_calls = 1};
    for (int k = 0; k < PX_MAX_IN; k++) b->call.in[k] = px_arg_absent();
    for (int k = 0; k < PX_MAX_OUT; k++) b->call.out[k] = px_arg_absent();
}

static int new_slot(bench *b, int64_t rows, int64_t cols) {
    int s = b->prog.n_slots++;
    b->slots[s] = (px_slot){.rows = rows, .cols = cols};
    b->value[s] = px_mat_new(b->arena, px_fp_exact(), rows, cols);
    return s;
}

static void in(bench *b, int k, int64_t rows, int64_t cols) {
    int s = new_slot(b, rows, cols);
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < cols; j++) px_mat_set(&b->value[s], i, j, draw((uint64_t)k, (uint64_t)(i * cols + j)));
    b->call.in[k] = px_arg_whole(&b->prog, s);
}

static void out(bench *b, int k, int64_t rows, int64_t cols) {
    b->call.out[k] = px_arg_whole(&b->prog, new_slot(b, rows, cols));
}

static double x(const bench *b, int k, int64_t i, int64_t j) { return px_mat_get(&b->value[b->call.in[k].slot], i, j); }

/* Runs the call; outputs to value. Every radius must be of the order of the last bits. */
static void go(bench *b) {
    px_ref_balls balls = px_ref_balls_of(PX_BALLS_BITS);
    const px_exec *e = &balls.exec;
    char why[100];
    void *state;
    px_error err;
    if (!e->supports(&b->prog, &b->call, why, sizeof why)) fail_msg("no %s", why);
    assert_int_equal(e->open(e, &state, &b->prog, &err), PX_OK);
    for (int s = 0; s < b->prog.n_slots; s++) {
        px_wide v = px_wide_of(b->value[s]);
        assert_int_equal(e->put(state, s, &v, &err), PX_OK);
    }
    assert_int_equal(e->run(state, 0, 1, &err), PX_OK);
    for (int k = 0; k < px_op_outputs(b->call.op); k++) {
        int s = b->call.out[k].slot;
        if (s < 0) continue;
        px_wide v = px_wide_new(b->arena, b->slots[s].rows, b->slots[s].cols);
        assert_int_equal(e->get(state, s, &v, &err), PX_OK);
        b->value[s] = v.hi;
        const px_ball *ball = px_ref_balls_slot(state, s);
        for (int64_t i = 0; i < b->slots[s].rows * b->slots[s].cols; i++) assert_true(ball[i].r < 0x1p-240);
    }
    e->close(state);
}

static void expect(const bench *b, int k, int64_t i, int64_t j, double want) {
    double got = px_mat_get(&b->value[b->call.out[k].slot], i, j);
    double tolerance = 1e-13 * (1 + fabs(want)); /* fewer than 100 roundings of numbers below 8 */
    if (!(fabs(got - want) <= tolerance))
        fail_msg("%s: out %d (%d, %d) is %.17g, not %.17g", px_op_name(b->call.op), k, (int)i, (int)j, got, want);
}

static void finish(bench *b) { px_arena_free(b->arena); }

static void statistics(const bench *b, int k, int64_t i, double *mean, double *rstd) {
    double sum = 0, square = 0;
    for (int64_t j = 0; j < N; j++) sum += x(b, k, i, j);
    *mean = sum / N;
    for (int64_t j = 0; j < N; j++) square += (x(b, k, i, j) - *mean) * (x(b, k, i, j) - *mean);
    *rstd = 1 / sqrt(square / N + 1e-5);
}

static void layer_norm(void **state) {
    (void)state;
    bench b;
    start(&b, PX_OP_LAYERNORM);
    b.call.attr[0] = 1e-5;
    in(&b, 0, M, N), in(&b, 1, 1, N), in(&b, 2, 1, N);
    out(&b, 0, M, N), out(&b, 1, M, 1), out(&b, 2, M, 1);
    go(&b);
    for (int64_t i = 0; i < M; i++) {
        double mean, rstd;
        statistics(&b, 0, i, &mean, &rstd);
        expect(&b, 1, i, 0, mean);
        expect(&b, 2, i, 0, rstd);
        for (int64_t j = 0; j < N; j++)
            expect(&b, 0, i, j, (x(&b, 0, i, j) - mean) * rstd * x(&b, 1, 0, j) + x(&b, 2, 0, j));
    }
    finish(&b);
}

/* mean and rstd are whatever is given. */
static void layer_norm_backward(void **state) {
    (void)state;
    bench b, c;
    start(&b, PX_OP_LAYERNORM_BACKWARD);
    in(&b, 0, M, N), in(&b, 1, M, N), in(&b, 2, M, 1), in(&b, 3, M, 1), in(&b, 4, 1, N), out(&b, 0, M, N);
    go(&b);
    for (int64_t i = 0; i < M; i++) {
        double a = 0, q = 0;
        for (int64_t j = 0; j < N; j++) {
            double g = x(&b, 0, i, j) * x(&b, 4, 0, j), k = (x(&b, 1, i, j) - x(&b, 2, i, 0)) * x(&b, 3, i, 0);
            a += g / N;
            q += g * k / N;
        }
        for (int64_t j = 0; j < N; j++) {
            double g = x(&b, 0, i, j) * x(&b, 4, 0, j), k = (x(&b, 1, i, j) - x(&b, 2, i, 0)) * x(&b, 3, i, 0);
            expect(&b, 0, i, j, (g - a - k * q) * x(&b, 3, i, 0));
        }
    }
    finish(&b);
    start(&c, PX_OP_LAYERNORM_GAMMA);
    in(&c, 0, M, N), in(&c, 1, M, N), in(&c, 2, M, 1), in(&c, 3, M, 1), out(&c, 0, 1, N);
    go(&c);
    for (int64_t j = 0; j < N; j++) {
        double sum = 0;
        for (int64_t i = 0; i < M; i++) sum += x(&c, 0, i, j) * (x(&c, 1, i, j) - x(&c, 2, i, 0)) * x(&c, 3, i, 0);
        expect(&c, 0, 0, j, sum);
    }
    finish(&c);
}

static double gelu_of(double v, int form) {
    if (form == PX_GELU_ERF) return 0.5 * v * (1 + erf(v / sqrt(2)));
    return 0.5 * v * (1 + tanh(sqrt(2 / M_PI) * (v + 0.044715 * v * v * v)));
}

static double gelu_slope(double v, int form) {
    if (form == PX_GELU_ERF) return 0.5 * (1 + erf(v / sqrt(2))) + v * exp(-v * v / 2) / sqrt(2 * M_PI);
    double t = tanh(sqrt(2 / M_PI) * (v + 0.044715 * v * v * v));
    return 0.5 * (1 + t) + 0.5 * v * (1 - t * t) * sqrt(2 / M_PI) * (1 + 3 * 0.044715 * v * v);
}

static void gelu(void **state) {
    (void)state;
    for (int form = PX_GELU_TANH; form <= PX_GELU_ERF; form++) {
        bench b, c;
        start(&b, PX_OP_GELU);
        start(&c, PX_OP_GELU_BACKWARD);
        b.call.attr[0] = c.call.attr[0] = form;
        in(&b, 0, M, N), out(&b, 0, M, N);
        in(&c, 0, M, N), in(&c, 1, M, N), out(&c, 0, M, N);
        go(&b);
        go(&c);
        for (int64_t i = 0; i < M; i++)
            for (int64_t j = 0; j < N; j++) {
                expect(&b, 0, i, j, gelu_of(x(&b, 0, i, j), form));
                expect(&c, 0, i, j, x(&c, 0, i, j) * gelu_slope(x(&c, 1, i, j), form));
            }
        finish(&b);
        finish(&c);
    }
}

static void softmax(void **state) {
    (void)state;
    for (int64_t period = 0; period <= 3; period += 3) {
        bench b, c;
        start(&b, PX_OP_SOFTMAX);
        start(&c, PX_OP_SOFTMAX_BACKWARD);
        b.call.attr[0] = 3, c.call.attr[0] = 0;
        b.call.attr[1] = c.call.attr[1] = (double)period;
        b.call.attr[2] = -1e9;
        in(&b, 0, M, N), out(&b, 0, M, N);
        in(&c, 0, M, N), in(&c, 1, M, N), out(&c, 0, M, N);
        go(&b);
        go(&c);
        for (int64_t i = 0; i < M; i++) {
            int64_t n = period ? i % period + 1 : N;
            double sum = 0, w = 0;
            for (int64_t j = 0; j < n; j++) {
                sum += exp(x(&b, 0, i, j) / sqrt(3));
                w += x(&c, 0, i, j) * x(&c, 1, i, j);
            }
            for (int64_t j = 0; j < N; j++) {
                expect(&b, 0, i, j, j < n ? exp(x(&b, 0, i, j) / sqrt(3)) / sum : 0);
                expect(&c, 0, i, j, j < n ? x(&c, 1, i, j) * (x(&c, 0, i, j) - w) : 0);
            }
        }
        finish(&b);
        finish(&c);
    }
}

static void dropout_and_scale(void **state) {
    (void)state;
    bench b, c;
    start(&b, PX_OP_DROPOUT);
    b.call.attr[0] = 0.3;
    b.call.stream = 77;
    in(&b, 0, M, N), out(&b, 0, M, N);
    go(&b);
    int dropped = 0;
    for (int64_t i = 0; i < M; i++)
        for (int64_t j = 0; j < N; j++) {
            bool kept = (double)(px_philox(77, (uint64_t)(i * N + j), 0).lo >> 11) * 0x1p-53 >= 0.3;
            dropped += !kept;
            expect(&b, 0, i, j, kept ? x(&b, 0, i, j) / 0.7 : 0);
        }
    assert_true(dropped > 0 && dropped < M * N);
    finish(&b);
    start(&c, PX_OP_SCALE);
    c.call.attr[0] = -1.5;
    c.call.attr[1] = 7;
    in(&c, 0, M, N), out(&c, 0, M, N);
    go(&c);
    for (int64_t i = 0; i < M; i++)
        for (int64_t j = 0; j < N; j++) expect(&c, 0, i, j, x(&c, 0, i, j) * -1.5 / sqrt(7));
    finish(&c);
}

static void give_indices(bench *b, int k, int64_t below) {
    px_mat *m = &b->value[b->call.in[k].slot];
    for (int64_t i = 0; i < m->rows; i++) px_mat_set(m, i, 0, (double)((7 * i + 2) % below));
}

static void embeddings(void **state) {
    (void)state;
    enum { VOCAB = 4 };
    bench b, c;
    start(&b, PX_OP_GATHER);
    in(&b, 0, VOCAB, N), in(&b, 1, M, 1), out(&b, 0, M, N);
    give_indices(&b, 1, VOCAB);
    go(&b);
    start(&c, PX_OP_SCATTER_ADD);
    in(&c, 0, M, N), in(&c, 1, M, 1), out(&c, 0, VOCAB, N);
    give_indices(&c, 1, VOCAB - 1);
    go(&c);
    for (int64_t j = 0; j < N; j++) {
        double sum[VOCAB] = {0};
        for (int64_t i = 0; i < M; i++) {
            expect(&b, 0, i, j, x(&b, 0, (int64_t)x(&b, 1, i, 0), j));
            sum[(int)x(&c, 1, i, 0)] += x(&c, 0, i, j);
        }
        for (int64_t r = 0; r < VOCAB; r++) expect(&c, 0, r, j, sum[r]);
    }
    finish(&b);
    finish(&c);
}

static void losses(void **state) {
    (void)state;
    for (int scaled = 0; scaled <= 1; scaled++) {
        bench b, c;
        start(&b, PX_OP_MSE);
        start(&c, PX_OP_CROSS_ENTROPY);
        in(&b, 0, M, N), in(&b, 1, M, N);
        in(&c, 0, M, N), in(&c, 1, M, 1);
        if (scaled) in(&b, 2, 1, 1), in(&c, 2, 1, 1);
        out(&b, 0, 1, 1), out(&b, 1, M, N);
        out(&c, 0, 1, 1), out(&c, 1, M, N);
        give_indices(&c, 1, N);
        go(&b);
        go(&c);
        double mse = 0, entropy = 0, s = scaled ? x(&b, 2, 0, 0) : 1;
        for (int64_t i = 0; i < M; i++) {
            double sum = 0;
            for (int64_t j = 0; j < N; j++) {
                double e = x(&b, 0, i, j) - x(&b, 1, i, j);
                mse += e * e / (M * N);
                expect(&b, 1, i, j, 2 * e * s / (M * N));
                sum += exp(x(&c, 0, i, j));
            }
            int64_t target = (int64_t)x(&c, 1, i, 0);
            entropy += (log(sum) - x(&c, 0, i, target)) / M;
            for (int64_t j = 0; j < N; j++) expect(&c, 1, i, j, (exp(x(&c, 0, i, j)) / sum - (j == target)) * s / M);
        }
        expect(&b, 0, 0, 0, mse);
        expect(&c, 0, 0, 0, entropy);
        finish(&b);
        finish(&c);
    }
}

static void normalised(void **state) {
    (void)state;
    for (int form = 0; form < PX_NORMALISE_COUNT; form++) {
        bench b;
        start(&b, PX_OP_NORMALISE);
        b.call.attr[0] = form;
        in(&b, 0, M, N), out(&b, 0, M, N), out(&b, 1, M, 1), out(&b, 2, M, 1);
        go(&b);
        for (int64_t i = 0; i < M; i++) {
            double mean = 0, variance = 0, least = (double)INFINITY, most = -(double)INFINITY;
            for (int64_t j = 0; j < N; j++) {
                mean += x(&b, 0, i, j) / N;
                least = fmin(least, x(&b, 0, i, j));
                most = fmax(most, x(&b, 0, i, j));
            }
            for (int64_t j = 0; j < N; j++) variance += pow(x(&b, 0, i, j) - mean, 2) / N;
            bool range = form == PX_NORMALISE_MIN_MAX;
            double centre = range ? least : mean, spread = range ? most - least : variance;
            expect(&b, 1, i, 0, centre);
            expect(&b, 2, i, 0, spread);
            for (int64_t j = 0; j < N; j++)
                expect(&b, 0, i, j, (x(&b, 0, i, j) - centre) / (range ? spread : sqrt(spread)));
        }
        finish(&b);
    }
}

static void signs(void **state) {
    (void)state;
    bench b;
    start(&b, PX_OP_SIGN);
    in(&b, 0, M, N), out(&b, 0, M, N);
    px_mat_set(&b.value[0], 1, 2, 0);
    px_mat_set(&b.value[0], 2, 2, (double)-INFINITY);
    go(&b);
    for (int64_t i = 0; i < M; i++)
        for (int64_t j = 0; j < N; j++) expect(&b, 0, i, j, x(&b, 0, i, j) == 0 ? 0 : copysign(1, x(&b, 0, i, j)));
    finish(&b);
}

static void check_and_clip(void **state) {
    (void)state;
    bench b, c, d;
    start(&b, PX_OP_NONFINITE);
    in(&b, 0, M, N), in(&b, 1, 1, 1), out(&b, 0, 1, 1);
    px_mat_set(&b.value[0], 1, 2, (double)INFINITY);
    px_mat_set(&b.value[0], 3, 3, (double)NAN);
    go(&b);
    expect(&b, 0, 0, 0, x(&b, 1, 0, 0) + 2);
    finish(&b);
    for (int clipped = 0; clipped <= 1; clipped++) {
        start(&c, PX_OP_CLIP_FACTOR);
        c.call.attr[0] = clipped ? 0.5 : 9;
        c.call.attr[1] = 1e-6;
        in(&c, 0, 1, 1), out(&c, 0, 1, 1), out(&c, 1, 1, 1);
        px_mat_set(&c.value[0], 0, 0, 2);
        go(&c);
        expect(&c, 0, 0, 0, clipped ? 0.5 / (sqrt(2) + 1e-6) : 1);
        expect(&c, 1, 0, 0, sqrt(2));
        finish(&c);
    }
    start(&d, PX_OP_POWER_SCALE);
    d.call.attr[0] = 448;
    in(&d, 0, M, N), out(&d, 0, 1, 1), out(&d, 1, 1, 1);
    px_mat_set(&d.value[0], 2, 2, -7.5); /* 448/7.5 = 59.7 */
    go(&d);
    expect(&d, 0, 0, 0, 32);
    expect(&d, 1, 0, 0, 1.0 / 32);
    finish(&d);
}

static void updates(void **state) {
    (void)state;
    bench b, c, d;
    start(&b, PX_OP_SGD);
    b.call.attr[0] = 0.01, b.call.attr[1] = 0.9;
    in(&b, 0, M, N), in(&b, 1, M, N), out(&b, 0, M, N), out(&b, 1, M, N);
    go(&b);
    start(&c, PX_OP_ADAM);
    memcpy(c.call.attr, (double[]){1e-3, 0.9, 0.999, 1e-8, 3}, 5 * sizeof(double));
    in(&c, 0, M, N), in(&c, 1, M, N), in(&c, 2, M, N), out(&c, 0, M, N), out(&c, 1, M, N), out(&c, 2, M, N);
    for (int64_t i = 0; i < M; i++)
        for (int64_t j = 0; j < N; j++) px_mat_set(&c.value[2], i, j, fabs(x(&c, 2, i, j)));
    go(&c);
    start(&d, PX_OP_ADD_KAHAN);
    in(&d, 0, M, N), in(&d, 1, M, N), in(&d, 2, M, N), out(&d, 0, M, N), out(&d, 1, M, N);
    go(&d);
    for (int64_t i = 0; i < M; i++)
        for (int64_t j = 0; j < N; j++) {
            double buffer = 0.9 * x(&b, 1, i, j) + x(&b, 0, i, j), g = x(&c, 0, i, j);
            expect(&b, 1, i, j, buffer);
            expect(&b, 0, i, j, -0.01 * buffer);
            double m = 0.9 * x(&c, 1, i, j) + (1 - 0.9) * g, v = 0.999 * x(&c, 2, i, j) + (1 - 0.999) * g * g;
            expect(&c, 1, i, j, m);
            expect(&c, 2, i, j, v);
            expect(&c, 0, i, j, -1e-3 * (m / (1 - pow(0.9, 3))) / (sqrt(v / (1 - pow(0.999, 3))) + 1e-8));
            expect(&d, 0, i, j, x(&d, 0, i, j) + x(&d, 1, i, j) + x(&d, 2, i, j));
            expect(&d, 1, i, j, 0);
        }
    finish(&b);
    finish(&c);
    finish(&d);
}

/* Views: a transposed operand, a sum of columns, an accumulated product. */
static void products_and_sums(void **state) {
    (void)state;
    bench b, c;
    start(&b, PX_OP_GEMM);
    b.call.attr[0] = -1;
    in(&b, 0, N, M), in(&b, 1, N, N), in(&b, 2, M, N), out(&b, 0, M, N);
    b.call.in[0] = px_arg_transposed(&b.prog, 0);
    go(&b);
    start(&c, PX_OP_SUM);
    in(&c, 0, M, N), out(&c, 0, N, 1);
    c.call.in[0] = px_arg_transposed(&c.prog, 0);
    go(&c);
    for (int64_t j = 0; j < N; j++) {
        double column = 0;
        for (int64_t i = 0; i < M; i++) {
            double sum = x(&b, 2, i, j);
            for (int64_t t = 0; t < N; t++) sum -= x(&b, 0, t, i) * x(&b, 1, t, j);
            expect(&b, 0, i, j, sum);
            column += x(&c, 0, i, j);
        }
        expect(&c, 0, j, 0, column);
    }
    finish(&b);
    finish(&c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layer_norm),
        cmocka_unit_test(layer_norm_backward),
        cmocka_unit_test(gelu),
        cmocka_unit_test(softmax),
        cmocka_unit_test(dropout_and_scale),
        cmocka_unit_test(embeddings),
        cmocka_unit_test(losses),
        cmocka_unit_test(normalised),
        cmocka_unit_test(signs),
        cmocka_unit_test(check_and_clip),
        cmocka_unit_test(updates),
        cmocka_unit_test(products_and_sums),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
