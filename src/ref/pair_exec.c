/* The executor of pairs behind the common interface. */
#include "ref/pair_exec.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "ref/ball.h"
#include "ref/pairs.h"

void px_pair_constant(double factor, double d, double pair[2]) {
    px_ball *b = px_balls_new(2, 160);
    double radius;
    px_ball_decimal(&b[0], factor);
    px_ball_decimal(&b[1], d == 0 ? 1 : d);
    px_ball_rsqrt(&b[1], &b[1]);
    px_ball_mul(&b[0], &b[0], &b[1]);
    px_ball_wide(&b[0], b[1].x, &pair[0], &pair[1], &radius);
    px_balls_free(b, 2);
}

typedef void operation(const px_pair_state *s, const px_call *call);

static operation *find(const px_call *c) {
    switch (c->op) {
    case PX_OP_ADD:
    case PX_OP_MUL:
    case PX_OP_SCALE:
    case PX_OP_DROPOUT:
    case PX_OP_ROUND:
    case PX_OP_GATHER: return px_pair_elementwise;
    case PX_OP_SUM: return c->out[1].slot < 0 ? px_pair_sum : NULL;
    case PX_OP_GEMM: return px_pair_is_inner(c) ? px_pair_inner : px_pair_gemm;
    case PX_OP_GELU:
    case PX_OP_GELU_BACKWARD: return (int)c->attr[0] == PX_GELU_TANH ? px_pair_gelu : NULL;
    case PX_OP_SOFTMAX: return px_pair_softmax;
    case PX_OP_SOFTMAX_BACKWARD: return px_pair_softmax_backward;
    case PX_OP_LAYERNORM: return px_pair_layernorm;
    case PX_OP_LAYERNORM_BACKWARD: return px_pair_layernorm_backward;
    case PX_OP_LAYERNORM_GAMMA: return px_pair_layernorm_gamma;
    default: return NULL;
    }
}

static int supports(const px_prog *prog, const px_call *call, char *why, size_t n) {
    (void)prog;
    if (find(call)) return 1;
    snprintf(why, n, "%s", px_op_name(call->op));
    return 0;
}

static px_status open_program(const px_exec *self, void **state, const px_prog *prog, px_error *err) {
    (void)self;
    (void)err;
    for (int c = 0; c < prog->n_calls; c++) px_call_check(prog, &prog->calls[c]);
    px_status status = px_pair_state_new((px_pair_state **)state, prog);
    if (status == PX_OK) px_pair_find_groups(*state);
    return status;
}

static void close_program(void *state) { px_pair_state_free(state); }

/* The bounds of an input: of its entries' radii. */
static void put_radius(px_pair_tensor *t, const px_mat *radius) {
    t->has_error = false;
    for (int64_t i = 0; i < t->rows; i++) {
        double sum = 0, top = 0;
        for (int64_t j = 0; radius->data && j < t->cols; j++) {
            double r = px_mat_get(radius, i, j);
            sum += r * r;
            top = fmax(top, r);
        }
        t->row[i] = top > 0 ? sqrt(sum) * PX_PAIR_SAFE + PX_PAIR_TINY : 0;
        t->row_entry[i] = top;
        t->has_error |= top > 0;
    }
}

static px_status put(void *state, int slot, const px_wide *value, px_error *err) {
    px_pair_tensor *t = &((px_pair_state *)state)->slots[slot];
    (void)err;
    PX_ASSERT(value->hi.rows == t->rows && value->hi.cols == t->cols && t->same_as < 0);
    t->has_lo = false;
    px_pair_forget_norms(t);
    for (int64_t i = 0; i < t->rows; i++) {
        double *h = t->hi + i * t->cols, *l = t->lo + i * t->cols;
        px_mat_get_row(&value->hi, i, 0, t->cols, h);
        for (int64_t j = 0; j < t->cols; j++) l[j] = 0;
        if (value->lo.data) px_mat_get_row(&value->lo, i, 0, t->cols, l);
        for (int64_t j = 0; j < t->cols; j++) t->has_lo |= l[j] != 0;
    }
    put_radius(t, &value->radius);
    return PX_OK;
}

static px_status get(void *state, int slot, px_wide *value, px_error *err) {
    const px_pair_state *s = state;
    (void)err;
    px_pair_view v = px_pair_view_of(s, &(px_arg){.slot = slot,
                                                  .rows = s->slots[slot].rows,
                                                  .cols = s->slots[slot].cols,
                                                  .rs = s->slots[slot].cols,
                                                  .cs = 1});
    for (int64_t i = 0; i < v.rows; i++) {
        px_mat_set_row(&value->hi, i, 0, v.cols, v.t->hi + i * v.cols);
        if (value->lo.data) px_mat_set_row(&value->lo, i, 0, v.cols, v.t->lo + i * v.cols);
        for (int64_t j = 0; value->radius.data && j < v.cols; j++)
            px_mat_set(&value->radius, i, j, px_pair_entry_error(&v, i, j));
    }
    return PX_OK;
}

static px_status run(void *state, int first, int count, px_error *err) {
    const px_pair_state *s = state;
    PX_ASSERT(first >= 0 && count >= 0 && first <= s->prog->n_calls - count);
    for (int c = first, end; c < first + count; c = end) {
        const px_call *call = &s->prog->calls[c];
        operation *op = find(call);
        if (!op) return px_fail(err, PX_INCOMPLETE, "pairs has no %s", px_op_name(call->op));
        end = s->group_end[c] < first + count ? s->group_end[c] : first + count;
        for (int k = c; k < end; k++) px_pair_reset(s, k);
        if (end - c > 1)
            px_pair_run_group(s, c, end);
        else
            op(s, call);
    }
    return PX_OK;
}

const px_exec *px_ref_pairs(void) {
    static const px_exec exec = {
        .abi = PX_EXEC_ABI,
        .name = "pairs",
        .help = "double-double numbers, each with a bound of its error",
        .supports = supports,
        .open = open_program,
        .put = put,
        .run = run,
        .get = get,
        .close = close_program,
    };
    return &exec;
}
