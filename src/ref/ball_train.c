/* Embeddings, losses, checks and updates on balls: the exact readings of op/layer.h. */
#include <math.h>
#include <stdlib.h>

#include "ref/ball_exec.h"

/* ---- embeddings ---- */

static int64_t index_of(const px_ball *b) { return (int64_t)mpfr_get_si(b->x, MPFR_RNDN); }

static void gather_row(const px_ball_work *w, int64_t i) {
    int64_t row = index_of(px_ball_in(w, 1, i, 0));
    PX_ASSERT(row >= 0 && row < w->call->in[0].rows);
    for (int64_t j = 0; j < w->call->out[0].cols; j++) px_ball_copy(px_ball_out(w, 0, i, j), px_ball_in(w, 0, row, j));
}

static void scatter_add_all(const px_ball_work *w, int64_t unused) {
    const px_call *c = w->call;
    (void)unused;
    for (int64_t r = 0; r < c->out[0].rows; r++)
        for (int64_t j = 0; j < c->out[0].cols; j++) px_ball_zero(px_ball_out(w, 0, r, j));
    for (int64_t i = 0; i < c->in[0].rows; i++) {
        int64_t row = index_of(px_ball_in(w, 1, i, 0));
        PX_ASSERT(row >= 0 && row < c->out[0].rows);
        for (int64_t j = 0; j < c->out[0].cols; j++) {
            px_ball *sum = px_ball_out(w, 0, row, j);
            px_ball_add(sum, sum, px_ball_in(w, 0, i, j));
        }
    }
}

/* ---- losses ---- */

/* What the loss's gradient is multiplied by. */
static void loss_factor(const px_ball_work *w, px_ball *s) {
    if (px_ball_has(&w->call->in[2]))
        px_ball_copy(s, px_ball_in(w, 2, 0, 0));
    else
        px_ball_double(s, 1);
}

static void mse_all(const px_ball_work *w, int64_t unused) {
    const px_arg *y = &w->call->in[0];
    (void)unused;
    int64_t n = y->rows * y->cols;
    px_ball *t = px_balls_new(3, w->s->bits), *loss = px_ball_out(w, 0, 0, 0);
    loss_factor(w, &t[0]);
    px_ball_scale(&t[0], &t[0], 1);
    px_ball_div_int(&t[0], &t[0], n);
    px_ball_zero(loss);
    for (int64_t i = 0; i < y->rows; i++)
        for (int64_t j = 0; j < y->cols; j++) {
            px_ball_sub(&t[1], px_ball_in(w, 0, i, j), px_ball_in(w, 1, i, j));
            px_ball_fma(loss, &t[1], &t[1], &t[2]);
            px_ball_mul(px_ball_out(w, 1, i, j), &t[1], &t[0]);
        }
    px_ball_div_int(loss, loss, n);
    px_balls_free(t, 3);
}

/* Row i of the softmax into dz; returns log sum exp - z_target in loss. t: three temporaries. */
static void entropy_row(const px_ball_work *w, int64_t i, px_ball *loss, px_ball *t) {
    int64_t n = w->call->in[0].cols, target = index_of(px_ball_in(w, 1, i, 0));
    px_ball *top = &t[0], *sum = &t[1];
    PX_ASSERT(target >= 0 && target < n);
    px_ball_copy(top, px_ball_in(w, 0, i, 0));
    for (int64_t j = 1; j < n; j++)
        if (mpfr_greater_p(px_ball_in(w, 0, i, j)->x, top->x)) px_ball_copy(top, px_ball_in(w, 0, i, j));
    top->r = 0; /* any shift will do */
    px_ball_zero(sum);
    for (int64_t j = 0; j < n; j++) {
        px_ball *p = px_ball_out(w, 1, i, j);
        px_ball_sub(p, px_ball_in(w, 0, i, j), top);
        px_ball_exp(p, p);
        px_ball_add(sum, sum, p);
    }
    for (int64_t j = 0; j < n; j++) px_ball_div(px_ball_out(w, 1, i, j), px_ball_out(w, 1, i, j), sum);
    px_ball_sub(top, px_ball_in(w, 0, i, target), top);
    px_ball_log(loss, sum);
    px_ball_sub(loss, loss, top);
}

static void cross_entropy_all(const px_ball_work *w, int64_t unused) {
    const px_arg *z = &w->call->in[0];
    (void)unused;
    px_ball *t = px_balls_new(5, w->s->bits), *loss = px_ball_out(w, 0, 0, 0), *factor = &t[3];
    loss_factor(w, factor);
    px_ball_div_int(factor, factor, z->rows);
    px_ball_zero(loss);
    for (int64_t i = 0; i < z->rows; i++) {
        entropy_row(w, i, &t[4], t);
        px_ball_add(loss, loss, &t[4]);
        px_ball *wanted = px_ball_out(w, 1, i, index_of(px_ball_in(w, 1, i, 0)));
        px_ball_double(&t[0], 1);
        px_ball_sub(wanted, wanted, &t[0]);
        for (int64_t j = 0; j < z->cols; j++) px_ball_mul(px_ball_out(w, 1, i, j), px_ball_out(w, 1, i, j), factor);
    }
    px_ball_div_int(loss, loss, z->rows);
    px_balls_free(t, 5);
}

/* ---- checks and clipping ---- */

static void nonfinite_all(const px_ball_work *w, int64_t unused) {
    const px_arg *a = &w->call->in[0];
    (void)unused;
    int64_t found = 0;
    for (int64_t i = 0; i < a->rows; i++)
        for (int64_t j = 0; j < a->cols; j++) found += !mpfr_number_p(px_ball_in(w, 0, i, j)->x);
    px_ball *out = px_ball_out(w, 0, 0, 0);
    px_ball_double(out, (double)found);
    if (px_ball_has(&w->call->in[1])) px_ball_add(out, out, px_ball_in(w, 1, 0, 0));
}

/* min(1, q) is 1 when the whole ball of q lies above 1, and moves no more than q does. */
static void clip_factor_all(const px_ball_work *w, int64_t unused) {
    (void)unused;
    px_ball *t = px_balls_new(2, w->s->bits), *f = px_ball_out(w, 0, 0, 0), *norm = px_ball_out(w, 1, 0, 0);
    px_ball_sqrt(norm, px_ball_in(w, 0, 0, 0));
    px_ball_decimal(&t[0], w->call->attr[1]);
    px_ball_add(&t[0], norm, &t[0]);
    px_ball_decimal(f, w->call->attr[0]);
    px_ball_div(f, f, &t[0]);
    if (mpfr_cmp_ui(f->x, 1) >= 0) {
        px_ball_double(&t[0], 1);
        px_ball_sub(&t[1], f, &t[0]);
        t[0].r = px_ball_lower(&t[1]) > 0 ? 0 : f->r;
        px_ball_copy(f, &t[0]);
    }
    px_balls_free(t, 2);
}

static void power_scale_all(const px_ball_work *w, int64_t unused) {
    const px_arg *a = &w->call->in[0];
    (void)unused;
    px_ball *t = px_balls_new(2, w->s->bits);
    bool finite = true;
    for (int64_t i = 0; i < a->rows; i++)
        for (int64_t j = 0; j < a->cols; j++) {
            mpfr_srcptr x = px_ball_in(w, 0, i, j)->x;
            finite = finite && mpfr_number_p(x);
            if (finite && mpfr_cmpabs(x, t[0].x) > 0) mpfr_abs(t[0].x, x, MPFR_RNDN);
        }
    int exponent = 0;
    if (finite && !mpfr_zero_p(t[0].x)) {
        px_ball_double(&t[1], w->call->attr[0]);
        px_ball_div(&t[1], &t[1], &t[0]);
        mpfr_exp_t e = mpfr_get_exp(t[1].x) - 1; /* floor(log2 x) */
        exponent = e < -126 ? -126 : e > 126 ? 126 : (int)e;
    }
    px_ball_double(px_ball_out(w, 0, 0, 0), ldexp(1, exponent));
    px_ball_double(px_ball_out(w, 1, 0, 0), ldexp(1, -exponent));
    px_balls_free(t, 2);
}

/* ---- updates ---- */

static void sgd_row(const px_ball_work *w, int64_t i) {
    const px_call *c = w->call;
    px_ball *t = px_balls_new(4, w->s->bits), *b = &t[2];
    px_ball_decimal(&t[0], c->attr[0]);
    px_ball_neg(&t[0], &t[0]);
    px_ball_decimal(&t[1], c->attr[1]);
    for (int64_t j = 0; j < c->out[0].cols; j++) {
        px_ball_copy(b, px_ball_in(w, 0, i, j));
        if (px_ball_has(&c->in[1])) px_ball_fma(b, &t[1], px_ball_in(w, 1, i, j), &t[3]);
        if (px_ball_has(&c->out[1])) px_ball_copy(px_ball_out(w, 1, i, j), b);
        px_ball_mul(px_ball_out(w, 0, i, j), &t[0], b);
    }
    px_balls_free(t, 4);
}

void px_ball_decay(px_ball beta[3], double value, int64_t t, px_ball *scratch) {
    px_ball_decimal(&beta[0], value);
    px_ball_double(scratch, 1);
    px_ball_sub(&beta[1], scratch, &beta[0]);
    px_ball_copy(&beta[2], scratch);
    for (int64_t k = 0; k < t; k++) px_ball_mul(&beta[2], &beta[2], &beta[0]);
    px_ball_sub(&beta[2], scratch, &beta[2]);
}

enum {
    ADAM_LR,
    ADAM_EPS,
    ADAM_BETA1,
    ADAM_BETA2 = ADAM_BETA1 + 3,
    ADAM_FREE = ADAM_BETA2 + 3,
    ADAM_ALL = ADAM_FREE + 3
};

static void adam_entry(const px_ball_work *w, int64_t i, int64_t j, px_ball *t) {
    px_ball *m = px_ball_out(w, 1, i, j), *v = px_ball_out(w, 2, i, j), *d = px_ball_out(w, 0, i, j),
            *u = t + ADAM_FREE;
    const px_ball *g = px_ball_in(w, 0, i, j);
    px_ball_mul(m, &t[ADAM_BETA1], px_ball_in(w, 1, i, j));
    px_ball_fma(m, &t[ADAM_BETA1 + 1], g, &u[0]);
    px_ball_mul(&u[1], g, g);
    px_ball_mul(v, &t[ADAM_BETA2], px_ball_in(w, 2, i, j));
    px_ball_fma(v, &t[ADAM_BETA2 + 1], &u[1], &u[0]);
    px_ball_div(&u[0], v, &t[ADAM_BETA2 + 2]);
    px_ball_sqrt(&u[0], &u[0]);
    px_ball_add(&u[0], &u[0], &t[ADAM_EPS]);
    px_ball_div(&u[1], m, &t[ADAM_BETA1 + 2]);
    px_ball_div(&u[1], &u[1], &u[0]);
    px_ball_mul(d, &t[ADAM_LR], &u[1]);
}

static void adam_row(const px_ball_work *w, int64_t i) {
    const double *attr = w->call->attr;
    px_ball *t = px_balls_new(ADAM_ALL, w->s->bits);
    px_ball_decimal(&t[ADAM_LR], attr[0]);
    px_ball_neg(&t[ADAM_LR], &t[ADAM_LR]);
    px_ball_decimal(&t[ADAM_EPS], attr[3]);
    px_ball_decay(&t[ADAM_BETA1], attr[1], (int64_t)attr[4], &t[ADAM_FREE]);
    px_ball_decay(&t[ADAM_BETA2], attr[2], (int64_t)attr[4], &t[ADAM_FREE]);
    for (int64_t j = 0; j < w->call->out[0].cols; j++) adam_entry(w, i, j, t);
    px_balls_free(t, ADAM_ALL);
}

static void add_kahan_row(const px_ball_work *w, int64_t i) {
    for (int64_t j = 0; j < w->call->out[0].cols; j++) {
        px_ball *sum = px_ball_out(w, 0, i, j);
        px_ball_add(sum, px_ball_in(w, 0, i, j), px_ball_in(w, 1, i, j));
        px_ball_add(sum, sum, px_ball_in(w, 2, i, j));
        px_ball_zero(px_ball_out(w, 1, i, j));
    }
}

px_ball_op px_ball_op_train(px_op op) {
    switch (op) {
    case PX_OP_GATHER: return (px_ball_op){gather_row, PX_BALL_ROWS};
    case PX_OP_SCATTER_ADD: return (px_ball_op){scatter_add_all, PX_BALL_ONE};
    case PX_OP_MSE: return (px_ball_op){mse_all, PX_BALL_ONE};
    case PX_OP_CROSS_ENTROPY: return (px_ball_op){cross_entropy_all, PX_BALL_ONE};
    case PX_OP_NONFINITE: return (px_ball_op){nonfinite_all, PX_BALL_ONE};
    case PX_OP_CLIP_FACTOR: return (px_ball_op){clip_factor_all, PX_BALL_ONE};
    case PX_OP_POWER_SCALE: return (px_ball_op){power_scale_all, PX_BALL_ONE};
    case PX_OP_SGD: return (px_ball_op){sgd_row, PX_BALL_ROWS};
    case PX_OP_ADAM: return (px_ball_op){adam_row, PX_BALL_ROWS};
    case PX_OP_ADD_KAHAN: return (px_ball_op){add_kahan_row, PX_BALL_ROWS};
    default: return (px_ball_op){.body = NULL};
    }
}
