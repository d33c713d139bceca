/* out = [c] + sign a b by the row kernels: one row of A against a panel of B's columns at a time. Entries never depend
 * on how they are shared out among threads. */
#include "emu/gemm.h"

#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/parallel.h"
#include "emu/pack.h"
#include "emu/plan.h"
#include "emu/view.h"

enum { TASK_ROWS = 32 };

typedef struct gemm {
    const px_task *task;
    const px_isa *isa;
    px_plan plan;
    px_packing packing;
    int64_t m, n, k, panels, parts; /* parts: of the rows, in tasks */
    void *a, *b;                    /* rows and panels, packed */
    double *largest_a, *largest_b;  /* magnitude in a row, in a panel; inf when something in it is not finite */
} gemm;

static bool plan_gemm(const px_task *task, const px_host *host, px_plan *plan) {
    px_facts facts;
    px_operands operands = px_operands_of_gemm(task, true);
    if (!px_plan_make(&task->call->recipe, host, &operands, plan, &facts)) return false;
    /* -(a b) is the negative of the rounded product, but the kernels have -a. */
    bool turned = task->call->attr[0] < 0 && (plan->mode == PX_UP || plan->mode == PX_DOWN);
    if (turned) plan->mul_mode = plan->mode == PX_UP ? PX_DOWN : PX_UP;
    /* Where no instruction fuses, exact products in binary64 are quicker. */
    return !plan->fused || host == &px_binary64 || px_isa_chosen()->fuses;
}

static void *at(const gemm *g, void *data, int64_t i) {
    return (char *)data + (size_t)i * (g->packing.binary32 ? sizeof(float) : sizeof(double));
}

static double larger(double largest, double x) {
    return fabs(x) <= largest ? largest : isfinite(x) ? fabs(x) : (double)INFINITY;
}

static double largest_of(const gemm *g, const void *data, int64_t n) {
    if (g->packing.binary32) {
        px_scan scan = PX_SCAN_EMPTY;
        g->isa->scan_f32(n, data, &scan);
        return (double)scan.largest;
    }
    double largest = 0;
    for (int64_t i = 0; i < n; i++) largest = larger(largest, ((const double *)data)[i]);
    return largest;
}

static void pack_row(void *context, int64_t i) {
    gemm *g = context;
    void *row = at(g, g->a, i * g->k);
    px_pack_strip(&g->packing, &g->task->in[0], i, row);
    g->largest_a[i] = largest_of(g, row, g->k);
}

static void pack_panel(void *context, int64_t p) {
    gemm *g = context;
    int64_t size = g->k * g->packing.width;
    void *panel = at(g, g->b, p * size);
    px_pack_panel(&g->packing, &g->task->in[1], p, panel);
    g->largest_b[p] = largest_of(g, panel, size);
}

/* Start values of row i into c; their largest magnitude, inf when one is -0 (whose sign matters) or not finite. */
static double load_start(const gemm *g, int64_t i, int64_t first, int64_t columns, void *c) {
    const px_view *start = &g->task->in[2];
    double largest = 0;
    for (int64_t j = 0; j < g->packing.width; j++) {
        double x = px_view_present(start) && j < columns ? px_view_get(start, i, first + j) : 0.0;
        largest = larger(largest, x == 0.0 && signbit(x) ? (double)INFINITY : x);
        if (g->packing.binary32)
            ((float *)c)[j] = (float)x;
        else
            ((double *)c)[j] = x;
    }
    return largest;
}

static void run_row(const gemm *g, int64_t i, int64_t p, void *room) {
    _Alignas(64) union {
        float f32[PX_MAX_WIDTH];
        double f64[PX_MAX_WIDTH];
    } c;
    int64_t width = g->packing.width, first = p * width, columns = g->n - first < width ? g->n - first : width;
    double start = load_start(g, i, first, columns, &c);
    px_plan plan = g->plan;
    plan.room = room;
    plan.stream = g->task->call->stream, plan.element = (uint64_t)(i * g->n + first);
    plan.special = px_plan_is_special(&g->task->call->recipe, &plan, g->k, g->largest_a[i] * g->largest_b[p], start);
    const void *a = at(g, g->a, i * g->k), *b = at(g, g->b, p * g->k * width);
    px_plan_enter(&plan);
    if (g->packing.binary32)
        (width == 1 ? g->isa->chain_f32 : g->isa->rows_f32)(&plan, g->k, a, b, c.f32, NULL);
    else
        (width == 1 ? g->isa->chain_f64 : g->isa->rows_f64)(&plan, g->k, a, b, c.f64, NULL);
    px_plan_leave(&plan);
    for (int64_t j = 0; j < columns; j++)
        px_view_set(&g->task->out[0], i, first + j, g->packing.binary32 ? (double)c.f32[j] : c.f64[j]);
}

static void run_part(void *context, int64_t t) {
    const gemm *g = context;
    int64_t p = t / g->parts, first = t % g->parts * TASK_ROWS;
    void *room = px_plan_room(&g->plan, g->k);
    for (int64_t i = first; i < first + TASK_ROWS && i < g->m; i++) run_row(g, i, p, room);
    free(room);
}

static void run_gemm(const px_task *task, const px_host *host) {
    gemm g = {.task = task, .isa = px_isa_chosen()};
    PX_ASSERT(plan_gemm(task, host, &g.plan));
    bool binary32 = host == &px_binary32;
    g.packing = (px_packing){.binary32 = binary32,
                             .reversed = task->call->recipe.order == PX_REVERSE,
                             .height = 1,
                             .width = binary32 ? g.isa->width_f32 : g.isa->width_f64,
                             .copies = 1,
                             .sign = task->call->attr[0],
                             .period = 1,
                             .block = task->in[0].cols,
                             .factors = {1.0}};
    PX_ASSERT(g.packing.width <= PX_MAX_WIDTH);
    if (px_gemm_by_chains(task)) g.packing.width = 1;
    g.m = task->out[0].rows, g.n = task->out[0].cols, g.k = task->in[0].cols;
    g.panels = (g.n + g.packing.width - 1) / g.packing.width;
    g.parts = (g.m + TASK_ROWS - 1) / TASK_ROWS;
    g.a = px_room(g.m * g.k, host->size);
    g.b = px_room(g.panels * g.packing.width * g.k, host->size);
    g.largest_a = px_room(g.m, sizeof(double));
    g.largest_b = px_room(g.panels, sizeof(double));
    double mk = (double)g.m * (double)g.k, kn = (double)g.k * (double)g.n;
    px_parallel_for_work(mk, g.m, pack_row, &g);
    px_parallel_for_work(kn, g.panels, pack_panel, &g);
    px_parallel_for_work(mk * (double)g.n, g.panels * g.parts, run_part, &g);
    free(g.largest_b);
    free(g.largest_a);
    free(g.b);
    free(g.a);
}

bool px_gemm_by_chains(const px_task *task) { return task->out[0].rows * task->out[0].cols <= 4; }

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
