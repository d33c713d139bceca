#include "support/plain_layer.h"

#include <math.h>
#include <string.h>

#include "arith/round.h"
#include "kernel/fn.h"

enum { B = PLAIN_B, T = PLAIN_T, C = PLAIN_C, H = PLAIN_H, N = PLAIN_N, S = PLAIN_S, V = PLAIN_V };

const int plain_size[PLAIN_PARAMS] = {C,        C,     3 * C *C, 3 * C, C *C, C, C,    C,
                                      4 * C *C, 4 * C, 4 * C *C, C,     C,    C, V *C, T *C};

double plain_rnd(px_fp f, double x) { return px_round(f, px_rounding_of(PX_NEAREST_EVEN), x, 0); }
static double rnd(px_fp f, double x) { return plain_rnd(f, x); }

/* Everything of the forward pass that the backward pass needs. */
typedef struct saved {
    double x[N][C], ln1[N][C], mean1[N], rstd1[N], qkv[N][3 * C], q[N][C], p[B][H][T][T], used[B][H][T][T], z[N][C],
        mid[N][C], ln2[N][C], mean2[N], rstd2[N], fc[N][4 * C], bent[N][4 * C];
    double lnf[N][C], meanf[N], rstdf[N], dy[N][C], logits[N][V], dlogits[N][V];
    double wqkv[3 * C * C], wo[C * C], wfc[4 * C * C], wproj[4 * C * C]; /* as the step takes them */
} saved;

/* What brings the largest of count numbers to the top of the format; 1 where one is not finite, or all are 0. */
static double factor(px_fp f, int count, const double *x) {
    double top = 0, power = 1;
    for (int i = 0; i < count; i++) {
        if (!isfinite(x[i])) return 1;
        top = fmax(top, fabs(x[i]));
    }
    if (top == 0) return 1;
    while (top * power > f.max_finite) power /= 2;
    while (top * power * 2 <= f.max_finite) power *= 2;
    return power;
}

/* Factors of this step, and which linear layer comes next. */
static struct {
    const plain_step *s;
    double factor[PLAIN_LINEARS][2];
    int linear;
} now;

/* That of operand k: 0 x, 1 w. */
static double factor_of(const plain_formats *f, int k, int count, const double *x) {
    double own = now.factor[now.linear][k] = factor(f->forward, count, x), least = 0;
    for (int t = 0; t < f->history; t++) {
        double past = now.s->factor[now.linear][k][t];
        if (past > 0 && (least == 0 || past < least)) least = past;
    }
    return f->scaled == 0 ? 1 : f->scaled == 1 ? own : least > 0 ? least : 1;
}

/* The same as linear, with operands in a narrow format. */
static void narrow_linear(const plain_formats *f, int n, int in, int out, const double *x, const double *w,
                          const double *bias, double *y) {
    double a = factor_of(f, 0, n * in, x), b = factor_of(f, 1, in * out, w);
    now.linear++;
    for (int i = 0; i < n; i++)
        for (int o = 0; o < out; o++) {
            double s = 0;
            for (int k = 0; k < in; k++) {
                double xw = rnd(f->forward, x[i * in + k] * a) * rnd(f->forward, w[o * in + k] * b);
                s = rnd(f->acc, s + rnd(f->acc, xw));
            }
            s = rnd(f->acc, rnd(f->acc, s / a) / b);
            y[i * out + o] = rnd(f->out, s + rnd(f->in, bias[o]));
        }
}

/* y (n x out) = x (n x in) w^T + bias; w: out x in. */
static void linear(const plain_formats *f, int n, int in, int out, const double *x, const double *w, const double *bias,
                   double *y) {
    if (f->forward.p && bias) {
        narrow_linear(f, n, in, out, x, w, bias, y);
        return;
    }
    for (int i = 0; i < n; i++)
        for (int o = 0; o < out; o++) {
            double s = bias ? rnd(f->in, bias[o]) : 0;
            for (int k = 0; k < in; k++)
                s = rnd(f->acc, s + rnd(f->acc, rnd(f->in, x[i * in + k]) * rnd(f->in, w[o * in + k])));
            y[i * out + o] = rnd(f->out, s);
        }
}

/* Gradients of w, bias and x. */
static void linear_backward(const plain_formats *f, int n, int in, int out, const double *dy, const double *x,
                            const double *w, double *dw, double *db, double *dx) {
    for (int o = 0; o < out; o++) {
        for (int k = 0; k < in; k++) {
            double s = 0;
            for (int i = 0; i < n; i++)
                s = rnd(f->acc, s + rnd(f->acc, rnd(f->in, dy[i * out + o]) * rnd(f->in, x[i * in + k])));
            dw[o * in + k] = rnd(f->out, s);
        }
        double s = 0;
        for (int i = 0; i < n; i++) s = rnd(f->acc, s + rnd(f->in, dy[i * out + o]));
        if (db) db[o] = rnd(f->out, s);
    }
    for (int i = 0; i < n; i++)
        for (int k = 0; k < in; k++) {
            double s = 0;
            for (int o = 0; o < out; o++)
                s = rnd(f->acc, s + rnd(f->acc, rnd(f->in, dy[i * out + o]) * rnd(f->in, w[o * in + k])));
            dx[i * in + k] = rnd(f->out, s);
        }
}

/* q k^T, softmax, times v, for one head of one sample; offsets of the head in a row of qkv and of z. */
static void attention(const plain_formats *f, const plain_options *o, saved *a, int b, int h) {
    px_fp e = f->softmax;
    double root = 1 / sqrt((double)S);
    for (int i = 0; i < T; i++) {
        double *z = a->p[b][h][i];
        for (int j = 0; j < T; j++) {
            double s = 0;
            for (int k = 0; k < S; k++) {
                double q = rnd(f->in, o->scale_before ? a->q[b * T + i][h * S + k] : a->qkv[b * T + i][h * S + k]);
                s = rnd(f->acc, s + rnd(f->acc, q * rnd(f->in, a->qkv[b * T + j][C + h * S + k])));
            }
            s = rnd(e, rnd(f->out, s));
            z[j] = o->scale_before ? s : rnd(e, s * rnd(e, root));
            if (j > i - o->mask_off_by_one && j > 0) z[j] = -(double)INFINITY;
        }
        plain_softmax_row(e, o->no_max ? PLAIN_PLAIN : o->softmax, z);
        for (int j = 0; j < T; j++)
            a->used[b][h][i][j] = plain_dropped(e, e, o, 0, ((b * H + h) * T + i) * T + j, z[j]);
    }
    for (int i = 0; i < T; i++)
        for (int k = 0; k < S; k++) {
            double s = 0;
            for (int j = 0; j < T; j++)
                s = rnd(f->acc, s + rnd(f->acc, rnd(f->in, a->used[b][h][i][j]) *
                                                    rnd(f->in, a->qkv[b * T + j][2 * C + h * S + k])));
            a->z[b * T + i][h * S + k] = rnd(f->out, s);
        }
}

static void attention_backward(const plain_formats *f, const plain_options *o, const saved *a, int b, int h,
                               double dz[N][C], double dqkv[N][3 * C]) {
    px_fp e = f->softmax;
    double root = 1 / sqrt((double)S), ds[T][T];
    for (int i = 0; i < T; i++) {
        double dp[T], w = 0;
        for (int j = 0; j < T; j++) {
            double s = 0;
            for (int k = 0; k < S; k++)
                s = rnd(f->acc, s + rnd(f->acc, rnd(f->in, dz[b * T + i][h * S + k]) *
                                                    rnd(f->in, a->qkv[b * T + j][2 * C + h * S + k])));
            dp[j] = rnd(e, plain_dropped(e, e, o, 0, ((b * H + h) * T + i) * T + j, rnd(f->out, s)));
        }
        for (int j = 0; j < T; j++) w = rnd(e, w + rnd(e, dp[j] * a->p[b][h][i][j]));
        for (int j = 0; j < T; j++) {
            double u = rnd(e, a->p[b][h][i][j] * rnd(e, dp[j] - w));
            ds[i][j] = j > i ? 0 : rnd(f->in, o->scale_before ? u : rnd(e, u * rnd(e, root)));
        }
    }
    for (int j = 0; j < T; j++)
        for (int k = 0; k < S; k++) {
            double dq = 0, dk = 0, dv = 0;
            for (int i = 0; i < T; i++) {
                dq = rnd(f->acc, dq + rnd(f->acc, ds[j][i] * rnd(f->in, a->qkv[b * T + i][C + h * S + k])));
                double q = rnd(f->in, o->scale_before ? a->q[b * T + i][h * S + k] : a->qkv[b * T + i][h * S + k]);
                dk = rnd(f->acc, dk + rnd(f->acc, ds[i][j] * q));
                dv = rnd(f->acc,
                         dv + rnd(f->acc, rnd(f->in, a->used[b][h][i][j]) * rnd(f->in, dz[b * T + i][h * S + k])));
            }
            dq = rnd(f->out, dq);
            dqkv[b * T + j][h * S + k] = o->scale_before ? rnd(f->out, dq * rnd(f->acc, root)) : dq;
            dqkv[b * T + j][C + h * S + k] = rnd(f->out, dk);
            dqkv[b * T + j][2 * C + h * S + k] = rnd(f->out, dv);
        }
}

static double gelu(px_fp f, int erf_form, double x) {
    px_rounding near = px_rounding_of(PX_NEAREST_EVEN);
    double h;
    if (erf_form) {
        h = px_fn_erf(f, near, rnd(f, x * rnd(f, 0.70710678118654752440)));
    } else {
        double cube = rnd(f, rnd(f, x * x) * x);
        double inner = rnd(f, x + rnd(f, rnd(f, 0.044715) * cube));
        h = px_fn_tanh(f, near, rnd(f, rnd(f, 0.79788456080286535588) * inner));
    }
    return rnd(f, rnd(f, 0.5 * x) * rnd(f, 1 + h));
}

static double gelu_slope(px_fp f, int erf_form, double x) {
    px_rounding near = px_rounding_of(PX_NEAREST_EVEN);
    double square = rnd(f, x * x);
    if (erf_form) {
        double cdf = rnd(f, 0.5 * rnd(f, 1 + px_fn_erf(f, near, rnd(f, x * rnd(f, 0.70710678118654752440)))));
        double bell = px_fn_exp(f, near, rnd(f, -0.5 * square));
        return rnd(f, cdf + rnd(f, x * rnd(f, bell * rnd(f, 0.39894228040143267794))));
    }
    double c = rnd(f, 0.79788456080286535588);
    double inner = rnd(f, x + rnd(f, rnd(f, 0.044715) * rnd(f, square * x)));
    double h = px_fn_tanh(f, near, rnd(f, c * inner));
    double left = rnd(f, 0.5 * rnd(f, 1 + h)), s = rnd(f, 1 - rnd(f, h * h));
    double q = rnd(f, c * rnd(f, 1 + rnd(f, rnd(f, 0.134145) * square)));
    return rnd(f, left + rnd(f, rnd(f, rnd(f, 0.5 * x) * s) * q));
}

static void copy_weights(const plain_options *o, const plain_step *s, saved *a) {
    const double(*w)[PLAIN_MOST] = o->stale_copy ? s->old_w : s->w;
    double *to[] = {a->wqkv, a->wo, a->wfc, a->wproj};
    const int from[] = {WQKV, WO, WFC, WPROJ};
    for (int t = 0; t < 4; t++)
        for (int i = 0; i < plain_size[from[t]]; i++) to[t][i] = w[from[t]][i];
}

/* What a branch adds to the stream: rounded as it stands, or with some of it dropped. */
static double branch_of(const plain_formats *f, const plain_options *o, int which, int e, double x) {
    return rnd(f->residual, plain_dropped(f->acc, f->out, o, which, e, x));
}

static void forward(const plain_formats *f, const plain_options *o, plain_step *s, saved *a) {
    double out[N][C];
    plain_normal(f->norm, o, a->x, s->w[LN1G], s->w[LN1B], a->ln1, a->mean1, a->rstd1);
    linear(f, N, C, 3 * C, a->ln1[0], a->wqkv, s->w[BQKV], a->qkv[0]);
    for (int i = 0; i < N; i++)
        for (int j = 0; j < C; j++)
            a->q[i][j] = rnd(f->out, rnd(f->in, a->qkv[i][j]) * rnd(f->acc, 1 / sqrt((double)S)));
    for (int b = 0; b < B; b++)
        for (int h = 0; h < H; h++) attention(f, o, a, b, h);
    linear(f, N, C, C, a->z[0], a->wo, s->w[BO], out[0]);
    for (int i = 0; i < N; i++)
        for (int j = 0; j < C; j++)
            a->mid[i][j] = rnd(f->residual, a->x[i][j] + branch_of(f, o, 1, i * C + j, out[i][j]));
    plain_normal(f->norm, o, a->mid, s->w[LN2G], s->w[LN2B], a->ln2, a->mean2, a->rstd2);
    linear(f, N, C, 4 * C, a->ln2[0], a->wfc, s->w[BFC], a->fc[0]);
    for (int i = 0; i < N; i++)
        for (int j = 0; j < 4 * C; j++) a->bent[i][j] = rnd(f->gelu_out, gelu(f->gelu_acc, o->erf, a->fc[i][j]));
    linear(f, N, 4 * C, C, a->bent[0], a->wproj, s->w[BPROJ], out[0]);
    for (int i = 0; i < N; i++)
        for (int j = 0; j < C; j++)
            s->y[i][j] = rnd(f->residual, a->mid[i][j] + branch_of(f, o, 2, i * C + j, out[i][j]));
}

/* The loss, and the gradient of y in a->dy. */
static void inner_product(const plain_formats *f, const plain_options *o, plain_step *s, saved *a) {
    s->loss = 0;
    for (int i = 0; i < N; i++)
        for (int j = 0; j < C; j++) {
            s->loss = rnd(f->loss, s->loss + rnd(f->loss, rnd(f->loss, s->dy[i][j]) * rnd(f->loss, s->y[i][j])));
            a->dy[i][j] = rnd(f->residual, s->dy[i][j] * o->scale);
        }
}

static void characters(const plain_formats *f, const plain_options *o, plain_step *s, saved *a) {
    double dln[N][C];
    plain_normal(f->norm, o, s->y, s->w[LNFG], s->w[LNFB], a->lnf, a->meanf, a->rstdf);
    linear(f, N, C, V, a->lnf[0], s->w[WTE], NULL, a->logits[0]);
    s->loss = plain_entropy(f->loss, o->scale, a->logits[0], s->wanted, a->dlogits[0]);
    linear_backward(f, N, C, V, a->dlogits[0], a->lnf[0], s->w[WTE], s->g[WTE], NULL, dln[0]);
    plain_normal_backward(f->norm, o, dln, s->y, a->meanf, a->rstdf, s->w[LNFG], s->g[LNFG], s->g[LNFB], a->dy);
}

static void embed(const plain_formats *f, const plain_step *s, saved *a) {
    for (int i = 0; i < N; i++)
        for (int j = 0; j < C; j++)
            a->x[i][j] = rnd(f->residual, rnd(f->residual, s->w[WTE][(int)s->tokens[i] * C + j]) +
                                              rnd(f->residual, s->w[WPE][i % T * C + j]));
}

static void embed_backward(const plain_formats *f, plain_step *s) {
    px_fp r = f->residual;
    for (int j = 0; j < C; j++) {
        for (int v = 0; v < V; v++) {
            double below = 0;
            for (int i = 0; i < N; i++)
                if ((int)s->tokens[i] == v) below = rnd(r, below + s->dx[i][j]);
            s->g[WTE][v * C + j] = rnd(r, rnd(r, s->g[WTE][v * C + j]) + below);
        }
        for (int t = 0; t < T; t++) {
            double sum = 0;
            for (int b = 0; b < B; b++) sum = rnd(r, sum + s->dx[b * T + t][j]);
            s->g[WPE][t * C + j] = sum;
        }
    }
}

/* The gradient of what a branch gave, as the linear layer takes it. */
static void up_branch(const plain_formats *f, const plain_options *o, int which, double d[N][C], double up[N][C]) {
    for (int i = 0; i < N; i++)
        for (int j = 0; j < C; j++) up[i][j] = plain_dropped(f->acc, f->out, o, which, i * C + j, rnd(f->in, d[i][j]));
}

static void backward(const plain_formats *f, const plain_options *o, plain_step *s, saved *a) {
    static double up[N][C], dbent[N][4 * C], dfc[N][4 * C], dln[N][C], branch[N][C], dmid[N][C], dz[N][C],
        dqkv[N][3 * C];
    px_fp r = f->residual;
    up_branch(f, o, 2, a->dy, up);
    linear_backward(f, N, 4 * C, C, up[0], a->bent[0], a->wproj, s->g[WPROJ], s->g[BPROJ], dbent[0]);
    for (int i = 0; i < N; i++)
        for (int j = 0; j < 4 * C; j++)
            dfc[i][j] = rnd(f->gelu_out, rnd(f->gelu_acc, dbent[i][j] * gelu_slope(f->gelu_acc, o->erf, a->fc[i][j])));
    linear_backward(f, N, C, 4 * C, dfc[0], a->ln2[0], a->wfc, s->g[WFC], s->g[BFC], dln[0]);
    plain_normal_backward(f->norm, o, dln, a->mid, a->mean2, a->rstd2, s->w[LN2G], s->g[LN2G], s->g[LN2B], branch);
    for (int i = 0; i < N; i++)
        for (int j = 0; j < C; j++)
            dmid[i][j] = rnd(r, (o->no_residual_gradient ? 0 : rnd(r, a->dy[i][j])) + rnd(r, branch[i][j]));
    up_branch(f, o, 1, dmid, up);
    linear_backward(f, N, C, C, up[0], a->z[0], a->wo, s->g[WO], s->g[BO], dz[0]);
    for (int b = 0; b < B; b++)
        for (int h = 0; h < H; h++) attention_backward(f, o, a, b, h, dz, dqkv);
    linear_backward(f, N, C, 3 * C, dqkv[0], a->ln1[0], a->wqkv, s->g[WQKV], s->g[BQKV], dln[0]);
    plain_normal_backward(f->norm, o, dln, a->x, a->mean1, a->rstd1, s->w[LN1G], s->g[LN1G], s->g[LN1B], branch);
    for (int i = 0; i < N; i++)
        for (int j = 0; j < C; j++) s->dx[i][j] = rnd(r, dmid[i][j] + rnd(r, branch[i][j]));
}

void plain_run(const plain_formats *formats, const plain_options *o, plain_step *s) {
    static saved a;
    plain_formats f = *formats;
    px_fp fp32;
    if (o->wide_accumulator && px_fp_parse("fp32", &fp32, NULL) == PX_OK) f.acc = fp32;
    now.s = s;
    now.linear = 0;
    copy_weights(o, s, &a);
    memcpy(a.x, s->x, sizeof a.x);
    if (o->loss == PLAIN_CROSS_ENTROPY) embed(&f, s, &a);
    forward(&f, o, s, &a);
    if (o->loss == PLAIN_DOT) inner_product(&f, o, s, &a);
    if (o->loss == PLAIN_MSE) s->loss = plain_mse(f.loss, o->scale, s->y, s->dy, a.dy);
    if (o->loss == PLAIN_CROSS_ENTROPY) characters(&f, o, s, &a);
    backward(&f, o, s, &a);
    if (o->loss == PLAIN_CROSS_ENTROPY) embed_backward(&f, s);
    plain_update(&f, o, s);
}

void plain_advance(plain_step *s, int skipped) {
    if (!skipped) {
        memcpy(s->old_w, s->w, sizeof s->old_w);
        memcpy(s->w, s->new_w, sizeof s->w);
        memcpy(s->m, s->new_m, sizeof s->m);
        memcpy(s->v, s->new_v, sizeof s->v);
    }
    for (int l = 0; l < PLAIN_LINEARS; l++)
        for (int k = 0; k < 2; k++) {
            for (int t = PLAIN_HISTORY - 1; t > 0; t--) s->factor[l][k][t] = s->factor[l][k][t - 1];
            s->factor[l][k][0] = now.factor[l][k];
        }
}
