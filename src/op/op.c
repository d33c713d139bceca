#include "op/plugin.h"

#include <stdbool.h>

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

static void check_solve(const px_arg *in, px_arg out) {
    PX_ASSERT(in[1].slot >= 0);
    check_shape(in[0], out.rows, out.rows);
    check_shape(in[1], out.rows, out.cols);
    if (in[2].slot >= 0) check_shape(in[2], out.rows, 1);
}

const char *px_scalar_name(px_scalar op) {
#define PX_SCALAR_NAME(id, name, operands) name,
    static const char *const names[] = {PX_SCALAR_LIST(PX_SCALAR_NAME)};
#undef PX_SCALAR_NAME
    PX_ASSERT((int)op >= 0 && op < PX_SCALAR_COUNT);
    return names[op];
}

int px_scalar_operands(px_scalar op) {
#define PX_SCALAR_OPERANDS(id, name, operands) operands,
    static const int counts[] = {PX_SCALAR_LIST(PX_SCALAR_OPERANDS)};
#undef PX_SCALAR_OPERANDS
    PX_ASSERT((int)op >= 0 && op < PX_SCALAR_COUNT);
    return counts[op];
}

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

static bool same_shape(px_arg a, px_arg b) { return a.rows == b.rows && a.cols == b.cols; }

/* An operand that may be absent. */
static void check_optional(px_arg v, int64_t rows, int64_t cols) {
    if (v.slot >= 0) check_shape(v, rows, cols);
}

/* mean and rstd: a column beside x. */
static void check_statistics(const px_arg *v, int64_t rows) {
    check_shape(v[0], rows, 1);
    check_shape(v[1], rows, 1);
}

static void check_layernorm(const px_call *call) {
    const px_arg *in = call->in, *out = call->out;
    int64_t m = in[0].rows, n = in[0].cols;
    if (call->op == PX_OP_LAYERNORM) {
        check_optional(in[1], 1, n);
        check_optional(in[2], 1, n);
        check_statistics(&out[1], m);
    } else {
        check_shape(in[1], m, n);
        check_statistics(&in[2], m);
    }
    if (call->op == PX_OP_LAYERNORM_BACKWARD) check_optional(in[4], 1, n);
    check_shape(out[0], call->op == PX_OP_LAYERNORM_GAMMA ? 1 : m, n);
}

static void check_loss(const px_call *call) {
    const px_arg *in = call->in;
    check_shape(in[1], in[0].rows, call->op == PX_OP_MSE ? in[0].cols : 1);
    check_optional(in[2], 1, 1);
    check_shape(call->out[0], 1, 1);
    check_shape(call->out[1], in[0].rows, in[0].cols);
}

/* Operations whose tensors have all one shape. */
static void check_alike(const px_call *call) {
    for (int i = 0; i < px_op_inputs(call->op); i++)
        if (call->in[i].slot >= 0) PX_ASSERT(same_shape(call->in[i], call->out[0]));
    for (int k = 1; k < px_op_outputs(call->op); k++)
        if (call->out[k].slot >= 0) PX_ASSERT(same_shape(call->out[k], call->out[0]));
}

static void check_layer(const px_call *call) {
    const px_arg *in = call->in, *out = call->out;
    bool last_may_lack = call->op == PX_OP_LAYERNORM || call->op == PX_OP_LAYERNORM_BACKWARD || call->op == PX_OP_MSE ||
                         call->op == PX_OP_CROSS_ENTROPY || call->op == PX_OP_NONFINITE || call->op == PX_OP_SGD;
    int needed = px_op_inputs(call->op) - (last_may_lack ? call->op == PX_OP_LAYERNORM ? 2 : 1 : 0);
    for (int i = 0; i < needed; i++) PX_ASSERT(in[i].slot >= 0);
    for (int k = 0; k < px_op_outputs(call->op); k++) PX_ASSERT(out[k].slot >= 0 || call->op == PX_OP_SGD);
    switch (call->op) {
    case PX_OP_LAYERNORM:
    case PX_OP_LAYERNORM_BACKWARD:
    case PX_OP_LAYERNORM_GAMMA: check_layernorm(call); break;
    case PX_OP_NORMALISE:
        check_shape(out[0], in[0].rows, in[0].cols);
        check_statistics(&out[1], in[0].rows);
        break;
    case PX_OP_MSE:
    case PX_OP_CROSS_ENTROPY: check_loss(call); break;
    case PX_OP_GATHER:
        check_shape(in[1], out[0].rows, 1);
        PX_ASSERT(in[0].cols == out[0].cols);
        break;
    case PX_OP_SCATTER_ADD:
        check_shape(in[1], in[0].rows, 1);
        PX_ASSERT(in[0].cols == out[0].cols);
        break;
    case PX_OP_NONFINITE:
        check_optional(in[1], 1, 1);
        check_shape(out[0], 1, 1);
        break;
    case PX_OP_CLIP_FACTOR: check_shape(in[0], 1, 1); /* fall through */
    case PX_OP_POWER_SCALE:
        check_shape(out[0], 1, 1);
        check_shape(out[1], 1, 1);
        break;
    default: check_alike(call); break;
    }
}

static void check_adaptive(const px_call *call) {
    const px_arg *in = call->in, *out = call->out;
    PX_ASSERT(in[2].slot >= 0 && out[2].slot >= 0);
    for (int k = 1; k < 4; k += 2) PX_ASSERT((in[k].slot < 0) == (out[k].slot < 0));
    check_alike(call);
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
    case PX_OP_LU: PX_ASSERT(out[1].slot >= 0); check_shape(out[1], in[0].rows, 1); /* fall through */
    case PX_OP_CHOLESKY:
        check_shape(in[0], out[0].rows, out[0].rows);
        check_shape(out[0], in[0].rows, in[0].rows);
        break;
    case PX_OP_TRSM: check_solve(in, out[0]); break;
    case PX_OP_ADAPTIVE: check_adaptive(call); break;
    default: check_layer(call); break;
    }
}

uint64_t px_ops_hash(void) {
#define PX_OP_TEXT(id, name, n_in, n_out, n_attr, flops, text) name #n_in #n_out #n_attr text
    static const char ops[] = PX_OP_LIST(PX_OP_TEXT);
#undef PX_OP_TEXT
    const size_t sizes[] = {sizeof(px_slot), sizeof(px_call), sizeof(px_prog),
                            sizeof(px_exec), sizeof(px_wide), sizeof(px_census)};
    uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a */
    for (size_t i = 0; i < sizeof ops; i++) hash = (hash ^ (unsigned char)ops[i]) * 0x100000001b3u;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) hash = (hash ^ sizes[i]) * 0x100000001b3u;
    return hash;
}
