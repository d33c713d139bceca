#include "emu/layer_arrays.h"

#include <math.h>
#include <stdlib.h>

#include "arith/round.h"
#include "base/parallel.h"
#include "emu/chunk.h"
#include "emu/plan.h"
#include "emu/steps.h"
#include "emu/view.h"
#include "kernel/fn.h"
#include "kernel/layer.h"

bool px_layer_arrays_match(const px_task *task) {
    px_steps h;
    const px_recipe *r = &task->call->recipe;
    if (!px_steps_make(r, &h) || (task->call->op == PX_OP_SOFTMAX && task->call->attr[3] == PX_SOFTMAX_ONLINE))
        return false;
    for (int k = 0; k < px_op_inputs(task->call->op); k++)
        if (px_view_present(&task->in[k]) && !px_plan_includes(r->acc, task->in[k].fmt)) return false;
    return true;
}

#define ADD      PX_RND_ADD
#define SUBTRACT PX_RND_SUBTRACT
#define MULTIPLY PX_RND_MULTIPLY
#define DIVIDE   PX_RND_DIVIDE

/* ---- some rows of a task ---- */

enum { ROWS = 16, COLUMNS = 64 }; /* a thread's share: of sums along rows, of sums down columns */

typedef struct work {
    const px_task *task;
    px_steps h;
    int64_t m, n; /* of in[0] */
} work;

/* `count` numbers of row i, from column j on. */
static void get(const px_view *v, int64_t i, int64_t j, int64_t count, double *x) {
    if (v->cs == 1 && px_fits_float(v->fmt)) {
        const float *from = (const float *)v->data + i * v->rs + j;
        for (int64_t k = 0; k < count; k++) x[k] = (double)from[k];
    } else {
        for (int64_t k = 0; k < count; k++) x[k] = px_view_get(v, i, j + k);
    }
}

/* `count` results into row i of out[k], from column j on; y is changed. */
static void put(const work *w, int k, int64_t i, int64_t j, int64_t count, double *y) {
    const px_view *v = &w->task->out[k];
    px_steps_last(&w->h, k == 0, v->fmt, count, y);
    for (int64_t c = 0; c < count; c++) px_view_set(v, i, j + c, y[c]);
}

static double number(const px_view *v, int64_t i) { return px_view_get(v, i, 0); }

static double *get_rows(const px_view *v, int64_t first, int64_t rows, double *x) {
    for (int64_t i = 0; i < rows; i++) get(v, first + i, 0, v->cols, x + i * v->cols);
    return x;
}

static void put_rows(const work *w, int64_t first, int64_t rows, double *y) {
    for (int64_t i = 0; i < rows; i++) put(w, 0, first + i, 0, w->n, y + i * w->n);
}

/* `times`: multiply-adds that an entry takes the time of. share: of rows, or (columns) of columns. */
static void by_shares(const px_task *task, double times, bool columns, void (*share)(void *context, int64_t s)) {
    work w = {.task = task, .m = task->in[0].rows, .n = task->in[0].cols};
    PX_ASSERT(px_steps_make(&task->call->recipe, &w.h));
    int64_t shares = columns ? (w.n + COLUMNS - 1) / COLUMNS : (w.m + ROWS - 1) / ROWS;
    px_parallel_for_work(times * (double)w.m * (double)w.n, shares, share, &w);
}

static int64_t first_of(int64_t s, int64_t size, int64_t n, int64_t *count) {
    *count = n - s * size < size ? n - s * size : size;
    return s * size;
}

/* ---- layer norm ---- */

/* rnd(SUM / n) for each of some rows. */
static void averages(const work *w, int64_t rows, const double *x, double *average) {
    px_steps_sums(&w->h, rows, w->n, x, false, average);
    px_steps_by(&w->h, DIVIDE, rows, average, (double)w->n, average);
}

static void norm_rows(void *context, int64_t s) {
    const work *w = context;
    const px_steps *h = &w->h;
    int64_t rows, n = w->n, first = first_of(s, ROWS, w->m, &rows);
    double *x = px_room((2 * rows + 2) * n, sizeof *x), *squares = x + rows * n, *gamma = squares + rows * n;
    double mean[ROWS], rstd[ROWS], eps = px_steps_constant(h, w->task->call->attr[0]), *beta = gamma + n;
    const px_view *gain = &w->task->in[1], *bias = &w->task->in[2];
    if (px_view_present(gain)) get(gain, 0, 0, n, gamma);
    if (px_view_present(bias)) get(bias, 0, 0, n, beta);
    averages(w, rows, get_rows(&w->task->in[0], first, rows, x), mean);
    for (int64_t i = 0; i < rows; i++) px_steps_by(h, SUBTRACT, n, x + i * n, mean[i], x + i * n);
    px_steps_each(h, MULTIPLY, rows * n, x, x, squares);
    averages(w, rows, squares, rstd);
    px_steps_by(h, ADD, rows, rstd, eps, rstd);
    for (int64_t i = 0; i < rows; i++) {
        double *y = x + i * n;
        rstd[i] = px_fn_rsqrt(h->recipe->acc, h->rounding, rstd[i]);
        px_steps_by(h, MULTIPLY, n, y, rstd[i], y);
        if (px_view_present(gain)) px_steps_each(h, MULTIPLY, n, y, gamma, y);
        if (px_view_present(bias)) px_steps_each(h, ADD, n, y, beta, y);
        put(w, 1, first + i, 0, 1, &mean[i]);
        put(w, 2, first + i, 0, 1, &rstd[i]);
    }
    put_rows(w, first, rows, x);
    free(x);
}

/* rnd(rnd(x - mean) rstd) of row i. */
static void normalise(const work *w, int64_t i, int64_t n, double *x) {
    px_steps_by(&w->h, SUBTRACT, n, x, number(&w->task->in[2], i), x);
    px_steps_by(&w->h, MULTIPLY, n, x, number(&w->task->in[3], i), x);
}

static void norm_backward_rows(void *context, int64_t s) {
    const work *w = context;
    const px_steps *h = &w->h;
    int64_t rows, n = w->n, first = first_of(s, ROWS, w->m, &rows);
    double *g = px_room((3 * rows + 1) * n, sizeof *g), *k = g + rows * n, *gk = k + rows * n,
           *gamma = gk + rows * n;
    double a[ROWS], b[ROWS];
    const px_view *gain = &w->task->in[4];
    get_rows(&w->task->in[0], first, rows, g);
    get_rows(&w->task->in[1], first, rows, k);
    if (px_view_present(gain)) get(gain, 0, 0, n, gamma);
    for (int64_t i = 0; i < rows; i++) {
        if (px_view_present(gain)) px_steps_each(h, MULTIPLY, n, g + i * n, gamma, g + i * n);
        normalise(w, first + i, n, k + i * n);
    }
    px_steps_each(h, MULTIPLY, rows * n, g, k, gk);
    averages(w, rows, g, a);
    averages(w, rows, gk, b);
    for (int64_t i = 0; i < rows; i++) {
        double *dx = g + i * n, *along = k + i * n;
        px_steps_by(h, SUBTRACT, n, dx, a[i], dx);
        px_steps_by(h, MULTIPLY, n, along, b[i], along);
        px_steps_each(h, SUBTRACT, n, dx, along, dx);
        px_steps_by(h, MULTIPLY, n, dx, number(&w->task->in[3], first + i), dx);
    }
    put_rows(w, first, rows, g);
    free(g);
}

static void norm_gamma_columns(void *context, int64_t s) {
    const work *w = context;
    int64_t n, first = first_of(s, COLUMNS, w->n, &n);
    double *terms = px_room(w->m * n, sizeof *terms), dy[COLUMNS], sum[COLUMNS];
    for (int64_t i = 0; i < w->m; i++) {
        double *k = terms + i * n;
        get(&w->task->in[0], i, first, n, dy);
        get(&w->task->in[1], i, first, n, k);
        normalise(w, i, n, k);
        px_steps_each(&w->h, MULTIPLY, n, dy, k, k);
    }
    px_steps_sums(&w->h, n, w->m, terms, true, sum);
    put(w, 0, 0, first, n, sum);
    free(terms);
}

/* ---- GELU ---- */

/* sqrt(2/pi), 1/sqrt(2), 1/sqrt(2 pi), as kernel/layer.c has them. */
static const double SQRT_2_PI = 0x1.9884533d43651p-1, SQRT_1_2 = 0x1.6a09e667f3bcdp-1,
                    SQRT_1_2PI = 0x1.9884533d43651p-2;

/* TANH of its argument; x2 = rnd(x x). */
static void bend(const px_steps *h, int64_t n, const double *x, const double *x2, double *y) {
    px_steps_each(h, MULTIPLY, n, x2, x, y);
    px_steps_by(h, MULTIPLY, n, y, px_steps_constant(h, 0.044715), y);
    px_steps_each(h, ADD, n, x, y, y);
    px_steps_by(h, MULTIPLY, n, y, px_steps_constant(h, SQRT_2_PI), y);
    px_steps_of(h, PX_RND_TANH, n, y, y);
}

static void bend_by_erf(const px_steps *h, int64_t n, const double *x, double *y) {
    px_steps_by(h, MULTIPLY, n, x, px_steps_constant(h, SQRT_1_2), y);
    px_steps_of(h, PX_RND_ERF, n, y, y);
}

/* rnd(0.5 rnd(1 + y)). */
static void half_of_1_and(const px_steps *h, int64_t n, double *y) {
    px_steps_by(h, ADD, n, y, 1, y);
    px_steps_by(h, MULTIPLY, n, y, 0.5, y);
}

static void gelu(const px_steps *h, int form, int64_t n, const double *x, double *y) {
    double half[PX_CHUNK];
    px_steps_each(h, MULTIPLY, n, x, x, half);
    if (form == PX_GELU_TANH)
        bend(h, n, x, half, y);
    else
        bend_by_erf(h, n, x, y);
    px_steps_by(h, ADD, n, y, 1, y);
    px_steps_by(h, MULTIPLY, n, x, 0.5, half);
    px_steps_each(h, MULTIPLY, n, half, y, y);
}

static void slope_by_tanh(const px_steps *h, int64_t n, const double *x, double *slope) {
    double q[PX_CHUNK], s[PX_CHUNK], half[PX_CHUNK];
    px_steps_each(h, MULTIPLY, n, x, x, q);
    bend(h, n, x, q, slope);
    px_steps_each(h, MULTIPLY, n, slope, slope, s);
    px_steps_by(h, MULTIPLY, n, s, -1, s);
    px_steps_by(h, ADD, n, s, 1, s);
    half_of_1_and(h, n, slope);
    px_steps_by(h, MULTIPLY, n, q, px_steps_constant(h, 0.134145), q);
    px_steps_by(h, ADD, n, q, 1, q);
    px_steps_by(h, MULTIPLY, n, q, px_steps_constant(h, SQRT_2_PI), q);
    px_steps_by(h, MULTIPLY, n, x, 0.5, half);
    px_steps_each(h, MULTIPLY, n, half, s, s);
    px_steps_each(h, MULTIPLY, n, s, q, s);
    px_steps_each(h, ADD, n, slope, s, slope);
}

static void slope_by_erf(const px_steps *h, int64_t n, const double *x, double *slope) {
    double bell[PX_CHUNK];
    bend_by_erf(h, n, x, slope);
    half_of_1_and(h, n, slope);
    px_steps_each(h, MULTIPLY, n, x, x, bell);
    px_steps_by(h, MULTIPLY, n, bell, -0.5, bell);
    px_steps_of(h, PX_RND_EXP, n, bell, bell);
    px_steps_by(h, MULTIPLY, n, bell, px_steps_constant(h, SQRT_1_2PI), bell);
    px_steps_each(h, MULTIPLY, n, x, bell, bell);
    px_steps_each(h, ADD, n, slope, bell, slope);
}

static void put_chunk(const px_chunk *c, const px_steps *h, double *y) {
    px_steps_last(h, true, c->task->out[0].fmt, c->n, y);
    px_chunk_put_doubles(c, y);
}

static void gelu_of_chunk(const px_chunk *c, void *context) {
    double room[PX_CHUNK], y[PX_CHUNK];
    gelu(context, (int)c->task->call->attr[0], c->n, px_chunk_doubles(c, 0, room), y);
    put_chunk(c, context, y);
}

static void gelu_backward_of_chunk(const px_chunk *c, void *context) {
    double room[PX_CHUNK], slope[PX_CHUNK];
    const double *x = px_chunk_doubles(c, 1, room);
    ((int)c->task->call->attr[0] == PX_GELU_TANH ? slope_by_tanh : slope_by_erf)(context, c->n, x, slope);
    px_steps_each(context, MULTIPLY, c->n, px_chunk_doubles(c, 0, room), slope, slope);
    put_chunk(c, context, slope);
}

/* ---- softmax ---- */

static double factor_of(const px_steps *h, double d) { return px_steps_constant(h, 1 / sqrt(d)); }

/* The last column that row i sees. */
static int64_t sight(const work *w, int64_t i) {
    int64_t period = (int64_t)w->task->call->attr[1];
    return period > 0 ? i % period : w->n;
}

static double top_of(int64_t n, const double *z) {
    double top = z[0];
    for (int64_t j = 1; j < n; j++) top = top != top || z[j] < top ? top : z[j];
    return top;
}

static void softmax_rows(void *context, int64_t s) {
    const work *w = context;
    const px_steps *h = &w->h;
    const double *attr = w->task->call->attr;
    int64_t rows, n = w->n, first = first_of(s, ROWS, w->m, &rows);
    double *p = get_rows(&w->task->in[0], first, rows, px_room(rows * n, sizeof *p));
    double l[ROWS], hidden = px_steps_constant(h, attr[2]);
    if (attr[0] > 0) px_steps_by(h, MULTIPLY, rows * n, p, factor_of(h, attr[0]), p);
    for (int64_t i = 0; i < rows; i++) {
        double *z = p + i * n;
        for (int64_t j = sight(w, first + i) + 1; j < n; j++) z[j] = hidden;
        if (attr[3] == PX_SOFTMAX_STABLE) px_steps_by(h, SUBTRACT, n, z, top_of(n, z), z);
    }
    px_steps_of(h, PX_RND_EXP, rows * n, p, p);
    px_steps_sums(h, rows, n, p, false, l);
    for (int64_t i = 0; i < rows; i++) px_steps_by(h, DIVIDE, n, p + i * n, l[i], p + i * n);
    put_rows(w, first, rows, p);
    free(p);
}

static void softmax_backward_rows(void *context, int64_t s) {
    const work *w = context;
    const px_steps *h = &w->h;
    double d = w->task->call->attr[0], along[ROWS];
    int64_t rows, n = w->n, first = first_of(s, ROWS, w->m, &rows);
    double *ds = px_room(3 * rows * n, sizeof *ds), *p = ds + rows * n, *terms = p + rows * n;
    get_rows(&w->task->in[0], first, rows, ds);
    get_rows(&w->task->in[1], first, rows, p);
    px_steps_each(h, MULTIPLY, rows * n, ds, p, terms);
    px_steps_sums(h, rows, n, terms, false, along);
    for (int64_t i = 0; i < rows; i++) px_steps_by(h, SUBTRACT, n, ds + i * n, along[i], ds + i * n);
    px_steps_each(h, MULTIPLY, rows * n, p, ds, ds);
    if (d > 0) px_steps_by(h, MULTIPLY, rows * n, ds, factor_of(h, d), ds);
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = sight(w, first + i) + 1; j < n; j++) ds[i * n + j] = 0;
    put_rows(w, first, rows, ds);
    free(ds);
}

/* ---- updates ---- */

/* x = rnd(rnd(const(keep) x) + rnd(const(come) y)), as it is stored in out[k]. */
static void average(const work *w, int k, double keep, double come, double *x, double *y) {
    const px_steps *h = &w->h;
    px_steps_by(h, MULTIPLY, w->n, x, px_steps_constant(h, keep), x);
    px_steps_by(h, MULTIPLY, w->n, y, px_steps_constant(h, come), y);
    px_steps_each(h, ADD, w->n, x, y, x);
    px_steps_last(h, false, w->task->out[k].fmt, w->n, x);
}

static void adam_row(const work *w, int64_t i) {
    const px_steps *h = &w->h;
    const double *attr = w->task->call->attr;
    int64_t n = w->n;
    double *g = px_room(4 * n, sizeof *g), *m = g + n, *v = m + n, *square = v + n;
    get(&w->task->in[0], i, 0, n, g);
    get(&w->task->in[1], i, 0, n, m);
    get(&w->task->in[2], i, 0, n, v);
    px_steps_each(h, MULTIPLY, n, g, g, square);
    average(w, 1, attr[1], 1 - attr[1], m, g);
    average(w, 2, attr[2], 1 - attr[2], v, square);
    put(w, 1, i, 0, n, m);
    put(w, 2, i, 0, n, v);
    px_steps_by(h, DIVIDE, n, m, px_steps_constant(h, px_layer_adam_rest(attr[1], attr[4])), m);
    px_steps_by(h, DIVIDE, n, v, px_steps_constant(h, px_layer_adam_rest(attr[2], attr[4])), v);
    px_steps_of(h, PX_RND_SQRT, n, v, v);
    px_steps_by(h, ADD, n, v, px_steps_constant(h, attr[3]), v);
    px_steps_each(h, DIVIDE, n, m, v, m);
    px_steps_by(h, MULTIPLY, n, m, px_steps_constant(h, -attr[0]), m);
    put(w, 0, i, 0, n, m);
    free(g);
}

static void sgd_row(const work *w, int64_t i) {
    const px_steps *h = &w->h;
    const double *attr = w->task->call->attr;
    int64_t n = w->n;
    double *g = px_room(2 * n, sizeof *g), *b = g + n;
    get(&w->task->in[0], i, 0, n, g);
    if (px_view_present(&w->task->in[1])) {
        get(&w->task->in[1], i, 0, n, b);
        px_steps_by(h, MULTIPLY, n, b, px_steps_constant(h, attr[1]), b);
        px_steps_each(h, ADD, n, b, g, g);
        put(w, 1, i, 0, n, g);
    }
    px_steps_by(h, MULTIPLY, n, g, px_steps_constant(h, -attr[0]), g);
    put(w, 0, i, 0, n, g);
    free(g);
}

static void adam_rows(void *context, int64_t s) {
    int64_t rows, first = first_of(s, ROWS, ((const work *)context)->m, &rows);
    for (int64_t i = 0; i < rows; i++) adam_row(context, first + i);
}

static void sgd_rows(void *context, int64_t s) {
    int64_t rows, first = first_of(s, ROWS, ((const work *)context)->m, &rows);
    for (int64_t i = 0; i < rows; i++) sgd_row(context, first + i);
}

/* ---- the table's ---- */

static void by_chunks(const px_task *task, int operands, void (*body)(const px_chunk *chunk, void *context)) {
    px_steps h;
    PX_ASSERT(px_steps_make(&task->call->recipe, &h));
    px_for_chunks(task, operands, 60, body, &h);
}

void px_arrays_norm(const px_task *task) { by_shares(task, 60, false, norm_rows); }
void px_arrays_norm_backward(const px_task *task) { by_shares(task, 90, false, norm_backward_rows); }
void px_arrays_norm_gamma(const px_task *task) { by_shares(task, 40, true, norm_gamma_columns); }
void px_arrays_gelu(const px_task *task) { by_chunks(task, 1, gelu_of_chunk); }
void px_arrays_gelu_backward(const px_task *task) { by_chunks(task, 2, gelu_backward_of_chunk); }
void px_arrays_softmax(const px_task *task) { by_shares(task, 60, false, softmax_rows); }
void px_arrays_softmax_backward(const px_task *task) { by_shares(task, 60, false, softmax_backward_rows); }
void px_arrays_adam(const px_task *task) { by_shares(task, 40, false, adam_rows); }
void px_arrays_sgd(const px_task *task) { by_shares(task, 10, false, sgd_rows); }
