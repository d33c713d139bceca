#include "support/small_step.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "arith/round.h"
#include "base/philox.h"

px_nn_model small_model(void) {
    return (px_nn_model){.layers = 1,
                         .batch = PLAIN_B,
                         .length = PLAIN_T,
                         .width = PLAIN_C,
                         .heads = PLAIN_H,
                         .loss = PX_NN_LOSS_DOT,
                         .optimizer = PX_OPTIMIZER_ADAM,
                         .gelu = PX_GELU_TANH,
                         .softmax = PX_SOFTMAX_STABLE,
                         .mask = -(double)INFINITY,
                         .norm_eps = 1e-5,
                         .constants = {.lr = 1e-2, .mu = 0.9, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8},
                         .clip = (double)INFINITY,
                         .micro = 1,
                         .ranks = 1,
                         .seed = 42};
}

plain_formats plain_formats_of(const px_nn_policy *p) {
    const px_nn_rule *r = p->rule;
    return (plain_formats){.in = r[PX_NN_CLASS_LINEAR].in,
                           .acc = r[PX_NN_CLASS_LINEAR].acc,
                           .out = r[PX_NN_CLASS_LINEAR].out,
                           .gelu_acc = r[PX_NN_CLASS_GELU].acc,
                           .gelu_out = r[PX_NN_CLASS_GELU].out,
                           .softmax = r[PX_NN_CLASS_SOFTMAX].acc,
                           .norm = r[PX_NN_CLASS_NORM].acc,
                           .residual = r[PX_NN_CLASS_RESIDUAL].acc,
                           .loss = r[PX_NN_CLASS_LOSS].acc,
                           .update = r[PX_NN_CLASS_UPDATE].acc,
                           .master = p->master,
                           .forward = p->forward,
                           .scaled = (int)p->quantize,
                           .history = (int)p->history};
}

/* About uniform in -1 .. 1. */
static double draw(uint64_t seed, uint64_t *counter) {
    return (double)((int64_t)px_philox(seed, 77, (*counter)++).lo >> 11) * 0x1p-52;
}

static double rnd(px_fp f, double x) { return px_round(f, px_rounding_of(PX_NEAREST_EVEN), x, 0); }

void small_fill(plain_step *s, const plain_formats *f, uint64_t seed, double weights) {
    uint64_t c = 0;
    memset(s, 0, sizeof *s);
    for (int i = 0; i < PLAIN_N; i++)
        for (int j = 0; j < PLAIN_C; j++) {
            s->x[i][j] = rnd(f->residual, 2 * draw(seed, &c));
            s->dy[i][j] = rnd(f->residual, draw(seed, &c));
        }
    for (int i = 0; i < PLAIN_N; i++) {
        s->tokens[i] = (double)(px_philox(seed, 78, (uint64_t)i).lo % PLAIN_V);
        s->wanted[i] = (double)(px_philox(seed, 79, (uint64_t)i).lo % PLAIN_V);
    }
    for (int t = 0; t < PLAIN_PARAMS; t++)
        for (int i = 0; i < plain_size[t]; i++) {
            double gain = t == LN1G || t == LN2G || t == LNFG ? 1 : 0;
            s->w[t][i] = rnd(f->master, gain + weights * draw(seed, &c));
            s->old_w[t][i] = rnd(f->master, s->w[t][i] * 1.01);
            s->m[t][i] = rnd(f->update, 0.1 * draw(seed, &c));
            s->v[t][i] = rnd(f->update, 0.1 * fabs(draw(seed, &c)));
        }
}

static void give(px_nn_train *t, int32_t slot, const double *x) {
    if (slot < 0 || !t->inputs[slot].data) return;
    px_mat *m = &t->inputs[slot];
    for (int64_t e = 0; e < m->rows * m->cols; e++) px_mat_set(m, e / m->cols, e % m->cols, rnd(m->fmt, x[e]));
}

void small_give(px_nn_train *t, const plain_step *s) {
    const px_nn_program *p = t->program;
    give(t, p->x[0], s->x[0]);
    give(t, p->dy[0], s->dy[0]);
    give(t, p->target[0], p->model.loss == PX_NN_LOSS_MSE ? s->dy[0] : s->wanted);
    give(t, p->tokens[0], s->tokens);
    for (int i = 0; i < p->n_params; i++) {
        give(t, p->params[i].value, s->w[i]);
        give(t, p->params[i].state[0], s->m[i]);
        give(t, p->params[i].state[1], s->v[i]);
    }
}

plain_options small_options(const px_nn_model *m) {
    static const int optimizers[PX_OPTIMIZER_COUNT] = {[PX_OPTIMIZER_SGD] = PLAIN_SGD,
                                                       [PX_OPTIMIZER_MOMENTUM] = PLAIN_MOMENTUM,
                                                       [PX_OPTIMIZER_NESTEROV] = PLAIN_NESTEROV,
                                                       [PX_OPTIMIZER_ADAM] = PLAIN_ADAM,
                                                       [PX_OPTIMIZER_ADAMW] = PLAIN_ADAM};
    plain_options o = {.erf = m->gelu == PX_GELU_ERF,
                       .scale_before = m->scale_before,
                       .loss = (int)m->loss,
                       .softmax = m->softmax,
                       .norm = (int)m->norm,
                       .dropout = m->dropout,
                       .optimizer = optimizers[m->optimizer],
                       .decoupled = m->optimizer == PX_OPTIMIZER_ADAMW,
                       .lr = m->constants.lr,
                       .momentum = m->constants.mu,
                       .beta1 = m->constants.beta1,
                       .beta2 = m->constants.beta2,
                       .eps = m->constants.eps,
                       .clip = m->clip,
                       .decay = m->decay,
                       .l1 = m->l1,
                       .scale = 1,
                       .step = 1};
    small_draws(m, 0, &o);
    return o;
}

void small_draws(const px_nn_model *m, int64_t attempt, plain_options *o) {
    for (int k = 0; k < 3; k++) o->stream[k] = px_philox(m->seed, (uint64_t)attempt, (uint64_t)k + 1).lo;
}

static char difference[256];

static const char *compare(const px_nn_train *t, int32_t slot, const double *want) {
    if (slot < 0) return NULL;
    const px_slot *shape = &t->program->prog.slots[slot];
    px_arena *arena = px_arena_new();
    px_wide value = px_wide_new(arena, shape->rows, shape->cols);
    const char *found = NULL;
    if (t->exec->get(t->state, slot, &value, NULL) != PX_OK) found = "no value";
    for (int64_t e = 0; e < shape->rows * shape->cols && !found; e++) {
        double got = px_mat_get(&value.hi, e / shape->cols, e % shape->cols);
        if (memcmp(&got, &want[e], sizeof got) == 0 || (isnan(got) && isnan(want[e]))) continue;
        snprintf(difference, sizeof difference, "%s[%lld]: %a, plain %a", shape->name, (long long)e, got, want[e]);
        found = difference;
    }
    px_arena_free(arena);
    return found;
}

const char *small_difference(const px_nn_train *t, const plain_step *s) {
    const px_nn_program *p = t->program;
    const char *d = compare(t, p->y[0], s->y[0]);
    int n = p->n_params;
    if (!d) d = compare(t, p->loss, &s->loss);
    if (!d) d = compare(t, p->dx[0], s->dx[0]);
    for (int i = 0; i < n && !d; i++) d = compare(t, p->params[i].grad, s->g[i]);
    for (int i = 0; i < n && !d; i++) d = compare(t, p->params[i].unscaled, s->unscaled[i]);
    if (!d) d = compare(t, p->grad_norm, &s->norm);
    if (!d) d = compare(t, p->clip_factor, &s->clip);
    for (int i = 0; i < n && !d; i++) {
        const px_nn_param *q = &p->params[i];
        d = compare(t, q->new_state[0], s->new_m[i]);
        if (!d) d = compare(t, q->new_state[1], s->new_v[i]);
        if (!d) d = compare(t, q->new_value, s->new_w[i]);
    }
    return d;
}
