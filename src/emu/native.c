#include "emu/native.h"

#include <math.h>
#include <stdlib.h>

#include "emu/view.h"
#include "kernel/fn.h"
#include "kernel/layer.h"

static bool is_binary32(px_fp f) {
    return f.p == 24 && f.emin == -126 && f.emax == 127 && f.subnormals && f.has_inf && f.overflow == PX_OVERFLOW_INF;
}

static bool floats(const px_view *v) { return !px_view_present(v) || px_fits_float(v->fmt); }
static bool side_by_side(const px_view *v) { return floats(v) && (!px_view_present(v) || v->cs == 1 || v->cols == 1); }

bool px_native_matches(const px_task *task) {
    const px_recipe *r = &task->call->recipe;
    if (!is_binary32(r->acc) || !is_binary32(r->mul) || r->fused || r->order != PX_SEQUENTIAL) return false;
    if (task->call->op == PX_OP_SOFTMAX && task->call->attr[3] == PX_SOFTMAX_ONLINE) return false;
    if (r->rounding != PX_NEAREST_EVEN || !side_by_side(&task->out[0]) || !px_fits_float(r->out)) return false;
    for (int k = 0; k < px_op_inputs(task->call->op); k++)
        if (!side_by_side(&task->in[k])) return false;
    for (int k = 1; k < px_op_outputs(task->call->op); k++)
        if (px_view_present(&task->out[k]) && (!is_binary32(task->out[k].fmt) || !side_by_side(&task->out[k])))
            return false;
    return true;
}

/* The one NaN of the house: the machine's may have a sign. */
static float canonical(float x) { return x != x ? (float)NAN : x; }

static const float *row_of(const px_view *v, int64_t i) {
    return px_view_present(v) ? (const float *)v->data + i * v->rs : NULL;
}

static float *result_row(const px_view *v, int64_t i) { return (float *)v->data + i * v->rs; }

static float number(const px_view *v, int64_t i) { return ((const float *)v->data)[i * v->rs]; }
static void set_number(const px_view *v, int64_t i, float x) { ((float *)v->data)[i * v->rs] = canonical(x); }

/* out[0] takes the row, rounded to recipe.out and to its own format where they are narrower. */
static void finish(const px_task *t, int64_t i, int64_t n, const float *x) {
    const px_recipe *r = &t->call->recipe;
    float *y = result_row(&t->out[0], i);
    if (is_binary32(r->out) && is_binary32(t->out[0].fmt)) {
        for (int64_t j = 0; j < n; j++) y[j] = canonical(x[j]);
        return;
    }
    px_call call = {.op = PX_OP_ROUND, .recipe = px_recipe_uniform(r->out)};
    px_fp wide = {.p = 24,
                  .emin = -126,
                  .emax = 127,
                  .width = 32,
                  .subnormals = 1,
                  .has_inf = 1,
                  .has_nan = 1,
                  .max_finite = 0x1.fffffep127};
    px_view from = {.data = (void *)(uintptr_t)x, .fmt = wide, .rows = 1, .cols = n, .rs = n, .cs = 1};
    px_view to = t->out[0];
    to.data = y;
    to.rows = 1, to.cols = n;
    px_task round = {.call = &call, .in = {from}, .out = {to}};
    px_emu_run(&round);
    if (px_fp_equal(r->out, to.fmt)) return;
    for (int64_t j = 0; j < n; j++) y[j] = (float)px_round(to.fmt, px_recipe_rounding(r), (double)y[j], 0);
}

static float sum_of(int64_t n, const float *x) {
    float s = 0;
    for (int64_t j = 0; j < n; j++) s += x[j];
    return s;
}

static float dot_of(int64_t n, const float *x, const float *y) {
    float s = 0;
    for (int64_t j = 0; j < n; j++) {
        float xy = x[j] * y[j];
        s += xy;
    }
    return s;
}

static void norm_row(void *context, int64_t i) {
    const px_task *t = context;
    int64_t n = t->in[0].cols;
    const float *x = row_of(&t->in[0], i), *gamma = row_of(&t->in[1], 0), *beta = row_of(&t->in[2], 0);
    float *y = px_scratch(n, sizeof *y), count = (float)n, mean = sum_of(n, x) / count;
    for (int64_t j = 0; j < n; j++) y[j] = x[j] - mean;
    float var = dot_of(n, y, y) / count + (float)t->call->attr[0];
    float rstd = (float)px_fn_rsqrt64((double)var);
    for (int64_t j = 0; j < n; j++) y[j] = y[j] * rstd;
    for (int64_t j = 0; gamma && j < n; j++) y[j] = y[j] * gamma[j];
    for (int64_t j = 0; beta && j < n; j++) y[j] = y[j] + beta[j];
    finish(t, i, n, y);
    set_number(&t->out[1], i, mean);
    set_number(&t->out[2], i, rstd);
    free(y);
}

static void norm_backward_row(void *context, int64_t i) {
    const px_task *t = context;
    int64_t n = t->in[0].cols;
    const float *dy = row_of(&t->in[0], i), *x = row_of(&t->in[1], i), *gamma = row_of(&t->in[4], 0);
    float mean = number(&t->in[2], i), rstd = number(&t->in[3], i), count = (float)n;
    float *g = px_scratch(2 * n, sizeof *g), *k = g + n;
    for (int64_t j = 0; j < n; j++) {
        g[j] = gamma ? dy[j] * gamma[j] : dy[j];
        k[j] = (x[j] - mean) * rstd;
    }
    float a = sum_of(n, g) / count, b = dot_of(n, g, k) / count;
    for (int64_t j = 0; j < n; j++) {
        float along = k[j] * b;
        g[j] = ((g[j] - a) - along) * rstd;
    }
    finish(t, i, n, g);
    free(g);
}

enum { COLUMNS = 64 }; /* a thread's share of a sum down the rows */

static void norm_gamma_columns(void *context, int64_t c) {
    const px_task *t = context;
    int64_t first = c * COLUMNS, n = t->in[0].cols - first < COLUMNS ? t->in[0].cols - first : COLUMNS;
    float sum[COLUMNS] = {0};
    for (int64_t i = 0; i < t->in[0].rows; i++) {
        const float *dy = row_of(&t->in[0], i) + first, *x = row_of(&t->in[1], i) + first;
        float mean = number(&t->in[2], i), rstd = number(&t->in[3], i);
        for (int64_t j = 0; j < n; j++) {
            float k = (x[j] - mean) * rstd, term = dy[j] * k;
            sum[j] += term;
        }
    }
    px_task part = *t;
    part.out[0].data = (float *)t->out[0].data + first;
    finish(&part, 0, n, sum);
}

/* Constants as kernel/layer.c makes them: from binary64. */
static const float SQRT_2_PI = (float)0x1.9884533d43651p-1, SQRT_1_2 = (float)0x1.6a09e667f3bcdp-1,
                   SQRT_1_2PI = (float)0x1.9884533d43651p-2, CUBIC = (float)0.044715, CUBIC_3 = (float)0.134145;

static float tanh_argument(float x, float x2) {
    float cubic = CUBIC * (x2 * x), inside = x + cubic;
    return SQRT_2_PI * inside;
}

static void gelu_row(void *context, int64_t i) {
    const px_task *t = context;
    int64_t n = t->in[0].cols;
    const float *x = row_of(&t->in[0], i);
    float *y = px_scratch(n, sizeof *y);
    if (t->call->attr[0] == PX_GELU_TANH)
        for (int64_t j = 0; j < n; j++) y[j] = (float)px_fn_tanh64((double)tanh_argument(x[j], x[j] * x[j]));
    else
        for (int64_t j = 0; j < n; j++) y[j] = (float)px_fn_erf64((double)(x[j] * SQRT_1_2));
    for (int64_t j = 0; j < n; j++) {
        float half = 0.5f * x[j], bent = 1 + y[j];
        y[j] = half * bent;
    }
    finish(t, i, n, y);
    free(y);
}

static float slope_by_tanh(float x, float h) {
    float x2 = x * x, left = 0.5f * (1 + h), h2 = h * h, s = 1 - h2;
    float cubic = CUBIC_3 * x2, q = SQRT_2_PI * (1 + cubic), right = ((0.5f * x) * s) * q;
    return left + right;
}

static float slope_by_erf(float x) {
    float cdf = 0.5f * (1 + (float)px_fn_erf64((double)(x * SQRT_1_2))), x2 = x * x;
    float bell = (float)px_fn_exp64((double)(-0.5f * x2)), right = x * (bell * SQRT_1_2PI);
    return cdf + right;
}

static void gelu_backward_row(void *context, int64_t i) {
    const px_task *t = context;
    int64_t n = t->in[0].cols;
    const float *dy = row_of(&t->in[0], i), *x = row_of(&t->in[1], i);
    float *y = px_scratch(n, sizeof *y);
    if (t->call->attr[0] == PX_GELU_TANH) {
        for (int64_t j = 0; j < n; j++) y[j] = (float)px_fn_tanh64((double)tanh_argument(x[j], x[j] * x[j]));
        for (int64_t j = 0; j < n; j++) y[j] = dy[j] * slope_by_tanh(x[j], y[j]);
    } else {
        for (int64_t j = 0; j < n; j++) y[j] = dy[j] * slope_by_erf(x[j]);
    }
    finish(t, i, n, y);
    free(y);
}

/* const(1/sqrt(d)); 1 where there is no factor, which changes nothing. */
static float factor_of(double d) { return d > 0 ? (float)(1 / sqrt(d)) : 1.0f; }

static void softmax_row(void *context, int64_t i) {
    const px_task *t = context;
    const double *attr = t->call->attr;
    int64_t n = t->in[0].cols, period = (int64_t)attr[1], q = period > 0 ? i % period : n;
    const float *s = row_of(&t->in[0], i);
    float *z = px_scratch(n, sizeof *z), f = factor_of(attr[0]), hidden = (float)attr[2];
    for (int64_t j = 0; j < n; j++) z[j] = j > q ? hidden : s[j] * f;
    float top = attr[3] == PX_SOFTMAX_STABLE ? z[0] : 0;
    for (int64_t j = 1; j < n && attr[3] == PX_SOFTMAX_STABLE; j++) top = top != top || z[j] < top ? top : z[j];
    for (int64_t j = 0; j < n; j++) z[j] = (float)px_fn_exp64((double)(z[j] - top));
    float l = sum_of(n, z);
    for (int64_t j = 0; j < n; j++) z[j] = z[j] / l;
    finish(t, i, n, z);
    free(z);
}

static void softmax_backward_row(void *context, int64_t i) {
    const px_task *t = context;
    int64_t n = t->in[0].cols, period = (int64_t)t->call->attr[1], q = period > 0 ? i % period : n;
    const float *dp = row_of(&t->in[0], i), *p = row_of(&t->in[1], i);
    float *ds = px_scratch(n, sizeof *ds), f = factor_of(t->call->attr[0]), w = dot_of(n, dp, p);
    for (int64_t j = 0; j < n; j++) {
        float u = p[j] * (dp[j] - w);
        ds[j] = j > q ? 0 : u * f;
    }
    finish(t, i, n, ds);
    free(ds);
}

static void adam_row(void *context, int64_t i) {
    const px_task *t = context;
    const double *attr = t->call->attr;
    int64_t n = t->in[0].cols;
    const float *g = row_of(&t->in[0], i), *m = row_of(&t->in[1], i), *v = row_of(&t->in[2], i);
    float *d = px_scratch(n, sizeof *d), *new_m = result_row(&t->out[1], i), *new_v = result_row(&t->out[2], i);
    float beta1 = (float)attr[1], beta2 = (float)attr[2], alpha1 = (float)(1 - attr[1]), alpha2 = (float)(1 - attr[2]);
    float rest1 = (float)px_layer_adam_rest(attr[1], attr[4]), rest2 = (float)px_layer_adam_rest(attr[2], attr[4]);
    float eps = (float)attr[3], minus_lr = (float)-attr[0];
    for (int64_t j = 0; j < n; j++) {
        float kept = beta1 * m[j], come = alpha1 * g[j], square = g[j] * g[j];
        new_m[j] = canonical(kept + come);
        kept = beta2 * v[j];
        come = alpha2 * square;
        new_v[j] = canonical(kept + come);
        float root = sqrtf(new_v[j] / rest2) + eps;
        d[j] = minus_lr * ((new_m[j] / rest1) / root);
    }
    finish(t, i, n, d);
    free(d);
}

static void sgd_row(void *context, int64_t i) {
    const px_task *t = context;
    int64_t n = t->in[0].cols;
    const float *g = row_of(&t->in[0], i), *b = row_of(&t->in[1], i);
    float *d = px_scratch(n, sizeof *d), mu = (float)t->call->attr[1], minus_lr = (float)-t->call->attr[0];
    for (int64_t j = 0; j < n; j++) {
        float kept = b ? mu * b[j] : 0, now = b ? kept + g[j] : g[j];
        if (b) result_row(&t->out[1], i)[j] = canonical(now);
        d[j] = minus_lr * now;
    }
    finish(t, i, n, d);
    free(d);
}

/* `work`: multiply-adds that an entry takes the time of. */
static void by_rows(const px_task *task, double work, void (*row)(void *context, int64_t i)) {
    px_task copy = *task; /* the pool's context is not const */
    px_emu_for(work * (double)task->in[0].cols * (double)task->in[0].rows, task->in[0].rows, row, &copy);
}

void px_native_norm(const px_task *task) { by_rows(task, 20, norm_row); }
void px_native_norm_backward(const px_task *task) { by_rows(task, 30, norm_backward_row); }
void px_native_gelu(const px_task *task) { by_rows(task, 100, gelu_row); }
void px_native_gelu_backward(const px_task *task) { by_rows(task, 120, gelu_backward_row); }
void px_native_softmax(const px_task *task) { by_rows(task, 100, softmax_row); }
void px_native_softmax_backward(const px_task *task) { by_rows(task, 20, softmax_backward_row); }
void px_native_adam(const px_task *task) { by_rows(task, 20, adam_row); }
void px_native_sgd(const px_task *task) { by_rows(task, 5, sgd_row); }

void px_native_norm_gamma(const px_task *task) {
    px_task copy = *task;
    int64_t n = task->in[0].cols;
    px_emu_for(5 * (double)n * (double)task->in[0].rows, (n + COLUMNS - 1) / COLUMNS, norm_gamma_columns, &copy);
}
