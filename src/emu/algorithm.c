#include "emu/algorithm.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/parallel.h"
#include "emu/definition.h"
#include "emu/view.h"
#include "kernel/algorithm.h"

static px_algorithm algorithm_of(const px_task *t) { return (px_algorithm)t->call->recipe.algorithm; }

/* Row i of A (side 0) or column i of B as doubles. */
static void read_line(const px_view *v, int side, int64_t i, int64_t k, double *x) {
    for (int64_t j = 0; j < k; j++) x[j] = side == 0 ? px_view_get(v, i, j) : px_view_get(v, j, i);
}

typedef struct side {
    const px_task *task;
    int which;
    int64_t k;
    px_view replaced; /* of algorithms that replace */
    int8_t *slices;   /* of ozaki: slices x k a line */
    int *exponents;
} side;

static side side_of(const px_task *t, int which) { return (side){.task = t, .which = which, .k = t->in[0].cols}; }

static int64_t lines_of(const side *s) { return s->which == 0 ? s->task->in[0].rows : s->task->in[1].cols; }

/* ---- other numbers in the place of the operands ---- */

static void replace_line(void *context, int64_t i) {
    side *s = context;
    const px_recipe *r = &s->task->call->recipe;
    int64_t copies = px_algorithm_copies((px_algorithm)r->algorithm), n = copies * s->k;
    double *x = px_room(s->k + n, sizeof *x), *y = x + s->k;
    read_line(&s->task->in[s->which], s->which, i, s->k, x);
    px_algorithm_expand(r, s->which, s->k, x, y);
    for (int64_t j = 0; j < n; j++) px_view_set(&s->replaced, s->which == 0 ? i : j, s->which == 0 ? j : i, y[j]);
    free(x);
}

static void replace(side *s) {
    px_algorithm a = algorithm_of(s->task);
    int64_t n = px_algorithm_copies(a) * s->k, lines = lines_of(s), cols = s->which == 0 ? n : lines;
    s->replaced = (px_view){.fmt = px_algorithm_operand(a, s->task->in[s->which].fmt),
                            .rows = s->which == 0 ? lines : n,
                            .cols = cols,
                            .rs = cols,
                            .cs = 1};
    s->replaced.data = px_room(n * lines, sizeof(float));
    px_parallel_for_work(30 * (double)n * (double)lines, lines, replace_line, s);
}

static void run_replaced(const px_task *t, void (*run)(const px_task *task)) {
    side a = side_of(t, 0), b = side_of(t, 1);
    replace(&a);
    replace(&b);
    px_call call = *t->call;
    call.recipe.algorithm = PX_ALGORITHM_NONE;
    px_task inner = *t;
    inner.call = &call;
    inner.in[0] = a.replaced;
    inner.in[1] = b.replaced;
    run(&inner);
    free(b.replaced.data);
    free(a.replaced.data);
}

bool px_algorithm_replaced(const px_task *t) { return px_algorithm_replaces(algorithm_of(t)); }
void px_algorithm_run(const px_task *t) { run_replaced(t, px_emu_run); }

/* ---- ozaki ---- */

static void slice_line(void *context, int64_t i) {
    side *s = context;
    int slices = s->task->call->recipe.slices;
    double *x = px_room(s->k, sizeof *x);
    read_line(&s->task->in[s->which], s->which, i, s->k, x);
    for (int64_t j = 0; j < s->k && s->which == 0; j++) x[j] *= s->task->call->attr[0];
    s->exponents[i] = px_ozaki_split(slices, s->k, x, s->slices + i * slices * s->k);
    free(x);
}

static void slice(side *s) {
    int64_t lines = lines_of(s), slices = s->task->call->recipe.slices;
    s->slices = px_room(lines * slices * s->k, sizeof *s->slices);
    s->exponents = px_room(lines, sizeof *s->exponents);
    px_parallel_for_work(30 * (double)(lines * slices * s->k), lines, slice_line, s);
}

typedef struct sides {
    side a, b;
} sides;

static double start_of(const px_task *t, int64_t i, int64_t j) {
    return px_view_present(&t->in[2]) ? px_view_get(&t->in[2], i, j) : 0.0;
}

static void ozaki_row(void *context, int64_t i) {
    const sides *s = context;
    const px_task *t = s->a.task;
    int64_t length = s->a.k * t->call->recipe.slices;
    for (int64_t j = 0; j < t->out[0].cols; j++)
        px_view_set(&t->out[0], i, j,
                    px_ozaki_sum(&t->call->recipe, s->a.k, s->a.slices + i * length, s->a.exponents[i],
                                 s->b.slices + j * length, s->b.exponents[j], start_of(t, i, j)));
}

static void define_ozaki(const px_task *t) {
    sides s = {side_of(t, 0), side_of(t, 1)};
    slice(&s.a);
    slice(&s.b);
    px_parallel_for_work(30 * (double)t->out[0].rows * (double)t->out[0].cols * (double)s.a.k, t->out[0].rows,
                         ozaki_row, &s);
    free(s.b.exponents);
    free(s.b.slices);
    free(s.a.exponents);
    free(s.a.slices);
}

/* ---- dot2 ---- */

static void dot2_column(void *context, int64_t j) {
    const px_task *t = context;
    int64_t k = t->in[0].cols;
    double *b = px_room(2 * k, sizeof *b), *a = b + k;
    read_line(&t->in[1], 1, j, k, b);
    for (int64_t i = 0; i < t->out[0].rows; i++) {
        read_line(&t->in[0], 0, i, k, a);
        px_terms terms = {.n = k, .a = a, .b = b, .stride_a = 1, .stride_b = 1, .sign = t->call->attr[0]};
        terms.c = start_of(t, i, j);
        px_view_set(&t->out[0], i, j, px_dot2(&t->call->recipe, &terms));
    }
    free(b);
}

static void define_dot2(const px_task *t) {
    px_task copy = *t; /* the pool's context is not const */
    px_parallel_for_work(300 * (double)t->out[0].rows * (double)t->out[0].cols * (double)t->in[0].cols, t->out[0].cols,
                         dot2_column, &copy);
}

void px_algorithm_define(const px_task *t) {
    switch (algorithm_of(t)) {
    case PX_OZAKI: define_ozaki(t); break;
    case PX_DOT2: define_dot2(t); break;
    default: run_replaced(t, px_define_gemm);
    }
}

/* ---- what there is ---- */

static int refuse(char *why, size_t n, const char *name, const char *text) {
    if (n > 0) snprintf(why, n, "algorithm %s %s", name, text);
    return 0;
}

int px_algorithm_supports(const px_prog *prog, const px_call *call, char *why, size_t n) {
    const px_recipe *r = &call->recipe;
    px_algorithm algorithm = (px_algorithm)r->algorithm;
    const char *name = px_algorithm_name(algorithm);
    px_fp a = prog->slots[call->in[0].slot].fmt;
    if (call->op != PX_OP_GEMM) return refuse(why, n, name, "for other operations than gemm");
    px_fp b = prog->slots[call->in[1].slot].fmt;
    if (px_algorithm_replaces(algorithm)) {
        if (!px_fits_float(a) || !px_fits_float(b)) return refuse(why, n, name, "of operands that fp32 cannot hold");
        if (px_algorithm_copies(algorithm) == 1 && r->mx_block < 1) return refuse(why, n, name, "without a block");
        if (px_algorithm_copies(algorithm) == 1 && r->model) return refuse(why, n, name, "by a matrix unit");
        return 1;
    }
    if (r->order != PX_SEQUENTIAL || r->rounding != PX_NEAREST_EVEN || r->model)
        return refuse(why, n, name, "in another order or rounding, or by a matrix unit");
    if (px_fp_is_exact(r->acc)) return refuse(why, n, name, "with an exact accumulator");
    if (algorithm == PX_OZAKI && (r->slices < 1 || r->slices > PX_OZAKI_MOST))
        return refuse(why, n, name, "with so many slices");
    if (algorithm == PX_DOT2 && (!r->acc.subnormals || a.p > r->acc.p || b.p > r->acc.p))
        return refuse(why, n, name, "in an accumulator shorter than the operands, or without subnormals");
    return 1;
}
