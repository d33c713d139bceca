/* Causal attention, head by head, on views of q, k and v side by side. Rows of scores: batch, head, position. */
#include "nn/build.h"

typedef struct heads {
    int64_t batch, heads, length, size, width;
} heads;

static heads heads_of(const px_builder *b) {
    const px_nn_model *m = &b->p->model;
    return (heads){m->batch, m->heads, m->length, m->width / m->heads, m->width};
}

/* Head h of sample s in a slot that has `parts` tensors of the width side by side. */
static px_arg head(const heads *n, int32_t slot, int64_t parts, int64_t part, int64_t s, int64_t h) {
    return (px_arg){.slot = slot,
                    .off = s * n->length * parts * n->width + part * n->width + h * n->size,
                    .rows = n->length,
                    .cols = n->size,
                    .rs = parts * n->width,
                    .cs = 1};
}

static px_arg square(const heads *n, int32_t slot, int64_t s, int64_t h) {
    return (px_arg){.slot = slot,
                    .off = (s * n->heads + h) * n->length * n->length,
                    .rows = n->length,
                    .cols = n->length,
                    .rs = n->length,
                    .cs = 1};
}

static px_fp out_of(const px_builder *b, px_nn_class which) { return b->p->policy.rule[which].out; }

static int32_t squares(px_builder *b, px_nn_role role, px_nn_class which, const char *layer, const char *name) {
    heads n = heads_of(b);
    return px_nn_slot(b, role, n.batch * n.heads * n.length, n.length, out_of(b, which), "%sattn.%s", layer, name);
}

/* out = 1/sqrt(head size) of a view. */
static void scale(px_builder *b, px_arg out, px_arg in) {
    px_call *c = px_nn_call(b, PX_OP_SCALE, PX_NN_CLASS_ATTENTION);
    c->in[0] = in;
    c->out[0] = out;
    c->attr[0] = 1;
    c->attr[1] = (double)heads_of(b).size;
}

static px_arg part_of_qkv(const px_builder *b, int32_t qkv, int64_t part) {
    px_arg all = px_nn_all(b, qkv);
    int64_t c = b->p->model.width;
    return (px_arg){.slot = qkv, .off = part * c, .rows = all.rows, .cols = c, .rs = all.rs, .cs = 1};
}

/* d of the softmax: 0 where q was scaled. */
static double softmax_d(const px_builder *b) { return b->p->model.scale_before ? 0 : (double)heads_of(b).size; }

/* q as the product takes it, and where its heads lie. */
static px_arg query(const px_builder *b, const heads *n, const px_nn_trace *t, int32_t qkv, int64_t s, int64_t h) {
    return b->p->model.scale_before ? head(n, t->q_scaled, 1, 0, s, h) : head(n, qkv, 3, 0, s, h);
}

void px_nn_attention(px_builder *b, const char *layer, px_nn_trace *t) {
    heads n = heads_of(b);
    const px_nn_model *m = &b->p->model;
    int64_t rows = n.batch * n.length;
    int32_t qkv = px_nn_cast(b, t->qkv, PX_NN_CLASS_ATTENTION);
    if (m->scale_before) {
        int32_t scaled =
            px_nn_slot(b, PX_NN_ROLE_ACTIVATION, rows, n.width, out_of(b, PX_NN_CLASS_ATTENTION), "%sattn.q", layer);
        scale(b, px_nn_all(b, scaled), part_of_qkv(b, qkv, 0));
        t->q_scaled = px_nn_cast(b, scaled, PX_NN_CLASS_ATTENTION);
    }
    t->scores = squares(b, PX_NN_ROLE_ACTIVATION, PX_NN_CLASS_ATTENTION, layer, "scores");
    for (int64_t i = 0; i < n.batch * n.heads; i++) {
        int64_t s = i / n.heads, h = i % n.heads;
        px_nn_gemm(b, PX_NN_CLASS_ATTENTION, square(&n, t->scores, s, h), query(b, &n, t, qkv, s, h),
                   px_nn_turned(head(&n, qkv, 3, 1, s, h)), px_arg_absent());
    }
    int32_t in = px_nn_cast(b, t->scores, PX_NN_CLASS_SOFTMAX);
    t->probs = squares(b, PX_NN_ROLE_ACTIVATION, PX_NN_CLASS_SOFTMAX, layer, "probs");
    px_call *c = px_nn_call(b, PX_OP_SOFTMAX, PX_NN_CLASS_SOFTMAX);
    c->in[0] = px_nn_all(b, in);
    c->out[0] = px_nn_all(b, t->probs);
    c->attr[0] = softmax_d(b);
    c->attr[1] = (double)n.length;
    c->attr[2] = m->mask;
    c->attr[3] = m->softmax;
    int32_t dropped = px_nn_dropout(b, PX_NN_CLASS_SOFTMAX, t->probs, t->drop_probs);
    t->probs_used = px_nn_cast(b, dropped, PX_NN_CLASS_ATTENTION);
    t->z = px_nn_slot(b, PX_NN_ROLE_ACTIVATION, rows, n.width, out_of(b, PX_NN_CLASS_ATTENTION), "%sattn.z", layer);
    for (int64_t i = 0; i < n.batch * n.heads; i++) {
        int64_t s = i / n.heads, h = i % n.heads;
        px_nn_gemm(b, PX_NN_CLASS_ATTENTION, head(&n, t->z, 1, 0, s, h), square(&n, t->probs_used, s, h),
                   head(&n, qkv, 3, 2, s, h), px_arg_absent());
    }
}

/* The gradients of probabilities and of v from that of z. */
static int32_t through_values(px_builder *b, const char *layer, const px_nn_trace *t, int32_t qkv, int32_t dz,
                              int32_t dqkv) {
    heads n = heads_of(b);
    int32_t d = px_nn_cast(b, dz, PX_NN_CLASS_ATTENTION);
    int32_t dprobs = squares(b, PX_NN_ROLE_ACTIVATION_GRADIENT, PX_NN_CLASS_ATTENTION, layer, "probs.grad");
    for (int64_t i = 0; i < n.batch * n.heads; i++) {
        int64_t s = i / n.heads, h = i % n.heads;
        px_arg up = head(&n, d, 1, 0, s, h);
        px_nn_gemm(b, PX_NN_CLASS_ATTENTION, square(&n, dprobs, s, h), up, px_nn_turned(head(&n, qkv, 3, 2, s, h)),
                   px_arg_absent());
        px_nn_gemm(b, PX_NN_CLASS_ATTENTION, head(&n, dqkv, 3, 2, s, h), px_nn_turned(square(&n, t->probs_used, s, h)),
                   up, px_arg_absent());
    }
    return px_nn_dropout(b, PX_NN_CLASS_SOFTMAX, dprobs, t->drop_probs);
}

static int32_t through_softmax(px_builder *b, const char *layer, const px_nn_trace *t, int32_t dprobs) {
    int32_t d = px_nn_cast(b, dprobs, PX_NN_CLASS_SOFTMAX);
    int32_t dscores = squares(b, PX_NN_ROLE_ACTIVATION_GRADIENT, PX_NN_CLASS_SOFTMAX, layer, "scores.grad");
    px_call *c = px_nn_call(b, PX_OP_SOFTMAX_BACKWARD, PX_NN_CLASS_SOFTMAX);
    c->in[0] = px_nn_all(b, d);
    c->in[1] = px_nn_all(b, t->probs);
    c->out[0] = px_nn_all(b, dscores);
    c->attr[0] = softmax_d(b);
    c->attr[1] = (double)b->p->model.length;
    return px_nn_cast(b, dscores, PX_NN_CLASS_ATTENTION);
}

int32_t px_nn_attention_backward(px_builder *b, const char *layer, const px_nn_trace *t, int32_t dz) {
    heads n = heads_of(b);
    bool before = b->p->model.scale_before;
    px_fp out = out_of(b, PX_NN_CLASS_ATTENTION);
    int64_t rows = n.batch * n.length;
    int32_t qkv = px_nn_cast(b, t->qkv, PX_NN_CLASS_ATTENTION);
    int32_t dqkv = px_nn_slot(b, PX_NN_ROLE_ACTIVATION_GRADIENT, rows, 3 * n.width, out, "%sattn.qkv.grad", layer);
    int32_t dq = -1;
    if (before) dq = px_nn_slot(b, PX_NN_ROLE_ACTIVATION_GRADIENT, rows, n.width, out, "%sattn.q.grad", layer);
    int32_t dprobs = through_values(b, layer, t, qkv, dz, dqkv), dscores = through_softmax(b, layer, t, dprobs);
    for (int64_t i = 0; i < n.batch * n.heads; i++) {
        int64_t s = i / n.heads, h = i % n.heads;
        px_arg up = square(&n, dscores, s, h), to = before ? head(&n, dq, 1, 0, s, h) : head(&n, dqkv, 3, 0, s, h);
        px_nn_gemm(b, PX_NN_CLASS_ATTENTION, to, up, head(&n, qkv, 3, 1, s, h), px_arg_absent());
        px_nn_gemm(b, PX_NN_CLASS_ATTENTION, head(&n, dqkv, 3, 1, s, h), px_nn_turned(up), query(b, &n, t, qkv, s, h),
                   px_arg_absent());
    }
    if (before) scale(b, part_of_qkv(b, dqkv, 0), px_nn_all(b, dq));
    return dqkv;
}
