#include "emu/layer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "arith/round.h"
#include "base/parallel.h"
#include "emu/layer_arrays.h"
#include "emu/normalise.h"
#include "emu/view.h"
#include "kernel/layer.h"

/* A definition costs some 30 multiply-adds a step, and an entry of these operations takes about ten steps. */
enum { WORK = 300 };

static void get_row(const px_view *v, int64_t i, double *x) {
    for (int64_t j = 0; j < v->cols; j++) x[j] = px_view_get(v, i, j);
}

/* What is stored is rounded to the format of the slot. */
static void set(const px_task *t, int k, int64_t i, int64_t j, double x) {
    const px_view *v = &t->out[k];
    px_view_set(v, i, j, px_round(v->fmt, px_recipe_rounding(&t->call->recipe), x, 0));
}

static void set_row(const px_task *t, int k, int64_t i, const double *x) {
    for (int64_t j = 0; j < t->out[k].cols; j++) set(t, k, i, j, x[j]);
}

static double *doubles_of(const px_view *v) {
    double *x = px_room(v->rows * v->cols, sizeof *x);
    for (int64_t i = 0; i < v->rows; i++) get_row(v, i, x + i * v->cols);
    return x;
}

/* A row of the task: `rows` arrays of as many numbers as in[0] has columns. */
static double *row_room(const px_task *t, int arrays) { return px_room(arrays * t->in[0].cols, sizeof(double)); }

static void norm_row(void *context, int64_t i) {
    const px_task *t = context;
    int64_t n = t->in[0].cols;
    double *x = row_room(t, 4), *y = x + n, *gamma = x + 2 * n, *beta = x + 3 * n, mean, rstd;
    bool with_gamma = px_view_present(&t->in[1]), with_beta = px_view_present(&t->in[2]);
    get_row(&t->in[0], i, x);
    if (with_gamma) get_row(&t->in[1], 0, gamma);
    if (with_beta) get_row(&t->in[2], 0, beta);
    px_layer_norm(&t->call->recipe, n, x, with_gamma ? gamma : NULL, with_beta ? beta : NULL, t->call->attr[0], y,
                  &mean, &rstd);
    set_row(t, 0, i, y);
    set(t, 1, i, 0, mean);
    set(t, 2, i, 0, rstd);
    free(x);
}

static void norm_backward_row(void *context, int64_t i) {
    const px_task *t = context;
    int64_t n = t->in[0].cols;
    double *dy = row_room(t, 6), *x = dy + n, *gamma = dy + 2 * n, *dx = dy + 3 * n, *room = dy + 4 * n;
    bool with_gamma = px_view_present(&t->in[4]);
    get_row(&t->in[0], i, dy);
    get_row(&t->in[1], i, x);
    if (with_gamma) get_row(&t->in[4], 0, gamma);
    px_layer_norm_backward(&t->call->recipe, n, dy, x, px_view_get(&t->in[2], i, 0), px_view_get(&t->in[3], i, 0),
                           with_gamma ? gamma : NULL, dx, room);
    set_row(t, 0, i, dx);
    free(dy);
}

static void softmax_row(void *context, int64_t i) {
    const px_task *t = context;
    const double *attr = t->call->attr;
    int64_t n = t->in[0].cols, period = (int64_t)attr[1];
    px_softmax how = {.d = attr[0], .mask = attr[2], .form = (int)attr[3]};
    double *s = row_room(t, 3);
    get_row(&t->in[0], i, s);
    px_layer_softmax(&t->call->recipe, &how, n, period > 0 ? i % period : n, s, s + n, s + 2 * n);
    set_row(t, 0, i, s + n);
    free(s);
}

static void softmax_backward_row(void *context, int64_t i) {
    const px_task *t = context;
    int64_t n = t->in[0].cols, period = (int64_t)t->call->attr[1];
    double *dp = row_room(t, 3);
    get_row(&t->in[0], i, dp);
    get_row(&t->in[1], i, dp + n);
    px_layer_softmax_backward(&t->call->recipe, t->call->attr[0], n, period > 0 ? i % period : n, dp, dp + n,
                              dp + 2 * n);
    set_row(t, 0, i, dp + 2 * n);
    free(dp);
}

/* The operations that take numbers one by one. */
static void element_row(void *context, int64_t i) {
    const px_task *t = context;
    const px_recipe *r = &t->call->recipe;
    const double *attr = t->call->attr;
    int64_t n = t->out[0].cols;
    for (int64_t j = 0; j < n; j++) {
        double a = px_view_get(&t->in[0], i, j), y = 0;
        uint64_t element = (uint64_t)(i * n + j), stream = t->call->stream;
        switch (t->call->op) {
        case PX_OP_SCALE: y = px_layer_scale(r, attr[0], attr[1], a, stream, element); break;
        case PX_OP_SIGN: y = px_layer_sign(a); break;
        case PX_OP_DROPOUT: y = px_layer_dropout(r, attr[0], a, stream, element); break;
        case PX_OP_GELU: y = px_layer_gelu(r, (int)attr[0], a); break;
        case PX_OP_GELU_BACKWARD: y = px_layer_gelu_backward(r, (int)attr[0], a, px_view_get(&t->in[1], i, j)); break;
        case PX_OP_GATHER:
            y = px_round(r->out, px_recipe_rounding(r),
                         px_view_get(&t->in[0], (int64_t)px_view_get(&t->in[1], i, 0), j), 0);
            break;
        default: PX_ASSERT(!"an operation that takes numbers one by one");
        }
        set(t, 0, i, j, y);
    }
}

static void kahan_row(void *context, int64_t i) {
    const px_task *t = context;
    for (int64_t j = 0; j < t->out[0].cols; j++) {
        double rest, w = px_view_get(&t->in[0], i, j), d = px_view_get(&t->in[1], i, j),
                     c = px_view_get(&t->in[2], i, j);
        set(t, 0, i, j, px_layer_add_kahan(&t->call->recipe, w, d, c, &rest));
        set(t, 1, i, j, rest);
    }
}

/* in g, then the states; out d, then the new states. */
static void optimizer_row(void *context, int64_t i) {
    const px_task *t = context;
    const double *attr = t->call->attr;
    px_op op = t->call->op;
    int places = px_op_inputs(op) - 1;
    px_adam how = {.lr = attr[0], .beta1 = attr[1], .beta2 = attr[2], .eps = attr[3]};
    if (op != PX_OP_SGD) {
        how.rest1 = px_layer_adam_rest(how.beta1, attr[4]);
        how.rest2 = px_layer_adam_rest(how.beta2, attr[4]);
    }
    for (int64_t j = 0; j < t->out[0].cols; j++) {
        px_optimizer_state s = {.old = {0}};
        for (int k = 0; k < places; k++) {
            if (!px_view_present(&t->in[k + 1])) continue;
            s.old[k] = px_view_get(&t->in[k + 1], i, j);
            s.stored[k] = t->out[k + 1].fmt;
        }
        double g = px_view_get(&t->in[0], i, j), d;
        if (op == PX_OP_ADAM)
            d = px_layer_adam(&t->call->recipe, &how, g, &s);
        else if (op == PX_OP_ADAPTIVE)
            d = px_layer_adaptive(&t->call->recipe, &how, (int)attr[5], g, &s);
        else
            d = px_layer_sgd(&t->call->recipe, attr[0], attr[1], g, px_view_present(&t->in[1]) ? &s : NULL);
        set(t, 0, i, j, d);
        for (int k = 0; k < places; k++)
            if (px_view_present(&t->out[k + 1])) set(t, k + 1, i, j, s.new[k]);
    }
}

static void by_rows(const px_task *task, void (*row)(void *context, int64_t i)) {
    px_task copy = *task; /* the pool's context is not const */
    px_parallel_for_work(WORK * (double)task->in[0].cols * (double)task->out[0].rows, task->out[0].rows, row, &copy);
}

static void define_norm(const px_task *task) { by_rows(task, norm_row); }
static void define_norm_backward(const px_task *task) { by_rows(task, norm_backward_row); }
static void define_softmax(const px_task *task) { by_rows(task, softmax_row); }
static void define_softmax_backward(const px_task *task) { by_rows(task, softmax_backward_row); }
static void define_element(const px_task *task) { by_rows(task, element_row); }
static void define_kahan(const px_task *task) { by_rows(task, kahan_row); }
static void define_optimizer(const px_task *task) { by_rows(task, optimizer_row); }

/* Whole operands as doubles, for the operations whose sums run down columns or over everything. */
typedef struct whole {
    const px_task *task;
    double *in[4];
    double *loss; /* a row's */
    int64_t *rows;
    int64_t first; /* of rows with one index */
} whole;

static void gamma_column(void *context, int64_t j) {
    const whole *w = context;
    int64_t m = w->task->in[0].rows, n = w->task->in[0].cols;
    double *room = px_room(2 * m, sizeof *room);
    set(w->task, 0, 0, j,
        px_layer_norm_gamma(&w->task->call->recipe, m, n, j, w->in[0], w->in[1], w->in[2], w->in[3], room));
    free(room);
}

static whole whole_of(const px_task *task, int operands) {
    whole w = {.task = task};
    for (int k = 0; k < operands; k++)
        if (px_view_present(&task->in[k])) w.in[k] = doubles_of(&task->in[k]);
    return w;
}

static void free_whole(whole *w) {
    for (int k = 0; k < 4; k++) free(w->in[k]);
}

static void define_norm_gamma(const px_task *task) {
    whole w = whole_of(task, 4);
    px_parallel_for_work(WORK * (double)task->in[0].cols * (double)task->in[0].rows, task->in[0].cols, gamma_column,
                         &w);
    free_whole(&w);
}

static void define_scatter_add(const px_task *task) {
    whole w = whole_of(task, 2);
    int64_t m = task->in[0].rows, n = task->in[0].cols, *rows = px_room(m, sizeof *rows);
    for (int64_t v = 0; v < task->out[0].rows; v++) {
        int64_t count = 0;
        for (int64_t i = 0; i < m; i++)
            if ((int64_t)w.in[1][i] == v) rows[count++] = i;
        for (int64_t j = 0; j < n; j++)
            set(task, 0, v, j, px_layer_scatter_add(&task->call->recipe, count, rows, n, w.in[0] + j));
    }
    free(rows);
    free_whole(&w);
}

static double factor_of(const px_task *task) {
    return px_view_present(&task->in[2]) ? px_view_get(&task->in[2], 0, 0) : 1;
}

static void define_mse(const px_task *task) {
    whole w = whole_of(task, 2);
    int64_t m = task->in[0].rows, n = task->in[0].cols;
    double *dy = px_room(2 * m * n, sizeof *dy);
    set(task, 0, 0, 0, px_layer_mse(&task->call->recipe, m * n, w.in[0], w.in[1], factor_of(task), dy, dy + m * n));
    for (int64_t i = 0; i < m; i++) set_row(task, 1, i, dy + i * n);
    free(dy);
    free_whole(&w);
}

static void cross_entropy_row(void *context, int64_t i) {
    const whole *w = context;
    const px_task *t = w->task;
    int64_t n = t->in[0].cols;
    double *dz = row_room(t, 2);
    w->loss[i] = px_layer_cross_entropy(&t->call->recipe, n, t->in[0].rows, w->in[0] + i * n, (int64_t)w->in[1][i],
                                        factor_of(t), dz, dz + n);
    set_row(t, 1, i, dz);
    free(dz);
}

static void define_cross_entropy(const px_task *task) {
    whole w = whole_of(task, 2);
    int64_t m = task->in[0].rows;
    w.loss = px_room(m, sizeof *w.loss);
    px_parallel_for_work(WORK * (double)m * (double)task->in[0].cols, m, cross_entropy_row, &w);
    set(task, 0, 0, 0, px_layer_mean(&task->call->recipe, m, w.loss));
    free(w.loss);
    free_whole(&w);
}

static void define_nonfinite(const px_task *task) {
    const px_view *a = &task->in[0];
    int64_t found = 0;
    for (int64_t i = 0; i < a->rows; i++)
        for (int64_t j = 0; j < a->cols; j++) found += !isfinite(px_view_get(a, i, j));
    px_view_set(&task->out[0], 0, 0,
                (px_view_present(&task->in[1]) ? px_view_get(&task->in[1], 0, 0) : 0) + (double)found);
}

static void define_clip_factor(const px_task *task) {
    const double *attr = task->call->attr;
    double norm,
        f = px_layer_clip_factor(&task->call->recipe, px_view_get(&task->in[0], 0, 0), attr[0], attr[1], &norm);
    set(task, 0, 0, 0, f);
    set(task, 1, 0, 0, norm);
}

static void define_power_scale(const px_task *task) {
    const px_view *a = &task->in[0];
    double top = 0;
    for (int64_t i = 0; i < a->rows; i++)
        for (int64_t j = 0; j < a->cols; j++) {
            double x = fabs(px_view_get(a, i, j));
            if (!(x <= top)) top = x != x ? (double)INFINITY : x;
        }
    double f = px_layer_power_scale(task->call->attr[0], top);
    set(task, 0, 0, 0, f);
    set(task, 1, 0, 0, 1 / f);
}

static bool always(const px_task *task) {
    (void)task;
    return true;
}

/* Fastest first; the last one is the definition. */
#define DEFINITION(run)     {{"definition", always, run}}, 1
#define ARRAYS(arrays, run) {{"arrays", px_layer_arrays_match, arrays}, {"definition", always, run}}, 2
static const struct row {
    px_op op;
    px_path paths[2];
    int n;
} table[] = {
    {PX_OP_SCALE, DEFINITION(define_element)},
    {PX_OP_LAYERNORM, ARRAYS(px_arrays_norm, define_norm)},
    {PX_OP_LAYERNORM_BACKWARD, ARRAYS(px_arrays_norm_backward, define_norm_backward)},
    {PX_OP_LAYERNORM_GAMMA, ARRAYS(px_arrays_norm_gamma, define_norm_gamma)},
    {PX_OP_GELU, ARRAYS(px_arrays_gelu, define_element)},
    {PX_OP_GELU_BACKWARD, ARRAYS(px_arrays_gelu_backward, define_element)},
    {PX_OP_SOFTMAX, ARRAYS(px_arrays_softmax, define_softmax)},
    {PX_OP_SOFTMAX_BACKWARD, ARRAYS(px_arrays_softmax_backward, define_softmax_backward)},
    {PX_OP_DROPOUT, DEFINITION(define_element)},
    {PX_OP_GATHER, DEFINITION(define_element)},
    {PX_OP_SCATTER_ADD, DEFINITION(define_scatter_add)},
    {PX_OP_MSE, DEFINITION(define_mse)},
    {PX_OP_CROSS_ENTROPY, DEFINITION(define_cross_entropy)},
    {PX_OP_NONFINITE, DEFINITION(define_nonfinite)},
    {PX_OP_CLIP_FACTOR, DEFINITION(define_clip_factor)},
    {PX_OP_NORMALISE, DEFINITION(px_define_normalise)},
    {PX_OP_SIGN, DEFINITION(define_element)},
    {PX_OP_SGD, ARRAYS(px_arrays_sgd, define_optimizer)},
    {PX_OP_ADAM, ARRAYS(px_arrays_adam, define_optimizer)},
    {PX_OP_ADAPTIVE, DEFINITION(define_optimizer)},
    {PX_OP_ADD_KAHAN, DEFINITION(define_kahan)},
    {PX_OP_POWER_SCALE, DEFINITION(define_power_scale)},
};

const px_path *px_layer_paths(px_op op, int *n) {
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].op == op) {
            *n = table[i].n;
            return table[i].paths;
        }
    return NULL;
}

int px_layer_supports(const px_call *call, char *why, size_t n) {
    const px_recipe *r = &call->recipe;
    bool nearest = r->rounding == PX_NEAREST_EVEN || r->rounding == PX_NEAREST_AWAY;
    if (!nearest && call->op != PX_OP_SCALE) {
        snprintf(why, n, "%s rounded other than to nearest", px_op_name(call->op));
        return 0;
    }
    bool rounds_to_out = call->op == PX_OP_SCALE || call->op == PX_OP_ADD_KAHAN;
    if (px_fp_is_exact(r->acc) || (rounds_to_out && px_fp_is_exact(r->out))) {
        snprintf(why, n, "%s without rounding", px_op_name(call->op));
        return 0;
    }
    if ((r->order == PX_BLOCKED && r->block < 1) || (r->order == PX_SPLITK && r->splits < 1)) {
        snprintf(why, n, "order of sums without its length");
        return 0;
    }
    return 1;
}
