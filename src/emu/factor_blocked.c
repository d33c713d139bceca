/* Recursive factorisations and solves. W holds the entries in the accumulator's format, updated as far as the
 * definition would have updated them; every update is a product W_22 -= W_21 W_12, in place: a product reads its start
 * value before it writes the entry. */
#include <math.h>
#include <stdlib.h>

#include "arith/model.h"
#include "arith/round.h"
#include "base/error.h"
#include "emu/factor.h"
#include "emu/view.h"

enum { LEAST_ORDER = 12, LEAST_COLUMNS = 4, SMALL = 64 };

typedef struct blocked {
    const px_call *call;
    px_rounding rounding;
    px_call update, by_unit; /* by_unit: with the recipe's matrix unit, where it has one */
    px_view w;
    px_fp finished; /* format of finished entries as an operand: out, where it has W's carrier */
    int64_t n;
    bool reciprocal, finishes; /* out is narrower than acc */
} blocked;

/* Is every stored number of g one of f? */
static bool holds(px_fp f, px_fp g) {
    return px_fp_equal(f, g) || (!px_fp_is_exact(g) && f.subnormals && g.p <= f.p && g.emin - g.p >= f.emin - f.p &&
                                 g.max_finite <= f.max_finite && f.has_inf && f.overflow == PX_OVERFLOW_INF);
}

/* Random bits belong to places that products do not know; entries start in W, so it must hold what is stored. */
static bool matches(const px_task *task, const px_view *start) {
    const px_recipe *r = &task->call->recipe;
    bool by_unit = r->model != PX_MODEL_NONE;
    return task->in[0].rows >= LEAST_ORDER && r->rounding != PX_STOCHASTIC &&
           (!by_unit || px_fits_float(r->acc) == px_fits_float(r->out)) && holds(r->acc, start->fmt) &&
           holds(r->acc, r->out);
}

bool px_lu_blocked_matches(const px_task *task) { return matches(task, &task->in[0]); }
bool px_cholesky_blocked_matches(const px_task *task) { return matches(task, &task->in[0]); }

bool px_trsm_blocked_matches(const px_task *task) {
    return task->out[0].cols >= LEAST_COLUMNS && matches(task, &task->in[1]);
}

static blocked blocked_new(const px_task *task, int64_t columns, bool reciprocal, px_order order, bool by_columns) {
    const px_recipe *r = &task->call->recipe;
    blocked b = {.call = task->call, .rounding = px_recipe_rounding(r), .n = task->out[0].rows};
    b.update = (px_call){.op = PX_OP_GEMM, .recipe = *r, .attr = {-1}};
    b.update.recipe.out = r->acc;
    b.update.recipe.order = (uint8_t)order;
    b.by_unit = b.update;
    b.update.recipe.model = PX_MODEL_NONE;
    size_t size = px_fits_float(r->acc) ? sizeof(float) : sizeof(double);
    b.w = (px_view){.data = px_room(b.n * columns, size), .fmt = r->acc, .rows = b.n, .cols = columns};
    b.w.rs = by_columns ? 1 : columns, b.w.cs = by_columns ? b.n : 1;
    b.finished = px_fits_float(r->out) == px_fits_float(r->acc) ? r->out : r->acc;
    b.finishes = !px_fp_equal(r->out, r->acc);
    b.reciprocal = reciprocal;
    return b;
}

static px_view block(const px_view *v, px_fp fmt, int64_t i, int64_t j, int64_t rows, int64_t cols) {
    size_t size = px_fits_float(v->fmt) ? sizeof(float) : sizeof(double);
    return (px_view){.data = (char *)v->data + (size_t)(i * v->rs + j * v->cs) * size,
                     .fmt = fmt,
                     .rows = rows,
                     .cols = cols,
                     .rs = v->rs,
                     .cs = v->cs};
}

static px_view transposed(px_view v) {
    return (px_view){.data = v.data, .fmt = v.fmt, .rows = v.cols, .cols = v.rows, .rs = v.cs, .cs = v.rs};
}

/* rnd(s - x y): the definition's step. */
static double updated(const blocked *b, double s, double x, double y) {
    const px_recipe *r = &b->call->recipe;
    if (r->fused || px_fp_is_exact(r->mul)) return px_fma(r->acc, b->rounding, -x, y, s, 0);
    return px_add(r->acc, b->rounding, s, -px_mul(r->mul, b->rounding, x, y, 0), 0);
}

/* A product too small to be worth its packing. */
static void subtract_plainly(const blocked *b, const px_view *x, const px_view *y, const px_view *c) {
    bool reversed = b->update.recipe.order == PX_REVERSE;
    for (int64_t i = 0; i < c->rows; i++)
        for (int64_t j = 0; j < c->cols; j++) {
            double s = px_view_get(c, i, j);
            for (int64_t t = 0; t < x->cols; t++) {
                int64_t k = reversed ? x->cols - 1 - t : t;
                s = updated(b, s, px_view_get(x, i, k), px_view_get(y, k, j));
            }
            px_view_set(c, i, j, s);
        }
}

/* c -= x y, or c^T -= y^T x^T: long rows are what products are fast on. */
static void subtract_by(const px_call *call, px_view x, px_view y, px_view c) {
    px_task task = {.call = call, .in = {x, y, c}, .out = {c}};
    if (c.cs != 1)
        task = (px_task){.call = call, .in = {transposed(y), transposed(x), transposed(c)}, .out = {transposed(c)}};
    px_emu_run(&task);
}

static void subtract(const blocked *b, px_view x, px_view y, px_view c) {
    if (x.rows * x.cols * y.cols <= SMALL)
        subtract_plainly(b, &x, &y, &c);
    else
        subtract_by(&b->update, x, y, c);
}

/* Entry (i, j) of a view of W's numbers, finished without a division. */
static void finish(const blocked *b, const px_view *v, int64_t i, int64_t j) {
    if (b->finishes) px_view_set(v, i, j, px_round(b->call->recipe.out, b->rounding, px_view_get(v, i, j), 0));
}

static double divisor(const blocked *b, double pivot) {
    return b->reciprocal ? px_div(b->call->recipe.out, b->rounding, 1.0, pivot, 0) : pivot;
}

static void divide(const blocked *b, const px_view *v, int64_t i, int64_t j, double by) {
    px_fp out = b->call->recipe.out;
    double s = px_view_get(v, i, j);
    px_view_set(v, i, j, b->reciprocal ? px_mul(out, b->rounding, s, by, 0) : px_div(out, b->rounding, s, by, 0));
}

/* ---- triangular solves ---- */

typedef struct triangle {
    px_view t;
    bool upper, unit;
} triangle;

static void solve_row(const blocked *b, const triangle *t, int64_t i, const px_view *x) {
    double by = t->unit ? 1.0 : divisor(b, px_view_get(&t->t, i, i));
    for (int64_t j = 0; j < x->cols; j++) {
        if (t->unit)
            finish(b, x, i, j);
        else
            divide(b, x, i, j, by);
    }
}

/* Rows i .. i + rows - 1 of x: the half that is known first goes first. */
static void solve(const blocked *b, const triangle *t, int64_t i, int64_t rows, const px_view *x) {
    if (rows == 1) {
        solve_row(b, t, i, x);
        return;
    }
    int64_t h = rows / 2, first = t->upper ? i + h : i, second = t->upper ? i : i + h;
    int64_t n_first = t->upper ? rows - h : h, n_second = rows - n_first;
    solve(b, t, first, n_first, x);
    subtract(b, block(&t->t, t->t.fmt, second, first, n_second, n_first),
             block(x, b->finished, first, 0, n_first, x->cols), block(x, x->fmt, second, 0, n_second, x->cols));
    solve(b, t, second, n_second, x);
}

static void load(const px_view *from, const px_view *to) {
    for (int64_t i = 0; i < to->rows; i++)
        for (int64_t j = 0; j < to->cols; j++) px_view_set(to, i, j, px_view_get(from, i, j));
}

/* ---- LU ---- */

static double size_of(double x) { return isnan(x) ? (double)INFINITY : fabs(x); }

/* The first of the largest, a NaN being the largest: the definition's choice. */
static int64_t find_pivot(const blocked *b, int64_t k) {
    int64_t best = k;
    double top = px_view_get(&b->w, k, k);
    for (int64_t i = k + 1; i < b->n && !isnan(top); i++) {
        double x = px_view_get(&b->w, i, k);
        if (isnan(x) || size_of(x) > size_of(top)) best = i, top = x;
    }
    return best;
}

/* The exchanges of steps k .. k + steps - 1, in columns j .. j + columns - 1. */
static void exchange(const blocked *b, const px_view *pivots, int64_t k, int64_t steps, int64_t j, int64_t columns) {
    for (int64_t c = j; c < j + columns; c++)
        for (int64_t t = k; t < k + steps; t++) {
            int64_t p = (int64_t)px_view_get(pivots, t, 0);
            double x = px_view_get(&b->w, t, c);
            px_view_set(&b->w, t, c, px_view_get(&b->w, p, c));
            px_view_set(&b->w, p, c, x);
        }
}

/* Column k, all its updates made: exchange, finish the pivot, divide. */
static void lu_column(const blocked *b, int64_t k, const px_view *pivots) {
    px_view_set(pivots, k, 0, (double)find_pivot(b, k));
    exchange(b, pivots, k, 1, k, 1);
    finish(b, &b->w, k, k);
    double pivot = px_view_get(&b->w, k, k), by = divisor(b, pivot);
    for (int64_t i = k + 1; i < b->n; i++) {
        if (pivot == 0)
            finish(b, &b->w, i, k);
        else
            divide(b, &b->w, i, k, by);
    }
}

/* U_12 = L_11^-1 A_12 in memory of its own, row by row. */
static void solve_right(const blocked *b, int64_t k, int64_t h, int64_t right) {
    px_view from = block(&b->w, b->w.fmt, k, k + h, h, right), x = from;
    x.data = px_room(h * right, px_fits_float(x.fmt) ? sizeof(float) : sizeof(double));
    x.rs = right, x.cs = 1;
    load(&from, &x);
    triangle t = {.t = block(&b->w, b->finished, k, k, h, h), .unit = true};
    solve(b, &t, 0, h, &x);
    load(&x, &from);
    free(x.data);
}

/* Columns k .. k + columns - 1, rows k and below; exchanges stay in these columns. */
static void lu_columns(const blocked *b, int64_t k, int64_t columns, const px_view *pivots) {
    if (columns == 1) {
        lu_column(b, k, pivots);
        return;
    }
    int64_t h = columns / 2, right = columns - h;
    lu_columns(b, k, h, pivots);
    exchange(b, pivots, k, h, k + h, right);
    solve_right(b, k, h, right);
    subtract(b, block(&b->w, b->finished, k + h, k, b->n - k - h, h), block(&b->w, b->finished, k, k + h, h, right),
             block(&b->w, b->w.fmt, k + h, k + h, b->n - k - h, right));
    lu_columns(b, k + h, right, pivots);
    exchange(b, pivots, k + h, right, k, h);
}

/* A panel of the definition: columns k .. k + columns - 1, then all that lies right and below, by the matrix unit. */
static void lu_panel(const blocked *b, int64_t k, int64_t columns, const px_view *pivots) {
    int64_t end = k + columns, rest = b->n - end;
    lu_columns(b, k, columns, pivots);
    exchange(b, pivots, k, columns, 0, k);
    exchange(b, pivots, k, columns, end, rest);
    if (rest == 0) return;
    solve_right(b, k, columns, rest);
    subtract_by(&b->by_unit, block(&b->w, b->finished, end, k, rest, columns),
                block(&b->w, b->finished, k, end, columns, rest), block(&b->w, b->w.fmt, end, end, rest, rest));
}

void px_lu_run_blocked(const px_task *task) {
    blocked b = blocked_new(task, task->out[0].rows, task->call->attr[PX_LU_RECIPROCAL] != 0, PX_SEQUENTIAL, true);
    int64_t width = task->call->recipe.model == PX_MODEL_NONE ? b.n : task->call->recipe.block;
    load(&task->in[0], &b.w);
    for (int64_t k = 0; k < b.n; k += width) lu_panel(&b, k, width < b.n - k ? width : b.n - k, &task->out[1]);
    load(&b.w, &task->out[0]);
    free(b.w.data);
}

/* ---- Cholesky ---- */

static void cholesky_columns(const blocked *b, int64_t k, int64_t columns) {
    if (columns == 1) {
        double root = px_sqrt(b->call->recipe.out, b->rounding, px_view_get(&b->w, k, k), 0), by = divisor(b, root);
        px_view_set(&b->w, k, k, root);
        for (int64_t i = k + 1; i < b->n; i++) divide(b, &b->w, i, k, by);
        return;
    }
    int64_t h = columns / 2, right = columns - h;
    cholesky_columns(b, k, h);
    subtract(b, block(&b->w, b->finished, k + h, k, b->n - k - h, h),
             transposed(block(&b->w, b->finished, k + h, k, right, h)),
             block(&b->w, b->w.fmt, k + h, k + h, b->n - k - h, right));
    cholesky_columns(b, k + h, right);
}

/* The upper triangle is zero before and after; what the products put there in between is never read. */
static void clear_upper(const px_view *v) {
    for (int64_t i = 0; i < v->rows; i++)
        for (int64_t j = i + 1; j < v->cols; j++) px_view_set(v, i, j, 0);
}

void px_cholesky_run_blocked(const px_task *task) {
    blocked b = blocked_new(task, task->out[0].rows, task->call->attr[PX_LU_RECIPROCAL] != 0, PX_SEQUENTIAL, true);
    load(&task->in[0], &b.w);
    clear_upper(&b.w);
    cholesky_columns(&b, 0, b.n);
    load(&b.w, &task->out[0]);
    clear_upper(&task->out[0]);
    free(b.w.data);
}

void px_trsm_run_blocked(const px_task *task) {
    const double *attr = task->call->attr;
    triangle t = {.t = task->in[0], .upper = attr[PX_TRSM_UPPER] != 0, .unit = attr[PX_TRSM_UNIT] != 0};
    px_order order = t.upper ? PX_REVERSE : PX_SEQUENTIAL;
    blocked b = blocked_new(task, task->out[0].cols, attr[PX_TRSM_RECIPROCAL] != 0, order, false);
    load(&task->in[1], &b.w);
    if (px_view_present(&task->in[2])) exchange(&b, &task->in[2], 0, b.n, 0, b.w.cols);
    solve(&b, &t, 0, b.n, &b.w);
    load(&b.w, &task->out[0]);
    free(b.w.data);
}
