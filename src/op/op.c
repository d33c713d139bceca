#include "op/op.h"

const char *px_op_name(px_op op) {
#define PX_OP_NAME(id, name, n_in, n_out, n_attr, flops, text) name,
    static const char *const names[] = {PX_OP_LIST(PX_OP_NAME)};
#undef PX_OP_NAME
    PX_ASSERT((int)op >= 0 && op < PX_OP_COUNT);
    return names[op];
}

px_arg px_arg_whole(const px_prog *prog, int slot) {
    PX_ASSERT(slot >= 0 && slot < prog->n_slots);
    const px_slot *s = &prog->slots[slot];
    return (px_arg){.slot = slot, .off = 0, .rows = s->rows, .cols = s->cols, .rs = s->cols, .cs = 1};
}

px_arg px_arg_transposed(const px_prog *prog, int slot) {
    px_arg a = px_arg_whole(prog, slot);
    return (px_arg){.slot = slot, .off = 0, .rows = a.cols, .cols = a.rows, .rs = a.cs, .cs = a.rs};
}

/* Every element of the view lies in its slot. */
static void check_view(const px_prog *prog, px_arg v) {
    PX_ASSERT(v.slot >= 0 && v.slot < prog->n_slots && v.rows >= 0 && v.cols >= 0);
    if (v.rows == 0 || v.cols == 0) return;
    int64_t count = prog->slots[v.slot].rows * prog->slots[v.slot].cols, down, across;
    PX_ASSERT(!__builtin_mul_overflow(v.rows - 1, v.rs, &down) && !__builtin_mul_overflow(v.cols - 1, v.cs, &across));
    PX_ASSERT(v.rs >= 0 && v.cs >= 0 && v.off >= 0 && v.off <= count - 1 - down - across);
}

static void check_shape(px_arg v, int64_t rows, int64_t cols) { PX_ASSERT(v.rows == rows && v.cols == cols); }

int px_op_inputs(px_op op) {
#define PX_OP_INPUTS(id, name, n_in, n_out, n_attr, flops, text) n_in,
    static const int counts[] = {PX_OP_LIST(PX_OP_INPUTS)};
#undef PX_OP_INPUTS
    PX_ASSERT((int)op >= 0 && op < PX_OP_COUNT);
    return counts[op];
}

int px_op_outputs(px_op op) {
#define PX_OP_OUTPUTS(id, name, n_in, n_out, n_attr, flops, text) n_out,
    static const int counts[] = {PX_OP_LIST(PX_OP_OUTPUTS)};
#undef PX_OP_OUTPUTS
    PX_ASSERT((int)op >= 0 && op < PX_OP_COUNT);
    return counts[op];
}

void px_call_check(const px_prog *prog, const px_call *call) {
    int n_in = px_op_inputs(call->op), n_out = px_op_outputs(call->op);
    for (int i = 0; i < n_in; i++) {
        if (call->in[i].slot < 0) continue;
        check_view(prog, call->in[i]);
        for (int k = 0; k < n_out; k++) PX_ASSERT(call->in[i].slot != call->out[k].slot);
    }
    for (int k = 0; k < n_out; k++)
        if (call->out[k].slot >= 0) check_view(prog, call->out[k]);
    PX_ASSERT(call->in[0].slot >= 0 && call->out[0].slot >= 0);
    const px_arg *in = call->in, *out = call->out;
    switch (call->op) {
    case PX_OP_ADD:
    case PX_OP_MUL: PX_ASSERT(in[1].slot >= 0); check_shape(in[1], out[0].rows, out[0].cols); /* fall through */
    case PX_OP_ROUND: check_shape(in[0], out[0].rows, out[0].cols); break;
    case PX_OP_SUM:
        check_shape(out[0], in[0].rows, 1);
        if (out[1].slot >= 0) check_shape(out[1], in[0].rows, 1);
        break;
    case PX_OP_GEMM:
        PX_ASSERT(in[1].slot >= 0 && (call->attr[0] == 1.0 || call->attr[0] == -1.0));
        check_shape(in[0], out[0].rows, in[1].rows);
        check_shape(in[1], in[0].cols, out[0].cols);
        if (in[2].slot >= 0) check_shape(in[2], out[0].rows, out[0].cols);
        break;
    case PX_OP_COUNT: break;
    }
}
