/* A model of the processor's vector pipes, as performance figures need it: two of them multiply and fuse; additions
 * have two of their own, or compete with the multiplications, and 512 bits take them one turn or two: both measured. */
#include "bench/bench.h"

enum { CHAINS = 7, ROUNDS = 1 << 21 };

static volatile float sink, one = 1.0f, zero = 0.0f;

/* The time of ROUNDS x CHAINS independent steps. The empty statement keeps gcc from doing one chain after the other. */
#define TIMED(name, attribute, bytes, step)                                                                            \
    attribute static double name(void) {                                                                               \
        typedef float vec __attribute__((vector_size(bytes)));                                                         \
        vec m[CHAINS], s[CHAINS], factor = one - (vec){0}, term = zero - (vec){0};                                     \
        for (int i = 0; i < CHAINS; i++) m[i] = factor, s[i] = term;                                                   \
        double start = bench_seconds(1);                                                                               \
        for (int r = 0; r < ROUNDS; r++) {                                                                             \
            __asm__ volatile("");                                                                                      \
            _Pragma("GCC unroll 8") for (int i = 0; i < CHAINS; i++) step;                                             \
        }                                                                                                              \
        double taken = bench_seconds(1) - start;                                                                       \
        for (int i = 0; i < CHAINS; i++) sink = m[i][0] + s[i][0];                                                     \
        return taken;                                                                                                  \
    }
TIMED(multiply, , 16, m[i] = m[i] * factor)
TIMED(multiply_and_add, , 16, (m[i] = m[i] * factor, s[i] = s[i] + term))
#ifdef __x86_64__
TIMED(multiply_256, __attribute__((target("avx2"))), 32, m[i] = m[i] * factor)
TIMED(multiply_512, __attribute__((target("avx512f"))), 64, m[i] = m[i] * factor)
#else
static double multiply_256(void) { return 1; }
static double multiply_512(void) { return 1; }
#endif
#undef TIMED

void bench_multiply(void) { multiply(); }

static void keep_least(double *least, double x) { *least = x < *least ? x : *least; }

bench_pipes bench_measure_pipes(const px_isa *isa) {
    double alone = 1e9, both = 1e9, narrow = 1e9, wide = 1e9;
    for (int i = 0; i < 15; i++) {
        keep_least(&alone, multiply());
        keep_least(&both, multiply_and_add());
        if (isa->fuses) keep_least(&narrow, multiply_256());
        if (isa->width_f32 >= 64) keep_least(&wide, multiply_512());
    }
    bool wide_vectors = isa->width_f32 >= 64;
    double own = wide_vectors ? wide : isa->fuses ? narrow : alone;
    return (bench_pipes){.separate = both < 1.4 * alone,
                         .halved = wide_vectors && wide > 1.4 * narrow,
                         .lanes = wide_vectors ? 16
                                  : isa->fuses ? 8
                                               : 4,
                         .rate = 1e-9 * ROUNDS * CHAINS / own};
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
