/* What a step costs, counted from its calls. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kind/transformer.h"

static double numbers(const px_arg *a) { return a->slot < 0 ? 0 : (double)a->rows * (double)a->cols; }

static double bytes_of(const px_prog *prog, const px_arg *a) {
    if (a->slot < 0) return 0;
    px_fp f = prog->slots[a->slot].fmt;
    return numbers(a) * (px_fp_is_exact(f) ? sizeof(double) : f.width / 8.0);
}

/* The list's operations an element of out[0]: a number, times k where there is one; summed over out[0], the inner
 * lengths make up in[0]. */
static double other_flops(const px_call *c) {
#define FLOPS(id, name, n_in, n_out, n_attr, flops, text) flops,
    static const char *const texts[] = {PX_OP_LIST(FLOPS)};
#undef FLOPS
    double each = strtod(texts[c->op], NULL);
    bool inner = strchr(texts[c->op], 'k');
    if (inner && texts[c->op][0] == 'k') each = 1;
    return each * numbers(inner ? &c->in[0] : &c->out[0]);
}

static double slot_bytes(const px_nn_program *p, int32_t slot) {
    if (slot < 0) return 0;
    const px_slot *s = &p->prog.slots[slot];
    return (double)s->rows * (double)s->cols * s->fmt.width / 8;
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
        bool scalar = c->op == PX_OP_GEMM && numbers(&c->out[0]) == 1; /* norms and <dy, y> are sums, not products */
        if (c->op == PX_OP_GEMM && !scalar)
            n.products += 2 * numbers(&c->out[0]) * (double)c->in[0].cols;
        else
            n.other += scalar ? 2 * numbers(&c->in[0]) : other_flops(c);
        for (int k = 0; k < px_op_inputs(c->op); k++) n.bytes += bytes_of(&p->prog, &c->in[k]);
        for (int k = 0; k < px_op_outputs(c->op); k++) n.bytes += bytes_of(&p->prog, &c->out[k]);
    }
    double tokens = (double)(m->batch * m->length * p->n_batches), width = (double)m->width;
    n.formula = 3 * (double)m->layers * tokens * (24 * width * width + 4 * (double)m->length * width);
    return n;
}
