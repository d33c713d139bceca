/* out = [c] + sign a b by the row kernels: B packed into panels of as many columns as a kernel takes, A into rows;
 * tiles of rows times a panel go to the pool. Entries never depend on how they are shared out. */
#include "emu/gemm.h"

#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "emu/plan.h"
#include "emu/view.h"

enum { TILE_ROWS = 32, MAX_WIDTH = 64 };

typedef struct gemm {
    const px_task *task;
    const px_isa *isa;
    bool binary32; /* the host */
    bool reversed;
    px_plan plan;
    int64_t m, n, k, panels, tiles; /* tiles of rows in a panel */
    int width;
    void *a, *b; /* sign A: m rows of k; B: panels of k rows of `width`; both in the order of summation */
    double *largest_a, *largest_b; /* of a row, of a panel; inf when something in it is not finite */
} gemm;

static const px_view *start_of(const px_task *task) { return px_view_present(&task->in[2]) ? &task->in[2] : NULL; }

static bool plan_gemm(const px_task *task, const px_host *host, px_plan *plan) {
    const px_view *a = &task->in[0], *b = &task->in[1], *c = start_of(task);
    px_operands operands = {.products = true, .has_start = c != NULL, .a = a->fmt, .b = b->fmt, .n = a->cols};
    if (c) operands.c = c->fmt;
    return px_plan_make(&task->call->recipe, host, &operands, plan);
}

static void store(const gemm *g, void *buffer, int64_t at, double x) {
    if (g->binary32)
        ((float *)buffer)[at] = (float)x;
    else
        ((double *)buffer)[at] = x;
}

static double larger(double largest, double x) {
    return fabs(x) <= largest ? largest : isfinite(x) ? fabs(x) : (double)INFINITY;
}

static int64_t in_order(const gemm *g, int64_t k) { return g->reversed ? g->k - 1 - k : k; }

static void pack_row(void *context, int64_t i) {
    gemm *g = context;
    const px_view *a = &g->task->in[0];
    double sign = g->task->call->attr[0], largest = 0;
    for (int64_t k = 0; k < g->k; k++) {
        double x = sign * px_view_get(a, i, in_order(g, k));
        largest = larger(largest, x);
        store(g, g->a, i * g->k + k, x);
    }
    g->largest_a[i] = largest;
}

static void pack_panel(void *context, int64_t p) {
    gemm *g = context;
    const px_view *b = &g->task->in[1];
    int64_t first = p * g->width, columns = g->n - first < g->width ? g->n - first : g->width;
    double largest = 0;
    for (int64_t k = 0; k < g->k; k++) {
        int64_t at = (p * g->k + k) * g->width;
        for (int64_t j = 0; j < g->width; j++) {
            double x = j < columns ? px_view_get(b, in_order(g, k), first + j) : 0.0;
            largest = larger(largest, x);
            store(g, g->b, at + j, x);
        }
    }
    g->largest_b[p] = largest;
}

/* Start values of row i into c; their largest magnitude, inf when one is -0 (whose sign matters) or not finite. */
static double load_start(const gemm *g, int64_t i, int64_t first, int64_t columns, void *c) {
    const px_view *start = start_of(g->task);
    double largest = 0;
    for (int64_t j = 0; j < g->width; j++) {
        double x = start && j < columns ? px_view_get(start, i, first + j) : 0.0;
        largest = larger(largest, x == 0.0 && signbit(x) ? (double)INFINITY : x);
        store(g, c, j, x);
    }
    return largest;
}

static void run_row(const gemm *g, int64_t i, int64_t p) {
    _Alignas(64) union {
        float f32[MAX_WIDTH];
        double f64[MAX_WIDTH];
    } c;
    const px_view *out = &g->task->out[0];
    int64_t first = p * g->width, columns = g->n - first < g->width ? g->n - first : g->width;
    double start = load_start(g, i, first, columns, &c);
    px_plan plan = g->plan;
    plan.special = px_plan_is_special(&g->task->call->recipe, &plan, g->k, g->largest_a[i] * g->largest_b[p], start);
    if (g->binary32)
        g->isa->rows_f32(&plan, g->k, (float *)g->a + i * g->k, (float *)g->b + p * g->k * g->width, c.f32, NULL);
    else
        g->isa->rows_f64(&plan, g->k, (double *)g->a + i * g->k, (double *)g->b + p * g->k * g->width, c.f64, NULL);
    for (int64_t j = 0; j < columns; j++) px_view_set(out, i, first + j, g->binary32 ? (double)c.f32[j] : c.f64[j]);
}

static void run_tile(void *context, int64_t t) {
    const gemm *g = context;
    int64_t p = t / g->tiles, first = t % g->tiles * TILE_ROWS;
    for (int64_t i = first; i < first + TILE_ROWS && i < g->m; i++) run_row(g, i, p);
}

static void run_gemm(const px_task *task, const px_host *host) {
    gemm g = {.task = task, .isa = px_isa_chosen(), .binary32 = host == &px_binary32};
    PX_ASSERT(plan_gemm(task, host, &g.plan));
    g.reversed = task->call->recipe.order == PX_REVERSE;
    g.m = task->out[0].rows, g.n = task->out[0].cols, g.k = task->in[0].cols;
    g.width = g.binary32 ? g.isa->width_f32 : g.isa->width_f64;
    PX_ASSERT(g.width <= MAX_WIDTH);
    g.panels = (g.n + g.width - 1) / g.width;
    g.tiles = (g.m + TILE_ROWS - 1) / TILE_ROWS;
    g.a = px_scratch(g.m * g.k, host->size);
    g.b = px_scratch(g.panels * g.width * g.k, host->size);
    g.largest_a = px_scratch(g.m, sizeof(double));
    g.largest_b = px_scratch(g.panels, sizeof(double));
    double mk = (double)g.m * (double)g.k, kn = (double)g.k * (double)g.n;
    px_emu_for(mk, g.m, pack_row, &g);
    px_emu_for(kn, g.panels, pack_panel, &g);
    px_emu_for(mk * (double)g.n, g.panels * g.tiles, run_tile, &g);
    free(g.largest_b);
    free(g.largest_a);
    free(g.b);
    free(g.a);
}

bool px_gemm_in_binary32(const px_task *task) {
    px_plan plan;
    return plan_gemm(task, &px_binary32, &plan);
}

bool px_gemm_in_binary64(const px_task *task) {
    px_plan plan;
    return plan_gemm(task, &px_binary64, &plan);
}

void px_gemm_run_binary32(const px_task *task) { run_gemm(task, &px_binary32); }
void px_gemm_run_binary64(const px_task *task) { run_gemm(task, &px_binary64); }
