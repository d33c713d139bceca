/* A model of the processor's vector pipes, as performance figures need it: two of them multiply and fuse; additions
 * either have two of their own (four in all), or compete with the multiplications (three in all, the third for
 * logic). */
#include <time.h>

#include "bench/bench.h"

typedef float vec __attribute__((vector_size(16)));

enum { CHAINS = 7, ROUNDS = 1 << 21 };

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static volatile float sink, one = 1.0f, zero = 0.0f;

/* ROUNDS x CHAINS independent multiplications, and as many additions when `add`. */
static double run(bool add) {
    vec m[CHAINS], s[CHAINS], factor = one - (vec){0}, term = zero - (vec){0};
    for (int i = 0; i < CHAINS; i++) m[i] = factor, s[i] = term;
    double start = seconds();
    if (add)
        for (int r = 0; r < ROUNDS; r++)
            for (int i = 0; i < CHAINS; i++) m[i] = m[i] * factor, s[i] = s[i] + term;
    else
        for (int r = 0; r < ROUNDS; r++)
            for (int i = 0; i < CHAINS; i++) m[i] = m[i] * factor;
    double taken = seconds() - start;
    for (int i = 0; i < CHAINS; i++) sink = m[i][0] + s[i][0];
    return taken;
}

bench_pipes bench_measure_pipes(void) {
    double alone = 1e9, both = 1e9;
    for (int i = 0; i < 15; i++) {
        double a = run(false), b = run(true);
        alone = a < alone ? a : alone;
        both = b < both ? b : both;
    }
    return (bench_pipes){.separate = both < 1.4 * alone};
}

/* Multiplications and fused operations, additions, the rest (body_tiles.h). The larger magnitude of two numbers is one
 * of the rest where there is an instruction for it, else a maximum, which counts as an addition, and one of the
 * rest. */
static const struct {
    int multiplications, additions, others, clamps;
} costs[PX_STEPS] = {
    [PX_STEP_NATIVE] = {1, 1, 0, 0},         [PX_STEP_FUSED] = {1, 0, 0, 0}, [PX_STEP_FREE_NATIVE] = {2, 1, 0, 0},
    [PX_STEP_CLAMPED_NATIVE] = {2, 2, 0, 1}, [PX_STEP_QUICK] = {3, 1, 0, 0}, [PX_STEP_FREE_QUICK] = {3, 2, 1, 0},
    [PX_STEP_CLAMPED_QUICK] = {4, 2, 0, 1},
};

double bench_step_cycles(bench_pipes pipes, const px_isa *isa, px_step step) {
    int additions = costs[step].additions + (isa->width_f32 >= 64 ? 0 : costs[step].clamps);
    int busy = costs[step].multiplications, all = busy + additions + costs[step].others + costs[step].clamps;
    if (!pipes.separate) busy += additions;
    double by_pipe = (busy > additions ? busy : additions) / 2.0, by_width = all / (pipes.separate ? 4.0 : 3.0);
    return by_pipe > by_width ? by_pipe : by_width;
}
