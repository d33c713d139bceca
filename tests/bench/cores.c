/* The cores that threads run on: which pipes and caches they have for themselves. */
#include <stdatomic.h>

#include "base/parallel.h"
#include "bench/bench.h"

enum { HANDED = 5000, TRIES = 5 };

/* The least of some, on the wall: a thread may have to be woken. body: called with each thread's number. */
static double least_time(int threads, void (*body)(void *context, int64_t thread)) {
    double least = 1e9;
    px_parallel_set_jobs(threads);
    for (int t = 0; t < TRIES; t++) {
        _Alignas(64) atomic_int count = 0;
        double start = bench_seconds(2);
        px_parallel_for(threads, body, &count);
        double taken = bench_seconds(2) - start;
        least = taken < least ? taken : least;
    }
    return least;
}

static void multiply(void *context, int64_t thread) {
    (void)context, (void)thread;
    bench_multiply();
}

/* Two threads count up by turns. */
static void count_by_turns(void *context, int64_t thread) {
    atomic_int *count = context;
    for (int i = 0; i < HANDED; i++) {
        while (atomic_load_explicit(count, memory_order_acquire) != 2 * i + (int)thread) {
        }
        atomic_store_explicit(count, 2 * i + (int)thread + 1, memory_order_release);
    }
}

bench_cores bench_find_cores(int threads) {
    double alone = least_time(1, multiply), all = least_time(threads, multiply);
    return (bench_cores){.count = threads * alone / all,
                         .hand_over = 1e9 * least_time(2, count_by_turns) / (2 * HANDED)};
}
