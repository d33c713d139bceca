/* The executor of balls: every tensor a matrix of balls. */
#include "ref/ball_exec.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/parallel.h"
#include "ref/balls.h"

/* ---- sums and products ---- */

static void add_row(const px_ball_work *w, int64_t i) {
    for (int64_t j = 0; j < w->call->out[0].cols; j++)
        px_ball_add(px_ball_out(w, 0, i, j), px_ball_in(w, 0, i, j), px_ball_in(w, 1, i, j));
}

static void mul_row(const px_ball_work *w, int64_t i) {
    for (int64_t j = 0; j < w->call->out[0].cols; j++)
        px_ball_mul(px_ball_out(w, 0, i, j), px_ball_in(w, 0, i, j), px_ball_in(w, 1, i, j));
}

static void round_row(const px_ball_work *w, int64_t i) { /* exact arithmetic does not round */
    for (int64_t j = 0; j < w->call->out[0].cols; j++) px_ball_copy(px_ball_out(w, 0, i, j), px_ball_in(w, 0, i, j));
}

static void sum_row(const px_ball_work *w, int64_t i) {
    px_ball *sum = px_ball_out(w, 0, i, 0);
    px_ball_zero(sum);
    for (int64_t t = 0; t < w->call->in[0].cols; t++) px_ball_add(sum, sum, px_ball_in(w, 0, i, t));
}

static void gemm_row(const px_ball_work *w, int64_t i) {
    const px_call *c = w->call;
    px_ball *product = px_balls_new(1, w->s->bits);
    for (int64_t j = 0; j < c->out[0].cols; j++) {
        px_ball *sum = px_ball_out(w, 0, i, j);
        px_ball_zero(sum);
        for (int64_t t = 0; t < c->in[0].cols; t++)
            px_ball_fma(sum, px_ball_in(w, 0, i, t), px_ball_in(w, 1, t, j), product);
        if (c->attr[0] < 0) px_ball_neg(sum, sum);
        if (px_ball_has(&c->in[2])) px_ball_add(sum, sum, px_ball_in(w, 2, i, j));
    }
    px_balls_free(product, 1);
}

static px_ball_op find_op(px_op op) {
    switch (op) {
    case PX_OP_ADD: return (px_ball_op){add_row, PX_BALL_ROWS};
    case PX_OP_MUL: return (px_ball_op){mul_row, PX_BALL_ROWS};
    case PX_OP_ROUND: return (px_ball_op){round_row, PX_BALL_ROWS};
    case PX_OP_SUM: return (px_ball_op){sum_row, PX_BALL_ROWS};
    case PX_OP_GEMM: return (px_ball_op){gemm_row, PX_BALL_ROWS};
    default: break;
    }
    px_ball_op found = px_ball_op_layer(op);
    if (!found.body) found = px_ball_op_train(op);
    if (!found.body) found = px_ball_op_adaptive(op);
    return found.body ? found : px_ball_op_normalise(op);
}

/* ---- the executor ---- */

static int supports(const px_prog *prog, const px_call *call, char *why, size_t n) {
    (void)prog;
    bool index = call->op == PX_OP_SUM && px_ball_has(&call->out[1]);
    if (find_op(call->op).body && !index) return 1;
    snprintf(why, n, "%s%s", px_op_name(call->op), index ? " with an index of the last change" : "");
    return 0;
}

static int64_t count(const px_slot *slot) { return slot->rows * slot->cols; }

static px_status open_program(const px_exec *self, void **state, const px_prog *prog, px_error *err) {
    (void)err;
    px_ball_state *s = malloc(sizeof *s);
    if (!s) px_out_of_memory(sizeof *s);
    *s = (px_ball_state){.prog = prog, .bits = ((const px_ref_balls *)self)->bits};
    s->slots = malloc(((size_t)prog->n_slots + 1) * sizeof(px_ball *));
    if (!s->slots) px_out_of_memory((size_t)prog->n_slots * sizeof(px_ball *));
    for (int i = 0; i < prog->n_slots; i++) s->slots[i] = px_balls_new(count(&prog->slots[i]), s->bits);
    for (int c = 0; c < prog->n_calls; c++) px_call_check(prog, &prog->calls[c]);
    *state = s;
    return PX_OK;
}

static void close_program(void *state) {
    px_ball_state *s = state;
    if (!s) return;
    for (int i = 0; i < s->prog->n_slots; i++) px_balls_free(s->slots[i], count(&s->prog->slots[i]));
    free(s->slots);
    free(s);
}

static double part(const px_mat *m, int64_t i, int64_t j) { return m->data ? px_mat_get(m, i, j) : 0; }

static px_status put(void *state, int slot, const px_wide *value, px_error *err) {
    const px_ball_state *s = state;
    (void)err;
    int64_t rows = s->prog->slots[slot].rows, cols = s->prog->slots[slot].cols;
    PX_ASSERT(value->hi.rows == rows && value->hi.cols == cols);
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < cols; j++)
            px_ball_pair(&s->slots[slot][i * cols + j], px_mat_get(&value->hi, i, j), part(&value->lo, i, j),
                         part(&value->radius, i, j));
    return PX_OK;
}

static px_status get(void *state, int slot, px_wide *value, px_error *err) {
    const px_ball_state *s = state;
    (void)err;
    int64_t rows = s->prog->slots[slot].rows, cols = s->prog->slots[slot].cols;
    mpfr_t scratch;
    mpfr_init2(scratch, s->bits);
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < cols; j++) {
            double number[3];
            px_ball_wide(&s->slots[slot][i * cols + j], scratch, &number[0], &number[1], &number[2]);
            px_mat *to[3] = {&value->hi, &value->lo, &value->radius};
            for (int p = 0; p < 3; p++)
                if (to[p]->data) px_mat_set(to[p], i, j, number[p]);
        }
    mpfr_clear(scratch);
    return PX_OK;
}

typedef struct job {
    px_ball_work work;
    px_ball_body *body;
} job;

static void run_unit(void *context, int64_t i) {
    const job *j = context;
    j->body(&j->work, i);
}

/* In nanoseconds, about: an operation on balls takes a hundred. */
static double work_of(const px_call *call) {
    double inner = call->op == PX_OP_GEMM || call->op == PX_OP_SUM ? (double)call->in[0].cols : 1;
    return 100 * (double)call->out[0].rows * (double)call->out[0].cols * inner;
}

static px_status run(void *state, int first, int n, px_error *err) {
    const px_ball_state *s = state;
    (void)err;
    PX_ASSERT(first >= 0 && n >= 0 && first <= s->prog->n_calls - n);
    for (int c = first; c < first + n; c++) {
        const px_call *call = &s->prog->calls[c];
        px_ball_op op = find_op(call->op);
        PX_ASSERT(op.body);
        job j = {.work = {.s = s, .call = call}, .body = op.body};
        int64_t units = op.units == PX_BALL_ROWS      ? call->out[0].rows
                        : op.units == PX_BALL_COLUMNS ? call->out[0].cols
                                                      : 1;
        px_parallel_for_work(work_of(call), units, run_unit, &j);
    }
    return PX_OK;
}

void px_ref_balls_move(void *state, int from, int to) {
    const px_ball_state *s = state;
    for (int64_t e = 0; e < count(&s->prog->slots[to]); e++) px_ball_copy(&s->slots[to][e], &s->slots[from][e]);
}

const px_ball *px_ref_balls_slot(const void *state, int slot) { return ((const px_ball_state *)state)->slots[slot]; }

px_ref_balls px_ref_balls_of(int bits) {
    PX_ASSERT(bits >= 106);
    return (px_ref_balls){
        .exec = {.abi = PX_EXEC_ABI,
                 .name = "balls",
                 .help = "real numbers to a chosen number of bits, each with a bound of its error (MPFR)",
                 .supports = supports,
                 .open = open_program,
                 .put = put,
                 .run = run,
                 .get = get,
                 .close = close_program},
        .bits = bits,
    };
}
