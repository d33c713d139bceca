/* What a step costs, counted from its calls. */
#include "kind/transformer.h"
#include "op/count.h"

static double slot_bytes(const px_nn_program *p, int32_t slot) {
    return slot < 0 ? 0 : px_arg_bytes(&p->prog, px_arg_whole(&p->prog, slot));
}

static double memory(const px_nn_program *p) {
    double bytes = 0, parameters = 0;
    for (int32_t i = 0; i < p->n_params; i++) {
        const px_nn_param *q = &p->params[i];
        bytes += slot_bytes(p, q->value) + slot_bytes(p, q->grad);
        if (q->unscaled != q->grad) bytes += slot_bytes(p, q->unscaled);
        for (int k = 0; k < PX_NN_STATES; k++) bytes += slot_bytes(p, q->state[k]);
        const px_slot *s = &p->prog.slots[q->value];
        parameters += (double)s->rows * (double)s->cols;
    }
    for (int32_t s = 0; s < p->prog.n_slots; s++)
        if (p->role[s] == PX_NN_ROLE_CAST && p->role[p->origin[s]] == PX_NN_ROLE_PARAMETER) bytes += slot_bytes(p, s);
    return bytes / parameters;
}

px_transformer_counts px_transformer_count(const px_transformer *t) {
    const px_nn_program *p = &t->program;
    const px_nn_model *m = &t->model;
    px_transformer_counts n = {.per_parameter = memory(p)};
    for (int32_t i = 0; i < p->prog.n_calls; i++) {
        const px_call *c = &p->prog.calls[i];
        bool scalar = p->role[c->out[0].slot] == PX_NN_ROLE_SCALAR; /* norms and <dy, y> are sums, not products */
        px_count of_call = px_call_count(&p->prog, c);
        *(c->op == PX_OP_GEMM && !scalar ? &n.products : &n.other) += of_call.flops;
        n.bytes += of_call.read + of_call.written;
    }
    double tokens = (double)(m->batch * m->length * p->n_batches), width = (double)m->width;
    n.formula = 3 * (double)m->layers * tokens * (24 * width * width + 4 * (double)m->length * width);
    return n;
}
