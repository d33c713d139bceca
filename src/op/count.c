#include "op/count.h"

static double flops_of(const px_call *call) {
    const double *a = call->attr;
    double m = (double)call->out[0].rows, n = (double)call->out[0].cols, k = (double)call->in[0].cols;
    double o = m * n, e = (double)call->in[0].rows * k;
    switch (call->op) {
#define PX_OP_FLOPS(id, name, n_in, n_out, n_attr, flops, text)                                                        \
    case id: return flops;
        PX_OP_LIST(PX_OP_FLOPS)
#undef PX_OP_FLOPS
    case PX_OP_COUNT: break;
    }
    PX_ASSERT(!"an operation of the list");
    return 0;
}

double px_arg_bytes(const px_prog *prog, px_arg view) {
    if (view.slot < 0) return 0;
    px_fp f = prog->slots[view.slot].fmt;
    double rows = view.rs ? (double)view.rows : 1, cols = view.cs ? (double)view.cols : 1;
    return rows * cols * (px_fp_is_exact(f) ? (double)sizeof(double) : f.width / 8.0);
}

px_count px_call_count(const px_prog *prog, const px_call *call) {
    px_count c = {.flops = flops_of(call)};
    for (int i = 0; i < px_op_inputs(call->op); i++) {
        px_arg view = call->in[i];
        if (call->op == PX_OP_GATHER && i == 0) view.rows = call->out[0].rows; /* of the table, those asked for */
        c.read += px_arg_bytes(prog, view);
    }
    for (int i = 0; i < px_op_outputs(call->op); i++) c.written += px_arg_bytes(prog, call->out[i]);
    return c;
}
