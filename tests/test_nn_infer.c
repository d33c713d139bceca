/* Passes for inference compute what the forward pass of all positions computes, bit for bit: without masked scores, and
 * one position against the keys and values of the others. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "arith/round.h"
#include "backend/registry.h"
#include "nn/nn.h"
#include "support/cases.h"

enum { B = 2, T = 5, C = 12, LAYERS = 2, VOCAB = 7 };

typedef struct pass {
    px_nn_program p;
    const px_exec *exec;
    void *run;
} pass;

static px_arena *arena;

static px_mat read(pass *q, int32_t s) {
    const px_slot *slot = &q->p.prog.slots[s];
    px_wide v = {.hi = px_mat_new(arena, slot->fmt, slot->rows, slot->cols)};
    px_error err;
    if (q->exec->get(q->run, s, &v, &err) != PX_OK) fail_msg("%s", err.text);
    return v.hi;
}

static int32_t slot_named(const pass *q, const char *name) {
    for (int32_t s = 0; s < q->p.prog.n_slots; s++)
        if (strcmp(q->p.prog.slots[s].name, name) == 0) return s;
    fail_msg("no slot %s", name);
    return -1;
}

/* A number of every format, by tensor and place. */
static double noise(const char *name, int64_t i) {
    uint64_t seed = (uint64_t)i;
    for (; *name; name++) seed = seed * 131 + (unsigned char)*name;
    px_random g = {seed};
    return (px_random_below(&g, 17) - 8) / 16.0;
}

/* Entry (i, j) of an input: the last position of a sequence is the same one in every pass; a cache has what the whole
 * pass found, and rubbish where the new position goes. */
static double input_at(pass *whole, const pass *q, int32_t s, int64_t i, int64_t j, bool decode) {
    const px_slot *slot = &q->p.prog.slots[s];
    const char *cache = strstr(slot->name, "_cache");
    if (cache) {
        char qkv[48];
        snprintf(qkv, sizeof qkv, "%.*sqkv", (int)(cache - slot->name) - 1, slot->name);
        px_mat found = read(whole, slot_named(whole, qkv));
        return i % T == T - 1 ? 448 : px_mat_get(&found, i, (cache[-1] == 'k' ? 1 : 2) * C + j);
    }
    bool data = q->p.role[s] == PX_NN_ROLE_DATA;
    int64_t row = data && decode ? i * T + T - 1 : i;
    double x = noise(slot->name, row * slot->cols + j);
    return s == q->p.tokens[0] ? fmod(8 + 16 * x, VOCAB) : x;
}

static pass run(const px_nn_model *m, px_nn_policy_id id, px_nn_pass which, pass *whole) {
    pass q = {.exec = px_backend_emulated()};
    px_nn_policy policy = px_nn_policy_of(id);
    px_error err;
    px_nn_policy_set_master(&policy, false);
    if (px_nn_build_inference(arena, m, &policy, which, &q.p, &err) != PX_OK) fail_msg("%s", err.text);
    if (q.exec->open(q.exec, &q.run, &q.p.prog, &err) != PX_OK) fail_msg("%s", err.text);
    for (int32_t s = 0; s < q.p.prog.n_slots; s++) {
        if (q.p.role[s] != PX_NN_ROLE_PARAMETER && q.p.role[s] != PX_NN_ROLE_DATA) continue;
        const px_slot *slot = &q.p.prog.slots[s];
        px_wide v = {.hi = px_mat_new(arena, slot->fmt, slot->rows, slot->cols)};
        for (int64_t e = 0; e < slot->rows * slot->cols; e++) {
            int64_t i = e / slot->cols, j = e % slot->cols;
            px_mat_set(&v.hi, i, j, input_at(whole, &q, s, i, j, which == PX_NN_PASS_DECODE));
        }
        if (q.exec->put(q.run, s, &v, &err) != PX_OK) fail_msg("%s", err.text);
    }
    if (q.exec->run(q.run, 0, q.p.prog.n_calls, &err) != PX_OK) fail_msg("%s", err.text);
    return q;
}

static void same_rows(pass *whole, pass *q, int64_t first, int64_t step) {
    px_mat a = read(whole, whole->p.y[0]), b = read(q, q->p.y[0]);
    assert_int_equal(a.cols, b.cols);
    for (int64_t i = 0; i < b.rows; i++)
        for (int64_t j = 0; j < b.cols; j++) {
            double x = px_mat_get(&a, first + i * step, j), y = px_mat_get(&b, i, j);
            if (px_word_of(x) != px_word_of(y)) fail_msg("row %d, column %d: %a, not %a", (int)i, (int)j, y, x);
        }
}

static void passes_agree(void **state) {
    (void)state;
    for (int variant = 0; variant < 2 * PX_NN_POLICY_COUNT; variant++) {
        arena = px_arena_new();
        px_nn_model m = {.layers = LAYERS, .batch = B, .length = T, .width = C, .heads = 3};
        m.mask = -(double)INFINITY, m.norm_eps = 1e-5;
        m.loss = variant % 2 ? PX_NN_LOSS_CROSS_ENTROPY : PX_NN_LOSS_DOT;
        if (variant % 2) m.vocab = VOCAB;
        px_nn_policy_id id = (px_nn_policy_id)(variant / 2);
        pass whole = run(&m, id, PX_NN_PASS_FORWARD, NULL), causal = run(&m, id, PX_NN_PASS_CAUSAL, NULL);
        pass decode = run(&m, id, PX_NN_PASS_DECODE, &whole);
        assert_int_equal(read(&decode, decode.p.y[0]).rows, B);
        same_rows(&whole, &causal, 0, 1);
        same_rows(&whole, &decode, T - 1, T);
        whole.exec->close(whole.run);
        causal.exec->close(causal.run);
        decode.exec->close(decode.run);
        px_arena_free(arena);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(passes_agree)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
