/* This machine's own roofline, measured. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "backend/registry.h"
#include "kind/cost.h"

enum { ORDER = 768, TIMES = 7 };
static const size_t copied = (size_t)64 << 20; /* bytes: beyond the caches */

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* The least time of a few, in seconds: what else the machine does only adds to it. */
static double least(double a, double b) { return a < b ? a : b; }

static double time_copy(void) {
    char *from = malloc(copied), *to = malloc(copied);
    PX_ASSERT(from && to);
    memset(from, 1, copied);
    double best = 1e300;
    for (int i = 0; i < TIMES; i++) {
        double start = now();
        memcpy(to, from, copied);
        __asm__ volatile("" ::"r"(to) : "memory"); /* the copy is wanted */
        best = least(best, now() - start);
    }
    free(from);
    free(to);
    return best;
}

static px_status time_product(double *best, px_error *err) {
    px_fp fp32;
    PX_TRY(px_fp_parse("fp32", &fp32, NULL));
    px_slot slots[3] = {{"a", ORDER, ORDER, fp32}, {"b", ORDER, ORDER, fp32}, {"c", ORDER, ORDER, fp32}};
    px_call call = {.op = PX_OP_GEMM, .recipe = px_recipe_uniform(fp32), .attr = {1}};
    px_prog prog = {.slots = slots, .calls = &call, .n_slots = 3, .n_calls = 1};
    for (int i = 0; i < 2; i++) call.in[i] = px_arg_whole(&prog, i);
    call.in[2] = px_arg_absent();
    for (int i = 1; i < PX_MAX_OUT; i++) call.out[i] = px_arg_absent();
    call.out[0] = px_arg_whole(&prog, 2);
    px_arena *arena = px_arena_new();
    px_wide ones = {.hi = px_mat_new(arena, fp32, ORDER, ORDER)};
    for (int64_t e = 0; e < ORDER * ORDER; e++) px_mat_set(&ones.hi, e / ORDER, e % ORDER, 1);
    const px_exec *exec = px_backend_openblas();
    void *state;
    px_status status = exec->open(exec, &state, &prog, err);
    *best = 1e300;
    if (status == PX_OK) {
        for (int i = 0; i < 2 && status == PX_OK; i++) status = exec->put(state, i, &ones, err);
        for (int i = 0; i < TIMES && status == PX_OK; i++) {
            double start = now();
            status = exec->run(state, 0, 1, err);
            *best = least(*best, now() - start);
        }
        exec->close(state);
    }
    px_arena_free(arena);
    return status;
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static px_cost_host measured;

px_status px_cost_host_measure(px_cost_host *host, px_error *err) {
    pthread_mutex_lock(&lock);
    px_status status = PX_OK;
    if (measured.products == 0) {
        double product;
        status = time_product(&product, err);
        if (status == PX_OK)
            measured = (px_cost_host){2.0 * ORDER * ORDER * ORDER / product, 2 * (double)copied / time_copy()};
    }
    *host = measured;
    pthread_mutex_unlock(&lock);
    return status;
}
