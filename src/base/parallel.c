#define _GNU_SOURCE
#include "base/parallel.h"

#include <omp.h>
#include <sched.h>
#include <stdatomic.h>

static int jobs_wanted;

static int available_cores(void) {
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0 ? CPU_COUNT(&set) : 1;
}

void px_parallel_set_jobs(int jobs) { jobs_wanted = jobs > 0 ? jobs : 0; }

int px_parallel_jobs(void) { return jobs_wanted ? jobs_wanted : available_cores(); }

/* Threads for n indices; 1 inside of a parallel loop. */
static int threads_for(int64_t n) {
    if (omp_in_parallel() || n <= 1) return 1;
    int threads = px_parallel_jobs();
    return n < threads ? (int)n : threads;
}

static void serially(int64_t n, void (*body)(void *context, int64_t i), void *context) {
    for (int64_t i = 0; i < n; i++) body(context, i);
}

void px_parallel_in_order(int64_t n, void (*body)(void *context, int64_t i), void *context) {
    int threads = threads_for(n);
    if (threads == 1) {
        serially(n, body, context);
        return;
    }
#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (int64_t i = 0; i < n; i++) body(context, i);
}

/* Of the indices, a thread's own; on a cache line of its own. */
typedef struct share {
    _Alignas(64) _Atomic int64_t next;
    int64_t end;
} share;

enum { MOST_SHARES = 256 };

/* First what is left of one's own share, then of the others'. */
static void take(share *shares, int n, int own, void (*body)(void *context, int64_t i), void *context) {
    for (int s = 0; s < n; s++) {
        share *from = &shares[(own + s) % n];
        int64_t i;
        while ((i = atomic_fetch_add_explicit(&from->next, 1, memory_order_relaxed)) < from->end) body(context, i);
    }
}

void px_parallel_for(int64_t n, void (*body)(void *context, int64_t i), void *context) {
    int threads = threads_for(n), count = threads < MOST_SHARES ? threads : MOST_SHARES;
    if (threads == 1) {
        serially(n, body, context);
        return;
    }
    share shares[MOST_SHARES];
    for (int s = 0; s < count; s++) {
        atomic_init(&shares[s].next, n * s / count);
        shares[s].end = n * (s + 1) / count;
    }
#pragma omp parallel num_threads(threads)
    take(shares, count, omp_get_thread_num() % count, body, context);
}

void px_parallel_for_work(double work, int64_t n, void (*body)(void *context, int64_t i), void *context) {
    if (work >= 1e5)
        px_parallel_for(n, body, context);
    else
        serially(n, body, context);
}

int64_t px_parallel_parts(int64_t n) {
    enum { LEAST = 1 << 14 };
    int64_t parts = px_parallel_jobs(), most = 1 + n / LEAST;
    if (parts > most) parts = most;
    return parts < PX_MOST_PARTS ? parts : PX_MOST_PARTS;
}
