/* Arrays of 16 M numbers against a plain copy of them, and of 4096 against a copy within the first-level cache. */
#include <stdlib.h>
#include <string.h>

#include "arith/round.h"
#include "base/philox.h"
#include "bench/bench.h"
#include "emu/emu.h"

enum { LARGE = 1 << 24, SMALL = 4096, REPEATS = 4096 };

typedef struct arrays {
    const px_isa *isa;
    float *x, *y; /* x: numbers of fp8_e5m2, and so of every format here, where op is no rounding */
    px_fp fmt;
    px_op op;
    px_rounding_mode mode;
} arrays;

static void copy_large(void *context) {
    const arrays *a = context;
    memcpy(a->y, a->x, LARGE * sizeof *a->x);
}

/* The arrays' operation on x (and x) into y. */
static void operate(void *context) {
    const arrays *a = context;
    px_call call = {.op = a->op, .recipe = px_recipe_uniform(a->fmt), .stream = 1};
    call.recipe.rounding = (uint8_t)a->mode;
    call.recipe.sr_bits = a->mode == PX_STOCHASTIC ? PX_SR_BITS_DEFAULT : 0;
    px_task task = {.call = &call};
    px_fp in = a->fmt;
    if (a->op == PX_OP_ROUND && px_fp_parse("fp32", &in, NULL) != PX_OK) abort();
    task.in[0] = task.in[1] = (px_view){.data = a->x, .fmt = in, .rows = 1, .cols = LARGE, .rs = LARGE, .cs = 1};
    task.out[0] = (px_view){.data = a->y, .fmt = a->fmt, .rows = 1, .cols = LARGE, .rs = LARGE, .cs = 1};
    px_emu_run(&task);
}

static void copy_small(void *context) {
    const arrays *a = context;
    for (int i = 0; i < REPEATS; i++) {
        memcpy(a->y, a->x, SMALL * sizeof *a->x);
        __asm__ volatile("" ::: "memory");
    }
}

static void round_small_fp16(void *context) {
    const arrays *a = context;
    for (int i = 0; i < REPEATS; i++) a->isa->round_fp16_f32(SMALL, a->x, a->y);
}

static void round_small_bf16(void *context) {
    const arrays *a = context;
    for (int i = 0; i < REPEATS; i++) a->isa->round_words_f32(16, PX_NEAREST_EVEN, SMALL, a->x, a->y);
}

static px_fp format(const char *name) {
    px_fp f;
    if (px_fp_parse(name, &f, NULL) != PX_OK) abort();
    return f;
}

static arrays new_arrays(const px_isa *isa) {
    arrays a = {.isa = isa, .op = PX_OP_ROUND, .x = malloc(LARGE * sizeof(float)), .y = malloc(LARGE * sizeof(float))};
    if (!a.x || !a.y) abort();
    memset(a.y, 0, LARGE * sizeof *a.y);
    return a;
}

static void fill(arrays *a) {
    px_fp e5m2 = format("fp8_e5m2");
    for (int64_t i = 0; i < LARGE; i++) {
        double x = (double)(int32_t)px_philox(1, 0, (uint64_t)i).lo * 0x1p-30;
        a->x[i] = (float)(a->op == PX_OP_ROUND ? x : px_round(e5m2, px_rounding_of(PX_NEAREST_EVEN), x, 0));
    }
}

void bench_rounding(const bench_options *o, const px_isa *isa, bench_run *run, void *state) {
    arrays a = {.x = NULL};
    const struct {
        const char *name, *format;
        px_op op;
        px_rounding_mode mode;
        void (*ours)(void *), (*peer)(void *);
        double work, goal;
    } cases[] = {
        {"round/fp16/16M", "fp16", PX_OP_ROUND, PX_NEAREST_EVEN, operate, copy_large, LARGE, 0.95},
        {"round/bf16/16M", "bf16", PX_OP_ROUND, PX_NEAREST_EVEN, operate, copy_large, LARGE, 0.95},
        {"round/fp8_e4m3/16M", "fp8_e4m3", PX_OP_ROUND, PX_NEAREST_EVEN, operate, copy_large, LARGE, 0},
        {"round/fp16/up/16M", "fp16", PX_OP_ROUND, PX_UP, operate, copy_large, LARGE, 0},
        {"round/bf16/zero/16M", "bf16", PX_OP_ROUND, PX_TOWARD_ZERO, operate, copy_large, LARGE, 0},
        {"round/bf16/stoch/16M", "bf16", PX_OP_ROUND, PX_STOCHASTIC, operate, copy_large, LARGE, 0},
        {"add/fp16/16M", "fp16", PX_OP_ADD, PX_NEAREST_EVEN, operate, copy_large, LARGE, 0},
        {"mul/bf16/16M", "bf16", PX_OP_MUL, PX_NEAREST_EVEN, operate, copy_large, LARGE, 0},
        {"round/fp16/L1", "fp16", PX_OP_ROUND, PX_NEAREST_EVEN, round_small_fp16, copy_small, (double)SMALL * REPEATS,
         0.6},
        {"round/bf16/L1", "bf16", PX_OP_ROUND, PX_NEAREST_EVEN, round_small_bf16, copy_small, (double)SMALL * REPEATS,
         0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (!bench_wants(o, cases[i].name) || (cases[i].ours == round_small_fp16 && !isa->round_fp16_f32)) continue;
        if (!a.x) a = new_arrays(isa), fill(&a);
        bool refill = (a.op == PX_OP_ROUND) != (cases[i].op == PX_OP_ROUND);
        a.fmt = format(cases[i].format), a.op = cases[i].op, a.mode = cases[i].mode;
        if (refill) fill(&a);
        bench_case c = {.name = cases[i].name,
                        .peer_name = "copy",
                        .unit = "Gelem/s",
                        .work = cases[i].work,
                        .context = &a,
                        .ours = cases[i].ours,
                        .peer = cases[i].peer,
                        .goal = cases[i].goal};
        run(&c, state);
    }
    free(a.x);
    free(a.y);
}
