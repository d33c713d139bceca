/* The operations of a layer on balls: the exact readings of op/layer.h. */
#include <math.h>

#include "base/philox.h"
#include "ref/ball_exec.h"

/* 1/sqrt(d); 1 for d = 0. */
static void inverse_root(px_ball *y, double d) {
    px_ball_decimal(y, d == 0 ? 1 : d);
    px_ball_rsqrt(y, y);
}

static void scale_row(const px_ball_work *w, int64_t i) {
    px_ball *t = px_balls_new(2, w->s->bits);
    px_ball_decimal(&t[0], w->call->attr[0]);
    inverse_root(&t[1], w->call->attr[1]);
    px_ball_mul(&t[0], &t[0], &t[1]);
    for (int64_t j = 0; j < w->call->out[0].cols; j++)
        px_ball_mul(px_ball_out(w, 0, i, j), px_ball_in(w, 0, i, j), &t[0]);
    px_balls_free(t, 2);
}

/* ---- layer norm ---- */

static void layernorm_row(const px_ball_work *w, int64_t i) {
    const px_call *c = w->call;
    int64_t n = c->in[0].cols;
    px_ball *t = px_balls_new(2, w->s->bits), *mean = px_ball_out(w, 1, i, 0), *rstd = px_ball_out(w, 2, i, 0);
    px_ball_zero(mean);
    for (int64_t j = 0; j < n; j++) px_ball_add(mean, mean, px_ball_in(w, 0, i, j));
    px_ball_div_int(mean, mean, n);
    px_ball_zero(rstd);
    for (int64_t j = 0; j < n; j++) {
        px_ball_sub(&t[0], px_ball_in(w, 0, i, j), mean);
        px_ball_fma(rstd, &t[0], &t[0], &t[1]);
    }
    px_ball_div_int(rstd, rstd, n);
    px_ball_decimal(&t[0], c->attr[0]);
    px_ball_add(rstd, rstd, &t[0]);
    px_ball_rsqrt(rstd, rstd);
    for (int64_t j = 0; j < n; j++) {
        px_ball *y = px_ball_out(w, 0, i, j);
        px_ball_sub(y, px_ball_in(w, 0, i, j), mean);
        px_ball_mul(y, y, rstd);
        if (px_ball_has(&c->in[1])) px_ball_mul(y, y, px_ball_in(w, 1, 0, j));
        if (px_ball_has(&c->in[2])) px_ball_add(y, y, px_ball_in(w, 2, 0, j));
    }
    px_balls_free(t, 2);
}

/* k = (x - mean) rstd of the backward operations. */
static void normalised(const px_ball_work *w, int64_t i, int64_t j, px_ball *k) {
    px_ball_sub(k, px_ball_in(w, 1, i, j), px_ball_in(w, 2, i, 0));
    px_ball_mul(k, k, px_ball_in(w, 3, i, 0));
}

/* g = dy gamma. */
static void upstream(const px_ball_work *w, int64_t i, int64_t j, px_ball *g) {
    if (px_ball_has(&w->call->in[4]))
        px_ball_mul(g, px_ball_in(w, 0, i, j), px_ball_in(w, 4, 0, j));
    else
        px_ball_copy(g, px_ball_in(w, 0, i, j));
}

static void layernorm_backward_row(const px_ball_work *w, int64_t i) {
    int64_t n = w->call->in[0].cols;
    px_ball *t = px_balls_new(5, w->s->bits), *k = &t[0], *g = &t[1], *a = &t[2], *b = &t[3];
    for (int64_t j = 0; j < n; j++) {
        normalised(w, i, j, k);
        upstream(w, i, j, g);
        px_ball_add(a, a, g);
        px_ball_fma(b, g, k, &t[4]);
    }
    px_ball_div_int(a, a, n);
    px_ball_div_int(b, b, n);
    for (int64_t j = 0; j < n; j++) {
        normalised(w, i, j, k);
        upstream(w, i, j, g);
        px_ball_sub(g, g, a);
        px_ball_mul(k, k, b);
        px_ball_sub(g, g, k);
        px_ball_mul(px_ball_out(w, 0, i, j), g, px_ball_in(w, 3, i, 0));
    }
    px_balls_free(t, 5);
}

static void layernorm_gamma_column(const px_ball_work *w, int64_t j) {
    px_ball *t = px_balls_new(2, w->s->bits), *sum = px_ball_out(w, 0, 0, j);
    px_ball_zero(sum);
    for (int64_t i = 0; i < w->call->in[0].rows; i++) {
        normalised(w, i, j, &t[0]);
        px_ball_fma(sum, px_ball_in(w, 0, i, j), &t[0], &t[1]);
    }
    px_balls_free(t, 2);
}

/* ---- GELU ---- */

enum { GELU_TEMPORARIES = 6 };

/* sqrt(2/pi). */
static void root_of_two_over_pi(px_ball *y) {
    px_ball_pi(y);
    px_ball_scale(y, y, -1);
    px_ball_rsqrt(y, y);
}

/* cdf and its derivative pdf at x, so that y = x cdf and y' = cdf + x pdf. t: three temporaries.
 * tanh form: (1 + tanh u)/2 = s = 1/(1 + e), e = exp(-2u), and 1 - s = e s: nothing cancels. Its derivative is
 * s (1 - s) 2u', 2u' = 2 sqrt(2/pi) (1 + 3 0.044715 x^2). */
static void tanh_form(px_ball *cdf, px_ball *pdf, const px_ball *x, px_ball *t) {
    px_ball *square = &t[0], *c = &t[1], *e = &t[2];
    px_ball_mul(square, x, x);
    px_ball_decimal(c, 0.044715);
    px_ball_mul(square, square, c);
    root_of_two_over_pi(c);
    px_ball_scale(c, c, 1);
    px_ball_double(cdf, 1);
    px_ball_add(e, square, cdf);
    px_ball_mul(e, e, x);
    px_ball_mul(e, e, c);
    px_ball_neg(e, e);
    px_ball_exp(e, e);
    px_ball_mul_int(pdf, square, 3);
    px_ball_add(pdf, pdf, cdf);
    px_ball_mul(pdf, pdf, c);
    px_ball_add(square, e, cdf);
    px_ball_div(cdf, cdf, square);
    px_ball_mul(pdf, pdf, cdf);
    px_ball_mul(pdf, pdf, cdf);
    px_ball_mul(pdf, pdf, e);
}

/* cdf = erfc(-x/sqrt 2)/2, pdf = exp(-x^2/2)/sqrt(2 pi). */
static void erf_form(px_ball *cdf, px_ball *pdf, const px_ball *x, px_ball *t) {
    px_ball_double(&t[0], 2);
    px_ball_rsqrt(&t[0], &t[0]);
    px_ball_mul(cdf, x, &t[0]);
    px_ball_neg(cdf, cdf);
    px_ball_erfc(cdf, cdf);
    px_ball_scale(cdf, cdf, -1);
    px_ball_mul(pdf, x, x);
    px_ball_scale(pdf, pdf, -1);
    px_ball_neg(pdf, pdf);
    px_ball_exp(pdf, pdf);
    px_ball_pi(&t[0]);
    px_ball_scale(&t[0], &t[0], 1);
    px_ball_rsqrt(&t[0], &t[0]);
    px_ball_mul(pdf, pdf, &t[0]);
}

static void distribution(const px_ball_work *w, px_ball *cdf, px_ball *pdf, const px_ball *x, px_ball *t) {
    if ((int)w->call->attr[0] == PX_GELU_ERF)
        erf_form(cdf, pdf, x, t);
    else
        tanh_form(cdf, pdf, x, t);
}

static void gelu_row(const px_ball_work *w, int64_t i) {
    px_ball *t = px_balls_new(GELU_TEMPORARIES, w->s->bits);
    for (int64_t j = 0; j < w->call->out[0].cols; j++) {
        const px_ball *x = px_ball_in(w, 0, i, j);
        distribution(w, &t[0], &t[1], x, &t[2]);
        px_ball_mul(px_ball_out(w, 0, i, j), x, &t[0]);
    }
    px_balls_free(t, GELU_TEMPORARIES);
}

static void gelu_backward_row(const px_ball_work *w, int64_t i) {
    px_ball *t = px_balls_new(GELU_TEMPORARIES, w->s->bits);
    for (int64_t j = 0; j < w->call->out[0].cols; j++) {
        const px_ball *x = px_ball_in(w, 1, i, j);
        distribution(w, &t[0], &t[1], x, &t[2]);
        px_ball_fma(&t[0], x, &t[1], &t[2]);
        px_ball_mul(px_ball_out(w, 0, i, j), px_ball_in(w, 0, i, j), &t[0]);
    }
    px_balls_free(t, GELU_TEMPORARIES);
}

/* ---- softmax ---- */

/* Columns of row i that are not masked. */
static int64_t visible(const px_arg *a, int64_t period, int64_t i) {
    return period > 0 && i % period + 1 < a->cols ? i % period + 1 : a->cols;
}

/* Shifted by a number near the largest score: any shift gives the same quotients. */
static void softmax_row(const px_ball_work *w, int64_t i) {
    const px_call *c = w->call;
    int64_t n = visible(&c->in[0], (int64_t)c->attr[1], i);
    px_ball *t = px_balls_new(3, w->s->bits), *top = &t[0], *sum = &t[1];
    inverse_root(&t[2], c->attr[0]);
    for (int64_t j = 0; j < c->in[0].cols; j++) {
        px_ball *p = px_ball_out(w, 0, i, j);
        px_ball_zero(p);
        if (j >= n) continue;
        px_ball_mul(p, px_ball_in(w, 0, i, j), &t[2]);
        if (j == 0 || mpfr_greater_p(p->x, top->x) || mpfr_nan_p(p->x)) px_ball_copy(top, p);
    }
    top->r = 0; /* the number, not what it encloses */
    for (int64_t j = 0; j < n; j++) {
        px_ball *p = px_ball_out(w, 0, i, j);
        px_ball_sub(p, p, top);
        px_ball_exp(p, p);
        px_ball_add(sum, sum, p);
    }
    for (int64_t j = 0; j < n; j++) px_ball_div(px_ball_out(w, 0, i, j), px_ball_out(w, 0, i, j), sum);
    px_balls_free(t, 3);
}

static void softmax_backward_row(const px_ball_work *w, int64_t i) {
    const px_call *c = w->call;
    int64_t n = visible(&c->in[0], (int64_t)c->attr[1], i);
    px_ball *t = px_balls_new(3, w->s->bits);
    for (int64_t j = 0; j < n; j++) px_ball_fma(&t[0], px_ball_in(w, 0, i, j), px_ball_in(w, 1, i, j), &t[1]);
    inverse_root(&t[2], c->attr[0]);
    for (int64_t j = 0; j < c->in[0].cols; j++) {
        px_ball *ds = px_ball_out(w, 0, i, j);
        px_ball_zero(ds);
        if (j >= n) continue;
        px_ball_sub(&t[1], px_ball_in(w, 0, i, j), &t[0]);
        px_ball_mul(&t[1], &t[1], px_ball_in(w, 1, i, j));
        px_ball_mul(ds, &t[1], &t[2]);
    }
    px_balls_free(t, 3);
}

/* ---- dropout ---- */

static void dropout_row(const px_ball_work *w, int64_t i) {
    const px_call *c = w->call;
    px_ball *t = px_balls_new(2, w->s->bits);
    px_ball_decimal(&t[0], c->attr[0]);
    px_ball_double(&t[1], 1);
    px_ball_sub(&t[0], &t[1], &t[0]);
    for (int64_t j = 0; j < c->out[0].cols; j++) {
        uint64_t bits = px_philox(c->stream, (uint64_t)(i * c->out[0].cols + j), 0).lo;
        bool kept = (double)(bits >> 11) * 0x1p-53 >= c->attr[0];
        if (kept)
            px_ball_div(px_ball_out(w, 0, i, j), px_ball_in(w, 0, i, j), &t[0]);
        else
            px_ball_zero(px_ball_out(w, 0, i, j));
    }
    px_balls_free(t, 2);
}

px_ball_op px_ball_op_layer(px_op op) {
    switch (op) {
    case PX_OP_SCALE: return (px_ball_op){scale_row, PX_BALL_ROWS};
    case PX_OP_LAYERNORM: return (px_ball_op){layernorm_row, PX_BALL_ROWS};
    case PX_OP_LAYERNORM_BACKWARD: return (px_ball_op){layernorm_backward_row, PX_BALL_ROWS};
    case PX_OP_LAYERNORM_GAMMA: return (px_ball_op){layernorm_gamma_column, PX_BALL_COLUMNS};
    case PX_OP_GELU: return (px_ball_op){gelu_row, PX_BALL_ROWS};
    case PX_OP_GELU_BACKWARD: return (px_ball_op){gelu_backward_row, PX_BALL_ROWS};
    case PX_OP_SOFTMAX: return (px_ball_op){softmax_row, PX_BALL_ROWS};
    case PX_OP_SOFTMAX_BACKWARD: return (px_ball_op){softmax_backward_row, PX_BALL_ROWS};
    case PX_OP_DROPOUT: return (px_ball_op){dropout_row, PX_BALL_ROWS};
    default: return (px_ball_op){.body = NULL};
    }
}
