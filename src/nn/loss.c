/* One batch: data, embedding, the layers, head and loss, and back to the gradients of all parameters. */
#include "nn/build.h"

static px_fp out_of(const px_builder *b, px_nn_class which) { return b->p->policy.rule[which].out; }
static int64_t rows_of(const px_builder *b) { return b->p->model.batch * b->p->model.length; }

static int32_t data(px_builder *b, int64_t cols, px_fp fmt, const char *name) {
    return px_nn_slot(b, PX_NN_ROLE_DATA, rows_of(b), cols, fmt, "%s", name);
}

/* A slot seen as one row a sample, so that what belongs to a position can be spread over samples. */
static px_arg by_sample(const px_builder *b, int32_t slot) {
    int64_t batch = b->p->model.batch, n = b->slots[slot].rows / batch * b->slots[slot].cols;
    return (px_arg){.slot = slot, .rows = batch, .cols = n, .rs = n, .cs = 1};
}

int32_t px_nn_embed(px_builder *b, int32_t tokens, int64_t position) {
    px_nn_program *p = b->p;
    int32_t wte = px_nn_cast(b, p->params[px_nn_outer(b, PX_NN_WTE)].value, PX_NN_CLASS_RESIDUAL);
    int32_t wpe = px_nn_cast(b, p->params[px_nn_outer(b, PX_NN_WPE)].value, PX_NN_CLASS_RESIDUAL);
    px_fp out = out_of(b, PX_NN_CLASS_RESIDUAL);
    int32_t rows = px_nn_slot(b, PX_NN_ROLE_ACTIVATION, b->slots[tokens].rows, p->model.width, out, "wte");
    px_call *c = px_nn_call(b, PX_OP_GATHER, PX_NN_CLASS_RESIDUAL);
    c->in[0] = px_nn_all(b, wte);
    c->in[1] = px_nn_all(b, tokens);
    c->out[0] = px_nn_all(b, rows);
    int32_t x = px_nn_slot(b, PX_NN_ROLE_ACTIVATION, b->slots[tokens].rows, p->model.width, out, "x");
    px_arg places = by_sample(b, x);
    places.slot = wpe, places.off = position * p->model.width, places.rs = 0;
    px_nn_add(b, PX_NN_CLASS_RESIDUAL, by_sample(b, x), by_sample(b, rows), places);
    return x;
}

/* The gradient of wte has two parts: as the embedding (`below`), and as the head, already there. */
static void embed_backward(px_builder *b, int32_t tokens, int32_t dx) {
    px_nn_program *p = b->p;
    px_fp out = out_of(b, PX_NN_CLASS_RESIDUAL);
    int32_t *part = &b->parts[px_nn_outer(b, PX_NN_WTE) * p->n_batches + b->batch], head = *part;
    int32_t below = px_nn_parameter_gradient(b, px_nn_outer(b, PX_NN_WTE), out);
    px_call *c = px_nn_call(b, PX_OP_SCATTER_ADD, PX_NN_CLASS_RESIDUAL);
    c->in[0] = px_nn_all(b, dx);
    c->in[1] = px_nn_all(b, tokens);
    c->out[0] = px_nn_all(b, below);
    int32_t sum = px_nn_parameter_gradient(b, px_nn_outer(b, PX_NN_WTE), out);
    px_nn_add(b, PX_NN_CLASS_RESIDUAL, px_nn_all(b, sum), px_nn_all(b, px_nn_cast(b, head, PX_NN_CLASS_RESIDUAL)),
              px_nn_all(b, below));
    int32_t dwpe = px_nn_parameter_gradient(b, px_nn_outer(b, PX_NN_WPE), out);
    c = px_nn_call(b, PX_OP_SUM, PX_NN_CLASS_RESIDUAL);
    c->in[0] = px_nn_turned(by_sample(b, dx));
    c->out[0] = px_nn_as_column(b, dwpe);
}

static int32_t new_loss(px_builder *b) {
    return b->p->losses[b->batch] = px_nn_slot(b, PX_NN_ROLE_SCALAR, 1, 1, out_of(b, PX_NN_CLASS_LOSS), "loss");
}

/* A loss that compares y with the batch's target; returns its gradient. */
static int32_t compare(px_builder *b, px_op op, int32_t y) {
    int32_t in = px_nn_cast(b, y, PX_NN_CLASS_LOSS), loss = new_loss(b);
    int32_t dy = px_nn_slot(b, PX_NN_ROLE_ACTIVATION_GRADIENT, b->slots[y].rows, b->slots[y].cols,
                            b->p->policy.rule[PX_NN_CLASS_LOSS].acc, "%s.grad", "loss");
    px_call *c = px_nn_call(b, op, PX_NN_CLASS_LOSS);
    c->in[0] = px_nn_all(b, in);
    c->in[1] = px_nn_all(b, b->p->target[b->batch]);
    c->in[2] = px_nn_all(b, b->p->seed);
    c->out[0] = px_nn_all(b, loss);
    c->out[1] = px_nn_all(b, dy);
    return dy;
}

/* <dy, y>; its gradient is dy times the seed. */
static void inner_product(px_builder *b, int32_t y) {
    int32_t dy = px_nn_cast(b, b->p->dy[b->batch], PX_NN_CLASS_LOSS), in = px_nn_cast(b, y, PX_NN_CLASS_LOSS);
    px_call *c = px_nn_call(b, PX_OP_GEMM, PX_NN_CLASS_LOSS);
    c->attr[0] = 1;
    c->in[0] = px_nn_as_row(b, dy);
    c->in[1] = px_nn_as_column(b, in);
    c->out[0] = px_nn_all(b, new_loss(b));
}

static int32_t seeded(px_builder *b) {
    const px_slot *dy = &b->slots[b->p->dy[b->batch]];
    int64_t rows = dy->rows, cols = dy->cols;
    int32_t scaled =
        px_nn_slot(b, PX_NN_ROLE_ACTIVATION_GRADIENT, rows, cols, out_of(b, PX_NN_CLASS_RESIDUAL), "dy.scaled");
    px_call *c = px_nn_call(b, PX_OP_MUL, PX_NN_CLASS_RESIDUAL);
    c->in[0] = px_nn_all(b, b->p->dy[b->batch]);
    c->in[1] = px_nn_spread(b, b->p->seed, rows, cols);
    c->out[0] = px_nn_all(b, scaled);
    return scaled;
}

static void make_data(px_builder *b) {
    px_nn_program *p = b->p;
    int64_t c = p->model.width;
    if (p->model.loss == PX_NN_LOSS_CROSS_ENTROPY) {
        p->tokens[b->batch] = data(b, 1, px_fp_exact(), "tokens");
        p->target[b->batch] = data(b, 1, px_fp_exact(), "target");
        return;
    }
    p->x[b->batch] = data(b, c, out_of(b, PX_NN_CLASS_RESIDUAL), "x");
    if (p->model.loss == PX_NN_LOSS_DOT)
        p->dy[b->batch] = data(b, c, out_of(b, PX_NN_CLASS_RESIDUAL), "dy");
    else
        p->target[b->batch] = data(b, c, p->policy.rule[PX_NN_CLASS_LOSS].in, "target");
}

/* Final norm, tied head, loss, and back to the gradient of the last layer's result. */
static int32_t head(px_builder *b, int32_t y) {
    px_nn_statistics s;
    int32_t wte = px_nn_outer(b, PX_NN_WTE), ln = px_nn_norm(b, y, px_nn_outer(b, PX_NN_LN_F), "ln_f", &s);
    int32_t logits = px_nn_linear(b, ln, wte, -1, "logits");
    int32_t dlogits = compare(b, PX_OP_CROSS_ENTROPY, logits);
    px_nn_begin(b, PX_NN_STAGE_BACKWARD);
    int32_t dln = px_nn_linear_backward(b, dlogits, ln, wte, -1);
    return px_nn_norm_backward(b, dln, y, px_nn_outer(b, PX_NN_LN_F), &s);
}

void px_nn_batch(px_builder *b) {
    px_nn_program *p = b->p;
    int32_t layers = (int32_t)p->model.layers, k = b->batch;
    bool characters = p->model.loss == PX_NN_LOSS_CROSS_ENTROPY;
    px_nn_trace *traces = PX_NEW_ARRAY(b->arena, px_nn_trace, layers);
    make_data(b);
    px_nn_begin(b, PX_NN_STAGE_FORWARD);
    if (characters) p->x[k] = px_nn_embed(b, p->tokens[k], 0);
    int32_t y = p->x[k], dy;
    for (int32_t l = 0; l < layers; l++) y = px_nn_block(b, l, y, &traces[l]);
    p->y[k] = y;
    if (characters) {
        dy = head(b, y);
    } else if (p->model.loss == PX_NN_LOSS_MSE) {
        dy = compare(b, PX_OP_MSE, y);
        px_nn_begin(b, PX_NN_STAGE_BACKWARD);
    } else {
        inner_product(b, y);
        px_nn_begin(b, PX_NN_STAGE_BACKWARD);
        dy = seeded(b);
    }
    for (int32_t l = layers; l-- > 0;) dy = px_nn_block_backward(b, l, &traces[l], dy);
    p->dx[k] = dy;
    if (characters) embed_backward(b, p->tokens[k], dy);
}
