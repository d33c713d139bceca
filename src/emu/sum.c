/* Row sums are products with ones: the rows side by side take the place of columns. Few rows run as chains of one
 * column. */
#include "emu/sum.h"

#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/parallel.h"
#include "emu/plan.h"
#include "emu/view.h"

enum { MAX_WIDTH = 128 };

typedef struct sums {
    const px_task *task;
    const px_isa *isa;
    bool binary32, reversed;
    px_plan plan;
    int64_t m, n, panels;
    int width;
    void *ones;
} sums;

static bool plan_sum(const px_task *task, const px_host *host, px_plan *plan) {
    px_operands operands = {.products = false, .b = px_extent_of_view(&task->in[0]), .n = task->in[0].cols};
    px_facts facts;
    /* the index of a term must be a number of the host */
    if (px_view_present(&task->out[1]) && host == &px_binary32 && operands.n > 1 << 24) return false;
    return px_plan_make(&task->call->recipe, host, &operands, plan, &facts);
}

static void store(const sums *s, void *buffer, int64_t at, double x) {
    if (s->binary32)
        ((float *)buffer)[at] = (float)x;
    else
        ((double *)buffer)[at] = x;
}

static double load(const sums *s, const void *buffer, int64_t at) {
    return s->binary32 ? (double)((const float *)buffer)[at] : ((const double *)buffer)[at];
}

/* The terms of rows first .. first + rows - 1, side by side; their largest magnitude, inf when one is not finite. */
static double pack(const sums *s, int64_t first, int64_t rows, void *x) {
    double largest = 0;
    for (int64_t k = 0; k < s->n; k++)
        for (int64_t i = 0; i < s->width; i++) {
            double t = i < rows ? px_view_get(&s->task->in[0], first + i, s->reversed ? s->n - 1 - k : k) : 0.0;
            if (!(fabs(t) <= largest)) largest = isfinite(t) ? fabs(t) : (double)INFINITY;
            store(s, x, k * s->width + i, t);
        }
    return largest;
}

/* The same, floats for floats. */
static double pack_floats(const sums *s, int64_t first, int64_t rows, float *x) {
    const px_view *v = &s->task->in[0];
    px_scan scan = PX_SCAN_EMPTY;
    for (int64_t k = 0; k < s->n; k++) {
        const float *from = (const float *)v->data + first * v->rs + (s->reversed ? s->n - 1 - k : k) * v->cs;
        for (int64_t i = 0; i < s->width; i++) x[k * s->width + i] = i < rows ? from[i * v->rs] : 0;
    }
    s->isa->scan_f32(s->n * s->width, x, &scan);
    return (double)scan.largest;
}

static void run_panel(void *context, int64_t p) {
    const sums *s = context;
    _Alignas(64) double c[MAX_WIDTH] = {0}, last[MAX_WIDTH] = {0}; /* of floats for binary32 */
    int64_t first = p * s->width, rows = s->m - first < s->width ? s->m - first : s->width;
    void *x = px_room(s->n * s->width, s->binary32 ? sizeof(float) : sizeof(double));
    bool floats = s->binary32 && px_fits_float(s->task->in[0].fmt);
    double largest = floats ? pack_floats(s, first, rows, x) : pack(s, first, rows, x);
    px_plan plan = s->plan;
    plan.room = px_plan_room(&plan, s->n);
    plan.stream = s->task->call->stream, plan.element = (uint64_t)first;
    plan.special = px_plan_is_special(&s->task->call->recipe, &plan, s->n, largest, 0);
    const px_view *out = &s->task->out[0], *when = &s->task->out[1];
    bool wants_last = px_view_present(when) && plan.order == PX_SEQUENTIAL && !s->reversed;
    px_plan_enter(&plan);
    if (s->binary32)
        (s->width == 1 ? s->isa->chain_f32 : s->isa->rows_f32)(&plan, s->n, s->ones, x, (float *)c,
                                                               wants_last ? (float *)last : NULL);
    else
        (s->width == 1 ? s->isa->chain_f64 : s->isa->rows_f64)(&plan, s->n, s->ones, x, c, wants_last ? last : NULL);
    px_plan_leave(&plan);
    free(plan.room);
    for (int64_t i = 0; i < rows; i++) {
        px_view_set(out, first + i, 0, load(s, c, i));
        if (px_view_present(when)) px_view_set(when, first + i, 0, load(s, last, i));
    }
    free(x);
}

static void run_sums(const px_task *task, const px_host *host) {
    sums s = {.task = task, .isa = px_isa_chosen(), .binary32 = host == &px_binary32};
    PX_ASSERT(plan_sum(task, host, &s.plan));
    s.reversed = task->call->recipe.order == PX_REVERSE;
    s.m = task->in[0].rows, s.n = task->in[0].cols;
    s.width = s.binary32 ? s.isa->width_f32 : s.isa->width_f64;
    PX_ASSERT(s.width <= MAX_WIDTH);
    if (s.m < s.width / 8) s.width = 1;
    s.panels = (s.m + s.width - 1) / s.width;
    s.ones = px_room(s.n, host->size);
    for (int64_t k = 0; k < s.n; k++) store(&s, s.ones, k, 1.0);
    px_parallel_for_work((double)s.m * (double)s.n, s.panels, run_panel, &s);
    free(s.ones);
}

bool px_sum_in_binary32(const px_task *task) {
    px_plan plan;
    return plan_sum(task, &px_binary32, &plan);
}

bool px_sum_in_binary64(const px_task *task) {
    px_plan plan;
    return plan_sum(task, &px_binary64, &plan);
}

void px_sum_run_binary32(const px_task *task) { run_sums(task, &px_binary32); }
void px_sum_run_binary64(const px_task *task) { run_sums(task, &px_binary64); }
