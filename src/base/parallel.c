#define _GNU_SOURCE
#include "base/parallel.h"

#include <omp.h>
#include <sched.h>

static int jobs_wanted;

static int available_cores(void) {
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0 ? CPU_COUNT(&set) : 1;
}

void px_parallel_set_jobs(int jobs) { jobs_wanted = jobs > 0 ? jobs : 0; }

int px_parallel_jobs(void) { return jobs_wanted ? jobs_wanted : available_cores(); }

void px_parallel_for(int64_t n, void (*body)(void *context, int64_t i), void *context) {
    int threads = px_parallel_jobs();
    if (n < threads) threads = n > 0 ? (int)n : 1;
    if (threads == 1 || omp_in_parallel()) {
        for (int64_t i = 0; i < n; i++) body(context, i);
        return;
    }
#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (int64_t i = 0; i < n; i++) body(context, i);
}

void px_parallel_for_work(double work, int64_t n, void (*body)(void *context, int64_t i), void *context) {
    if (work >= 1e5) {
        px_parallel_for(n, body, context);
        return;
    }
    for (int64_t i = 0; i < n; i++) body(context, i);
}
