/* Elementwise and row operations on pairs: the kernels bound the roundings, this file adds what the operands' errors
 * become. r_x: the 2-norm of the error of row i of operand x. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/parallel.h"
#include "base/philox.h"
#include "ref/ball.h"
#include "ref/pair_exec.h"

enum { ROW_OPERANDS = 5, ROW_RESULTS = 3 };

/* One call by rows: operands, results, and the bounds of each result's rows. */
typedef struct row_job {
    const px_pair_kernels *k;
    const px_call *call;
    px_pair_view in[ROW_OPERANDS], out[ROW_RESULTS];
    double *bound[ROW_RESULTS];
    double factor[2]; /* scale, softmax, dropout; layernorm: eps */
} row_job;

static row_job job_of(const px_pair_state *s, const px_call *call) {
    row_job j = {.k = px_pair_kernels_chosen(), .call = call};
    for (int i = 0; i < px_op_inputs(call->op) && i < ROW_OPERANDS; i++) j.in[i] = px_pair_view_of(s, &call->in[i]);
    for (int i = 0; i < px_op_outputs(call->op) && i < ROW_RESULTS; i++) {
        j.out[i] = px_pair_view_of(s, &call->out[i]);
        if (j.out[i].t) j.bound[i] = calloc((size_t)j.out[i].rows + 1, sizeof(double));
        if (j.out[i].t && !j.bound[i]) px_out_of_memory((size_t)j.out[i].rows * sizeof(double));
    }
    return j;
}

static void finish(row_job *j) {
    for (int i = 0; i < ROW_RESULTS; i++) {
        if (!j->out[i].t) continue;
        px_pair_commit(&j->out[i], j->bound[i], NULL, NULL);
        free(j->bound[i]);
    }
}

static double safe(double bound) { return bound * PX_PAIR_SAFE + PX_PAIR_TINY; }

/* ---- elementwise ---- */

/* |d(a b)| <= r_b max |a| + r_a (max |b| + r_b). */
static double product_error(const px_row_report *r, double ra, double rb) {
    return rb * r->largest[0] + ra * (r->largest[1] + rb);
}

static void elementwise_row(void *context, int64_t i) {
    row_job *j = context;
    const px_pair_view *v = j->in;
    bool two = j->call->op == PX_OP_ADD || j->call->op == PX_OP_MUL;
    int64_t n = v[0].cols;
    px_pair_row a = px_pair_operand(&v[0], i), b = two ? px_pair_operand(&v[1], i) : px_pair_row_new(n);
    px_pair_row y = px_pair_result(&j->out[0], i);
    double ra = px_pair_row_error(&v[0], i), rb = two ? px_pair_row_error(&v[1], i) : 0;
    for (int64_t c = 0; !two && c < n; c++) b.h[c] = j->factor[0], b.l[c] = j->factor[1];
    if (j->call->op == PX_OP_DROPOUT)
        for (int64_t c = 0; c < n; c++) {
            uint64_t bits = px_philox(j->call->stream, (uint64_t)(i * n + c), 0).lo;
            if ((double)(bits >> 11) * 0x1p-53 < j->call->attr[0]) b.h[c] = b.l[c] = 0;
        }
    px_row_report r =
        j->call->op == PX_OP_ADD ? j->k->add(px_pair_padded(n), y, a, b) : j->k->mul(px_pair_padded(n), y, a, b);
    double spread = j->call->op == PX_OP_ADD ? ra + rb : product_error(&r, ra, rb);
    if (!two) r.rounding[0] *= 1.5; /* the factor is off by 1.01 U2 itself */
    j->bound[0][i] = safe(r.rounding[0] + spread);
    px_pair_result_done(&j->out[0], i, y);
    px_pair_operand_done(&v[0], a);
    if (two)
        px_pair_operand_done(&v[1], b);
    else
        free(b.h);
}

/* Rows of a table, or of the operand as they are. */
static void copy_row(void *context, int64_t i) {
    row_job *j = context;
    int64_t from = i;
    if (j->call->op == PX_OP_GATHER) from = (int64_t)j->in[1].t->hi[j->in[1].off + i * j->in[1].rs];
    PX_ASSERT(from >= 0 && from < j->in[0].rows);
    px_pair_row a = px_pair_operand(&j->in[0], from);
    px_pair_store(&j->out[0], i, a.h, a.l, j->in[0].cols);
    j->bound[0][i] = px_pair_row_error(&j->in[0], from);
    px_pair_operand_done(&j->in[0], a);
}

void px_pair_elementwise(const px_pair_state *s, const px_call *call) {
    row_job j = job_of(s, call);
    bool copy = call->op == PX_OP_ROUND || call->op == PX_OP_GATHER;
    if (call->op == PX_OP_ROUND && s->slots[call->out[0].slot].same_as >= 0) {
        free(j.bound[0]);
        return;
    }
    if (call->op == PX_OP_SCALE) px_pair_constant(call->attr[0], call->attr[1], j.factor);
    if (call->op == PX_OP_DROPOUT) {
        px_ball *b = px_balls_new(2, 160); /* 1/(1 - p), p the decimal */
        px_ball_decimal(&b[0], call->attr[0]);
        px_ball_double(&b[1], 1);
        px_ball_sub(&b[0], &b[1], &b[0]);
        px_ball_div(&b[0], &b[1], &b[0]);
        double radius;
        px_ball_wide(&b[0], b[1].x, &j.factor[0], &j.factor[1], &radius);
        px_balls_free(b, 2);
    }
    px_parallel_for(call->out[0].rows, copy ? copy_row : elementwise_row, &j);
    finish(&j);
}

/* ---- sums ---- */

enum { SUMS = 8 }; /* at a time: of columns, a vector each term */

/* |d sum| <= sqrt(n) r for a row; for a column of rows, the sum of theirs. */
static void sum_errors(const px_pair_view *v, int64_t first, int64_t rows, double error[SUMS]) {
    double root = sqrt((double)v->cols);
    for (int64_t i = 0; i < rows && v->layout != PX_PAIR_COLUMNS; i++)
        error[i] = root * (v->layout == PX_PAIR_ROWS ? px_pair_row_error(v, first + i) : px_pair_all_error(v));
    if (v->layout == PX_PAIR_COLUMNS) px_pair_sum_entry_errors(v, first, rows, error);
}

static void sum_row(const row_job *j, int64_t i, double *h, double *l, double *rounding) {
    double s[2];
    px_pair_row row = px_pair_operand(&j->in[0], i);
    *rounding = j->k->sum(px_pair_padded(j->in[0].cols), s, row).rounding[0];
    *h = s[0], *l = s[1];
    px_pair_operand_done(&j->in[0], row);
}

static void sum_rows(void *context, int64_t share) {
    row_job *j = context;
    const px_pair_view *v = &j->in[0];
    int64_t first = share * SUMS, rows = v->rows - first < SUMS ? v->rows - first : SUMS;
    double error[SUMS], h[SUMS], l[SUMS], rounding[SUMS];
    sum_errors(v, first, rows, error);
    if (v->rs == 1 && rows == SUMS) {
        int64_t at = v->off + first;
        j->k->sums(v->cols, v->cs, h, l, rounding, (px_pair_row){v->t->hi + at, v->t->lo + at});
    } else {
        for (int64_t i = 0; i < rows; i++) sum_row(j, first + i, &h[i], &l[i], &rounding[i]);
    }
    for (int64_t i = 0; i < rows; i++) {
        px_pair_store(&j->out[0], first + i, &h[i], &l[i], 1);
        j->bound[0][first + i] = safe(rounding[i] + error[i]);
    }
}

void px_pair_sum(const px_pair_state *s, const px_call *call) {
    row_job j = job_of(s, call);
    px_parallel_for((call->out[0].rows + SUMS - 1) / SUMS, sum_rows, &j);
    finish(&j);
}

/* ---- GELU: |gelu''| <= 2 (tests/test_ref_pairs.c proves less than 1.2) ---- */

static void gelu_row(void *context, int64_t i) {
    row_job *j = context;
    bool backward = j->call->op == PX_OP_GELU_BACKWARD;
    int64_t n = j->out[0].cols, padded = px_pair_padded(n);
    const px_pair_view *vx = &j->in[backward ? 1 : 0];
    px_pair_row x = px_pair_operand(vx, i), y = px_pair_result(&j->out[0], i), g = px_pair_row_new(n);
    double rx = px_pair_row_error(vx, i);
    px_row_report r = j->k->gelu(px_pair_numbers(), padded, y, g, x);
    double rg = r.rounding[1] + 2 * rx, bound = r.rounding[0] + (r.largest[0] + 2 * rx) * rx;
    if (backward) {
        px_pair_row dy = px_pair_operand(&j->in[0], i);
        px_row_report m = j->k->mul(padded, y, dy, g);
        bound = m.rounding[0] + product_error(&m, px_pair_row_error(&j->in[0], i), rg);
        px_pair_operand_done(&j->in[0], dy);
    }
    j->bound[0][i] = safe(bound);
    px_pair_result_done(&j->out[0], i, y);
    px_pair_operand_done(vx, x);
    free(g.h);
}

void px_pair_gelu(const px_pair_state *s, const px_call *call) {
    row_job j = job_of(s, call);
    px_parallel_for(call->out[0].rows, gelu_row, &j);
    finish(&j);
}

/* ---- softmax ---- */

static int64_t visible(const px_call *c, int64_t i) {
    int64_t period = (int64_t)c->attr[1], n = c->in[0].cols;
    return period > 0 && i % period + 1 < n ? i % period + 1 : n;
}

/* The Jacobian diag(p) - p p' has norm at most 1/2. */
static void softmax_row(void *context, int64_t i) {
    row_job *j = context;
    int64_t n = j->in[0].cols;
    px_pair_row x = px_pair_operand(&j->in[0], i), p = px_pair_result(&j->out[0], i);
    px_row_report r = j->k->softmax(px_pair_numbers(), px_pair_padded(n), visible(j->call, i), j->factor, p, x);
    double spread = 0.505 * j->factor[0] * px_pair_row_error(&j->in[0], i);
    j->bound[0][i] = r.undecided ? (double)INFINITY : safe(r.rounding[0] + spread);
    px_pair_result_done(&j->out[0], i, p);
    px_pair_operand_done(&j->in[0], x);
}

void px_pair_softmax(const px_pair_state *s, const px_call *call) {
    row_job j = job_of(s, call);
    px_pair_constant(1, call->attr[0], j.factor);
    px_parallel_for(call->out[0].rows, softmax_row, &j);
    finish(&j);
}

/* f = p o dp - p <p, dp>. With a, b the errors of p and dp, ||p|| <= 1, w = <p, dp>, it moves by
 *     (diag(p) - p p') b + a o (dp - w) - p <a, dp> + a o b - a <a, dp> - a <p, b> - p <a, b> - a <a, b>. */
static void softmax_backward_row(void *context, int64_t i) {
    row_job *j = context;
    int64_t n = j->in[0].cols;
    px_pair_row dp = px_pair_operand(&j->in[0], i), p = px_pair_operand(&j->in[1], i);
    px_pair_row ds = px_pair_result(&j->out[0], i);
    double rdp = px_pair_row_error(&j->in[0], i), rp = px_pair_row_error(&j->in[1], i);
    px_row_report r = j->k->softmax_backward(px_pair_padded(n), visible(j->call, i), j->factor, ds, dp, p);
    double first = r.largest[1] * rdp + rp * (r.largest[0] + r.size[0]);
    double second = rp * rdp * (3 + rp) + rp * rp * r.size[0];
    bool probabilities = r.largest[1] < 0.6 || rp == 0; /* ||p|| <= 1, but for its error: 1.01 */
    double bound = safe(r.rounding[0] + 1.01 * fabs(j->factor[0]) * (first + second));
    j->bound[0][i] = probabilities && rp < 0.005 ? bound : (double)INFINITY;
    px_pair_result_done(&j->out[0], i, ds);
    px_pair_operand_done(&j->in[0], dp);
    px_pair_operand_done(&j->in[1], p);
}

void px_pair_softmax_backward(const px_pair_state *s, const px_call *call) {
    row_job j = job_of(s, call);
    px_pair_constant(1, call->attr[0], j.factor);
    px_parallel_for(call->out[0].rows, softmax_backward_row, &j);
    finish(&j);
}
