/* Arrays of 16 M numbers against a plain copy of them, and of 4096 against a copy within the first-level cache. */
#include <stdlib.h>
#include <string.h>

#include "base/philox.h"
#include "bench/bench.h"
#include "emu/emu.h"

enum { LARGE = 1 << 24, SMALL = 4096, REPEATS = 4096 };

typedef struct arrays {
    const px_isa *isa;
    float *x, *y;
    px_fp fmt;
} arrays;

static void copy_large(void *context) {
    const arrays *a = context;
    memcpy(a->y, a->x, LARGE * sizeof *a->x);
}

static void round_large(void *context) {
    const arrays *a = context;
    px_call call = {.op = PX_OP_ROUND, .recipe = px_recipe_uniform(a->fmt)};
    px_task task = {.call = &call};
    px_fp fp32;
    if (px_fp_parse("fp32", &fp32, NULL) != PX_OK) abort();
    task.in[0] = (px_view){.data = a->x, .fmt = fp32, .rows = 1, .cols = LARGE, .rs = LARGE, .cs = 1};
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
    arrays a = {.isa = isa, .x = malloc(LARGE * sizeof(float)), .y = malloc(LARGE * sizeof(float))};
    if (!a.x || !a.y) abort();
    for (int64_t i = 0; i < LARGE; i++) a.x[i] = (float)(int32_t)px_philox(1, 0, (uint64_t)i).lo * 0x1p-30f;
    memset(a.y, 0, LARGE * sizeof *a.y);
    return a;
}

void bench_rounding(const bench_options *o, const px_isa *isa, bench_run *run, void *state) {
    arrays a = {.x = NULL};
    const double goal_memory = 0.95, goal_cache = 0.6;
    const struct {
        const char *name, *format, *peer_name;
        void (*ours)(void *), (*peer)(void *);
        double work, goal;
    } cases[] = {
        {"round/fp16/16M", "fp16", "copy", round_large, copy_large, LARGE, goal_memory},
        {"round/bf16/16M", "bf16", "copy", round_large, copy_large, LARGE, goal_memory},
        {"round/fp8_e4m3/16M", "fp8_e4m3", "copy", round_large, copy_large, LARGE, 0},
        {"round/fp16/L1", "fp16", "copy", round_small_fp16, copy_small, (double)SMALL * REPEATS, goal_cache},
        {"round/bf16/L1", "bf16", "copy", round_small_bf16, copy_small, (double)SMALL * REPEATS, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (!bench_wants(o, cases[i].name) || (cases[i].ours == round_small_fp16 && !isa->round_fp16_f32)) continue;
        if (!a.x) a = new_arrays(isa);
        a.fmt = format(cases[i].format);
        bench_case c = {cases[i].name, cases[i].peer_name, "Gelem/s", cases[i].work, &a, cases[i].ours,
                        cases[i].peer, cases[i].goal,      0};
        run(&c, state);
    }
    free(a.x);
    free(a.y);
}
