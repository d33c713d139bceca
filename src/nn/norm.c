/* Norms, forward and backward. Batch norm is layer norm of the transposed activations, a row a feature; gain and bias
 * are operations of their own there, and where nothing is normalised. */
#include <stdio.h>

#include "nn/build.h"

static px_fp out_of(const px_builder *b) { return b->p->policy.rule[PX_NN_CLASS_NORM].out; }

/* A parameter as the class takes it in. */
static int32_t taken(px_builder *b, int32_t parameter) {
    return px_nn_cast(b, b->p->params[parameter].value, PX_NN_CLASS_NORM);
}

/* An elementwise operation on a tensor shaped like x. */
static int32_t combined(px_builder *b, px_op op, int32_t x, px_arg a, px_arg other, px_nn_role role, const char *name) {
    int32_t y = px_nn_slot(b, role, b->slots[x].rows, b->slots[x].cols, out_of(b), "%s", name);
    px_call *c = px_nn_call(b, op, PX_NN_CLASS_NORM);
    c->in[0] = a;
    c->in[1] = other;
    c->out[0] = px_nn_all(b, y);
    return y;
}

static px_arg spread(px_builder *b, int32_t parameter, int32_t x) {
    return px_nn_spread(b, taken(b, parameter), b->slots[x].rows, b->slots[x].cols);
}

/* Rows of `in` to rows of `out`, with their statistics. */
static px_call *normalise(px_builder *b, px_arg in, px_arg out, const char *name, px_nn_statistics *s) {
    px_fp acc = b->p->policy.rule[PX_NN_CLASS_NORM].acc;
    s->mean = px_nn_slot(b, PX_NN_ROLE_STATISTIC, in.rows, 1, acc, "%s.mean", name);
    s->rstd = px_nn_slot(b, PX_NN_ROLE_STATISTIC, in.rows, 1, acc, "%s.rstd", name);
    px_call *c = px_nn_call(b, PX_OP_LAYERNORM, PX_NN_CLASS_NORM);
    const px_arg outs[] = {out, px_nn_all(b, s->mean), px_nn_all(b, s->rstd)};
    for (int k = 0; k < 3; k++) c->out[k] = outs[k];
    c->in[0] = in;
    c->attr[0] = b->p->model.norm_eps;
    return c;
}

static int32_t layer_norm(px_builder *b, int32_t x, int32_t in, int32_t gain, const char *name, px_nn_statistics *s) {
    int32_t gamma = taken(b, gain), beta = taken(b, gain + 1);
    int32_t y = px_nn_slot(b, PX_NN_ROLE_ACTIVATION, b->slots[x].rows, b->slots[x].cols, out_of(b), "%s", name);
    px_call *c = normalise(b, px_nn_all(b, in), px_nn_all(b, y), name, s);
    c->in[1] = px_nn_all(b, gamma);
    c->in[2] = px_nn_all(b, beta);
    return y;
}

int32_t px_nn_norm(px_builder *b, int32_t x, int32_t gain, const char *name, px_nn_statistics *s) {
    int32_t in = px_nn_cast(b, x, PX_NN_CLASS_NORM);
    char part[sizeof b->slots->name];
    if (b->p->model.norm == PX_NN_NORM_LAYER) return layer_norm(b, x, in, gain, name, s);
    s->normal = px_nn_all(b, in);
    if (b->p->model.norm == PX_NN_NORM_BATCH) {
        int32_t k =
            px_nn_slot(b, PX_NN_ROLE_ACTIVATION, b->slots[x].cols, b->slots[x].rows, out_of(b), "%s.normal", name);
        normalise(b, px_nn_turned(s->normal), px_nn_all(b, k), name, s);
        s->normal = px_nn_turned(px_nn_all(b, k));
    }
    snprintf(part, sizeof part, "%s.scaled", name);
    int32_t y = combined(b, PX_OP_MUL, x, s->normal, spread(b, gain, x), PX_NN_ROLE_ACTIVATION, part);
    return combined(b, PX_OP_ADD, x, px_nn_all(b, y), spread(b, gain + 1, x), PX_NN_ROLE_ACTIVATION, name);
}

/* Rows of dy to rows of dx. */
static void normalise_backward(px_builder *b, px_arg dx, px_arg dy, px_arg x, const px_nn_statistics *s, px_arg gamma) {
    const px_arg ins[] = {dy, x, px_nn_all(b, s->mean), px_nn_all(b, s->rstd), gamma};
    px_call *c = px_nn_call(b, PX_OP_LAYERNORM_BACKWARD, PX_NN_CLASS_NORM);
    for (int k = 0; k < 5; k++) c->in[k] = ins[k];
    c->out[0] = dx;
}

static void gain_gradient(px_builder *b, int32_t d, int32_t in, int32_t gain, const px_nn_statistics *s) {
    if (b->p->model.norm != PX_NN_NORM_LAYER) {
        char name[sizeof b->slots->name];
        snprintf(name, sizeof name, "%.40s.gain", px_nn_bare(b, d));
        int32_t p = combined(b, PX_OP_MUL, d, px_nn_all(b, d), s->normal, PX_NN_ROLE_ACTIVATION_GRADIENT, name);
        px_nn_column_sums(b, PX_NN_CLASS_NORM, px_nn_all(b, p), gain);
        return;
    }
    int32_t dgamma = px_nn_parameter_gradient(b, gain, out_of(b));
    const int32_t ins[] = {d, in, s->mean, s->rstd};
    px_call *c = px_nn_call(b, PX_OP_LAYERNORM_GAMMA, PX_NN_CLASS_NORM);
    for (int k = 0; k < 4; k++) c->in[k] = px_nn_all(b, ins[k]);
    c->out[0] = px_nn_all(b, dgamma);
}

int32_t px_nn_norm_backward(px_builder *b, int32_t dy, int32_t x, int32_t gain, const px_nn_statistics *s) {
    int32_t d = px_nn_cast(b, dy, PX_NN_CLASS_NORM), in = px_nn_cast(b, x, PX_NN_CLASS_NORM);
    px_nn_normal norm = b->p->model.norm;
    char name[sizeof b->slots->name], part[sizeof name + 8];
    gain_gradient(b, d, in, gain, s);
    px_nn_column_sums(b, PX_NN_CLASS_NORM, px_nn_all(b, d), gain + 1);
    snprintf(name, sizeof name, "%.44s.in", px_nn_bare(b, dy));
    snprintf(part, sizeof part, "%s%s", name, norm == PX_NN_NORM_NONE ? "" : ".scaled");
    int32_t g = -1, gamma = taken(b, gain);
    if (norm != PX_NN_NORM_LAYER)
        g = combined(b, PX_OP_MUL, x, px_nn_all(b, d), spread(b, gain, x), PX_NN_ROLE_ACTIVATION_GRADIENT, part);
    if (norm == PX_NN_NORM_NONE) return g;
    int32_t dx =
        px_nn_slot(b, PX_NN_ROLE_ACTIVATION_GRADIENT, b->slots[x].rows, b->slots[x].cols, out_of(b), "%s", name);
    if (norm == PX_NN_NORM_LAYER)
        normalise_backward(b, px_nn_all(b, dx), px_nn_all(b, d), px_nn_all(b, in), s, px_nn_all(b, gamma));
    else
        normalise_backward(b, px_nn_turned(px_nn_all(b, dx)), px_nn_turned(px_nn_all(b, g)),
                           px_nn_turned(px_nn_all(b, in)), s, px_arg_absent());
    return dx;
}
