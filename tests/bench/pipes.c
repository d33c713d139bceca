/* A model of the processor's vector pipes, as performance figures need it: two of them multiply and fuse; additions
 * have two of their own, or compete with the multiplications, which is measured. */
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

/* Multiplications and fused operations, and additions, of a step (body_tiles.h). Guarded steps cost what free ones do
 * where nothing is subnormal. The maximum of clamped ones counts as an addition. A rounded sum is brought back by a
 * multiplication every seven or eight steps. */
static const double back = 1.0 / 8;
static const struct {
    double multiplications, additions;
} costs[PX_STEPS] = {
    [PX_STEP_NATIVE] = {1, 1},
    [PX_STEP_FUSED] = {1, 0},
    [PX_STEP_FREE_NATIVE] = {2, 1},
    [PX_STEP_GUARDED_NATIVE] = {2, 1},
    [PX_STEP_CLAMPED_NATIVE] = {2, 3},
    [PX_STEP_QUICK] = {2 + back, 2},
    [PX_STEP_FREE_QUICK] = {3 + back, 2},
    [PX_STEP_GUARDED_QUICK] = {3 + back, 2},
    [PX_STEP_CLAMPED_QUICK] = {3 + back, 4},
};

double bench_step_cycles(bench_pipes pipes, px_step step) {
    double multiplications = costs[step].multiplications, additions = costs[step].additions;
    if (!pipes.separate) return (multiplications + additions) / 2;
    return (multiplications > additions ? multiplications : additions) / 2;
}
