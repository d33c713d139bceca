/* precx-bench: how fast, next to whom. Ours and the peer run in turn in one process; the median of their ratios
 * counts. */
#ifndef PX_BENCH_BENCH_H
#define PX_BENCH_BENCH_H

#include <stdbool.h>
#include <stdint.h>

#include "emu/isa/isa.h"

/* One figure. `work` items of `unit` (1e9 a second) are done by each call of ours, and of peer where it does not say
 * otherwise. */
typedef struct bench_case {
    const char *name, *peer_name, *unit;
    double work;
    void *context;
    void (*ours)(void *context);
    void (*peer)(void *context);
    double goal;  /* ours / peer that is asked for; 0: none */
    double limit; /* ours / peer that the machine's pipes allow; 0: not modelled */
    double most;  /* ours that they allow, in `unit`: for peers without vectors, instead of a limit. Where 0.8 of the
                         limit that follows is less than the goal, that much is asked */
    double peer_work; /* 0: as ours */
    bool scales;      /* all threads against one: the goal is of each core there is (bench_find_cores) */
} bench_case;

typedef struct bench_options {
    const char *filter, *json;  /* NULL: all, none */
    int samples, threads, size; /* size: n of the matrices */
} bench_options;

/* What a step of the tile kernels costs, in vector operations; and how many cycles a vector of results takes at
 * least. */
typedef struct bench_pipes {
    bool separate; /* additions do not compete with multiplications */
    bool halved;   /* operations of 512 bits take two turns */
    double lanes;  /* numbers of binary32 in a vector */
    double rate;   /* 1e9 multiplications of a vector a second */
} bench_pipes;
bench_pipes bench_measure_pipes(const px_isa *isa);
double bench_step_cycles(bench_pipes pipes, px_step step);
void bench_multiply(void); /* for some milliseconds, in registers */

/* What the cores are that threads run on. On a virtual machine that changes: two of them may be halves of one. */
typedef struct bench_cores {
    double count;     /* all threads do so many times as many multiplications as one */
    double hand_over; /* ns that a cache line takes to another core: about 30 where they share a cache, 160 where not */
} bench_cores;
bench_cores bench_find_cores(int threads);

/* Called with each case in turn. */
typedef void bench_run(const bench_case *c, void *state);

/* The cases of a file: makes the data, calls run for each whose name matches the filter, frees the data. */
void bench_rounding(const bench_options *o, const px_isa *isa, bench_run *run, void *state);
void bench_products(const bench_options *o, const px_isa *isa, bench_pipes pipes, bench_run *run, void *state);
void bench_units(const bench_options *o, const px_isa *isa, bench_run *run, void *state);
void bench_references(const bench_options *o, const px_isa *isa, bench_pipes pipes, bench_run *run, void *state);
void bench_training(const bench_options *o, const px_isa *isa, bench_run *run, void *state);
void bench_judges(const bench_options *o, const px_isa *isa, bench_pipes pipes, bench_run *run, void *state);
void bench_factorisations(const bench_options *o, bench_run *run, void *state);

/* A case on all threads against itself on one: 0.85 of each core is asked, of two 1.7. Nothing where there is one. */
void bench_scaling(const bench_options *o, const bench_case *of, bench_run *run, void *state);

bool bench_wants(const bench_options *o, const char *name); /* glob */

/* One thread: its own processor time, so that others on the machine count less. Several: the clock on the wall. */
double bench_seconds(int threads);

/* Peers. c = a b, n x n, every product and sum rounded to binary16 by the compiler's own type, one operation a
 * statement. */
void peer_float16_ikj(int64_t n, const float *a, const float *b, float *c);

/* Products of n x n doubles by Arb's balls of 128 bits, where it was there when precx was built. */
bool peer_arb_is_here(void);
typedef struct peer_arb peer_arb;
peer_arb *peer_arb_new(int64_t n, const double *a, const double *b, int threads);
void peer_arb_multiply(peer_arb *p);
void peer_arb_free(peer_arb *p);

#endif
