#include "emu/definition.h"

#include <math.h>
#include <stdlib.h>

#include "base/parallel.h"
#include "emu/algorithm.h"
#include "emu/view.h"
#include "kernel/elementwise.h"
#include "kernel/mma.h"
#include "kernel/sum.h"

/* A definition costs some 30 of the multiply-adds in which px_parallel_for_work counts. */
static double work_of(double steps) { return 30 * steps; }

static void add_row(void *context, int64_t i) {
    const px_task *t = context;
    const px_call *call = t->call;
    for (int64_t j = 0; j < t->out[0].cols; j++) {
        double a = px_view_get(&t->in[0], i, j), b = px_view_get(&t->in[1], i, j);
        uint64_t element = (uint64_t)(i * t->out[0].cols + j);
        px_view_set(&t->out[0], i, j, px_element_add(&call->recipe, a, b, call->stream, element));
    }
}

static void mul_row(void *context, int64_t i) {
    const px_task *t = context;
    const px_call *call = t->call;
    for (int64_t j = 0; j < t->out[0].cols; j++) {
        double a = px_view_get(&t->in[0], i, j), b = px_view_get(&t->in[1], i, j);
        uint64_t element = (uint64_t)(i * t->out[0].cols + j);
        px_view_set(&t->out[0], i, j, px_element_mul(&call->recipe, a, b, call->stream, element));
    }
}

void px_define_elements(const px_call *call, int64_t n, const double *a, const double *b, uint64_t element, double *y) {
    for (int64_t i = 0; i < n; i++, element++)
        y[i] = call->op == PX_OP_ADD ? px_element_add(&call->recipe, a[i], b[i], call->stream, element)
                                     : px_element_mul(&call->recipe, a[i], b[i], call->stream, element);
}

static void round_row(void *context, int64_t i) {
    const px_task *t = context;
    const px_call *call = t->call;
    for (int64_t j = 0; j < t->out[0].cols; j++) {
        uint64_t element = (uint64_t)(i * t->out[0].cols + j);
        double x = px_view_get(&t->in[0], i, j);
        px_view_set(&t->out[0], i, j, px_element_round(&call->recipe, x, call->stream, element));
    }
}

static void by_rows(const px_task *task, void (*row)(void *context, int64_t i)) {
    px_task copy = *task; /* the pool's context is not const */
    const px_view *out = &task->out[0];
    px_parallel_for_work(work_of((double)out->rows * (double)out->cols), out->rows, row, &copy);
}

void px_define_add(const px_task *task) { by_rows(task, add_row); }
void px_define_mul(const px_task *task) { by_rows(task, mul_row); }
void px_define_round(const px_task *task) { by_rows(task, round_row); }

/* A view as doubles: row i, then row i + 1, without gaps. */
static double *doubles_of(const px_view *v) {
    double *x = px_room(v->rows * v->cols, sizeof *x);
    for (int64_t i = 0; i < v->rows; i++)
        for (int64_t j = 0; j < v->cols; j++) x[i * v->cols + j] = px_view_get(v, i, j);
    return x;
}

typedef struct operands {
    const px_task *task;
    const double *a, *b;
    const px_mma *unit; /* NULL: no matrix unit */
} operands;

static void sum_row(void *context, int64_t i) {
    const operands *o = context;
    const px_task *t = o->task;
    px_terms terms = {.n = t->in[0].cols,
                      .a = o->a + i * t->in[0].cols,
                      .stride_a = 1,
                      .sign = 1.0,
                      .stream = t->call->stream,
                      .element = (uint64_t)i};
    int64_t last;
    px_view_set(&t->out[0], i, 0, px_sum(&t->call->recipe, &terms, &last));
    if (px_view_present(&t->out[1])) px_view_set(&t->out[1], i, 0, (double)last);
}

void px_define_sum(const px_task *task) {
    double *a = doubles_of(&task->in[0]);
    operands o = {.task = task, .a = a};
    px_parallel_for_work(work_of((double)task->in[0].rows * (double)task->in[0].cols), task->in[0].rows, sum_row, &o);
    free(a);
}

static void gemm_row(void *context, int64_t i) {
    const operands *o = context;
    const px_task *t = o->task;
    int64_t n = t->out[0].cols, k = t->in[0].cols;
    for (int64_t j = 0; j < n; j++) {
        px_terms terms = {.n = k,
                          .a = o->a + i * k,
                          .stride_a = 1,
                          .b = o->b + j,
                          .stride_b = n,
                          .c = px_view_present(&t->in[2]) ? px_view_get(&t->in[2], i, j) : 0.0,
                          .sign = t->call->attr[0],
                          .stream = t->call->stream,
                          .element = (uint64_t)(i * n + j)};
        const px_recipe *r = &t->call->recipe;
        px_view_set(&t->out[0], i, j, o->unit ? px_mma_entry(o->unit, r, &terms) : px_sum(r, &terms, NULL));
    }
}

void px_define_gemm(const px_task *task) {
    const px_recipe *r = &task->call->recipe;
    if (r->algorithm != PX_ALGORITHM_NONE) {
        px_algorithm_define(task);
        return;
    }
    px_mma unit;
    bool by_unit = r->model != PX_MODEL_NONE;
    if (by_unit)
        PX_ASSERT(px_mma_find((px_model)r->model, task->in[0].fmt, task->in[1].fmt, r->acc, &unit, NULL) == PX_OK);
    double *a = doubles_of(&task->in[0]), *b = doubles_of(&task->in[1]);
    operands o = {.task = task, .a = a, .b = b, .unit = by_unit ? &unit : NULL};
    double work = (double)task->out[0].rows * (double)task->out[0].cols * (double)task->in[0].cols;
    px_parallel_for_work(work_of(work), task->out[0].rows, gemm_row, &o);
    free(b);
    free(a);
}
