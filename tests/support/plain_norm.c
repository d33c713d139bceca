/* Layer norm, batch norm, and none. */
#include <math.h>

#include "arith/round.h"
#include "kernel/fn.h"
#include "support/plain_layer.h"

enum { C = PLAIN_C, N = PLAIN_N };

static double rnd(px_fp f, double x) { return plain_rnd(f, x); }

/* Number t of group k: of a row, of a column. */
static double *at(const plain_options *o, double x[N][C], int k, int t) {
    return o->norm == PLAIN_BATCH ? &x[t][k] : &x[k][t];
}

static int groups(const plain_options *o) { return o->norm == PLAIN_BATCH ? C : N; }
static int length(const plain_options *o) { return o->norm == PLAIN_BATCH ? N : C; }

static void statistics(px_fp f, const plain_options *o, double x[N][C], int k, double *mean, double *rstd) {
    double s = 0, v = 0;
    int n = length(o);
    for (int t = 0; t < n; t++) s = rnd(f, s + rnd(f, *at(o, x, k, t)));
    *mean = rnd(f, s / n);
    for (int t = 0; t < n; t++) {
        double d = rnd(f, rnd(f, *at(o, x, k, t)) - *mean);
        v = rnd(f, v + rnd(f, d * d));
    }
    v = rnd(f, v / (o->unbiased ? n - 1 : n));
    *rstd = o->eps_inside ? rnd(f, rnd(f, 1 / sqrt(v)) + 1e-5)
                          : px_fn_rsqrt(f, px_rounding_of(PX_NEAREST_EVEN), rnd(f, v + rnd(f, 1e-5)));
}

/* What gain and bias are given. */
static double normal(px_fp f, const plain_options *o, double x[N][C], int i, int j, const double *mean,
                     const double *rstd) {
    int k = o->norm == PLAIN_BATCH ? j : i;
    return o->norm == PLAIN_NONE ? rnd(f, x[i][j]) : rnd(f, rnd(f, rnd(f, x[i][j]) - mean[k]) * rstd[k]);
}

void plain_normal(px_fp f, const plain_options *o, double x[N][C], const double *g, const double *b, double y[N][C],
                  double *mean, double *rstd) {
    for (int k = 0; k < groups(o) && o->norm != PLAIN_NONE; k++) statistics(f, o, x, k, &mean[k], &rstd[k]);
    for (int i = 0; i < N; i++)
        for (int j = 0; j < C; j++)
            y[i][j] = rnd(f, rnd(f, normal(f, o, x, i, j, mean, rstd) * rnd(f, g[j])) + rnd(f, b[j]));
}

void plain_normal_backward(px_fp f, const plain_options *o, double dy[N][C], double x[N][C], const double *mean,
                           const double *rstd, const double *g, double *dg, double *db, double dx[N][C]) {
    double k[N][C], up[N][C], h[N][C];
    for (int i = 0; i < N; i++)
        for (int j = 0; j < C; j++) {
            up[i][j] = rnd(f, dy[i][j]);
            k[i][j] = normal(f, o, x, i, j, mean, rstd);
            h[i][j] = dx[i][j] = rnd(f, up[i][j] * rnd(f, g[j]));
        }
    for (int j = 0; j < C; j++) {
        double s = 0, t = 0;
        for (int i = 0; i < N; i++) {
            s = rnd(f, s + rnd(f, up[i][j] * k[i][j]));
            t = rnd(f, t + up[i][j]);
        }
        dg[j] = s;
        db[j] = t;
    }
    int n = length(o);
    for (int c = 0; c < groups(o) && o->norm != PLAIN_NONE; c++) {
        double a = 0, b = 0;
        for (int t = 0; t < n; t++) a = rnd(f, a + *at(o, h, c, t));
        for (int t = 0; t < n; t++) b = rnd(f, b + rnd(f, *at(o, h, c, t) * *at(o, k, c, t)));
        a = rnd(f, a / n);
        b = rnd(f, b / n);
        for (int t = 0; t < n; t++)
            *at(o, dx, c, t) = rnd(f, rnd(f, rnd(f, *at(o, h, c, t) - a) - rnd(f, *at(o, k, c, t) * b)) * rstd[c]);
    }
}
