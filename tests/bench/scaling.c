/* How figures grow with threads. */
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

#include "base/parallel.h"
#include "bench/bench.h"

typedef struct scaled {
    const bench_case *of;
    int threads;
} scaled;

static void on_all(void *context) {
    const scaled *s = context;
    px_parallel_set_jobs(s->threads);
    s->of->ours(s->of->context);
}

static void on_one(void *context) {
    const scaled *s = context;
    px_parallel_set_jobs(1);
    s->of->ours(s->of->context);
}

enum { HANDED = 5000 };

/* Threads 0 and 1 count up by turns. */
static void count_by_turns(void *context, int64_t thread) {
    atomic_int *count = context;
    for (int i = 0; i < HANDED; i++) {
        while (atomic_load_explicit(count, memory_order_acquire) != 2 * i + (int)thread) {
        }
        atomic_store_explicit(count, 2 * i + (int)thread + 1, memory_order_release);
    }
}

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* The least of some: a thread may have to be woken. */
static double hand_over(void) {
    double least = 1;
    px_parallel_set_jobs(2);
    for (int t = 0; t < 5; t++) {
        _Alignas(64) atomic_int count = 0;
        double start = seconds();
        px_parallel_for(2, count_by_turns, &count);
        double taken = seconds() - start;
        least = taken < least ? taken : least;
    }
    return 1e9 * least / (2 * HANDED);
}

void bench_scaling(const bench_options *o, const bench_case *of, bench_run *run, void *state) {
    if (o->threads == 1) return;
    char name[64];
    scaled s = {of, o->threads};
    snprintf(name, sizeof name, "%s/threads", of->name);
    bench_case c = {.name = name,
                    .peer_name = "one thread",
                    .unit = of->unit,
                    .work = of->work,
                    .context = &s,
                    .ours = on_all,
                    .peer = on_one,
                    .goal = 0.85 * o->threads,
                    .beside = hand_over};
    run(&c, state);
    px_parallel_set_jobs(o->threads);
}
