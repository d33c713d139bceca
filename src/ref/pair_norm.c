/* Layer norm on pairs. Of row i: r_x, r_dy the 2-norms of the errors, r_m, r_s those of mean and rstd, n its length. */
#include <math.h>
#include <stdlib.h>

#include "base/parallel.h"
#include "ref/pair_exec.h"

typedef struct norm_job {
    const px_pair_kernels *k;
    px_pair_view x, gamma, beta, y, mean, rstd, dy, dx;
    double *bound[3], eps[2];
    px_pair_row *normal; /* rows of k, for gamma's gradient */
} norm_job;

static double *bounds(int64_t n) {
    double *b = calloc((size_t)n + 1, sizeof *b);
    if (!b) px_out_of_memory((size_t)n * sizeof *b);
    return b;
}

static double safe(double bound) { return bound * PX_PAIR_SAFE + PX_PAIR_TINY; }
static double row_error(const px_pair_view *v, int64_t i) { return v->t ? px_pair_row_error(v, i) : 0; }

/* The Jacobian of k = (x - mean)/sqrt(var + eps) is rstd (I - 11'/n - kk'/n), of norm at most rstd; the relative error
 * of rstd is at most d (1 + 6 d), d = rstd r_x/sqrt n, so that of the Jacobian's norm within the ball 3 d. d >= 0.005:
 * undecided. */
static void layernorm_row(void *context, int64_t i) {
    norm_job *j = context;
    int64_t n = j->x.cols;
    px_pair_row x = px_pair_operand(&j->x, i), g = px_pair_operand(&j->gamma, 0), b = px_pair_operand(&j->beta, 0),
                y = px_pair_result(&j->y, i);
    double mean[2], rstd[2], rx = px_pair_row_error(&j->x, i);
    px_row_report r = j->k->layernorm(n, j->eps, y, mean, rstd, x, g, b);
    double s = rstd[0], d = s * rx / sqrt((double)n), rk = s * (1 + 3 * d) * rx;
    double spread = r.largest[0] * rk + row_error(&j->gamma, 0) * (r.largest[1] + rk) + row_error(&j->beta, 0);
    bool decided = !r.undecided && d < 0.005;
    j->bound[0][i] = decided ? safe(r.rounding[0] + spread) : (double)INFINITY;
    j->bound[1][i] = safe(r.rounding[1] + rx / sqrt((double)n));
    j->bound[2][i] = decided ? safe(r.rounding[2] + s * d * (1 + 6 * d)) : (double)INFINITY;
    px_pair_result_done(&j->y, i, y);
    px_pair_store(&j->mean, i, &mean[0], &mean[1], 1);
    px_pair_store(&j->rstd, i, &rstd[0], &rstd[1], 1);
    px_pair_operand_done(&j->x, x);
    px_pair_operand_done(&j->gamma, g);
    px_pair_operand_done(&j->beta, b);
}

void px_pair_layernorm(const px_pair_state *s, const px_call *call) {
    norm_job j = {.k = px_pair_kernels_chosen(),
                  .x = px_pair_view_of(s, &call->in[0]),
                  .gamma = px_pair_view_of(s, &call->in[1]),
                  .beta = px_pair_view_of(s, &call->in[2]),
                  .y = px_pair_view_of(s, &call->out[0]),
                  .mean = px_pair_view_of(s, &call->out[1]),
                  .rstd = px_pair_view_of(s, &call->out[2])};
    for (int k = 0; k < 3; k++) j.bound[k] = bounds(j.x.rows);
    px_pair_constant(call->attr[0], 0, j.eps);
    px_parallel_for(j.x.rows, layernorm_row, &j);
    const px_pair_view *out[] = {&j.y, &j.mean, &j.rstd};
    for (int k = 0; k < 3; k++) {
        px_pair_commit(out[k], j.bound[k], NULL, NULL);
        free(j.bound[k]);
    }
}

/* mean and rstd of row i, and the error of k = (x - mean) rstd that comes from theirs and x's. */
static double statistics(const norm_job *j, int64_t i, double size_k, double mean[2], double rstd[2]) {
    const px_pair_view *v[] = {&j->mean, &j->rstd};
    double *to[] = {mean, rstd};
    for (int k = 0; k < 2; k++) {
        int64_t e = v[k]->off + i * v[k]->rs;
        to[k][0] = v[k]->t->hi[e];
        to[k][1] = v[k]->t->lo[e];
    }
    double rs = px_pair_entry_error(&j->rstd, i, 0), s = fabs(rstd[0]);
    double rc = px_pair_row_error(&j->x, i) + sqrt((double)j->x.cols) * px_pair_entry_error(&j->mean, i, 0);
    return rs == 0 && rc == 0 ? 0 : (s + rs) * rc + size_k / s * rs;
}

/* dx = s P g, g = dy gamma, P g = g - avg g - k <k, g>/n. With a, c the errors of g and k, g' = g + a:
 * |dx' - dx| <= (s + r_s) (||P|| |a| + |c| (|avg gk| + (||k|| |a| + ||k|| ||g'|| + |c| ||g'||)/n)) + r_s ||P g||. */
static void backward_row(void *context, int64_t i) {
    norm_job *j = context;
    int64_t n = j->x.cols;
    px_pair_row dy = px_pair_operand(&j->dy, i), x = px_pair_operand(&j->x, i), g = px_pair_operand(&j->gamma, 0),
                dx = px_pair_result(&j->dx, i);
    double mean[2], rstd[2], rs = px_pair_entry_error(&j->rstd, i, 0);
    statistics(j, i, 0, mean, rstd);
    px_row_report r = j->k->layernorm_backward(n, dx, dy, x, mean, rstd, g);
    double c = statistics(j, i, r.size[2], mean, rstd), a = r.largest[0] * px_pair_row_error(&j->dy, i);
    double size = r.size[1] + a, s = fabs(rstd[0]);
    double moved = c * (r.largest[1] + (r.size[2] * a + r.size[2] * size + c * size) / (double)n);
    double spread = (s + rs) * (r.largest[2] * a + moved) + (rs > 0 ? rs * r.size[0] / s : 0);
    bool decided = row_error(&j->gamma, 0) == 0; /* gains are given numbers */
    j->bound[0][i] = decided ? safe(r.rounding[0] + spread) : (double)INFINITY;
    px_pair_result_done(&j->dx, i, dx);
    px_pair_operand_done(&j->dy, dy);
    px_pair_operand_done(&j->x, x);
    px_pair_operand_done(&j->gamma, g);
}

static norm_job backward_job(const px_pair_state *s, const px_call *call) {
    return (norm_job){.k = px_pair_kernels_chosen(),
                      .dy = px_pair_view_of(s, &call->in[0]),
                      .x = px_pair_view_of(s, &call->in[1]),
                      .mean = px_pair_view_of(s, &call->in[2]),
                      .rstd = px_pair_view_of(s, &call->in[3]),
                      .dx = px_pair_view_of(s, &call->out[0])};
}

void px_pair_layernorm_backward(const px_pair_state *s, const px_call *call) {
    norm_job j = backward_job(s, call);
    j.gamma = px_pair_view_of(s, &call->in[4]);
    j.bound[0] = bounds(j.x.rows);
    px_parallel_for(j.x.rows, backward_row, &j);
    px_pair_commit(&j.dx, j.bound[0], NULL, NULL);
    free(j.bound[0]);
}

/* ---- dgamma_j = sum_i dy_ij k_ij ---- */

static void normalise_row(void *context, int64_t i) {
    norm_job *j = context;
    px_pair_row x = px_pair_operand(&j->x, i);
    double mean[2], rstd[2];
    j->normal[i] = px_pair_row_new(j->x.cols);
    statistics(j, i, 0, mean, rstd);
    px_row_report r = j->k->normalise(j->x.cols, j->normal[i], x, mean, rstd);
    j->bound[0][i] = r.rounding[0] + statistics(j, i, r.size[0], mean, rstd);
    px_pair_operand_done(&j->x, x);
}

enum { GAMMA_COLUMNS = 64 };

/* Some columns, row after row: 6 units of each product, 4 of each sum; rows' bounds stand for their entries'. */
static void gamma_columns(void *context, int64_t block) {
    norm_job *j = context;
    int64_t from = block * GAMMA_COLUMNS, m = j->x.rows;
    int64_t n = j->x.cols - from < GAMMA_COLUMNS ? j->x.cols - from : GAMMA_COLUMNS;
    px_pair_view dy = j->dy;
    dy.off += from * dy.cs;
    dy.cols = n;
    px_pair_row sum = px_pair_row_new(n), term = px_pair_row_new(n);
    double bound[GAMMA_COLUMNS] = {0}, magnitude[GAMMA_COLUMNS] = {0};
    for (int64_t i = 0; i < m; i++) {
        px_pair_row k = {j->normal[i].h + from, j->normal[i].l + from};
        double rk = j->bound[0][i], rd = px_pair_row_error(&j->dy, i);
        px_pair_row d = px_pair_operand(&dy, i);
        j->k->mul(px_pair_padded(n), term, d, k);
        j->k->add(px_pair_padded(n), sum, sum, term);
        for (int64_t c = 0; c < n; c++) {
            bound[c] += fabs(d.h[c]) * rk + rd * (fabs(k.h[c]) + rk);
            magnitude[c] += fabs(term.h[c]);
        }
        px_pair_operand_done(&dy, d);
    }
    for (int64_t c = 0; c < n; c++)
        j->bound[1][from + c] = safe(bound[c] + (6 + 4 * (double)m) * 0x1p-106 * magnitude[c]);
    px_pair_view out = j->dx;
    out.off += from * out.cs;
    px_pair_store(&out, 0, sum.h, sum.l, n);
    free(sum.h);
    free(term.h);
}

void px_pair_layernorm_gamma(const px_pair_state *s, const px_call *call) {
    norm_job j = backward_job(s, call);
    int64_t m = j.x.rows, n = j.x.cols;
    j.bound[0] = bounds(m);
    j.bound[1] = bounds(n);
    j.normal = calloc((size_t)m, sizeof *j.normal);
    if (!j.normal) px_out_of_memory((size_t)m * sizeof *j.normal);
    px_parallel_for(m, normalise_row, &j);
    px_parallel_for((n + GAMMA_COLUMNS - 1) / GAMMA_COLUMNS, gamma_columns, &j);
    double norm = 0, none = 0;
    for (int64_t c = 0; c < n; c++) norm += j.bound[1][c] * j.bound[1][c];
    norm = sqrt(norm) * PX_PAIR_SAFE + PX_PAIR_TINY;
    px_pair_commit(&j.dx, &norm, &none, j.bound[1]);
    for (int64_t i = 0; i < m; i++) free(j.normal[i].h);
    free(j.normal);
    free(j.bound[0]);
    free(j.bound[1]);
}
