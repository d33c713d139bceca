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
