/* How figures grow with threads. */
#include <stdio.h>

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
                    .goal = 0.85,
                    .scales = true};
    run(&c, state);
    px_parallel_set_jobs(o->threads);
}
