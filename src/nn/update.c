/* From the gradients of the batches to new parameters: reduce, unscale, check, clip, update. Every operation of the
 * last four stages is one of the class `update`. */
#include <math.h>
#include <stdio.h>

#include "nn/build.h"

/* torch.nn.utils.clip_grad_norm_: max / (norm + 1e-6). */
static const double CLIP_EPS = 1e-6;

static px_fp update_out(const px_builder *b) { return b->p->policy.rule[PX_NN_CLASS_UPDATE].out; }

/* A slot shaped like the parameter, named after it. */
static int32_t like(px_builder *b, const px_nn_param *q, px_nn_role role, px_fp fmt, const char *suffix) {
    const px_slot *w = &b->slots[q->value];
    char name[sizeof w->name];
    snprintf(name, sizeof name, "%s", w->name);
    int32_t s = px_nn_slot(b, role, w->rows, w->cols, fmt, "%s.%s", name, suffix);
    b->p->origin[s] = q->value;
    return s;
}

/* g + x in a format of its own; both rounded to it first. */
static int32_t sum_in(px_builder *b, const px_nn_param *q, int32_t g, int32_t x, px_fp f, const char *name) {
    int32_t a = px_nn_round(b, g, f), d = px_nn_round(b, x, f);
    int32_t sum = like(b, q, PX_NN_ROLE_PARAMETER_GRADIENT, f, name);
    px_nn_add(b, PX_NN_CLASS_UPDATE, px_nn_all(b, sum), px_nn_all(b, a), px_nn_all(b, d));
    px_call *c = &b->p->calls[b->p->prog.n_calls - 1];
    c->recipe = px_recipe_uniform(f);
    return sum;
}

/* The micro-batches of a rank, one after another, in the format in which the parameter is kept. */
static int32_t accumulated(px_builder *b, const px_nn_param *q, const int32_t *parts, int64_t rank) {
    const px_nn_model *m = &b->p->model;
    int32_t g = parts[rank * m->micro];
    for (int64_t k = 1; k < m->micro; k++) {
        char name[32];
        snprintf(name, sizeof name, "sum.r%d.m%d", (int)rank, (int)k);
        g = sum_in(b, q, g, parts[rank * m->micro + k], b->p->policy.master, name);
    }
    return g;
}

/* Over ranks: one after another, as a ring does, or pairwise, as a tree does. */
static int32_t reduced(px_builder *b, const px_nn_param *q, const int32_t *parts) {
    const px_nn_model *m = &b->p->model;
    int32_t *g = PX_NEW_ARRAY(b->arena, int32_t, m->ranks);
    for (int64_t r = 0; r < m->ranks; r++) g[r] = accumulated(b, q, parts, r);
    for (int64_t apart = 1; m->reduce_tree && apart < m->ranks; apart *= 2)
        for (int64_t r = 0; r + apart < m->ranks; r += 2 * apart) {
            char name[32];
            snprintf(name, sizeof name, "sum.r%d+%d", (int)r, (int)apart);
            g[r] = sum_in(b, q, g[r], g[r + apart], b->p->policy.reduce, name);
        }
    for (int64_t r = 1; !m->reduce_tree && r < m->ranks; r++) {
        char name[32];
        snprintf(name, sizeof name, "sum.r0-%d", (int)r);
        g[0] = sum_in(b, q, g[0], g[r], b->p->policy.reduce, name);
    }
    return g[0];
}

/* The mean of the batches' losses. */
static void mean_loss(px_builder *b) {
    px_nn_program *p = b->p;
    px_fp f = p->policy.rule[PX_NN_CLASS_LOSS].out;
    p->loss = p->losses[0];
    if (p->n_batches == 1) return;
    for (int32_t k = 1; k < p->n_batches; k++) {
        int32_t sum = px_nn_slot(b, PX_NN_ROLE_SCALAR, 1, 1, f, "loss.sum%d", k);
        px_nn_add(b, PX_NN_CLASS_LOSS, px_nn_all(b, sum), px_nn_all(b, p->loss), px_nn_all(b, p->losses[k]));
        p->loss = sum;
    }
    int32_t mean = px_nn_slot(b, PX_NN_ROLE_SCALAR, 1, 1, f, "loss");
    px_call *c = px_nn_call(b, PX_OP_SCALE, PX_NN_CLASS_LOSS);
    c->attr[0] = 1 / (double)p->n_batches;
    c->attr[1] = 1;
    c->in[0] = px_nn_all(b, p->loss);
    c->out[0] = px_nn_all(b, mean);
    p->loss = mean;
}

/* A tensor times one number. */
static int32_t times(px_builder *b, const px_nn_param *q, px_nn_role role, int32_t x, int32_t number,
                     const char *suffix) {
    int32_t y = like(b, q, role, update_out(b), suffix);
    px_call *c = px_nn_call(b, PX_OP_MUL, PX_NN_CLASS_UPDATE);
    c->in[0] = px_nn_all(b, x);
    c->in[1] = px_nn_spread(b, number, b->slots[x].rows, b->slots[x].cols);
    c->out[0] = px_nn_all(b, y);
    return y;
}

static void check_finite(px_builder *b) {
    px_nn_program *p = b->p;
    p->found = -1;
    for (int32_t i = 0; i < p->n_params; i++) {
        int32_t n = px_nn_slot(b, PX_NN_ROLE_SCALAR, 1, 1, px_fp_exact(), "found.%d", i);
        px_call *c = px_nn_call(b, PX_OP_NONFINITE, PX_NN_CLASS_UPDATE);
        c->in[0] = px_nn_all(b, p->params[i].unscaled);
        if (p->found >= 0) c->in[1] = px_nn_all(b, p->found);
        c->out[0] = px_nn_all(b, n);
        p->found = n;
    }
}

/* The norm of all gradients together, and the factor. */
static void clip_factor(px_builder *b) {
    px_nn_program *p = b->p;
    int32_t n2 = -1;
    for (int32_t i = 0; i < p->n_params; i++) {
        int32_t g = p->params[i].unscaled, next;
        next = px_nn_slot(b, PX_NN_ROLE_SCALAR, 1, 1, update_out(b), "norm2.%d", i);
        px_arg start = n2 < 0 ? px_arg_absent() : px_nn_all(b, n2);
        px_nn_gemm(b, PX_NN_CLASS_UPDATE, px_nn_all(b, next), px_nn_as_row(b, g), px_nn_as_column(b, g), start);
        n2 = next;
    }
    p->clip_factor = px_nn_slot(b, PX_NN_ROLE_SCALAR, 1, 1, update_out(b), "clip");
    p->grad_norm = px_nn_slot(b, PX_NN_ROLE_SCALAR, 1, 1, update_out(b), "grad_norm");
    px_call *c = px_nn_call(b, PX_OP_CLIP_FACTOR, PX_NN_CLASS_UPDATE);
    c->in[0] = px_nn_all(b, n2);
    c->out[0] = px_nn_all(b, p->clip_factor);
    c->out[1] = px_nn_all(b, p->grad_norm);
    c->attr[0] = p->model.clip;
    c->attr[1] = CLIP_EPS;
}

/* An operation on tensors like the parameter. */
static int32_t made(px_builder *b, const px_nn_param *q, px_op op, px_nn_role role, int32_t x, int32_t other,
                    const char *suffix) {
    int32_t y = like(b, q, role, update_out(b), suffix);
    px_call *c = px_nn_call(b, op, PX_NN_CLASS_UPDATE);
    c->in[0] = px_nn_all(b, x);
    if (other >= 0) c->in[1] = px_nn_all(b, other);
    c->out[0] = px_nn_all(b, y);
    return y;
}

static int32_t scaled(px_builder *b, const px_nn_param *q, int32_t x, double factor, const char *suffix) {
    int32_t y = made(b, q, PX_OP_SCALE, PX_NN_ROLE_UPDATE, x, -1, suffix);
    px_call *c = &b->p->calls[b->p->prog.n_calls - 1];
    c->attr[0] = factor;
    c->attr[1] = 1;
    return y;
}

/* The gradient with those of decay |w|^2 / 2 and l1 |w|_1. */
static int32_t penalised(px_builder *b, const px_nn_param *q) {
    const px_nn_model *m = &b->p->model;
    int32_t g = q->clipped;
    if (!q->matrix) return g;
    if (m->decay != 0 && !px_optimizer_of(m->optimizer)->decoupled)
        g = made(b, q, PX_OP_ADD, PX_NN_ROLE_CLIPPED, g, scaled(b, q, q->value, m->decay, "l2"), "decayed");
    if (m->l1 == 0) return g;
    int32_t sign = made(b, q, PX_OP_SIGN, PX_NN_ROLE_UPDATE, q->value, -1, "sign");
    return made(b, q, PX_OP_ADD, PX_NN_ROLE_CLIPPED, g, scaled(b, q, sign, m->l1, "l1"), "penalised");
}

/* d and the new state from a gradient; what changes from step to step is set by train.c. */
static int32_t stepped(px_builder *b, px_nn_param *q, int32_t g, const char *update) {
    static const char *const names[PX_OPTIMIZER_STATES] = {"exp_avg", "exp_avg_sq", "max_exp_avg_sq"};
    const px_nn_model *m = &b->p->model;
    const px_optimizer *o = px_optimizer_of(m->optimizer);
    for (int k = 0; k < PX_OPTIMIZER_STATES; k++) {
        const char *name = o->op == PX_OP_SGD ? "momentum_buffer" : names[k];
        char new[32];
        if (!o->keeps[k]) continue;
        snprintf(new, sizeof new, "%s.new", name);
        q->state[k] = like(b, q, PX_NN_ROLE_STATE, update_out(b), name);
        q->new_state[k] = like(b, q, PX_NN_ROLE_NEW_STATE, update_out(b), new);
    }
    int32_t d = made(b, q, o->op, PX_NN_ROLE_UPDATE, g, -1, o->ahead ? "behind" : update);
    px_call *c = &b->p->calls[b->p->prog.n_calls - 1];
    for (int k = 0; k < PX_OPTIMIZER_STATES; k++) {
        if (!o->keeps[k]) continue;
        c->in[k + 1] = px_nn_all(b, q->state[k]);
        c->out[k + 1] = px_nn_all(b, q->new_state[k]);
    }
    px_optimizer_attributes(m->optimizer, &m->constants, c);
    if (!o->ahead) return d;
    d = made(b, q, PX_OP_SGD, PX_NN_ROLE_UPDATE, g, q->new_state[0], update);
    int32_t buffer = like(b, q, PX_NN_ROLE_UPDATE, update_out(b), "ahead");
    c = &b->p->calls[b->p->prog.n_calls - 1];
    c->out[1] = px_nn_all(b, buffer);
    px_optimizer_attributes(m->optimizer, &m->constants, c);
    return d;
}

static void optimize(px_builder *b, px_nn_param *q) {
    const px_nn_model *m = &b->p->model;
    bool beside = q->matrix && m->decay != 0 && px_optimizer_of(m->optimizer)->decoupled;
    q->update = stepped(b, q, penalised(b, q), beside ? "step" : "update");
    if (!beside) return;
    int32_t decay = scaled(b, q, q->value, -m->constants.lr * m->decay, "decay");
    q->decay_call = b->p->prog.n_calls - 1;
    q->update = made(b, q, PX_OP_ADD, PX_NN_ROLE_UPDATE, q->update, decay, "update");
}

/* w + d in the format in which the parameter is kept. */
static void apply(px_builder *b, px_nn_param *q) {
    px_fp f = b->p->policy.master;
    bool kahan = b->p->model.update == PX_NN_UPDATE_KAHAN;
    int rest = PX_NN_STATES - 1;
    q->new_value = like(b, q, PX_NN_ROLE_NEW_PARAMETER, f, "new");
    if (kahan) {
        q->state[rest] = like(b, q, PX_NN_ROLE_STATE, f, "rest");
        q->new_state[rest] = like(b, q, PX_NN_ROLE_NEW_STATE, f, "rest.new");
    }
    px_call *c = px_nn_call(b, kahan ? PX_OP_ADD_KAHAN : PX_OP_ADD, PX_NN_CLASS_UPDATE);
    c->recipe = px_recipe_uniform(f);
    c->in[0] = px_nn_all(b, q->value);
    c->in[1] = px_nn_all(b, q->update);
    c->out[0] = px_nn_all(b, q->new_value);
    if (kahan) {
        c->in[2] = px_nn_all(b, q->state[rest]);
        c->out[1] = px_nn_all(b, q->new_state[rest]);
    }
    if (b->p->model.update != PX_NN_UPDATE_STOCHASTIC) return;
    c->recipe.rounding = PX_STOCHASTIC;
    c->recipe.sr_bits = PX_SR_BITS_DEFAULT;
    b->p->draw[b->p->prog.n_calls - 1] = ++b->draws;
}

void px_nn_reduce_and_update(px_builder *b) {
    px_nn_program *p = b->p;
    px_nn_begin(b, PX_NN_STAGE_REDUCE);
    mean_loss(b);
    for (int32_t i = 0; i < p->n_params; i++)
        p->params[i].grad = reduced(b, &p->params[i], &b->parts[i * p->n_batches]);
    px_nn_begin(b, PX_NN_STAGE_UNSCALE);
    for (int32_t i = 0; i < p->n_params; i++)
        p->params[i].unscaled = times(b, &p->params[i], PX_NN_ROLE_UNSCALED, p->params[i].grad, p->unscale, "unscaled");
    px_nn_begin(b, PX_NN_STAGE_CHECK);
    check_finite(b);
    px_nn_begin(b, PX_NN_STAGE_CLIP);
    clip_factor(b);
    bool clipped = isfinite(p->model.clip);
    for (int32_t i = 0; i < p->n_params; i++) {
        px_nn_param *q = &p->params[i];
        q->clipped = clipped ? times(b, q, PX_NN_ROLE_CLIPPED, q->unscaled, p->clip_factor, "clipped") : q->unscaled;
    }
    px_nn_begin(b, PX_NN_STAGE_UPDATE);
    for (int32_t i = 0; i < p->n_params; i++) {
        px_nn_param *q = &p->params[i];
        q->first_call = p->prog.n_calls;
        optimize(b, q);
        apply(b, q);
        q->n_calls = p->prog.n_calls - q->first_call;
    }
}
