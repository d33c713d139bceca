#include "bench/bench.h"

#include <cblas.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/parallel.h"
#include "base/room.h"
#include "base/text.h"
#include "emu/emu.h"

enum { MOST_SAMPLES = 101 };
static const double sample_seconds = 0.05;

typedef struct report {
    const bench_options *options;
    json_t *figures;
    int missed;
} report;

bool bench_wants(const bench_options *o, const char *name) { return !o->filter || px_glob(o->filter, name); }

double bench_seconds(int threads) {
    struct timespec t;
    clock_gettime(threads == 1 ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double time_of(const report *r, void (*call)(void *), void *context, int repeats) {
    double start = bench_seconds(r->options->threads);
    for (int i = 0; i < repeats; i++) call(context);
    return (bench_seconds(r->options->threads) - start) / repeats;
}

static int by_value(const void *x, const void *y) {
    double a = *(const double *)x, b = *(const double *)y;
    return (a > b) - (a < b);
}

static double median(double *x, int n) {
    qsort(x, (size_t)n, sizeof *x, by_value);
    return n % 2 ? x[n / 2] : (x[n / 2 - 1] + x[n / 2]) / 2;
}

typedef struct side {
    void (*call)(void *);
    int repeats; /* as often as it takes to fill a sample */
    bool slow;   /* it takes seconds, and needs no warming up */
} side;

static side side_of(const report *r, void (*call)(void *), void *context, double seconds_of_a_sample) {
    double once = time_of(r, call, context, 1);
    side s = {.call = call, .slow = once >= 1};
    if (!s.slow) once = time_of(r, call, context, 1);
    s.repeats = once >= seconds_of_a_sample ? 1 : once <= 1e-7 ? 1000 : (int)(seconds_of_a_sample / once) + 1;
    return s;
}

/* Called once before: the other side left nothing of its numbers in the caches, and may have taken minutes. */
static double sample(const report *r, const side *s, void *context) {
    if (!s->slow) s->call(context);
    return time_of(r, s->call, context, s->repeats);
}

static void run_case(const bench_case *c, void *state) {
    report *r = state;
    double ours[MOST_SAMPLES], peers[MOST_SAMPLES], ratios[MOST_SAMPLES], counts[MOST_SAMPLES],
        hand_overs[MOST_SAMPLES];
    int n = r->options->samples;
    side them = side_of(r, c->peer, c->context, sample_seconds);
    side us = side_of(r, c->ours, c->context, them.slow ? 1 : sample_seconds);
    for (int i = 0; i < n; i++) {
        bench_cores cores = c->scales ? bench_find_cores(r->options->threads) : (bench_cores){1, 0};
        counts[i] = cores.count, hand_overs[i] = cores.hand_over;
        ours[i] = sample(r, &us, c->context);
        peers[i] = sample(r, &them, c->context);
        ratios[i] = peers[i] / ours[i];
    }
    double peer_work = c->peer_work > 0 ? c->peer_work : c->work;
    double rate = 1e-9 * c->work / median(ours, n), peer = 1e-9 * peer_work / median(peers, n);
    double ratio = median(ratios, n) * c->work / peer_work, limit = c->most > 0 ? c->most / peer : c->limit;
    double goal = c->most > 0 && 0.8 * limit < c->goal ? 0.8 * limit : c->goal, cores = median(counts, n);
    if (c->scales) goal *= cores < 0.9 * r->options->threads ? cores : r->options->threads;
    bool met = ratio >= goal;
    r->missed += !met;
    printf("%-22s %9.3f %-8s %-13s %9.3f  ratio %8.3f", c->name, rate, c->unit, c->peer_name, peer, ratio);
    if (limit > 0) printf("  limit %5.2f", limit);
    if (goal > 0) printf("  goal %5.2f %s", goal, met ? "met" : "MISSED");
    if (c->scales) printf("  cores %.2f hand-over %.0f ns", cores, median(hand_overs, n));
    printf("\n");
    fflush(stdout);
    json_t *j = json_pack("{s:s, s:s, s:s, s:f, s:f, s:f, s:f, s:f}", "name", c->name, "peer", c->peer_name, "unit",
                          c->unit, "ours", rate, "peer_rate", peer, "ratio", ratio, "goal", goal, "limit", limit);
    if (!j || json_array_append_new(r->figures, j) != 0) abort();
}

static int usage(void) {
    fputs("usage: precx-bench [--filter GLOB] [--json FILE] [--samples N] [--threads N] [--size N]\n"
          "PRECX_ISA (avx512, avx2, portable) forces an instruction set; OPENBLAS_CORETYPE is the peer's.\n",
          stderr);
    return 2;
}

static bool parse_count(const char *text, int least, int most, int *n) {
    int64_t x;
    if (!text || !px_int_parse(text, &x) || x < least || x > most) return false;
    *n = (int)x;
    return true;
}

static bool parse(int argc, char **argv, bench_options *o) {
    for (int i = 1; i < argc; i += 2) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;
        bool good = value != NULL;
        if (strcmp(argv[i], "--filter") == 0)
            o->filter = value;
        else if (strcmp(argv[i], "--json") == 0)
            o->json = value;
        else if (strcmp(argv[i], "--samples") == 0)
            good = parse_count(value, 1, MOST_SAMPLES, &o->samples);
        else if (strcmp(argv[i], "--threads") == 0)
            good = parse_count(value, 1, 1024, &o->threads);
        else if (strcmp(argv[i], "--size") == 0)
            good = parse_count(value, 1, 1 << 14, &o->size);
        else
            good = false;
        if (!good) return false;
    }
    return true;
}

static const char *environment(const char *name) {
    const char *value = getenv(name);
    return value ? value : "unset";
}

int main(int argc, char **argv) {
    bench_options o = {.samples = 9, .threads = 1, .size = 512};
    if (!parse(argc, argv, &o)) return usage();
    px_error err;
    px_memory_keep();
    if (px_emu_ready(&err) != PX_OK) {
        fprintf(stderr, "precx-bench: %s\n", err.text);
        return 2;
    }
    px_parallel_set_jobs(o.threads);
    openblas_set_num_threads(o.threads);
    const px_isa *isa = px_isa_chosen();
    bench_pipes pipes = bench_measure_pipes(isa);
    printf("isa %s%s, pipes for additions %s, threads %d, n %d, median of %d; openblas core %s (OPENBLAS_CORETYPE %s, "
           "OPENBLAS_L2_SIZE %s)\n",
           isa->name, pipes.halved ? " in two turns" : "", pipes.separate ? "separate" : "shared", o.threads, o.size,
           o.samples, openblas_get_corename(), environment("OPENBLAS_CORETYPE"), environment("OPENBLAS_L2_SIZE"));
    report r = {.options = &o, .figures = json_array()};
    bench_rounding(&o, isa, run_case, &r);
    bench_products(&o, isa, pipes, run_case, &r);
    bench_units(&o, isa, run_case, &r);
    bench_references(&o, isa, pipes, run_case, &r);
    bench_training(&o, isa, run_case, &r);
    bench_judges(&o, isa, pipes, run_case, &r);
    bench_factorisations(&o, run_case, &r);
    json_t *all = json_pack("{s:s, s:b, s:b, s:i, s:i, s:i, s:s, s:o}", "isa", isa->name, "halved", pipes.halved,
                            "separate_pipes", pipes.separate, "threads", o.threads, "size", o.size, "samples",
                            o.samples, "openblas_core", openblas_get_corename(), "figures", r.figures);
    if (!all) abort();
    int failed = o.json && json_dump_file(all, o.json, JSON_INDENT(2)) != 0;
    if (failed) fprintf(stderr, "precx-bench: cannot write %s\n", o.json);
    json_decref(all);
    return failed ? 4 : r.missed > 0;
}
