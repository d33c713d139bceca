/* cost: counts are the formulas where those are exact; a judge of counts notices planted miscounts; the passes that are
 * counted compute what the training step computes; memory is the sum of its terms. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "nn/nn.h"
#include "op/count.h"
#include "support/tunnel.h"

enum { B = 3, T = 17, C = 20 };

static px_flight fly(px_arena *arena, const char *sweep) {
    return px_fly(arena, px_arena_printf(arena, "[experiment]\nkind = cost\n[sweep]\n%s", sweep), PX_ENGINE_AUTO, NULL);
}

/* The field of the row of a cell with this stage and operation. */
static double field(const px_flight *f, int64_t cell, const char *stage, const char *operation, const char *column) {
    for (int64_t i = 0; i < f->n; i++)
        if (f->cells[i]->index == cell && !strcmp(px_flight_text(f, i, "stage"), stage) &&
            !strcmp(px_flight_text(f, i, "operation"), operation))
            return px_flight_number(f, i, column);
    fail_msg("cell %lld has no row %s %s", (long long)cell, stage, operation);
    return 0;
}

static const char sizes[] = "batch = 3\nlength = 17\nwidth = 20\nheads = 1, 2, 4, 5, 10, 20\nlayers = 1, 3\n";

/* The notes' formulas in integers, for a layer. */
static double forward_flops(void) { return 24 * B * T * C * C + 4 * B * T * T * C; }

static void products_are_the_formulas(void **state) {
    (void)state;
    px_arena *arena = px_arena_new();
    static const char *const passes[] = {"training", "forward", "causal", "decode"};
    const double wanted[] = {forward_flops(), forward_flops(), 24 * B * T * C * C + 2 * B * T * (T + 1) * C,
                             24 * B * C * C + 4 * B * T * C};
    const double share[] = {T / (6.0 * C + T), T / (6.0 * C + T), (T + 1) / 2.0 / (6.0 * C + (T + 1) / 2.0),
                            T / (6.0 * C + T)};
    for (int p = 0; p < 4; p++) {
        px_flight f = fly(arena, px_arena_printf(arena, "pass = %s\n%s", passes[p], sizes));
        for (int64_t cell = 0; cell < 12; cell++) {
            double layers = cell < 6 ? 1 : 3;
            assert_true(field(&f, cell, "forward", "products", "flops") == layers * wanted[p]);
            assert_true(field(&f, cell, "forward", "products", "flops_formula") == layers * wanted[p]);
            double off = field(&f, cell, "forward", "products", "attention_share") / share[p] - 1;
            assert_true(fabs(off) < 1e-7); /* printed to 8 digits */
            if (p > 0) continue;
            assert_true(field(&f, cell, "backward", "products", "flops") == 2 * layers * wanted[p]);
            assert_true(field(&f, cell, "all", "products", "flops") == 3 * layers * wanted[p]);
        }
    }
    px_arena_free(arena);
}

/* 2 m n p each, and (m n + m p + n p) numbers of two bytes, and the bias. */
static void each_product_is_2mnp(void **state) {
    (void)state;
    static const struct {
        const char *name;
        double count, m, n, p, bias;
    } list[] = {{"attn.qkv", 1, B * T, 3 * C, C, 3 * C}, {"attn.scores", B * 4, T, T, C / 4, 0},
                {"attn.z", B * 4, T, C / 4, T, 0},       {"attn.out", 1, B * T, C, C, C},
                {"mlp.fc", 1, B * T, 4 * C, C, 4 * C},   {"mlp.out", 1, B * T, C, 4 * C, C},
                {"logits", 1, B * T, 31, C, 0}};
    px_arena *arena = px_arena_new();
    px_flight f = fly(arena, "pass = forward\nbatch = 3\nlength = 17\nwidth = 20\nheads = 4\nvocab = 31\n");
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        double m = list[i].m, n = list[i].n, p = list[i].p, numbers = list[i].count * (m * n + m * p + n * p);
        assert_true(field(&f, 0, "forward", list[i].name, "flops") == list[i].count * 2 * m * n * p);
        assert_true(field(&f, 0, "forward", list[i].name, "products_off") == 0);
        assert_true(field(&f, 0, "forward", list[i].name, "bytes_formula") == 2 * numbers);
        assert_true(field(&f, 0, "forward", list[i].name, "bytes") == 2 * (numbers + list[i].bias));
    }
    assert_true(field(&f, 0, "forward", "products", "products_off") == 2 * B * T * 31 * C);
    assert_true(field(&f, 0, "forward", "products", "flops_formula") == forward_flops());
    px_arena_free(arena);
}

/* T decoded positions are a forward pass without masked scores. */
static void decoding_adds_up(void **state) {
    (void)state;
    px_arena *arena = px_arena_new();
    px_flight f = fly(arena, "pass = decode\nbatch = 3\nlength = 1..17\nwidth = 20\nheads = 5\n");
    double sum = 0;
    for (int64_t cell = 0; cell < T; cell++) sum += field(&f, cell, "forward", "products", "flops");
    assert_true(sum == 24 * B * T * C * C + 2 * B * T * (T + 1) * C);
    px_arena_free(arena);
}

/* ---- planted miscounts ---- */

typedef px_count counter(const px_nn_program *p, int32_t call);

static px_count honest(const px_nn_program *p, int32_t i) { return px_call_count(&p->prog, &p->prog.calls[i]); }
static bool is_product(const px_nn_program *p, int32_t i) {
    return p->prog.calls[i].op == PX_OP_GEMM && p->role[p->prog.calls[i].out[0].slot] != PX_NN_ROLE_SCALAR;
}
static px_count scaled(const px_nn_program *p, int32_t i, double flops) {
    px_count c = honest(p, i);
    c.flops *= flops;
    return c;
}
static px_count first_sum_free(const px_nn_program *p, int32_t i) {
    double k = (double)p->prog.calls[i].in[0].cols;
    return scaled(p, i, is_product(p, i) ? (2 * k - 1) / (2 * k) : 1);
}
static px_count one_term_short(const px_nn_program *p, int32_t i) {
    double k = (double)p->prog.calls[i].in[0].cols;
    return scaled(p, i, is_product(p, i) ? (k - 1) / k : 1);
}
static px_count fused_as_one(const px_nn_program *p, int32_t i) { return scaled(p, i, 0.5); }
static px_count last_forgotten(const px_nn_program *p, int32_t i) {
    return scaled(p, i, strcmp(p->prog.slots[p->prog.calls[i].out[0].slot].name, "h.0.mlp.out") != 0);
}
static px_count values_twice(const px_nn_program *p, int32_t i) {
    return scaled(p, i, strcmp(p->prog.slots[p->prog.calls[i].out[0].slot].name, "h.0.attn.z") ? 1 : 2);
}
static px_count bias_as_matrix(const px_nn_program *p, int32_t i) {
    px_count c = honest(p, i);
    px_arg bias = p->prog.calls[i].in[2];
    if (is_product(p, i) && bias.slot >= 0) c.read += 2 * (double)((bias.rows - 1) * bias.cols);
    return c;
}
static px_count operands_only(const px_nn_program *p, int32_t i) {
    px_count c = honest(p, i);
    c.written = 0;
    return c;
}
static px_count all_in_fp32(const px_nn_program *p, int32_t i) {
    px_count c = honest(p, i);
    c.read *= 2, c.written *= 2;
    return c;
}

/* Do these counts agree with the formulas of a forward pass, operations and traffic? */
static bool agrees(counter *count) {
    px_arena *arena = px_arena_new();
    px_nn_model m = {.layers = 1, .batch = B, .length = T, .width = C, .heads = 4, .clip = (double)INFINITY};
    px_nn_policy policy = px_nn_policy_of(PX_NN_POLICY_FP16_AMP);
    px_nn_program p;
    px_error err;
    if (px_nn_build_inference(arena, &m, &policy, PX_NN_PASS_FORWARD, &p, &err) != PX_OK) fail_msg("%s", err.text);
    double flops = 0, bytes = 0;
    for (int32_t i = 0; i < p.prog.n_calls; i++)
        if (is_product(&p, i)) {
            px_count c = count(&p, i);
            flops += c.flops;
            bytes += c.read + c.written;
        }
    px_arena_free(arena);
    double rows = B * T, biases = 9 * C, numbers = 16 * rows * C + 12 * C * C + 2 * (B * 4 * T * T + 2 * rows * C);
    return flops == forward_flops() && bytes == 2 * (numbers + biases);
}

static void miscounts_are_noticed(void **state) {
    (void)state;
    static counter *const planted[] = {first_sum_free, one_term_short, fused_as_one,  last_forgotten,
                                       values_twice,   bias_as_matrix, operands_only, all_in_fp32};
    assert_true(agrees(honest));
    for (size_t i = 0; i < sizeof planted / sizeof *planted; i++)
        if (agrees(planted[i])) fail_msg("miscount %zu went unnoticed", i);
}

/* ---- memory and time ---- */

/* Psi parameters on N devices: 16 Psi, 4 Psi + 12 Psi / N, 2 Psi + 14 Psi / N, 16 Psi / N (Rajbhandari et al. 2020, 5),
 * and with the notes' fp32 gradients 20 Psi. */
static void memory_is_that_of_the_papers(void **state) {
    (void)state;
    px_arena *arena = px_arena_new();
    px_flight f = fly(arena, "width = 64\nheads = 4\nlayers = 5\ndevices = 64\noptimizer = adam, sgd\n");
    double psi = 5 * (12 * 64 * 64 + 13 * 64);
    const double zero[] = {16 * psi, 4 * psi + 12 * psi / 64, 2 * psi + 14 * psi / 64, 16 * psi / 64};
    assert_true(field(&f, 0, "memory", "without_unscaled", "parameters") == psi);
    assert_true(field(&f, 0, "memory", "without_unscaled", "bytes_per_parameter") == 16);
    assert_true(field(&f, 0, "memory", "total", "bytes_per_parameter") == 20);
    assert_true(field(&f, 1, "memory", "without_unscaled", "bytes_per_parameter") == 8);
    for (int stage = 0; stage < 4; stage += 3)
        assert_true(field(&f, 0, "memory", "without_unscaled", stage ? "zero_3" : "zero_0") == zero[stage]);
    /* Norms have no fp16 copy but fp32 gradients: 2 bytes of each of their parameters change their stage. */
    double norms = 2 * 5 * 4 * 64.0, moved = norms - norms / 64;
    double first = field(&f, 0, "memory", "without_unscaled", "zero_1");
    double second = field(&f, 0, "memory", "without_unscaled", "zero_2");
    assert_true(first == zero[1]);
    assert_true(field(&f, 0, "memory", "unscaled", "zero_1") == 4 * psi / 64);
    assert_true(second == zero[2] - moved);
    double sum = 0;
    static const char *const terms[] = {"weights", "copy", "gradient", "unscaled", "state"};
    for (int i = 0; i < 5; i++) sum += field(&f, 0, "memory", terms[i], "bytes");
    assert_true(sum == field(&f, 0, "memory", "total", "bytes"));
    px_arena_free(arena);
}

static bool bound_by(const px_flight *f, int64_t cell, const char *stage, const char *operation, const char *what) {
    for (int64_t i = 0; i < f->n; i++)
        if (f->cells[i]->index == cell && !strcmp(px_flight_text(f, i, "stage"), stage) &&
            !strcmp(px_flight_text(f, i, "operation"), operation))
            return strcmp(px_flight_text(f, i, "bound_by"), what) == 0;
    return false;
}

/* 1.3B, 13B and 175B: how many parameters; products of training by computing, decoding one sequence by memory, the
 * weights read once a token. */
static void training_computes_and_decoding_reads(void **state) {
    (void)state;
    px_arena *arena = px_arena_new();
    static const double layers[] = {24, 40, 96}, width[] = {2048, 5120, 12288};
    px_flight f = fly(arena, "pass/length = training/2048, decode/2048\n"
                             "layers/width/heads = 24/2048/16, 40/5120/40, 96/12288/96\nvocab = 50257\n"
                             "device = a100, h100\n");
    for (int64_t cell = 0; cell < 12; cell++) {
        int size = (int)(cell / 2 % 3);
        double l = layers[size], c = width[size], numbers = l * (12 * c * c + 13 * c) + (50257 + 2048 + 2) * c;
        bool decode = cell >= 6;
        assert_true(field(&f, cell, "memory", "total", "parameters") == numbers);
        if (!decode) {
            assert_true(bound_by(&f, cell, "all", "products", "compute"));
            continue;
        }
        assert_true(bound_by(&f, cell, "all", "total", "memory"));
        assert_true(field(&f, cell, "memory", "kv_cache", "bytes") == 2 * 2 * 2048 * c * l);
        double bandwidth = cell % 2 ? 3350e9 : 2039e9, weights = 2 * numbers / bandwidth;
        assert_true(field(&f, cell, "all", "total", "time_memory_s") > 0.99 * weights);
    }
    px_arena_free(arena);
}

/* The host's figures are in the library table, and only where they are asked for. */
static void this_machine_is_measured_when_asked(void **state) {
    (void)state;
    px_arena *arena = px_arena_new();
    px_flight f = fly(arena, "host = no, yes\n");
    assert_true(isnan(field(&f, 0, "all", "total", "host_flops_per_s")));
    assert_true(field(&f, 1, "all", "total", "host_flops_per_s") > 1e8);
    assert_true(field(&f, 1, "all", "total", "host_bytes_per_s") > 1e8);
    assert_true(field(&f, 0, "all", "total", "time_s") == field(&f, 1, "all", "total", "time_s"));
    const px_kind *kind = px_kind_find("cost");
    for (int i = 0; i < kind->spec.n_columns; i++)
        if (strncmp(kind->spec.columns[i].name, "host_", 5) == 0)
            assert_int_equal(kind->spec.columns[i].class, PX_CLASS_LIBRARY);
    px_arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_are_the_formulas),
        cmocka_unit_test(each_product_is_2mnp),
        cmocka_unit_test(decoding_adds_up),
        cmocka_unit_test(miscounts_are_noticed),
        cmocka_unit_test(memory_is_that_of_the_papers),
        cmocka_unit_test(training_computes_and_decoding_reads),
        cmocka_unit_test(this_machine_is_measured_when_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
