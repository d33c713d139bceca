/* nanoGPT's block: x + attention(norm(x)), then + mlp(norm). Forward, and backward from the gradient of its result. */
#include <stdio.h>

#include "nn/build.h"

static px_fp out_of(const px_builder *b, px_nn_class which) { return b->p->policy.rule[which].out; }
static int32_t value_of(const px_builder *b, int32_t parameter) { return b->p->params[parameter].value; }

int32_t px_nn_parameter_gradient(px_builder *b, int32_t parameter, px_fp fmt) {
    const px_slot *w = &b->slots[value_of(b, parameter)];
    char name[sizeof w->name];
    snprintf(name, sizeof name, "%s", w->name);
    int32_t g = px_nn_slot(b, PX_NN_ROLE_PARAMETER_GRADIENT, w->rows, w->cols, fmt, "%s.grad", name);
    b->p->origin[g] = value_of(b, parameter);
    b->parts[parameter * b->p->n_batches + b->batch] = g;
    return g;
}

/* A gradient of an activation, shaped and named like it. */
static int32_t gradient_of(px_builder *b, int32_t slot, px_fp fmt) {
    char name[sizeof b->slots->name];
    snprintf(name, sizeof name, "%s", px_nn_bare(b, slot));
    int32_t g =
        px_nn_slot(b, PX_NN_ROLE_ACTIVATION_GRADIENT, b->slots[slot].rows, b->slots[slot].cols, fmt, "%s.grad", name);
    b->p->origin[g] = slot;
    return g;
}

/* A slot times a number, in the class's steps, to f. */
static int32_t scaled(px_builder *b, int32_t x, int32_t factor, px_fp f, const char *name) {
    int32_t y = px_nn_slot(b, PX_NN_ROLE_CAST, b->slots[x].rows, b->slots[x].cols, f, "%s", name);
    px_call *c = px_nn_call(b, PX_OP_MUL, PX_NN_CLASS_LINEAR);
    c->recipe.out = f;
    c->in[0] = px_nn_all(b, x);
    c->in[1] = px_nn_spread(b, factor, b->slots[x].rows, b->slots[x].cols);
    c->out[0] = px_nn_all(b, y);
    b->p->origin[y] = x;
    return y;
}

/* The power of two that brings x to the top of a range, and its inverse. */
static void find_power(px_builder *b, int32_t x, double top, const char *name, const char *suffix, int32_t factor[2]) {
    static const char *const names[] = {"factor", "inverse"};
    for (int k = 0; k < 2; k++)
        factor[k] = px_nn_slot(b, PX_NN_ROLE_SCALAR, 1, 1, px_fp_exact(), "%.28s.%s%s", name, names[k], suffix);
    px_call *c = px_nn_call(b, PX_OP_POWER_SCALE, PX_NN_CLASS_LINEAR);
    c->in[0] = px_nn_all(b, x);
    c->attr[0] = top;
    for (int k = 0; k < 2; k++) c->out[k] = px_nn_all(b, factor[k]);
}

/* Of the format's range. Delayed: the inverse is remembered, and the largest of those remembered is taken. */
static void find_factor(px_builder *b, int32_t x, const char *name, int32_t factor[2]) {
    const px_nn_policy *policy = &b->p->policy;
    find_power(b, x, policy->forward.max_finite, name, "", factor);
    if (policy->quantize != PX_NN_QUANTIZE_DELAYED) return;
    int32_t past = px_nn_slot(b, PX_NN_ROLE_SCALAR, 1, policy->history, px_fp_exact(), "%.34s.history", name);
    px_nn_carry(b, factor[1], past);
    find_power(b, past, 1, name, ".used", factor);
}

/* x in the format of forward products; *inverse undoes its factor, -1: there is none. Made once, as px_nn_round. */
static int32_t quantized(px_builder *b, int32_t x, int32_t *inverse) {
    const px_nn_program *p = b->p;
    px_fp f = p->policy.forward;
    char name[sizeof b->slots->name];
    int32_t factor[2];
    *inverse = -1;
    if (p->policy.quantize == PX_NN_QUANTIZE_DIRECT) return px_nn_round(b, x, f);
    for (int32_t s = x + 1; s < p->prog.n_slots; s++)
        if (p->role[s] == PX_NN_ROLE_CAST && p->origin[s] == x && px_fp_equal(b->slots[s].fmt, f)) {
            *inverse = b->inverse[s];
            return s;
        }
    snprintf(name, sizeof name, "%.34s", px_nn_bare(b, x));
    find_factor(b, x, name, factor);
    snprintf(name, sizeof name, "%.34s.fp8", px_nn_bare(b, x));
    int32_t q = scaled(b, x, factor[0], f, name);
    *inverse = b->inverse[q] = factor[1];
    return q;
}

/* y = x W^T + bias with operands in a narrow format; the sum keeps the accumulator's until the factors are undone. */
static int32_t narrow_linear(px_builder *b, int32_t x, int32_t weight, int32_t bias, const char *name) {
    const px_nn_rule *rule = &b->p->policy.rule[PX_NN_CLASS_LINEAR];
    int32_t undo[2], in = quantized(b, x, &undo[0]), w = quantized(b, value_of(b, weight), &undo[1]);
    int64_t rows = b->slots[x].rows, cols = b->slots[w].rows;
    char raw[40];
    snprintf(raw, sizeof raw, "%.30s.raw", name);
    int32_t sum = px_nn_slot(b, PX_NN_ROLE_CAST, rows, cols, rule->acc, "%s", raw);
    px_arg factors[] = {px_nn_all(b, in), px_nn_turned(px_nn_all(b, w))};
    px_nn_gemm(b, PX_NN_CLASS_LINEAR, px_nn_all(b, sum), factors[0], factors[1], px_arg_absent());
    b->p->calls[b->p->prog.n_calls - 1].recipe.out = rule->acc;
    for (int k = 0; k < 2; k++) {
        snprintf(raw, sizeof raw, "%.30s.raw%d", name, k);
        if (undo[k] >= 0) sum = scaled(b, sum, undo[k], rule->acc, raw);
    }
    int32_t y = px_nn_slot(b, PX_NN_ROLE_ACTIVATION, rows, cols, rule->out, "%s", name);
    int32_t start = px_nn_cast(b, value_of(b, bias), PX_NN_CLASS_LINEAR);
    px_nn_add(b, PX_NN_CLASS_LINEAR, px_nn_all(b, y), px_nn_all(b, sum), px_nn_spread(b, start, rows, cols));
    return y;
}

int32_t px_nn_linear(px_builder *b, int32_t x, int32_t weight, int32_t bias, const char *name) {
    if (!px_fp_is_exact(b->p->policy.forward) && bias >= 0) return narrow_linear(b, x, weight, bias, name);
    int32_t in = px_nn_cast(b, x, PX_NN_CLASS_LINEAR), w = px_nn_cast(b, value_of(b, weight), PX_NN_CLASS_LINEAR);
    int64_t rows = b->slots[x].rows, cols = b->slots[w].rows;
    px_arg start = px_arg_absent();
    if (bias >= 0) start = px_nn_spread(b, px_nn_cast(b, value_of(b, bias), PX_NN_CLASS_LINEAR), rows, cols);
    int32_t y = px_nn_slot(b, PX_NN_ROLE_ACTIVATION, rows, cols, out_of(b, PX_NN_CLASS_LINEAR), "%s", name);
    px_nn_gemm(b, PX_NN_CLASS_LINEAR, px_nn_all(b, y), px_nn_all(b, in), px_nn_turned(px_nn_all(b, w)), start);
    return y;
}

void px_nn_column_sums(px_builder *b, px_nn_class which, px_arg dy, int32_t parameter) {
    int32_t g = px_nn_parameter_gradient(b, parameter, out_of(b, which));
    px_call *c = px_nn_call(b, PX_OP_SUM, which);
    c->in[0] = px_nn_turned(dy);
    c->out[0] = px_nn_as_column(b, g);
}

int32_t px_nn_linear_backward(px_builder *b, int32_t dy, int32_t x, int32_t weight, int32_t bias) {
    int32_t d = px_nn_cast(b, dy, PX_NN_CLASS_LINEAR), in = px_nn_cast(b, x, PX_NN_CLASS_LINEAR);
    int32_t w = px_nn_cast(b, value_of(b, weight), PX_NN_CLASS_LINEAR);
    int32_t dw = px_nn_parameter_gradient(b, weight, out_of(b, PX_NN_CLASS_LINEAR));
    px_nn_gemm(b, PX_NN_CLASS_LINEAR, px_nn_all(b, dw), px_nn_turned(px_nn_all(b, d)), px_nn_all(b, in),
               px_arg_absent());
    if (bias >= 0) px_nn_column_sums(b, PX_NN_CLASS_LINEAR, px_nn_all(b, d), bias);
    int32_t dx = gradient_of(b, x, out_of(b, PX_NN_CLASS_LINEAR));
    px_nn_gemm(b, PX_NN_CLASS_LINEAR, px_nn_all(b, dx), px_nn_all(b, d), px_nn_all(b, w), px_arg_absent());
    return dx;
}

int32_t px_nn_dropout(px_builder *b, px_nn_class which, int32_t x, int32_t draw) {
    if (!(b->p->model.dropout > 0)) return x;
    char name[sizeof b->slots->name];
    snprintf(name, sizeof name, "%s", px_nn_bare(b, x));
    int32_t y = px_nn_slot(b, b->p->role[x], b->slots[x].rows, b->slots[x].cols, out_of(b, which), "%s.drop", name);
    px_call *c = px_nn_call(b, PX_OP_DROPOUT, which);
    c->attr[0] = b->p->model.dropout;
    c->in[0] = px_nn_all(b, x);
    c->out[0] = px_nn_all(b, y);
    b->p->draw[b->p->prog.n_calls - 1] = draw;
    return y;
}

/* x + branch. */
static int32_t residual(px_builder *b, int32_t x, int32_t branch, const char *name) {
    int32_t y = px_nn_slot(b, PX_NN_ROLE_ACTIVATION, b->slots[x].rows, b->p->model.width, out_of(b, PX_NN_CLASS_RESIDUAL),
                           "%s", name);
    int32_t a = px_nn_cast(b, x, PX_NN_CLASS_RESIDUAL), d = px_nn_cast(b, branch, PX_NN_CLASS_RESIDUAL);
    px_nn_add(b, PX_NN_CLASS_RESIDUAL, px_nn_all(b, y), px_nn_all(b, a), px_nn_all(b, d));
    return y;
}

static int32_t joined_gradient(px_builder *b, int32_t of, int32_t along, int32_t branch) {
    int32_t d = gradient_of(b, of, out_of(b, PX_NN_CLASS_RESIDUAL));
    int32_t a = px_nn_cast(b, along, PX_NN_CLASS_RESIDUAL), x = px_nn_cast(b, branch, PX_NN_CLASS_RESIDUAL);
    px_nn_add(b, PX_NN_CLASS_RESIDUAL, px_nn_all(b, d), px_nn_all(b, a), px_nn_all(b, x));
    return d;
}

int32_t px_nn_block(px_builder *b, int32_t layer, int32_t x, px_nn_trace *t) {
    char name[40], of[16];
#define NAME(text) (snprintf(name, sizeof name, "%s" text, of), name)
    snprintf(of, sizeof of, "h.%d.", layer);
    *t = (px_nn_trace){.x = x, .drop_probs = ++b->draws, .drop_attn = ++b->draws, .drop_mlp = ++b->draws};
    t->ln_1 = px_nn_norm(b, x, px_nn_of_layer(layer, PX_NN_LN_1), NAME("ln_1"), &t->norm_1);
    t->qkv = px_nn_linear(b, t->ln_1, px_nn_of_layer(layer, PX_NN_QKV), px_nn_of_layer(layer, PX_NN_QKV_BIAS),
                          NAME("attn.qkv"));
    if (b->pass == PX_NN_PASS_FORWARD)
        px_nn_attention(b, of, t);
    else
        px_nn_attention_by_rows(b, of, t);
    int32_t out = px_nn_linear(b, t->z, px_nn_of_layer(layer, PX_NN_OUT), px_nn_of_layer(layer, PX_NN_OUT_BIAS),
                               NAME("attn.out"));
    t->mid = residual(b, x, px_nn_dropout(b, PX_NN_CLASS_LINEAR, out, t->drop_attn), NAME("mid"));
    t->ln_2 = px_nn_norm(b, t->mid, px_nn_of_layer(layer, PX_NN_LN_2), NAME("ln_2"), &t->norm_2);
    t->fc =
        px_nn_linear(b, t->ln_2, px_nn_of_layer(layer, PX_NN_FC), px_nn_of_layer(layer, PX_NN_FC_BIAS), NAME("mlp.fc"));
    int32_t bent = px_nn_cast(b, t->fc, PX_NN_CLASS_GELU);
    t->gelu = px_nn_slot(b, PX_NN_ROLE_ACTIVATION, b->slots[x].rows, 4 * b->p->model.width, out_of(b, PX_NN_CLASS_GELU), "%s",
                         NAME("mlp.gelu"));
    px_call *c = px_nn_call(b, PX_OP_GELU, PX_NN_CLASS_GELU);
    c->in[0] = px_nn_all(b, bent);
    c->out[0] = px_nn_all(b, t->gelu);
    c->attr[0] = b->p->model.gelu;
    int32_t mlp = px_nn_linear(b, t->gelu, px_nn_of_layer(layer, PX_NN_PROJ), px_nn_of_layer(layer, PX_NN_PROJ_BIAS),
                               NAME("mlp.out"));
    return residual(b, t->mid, px_nn_dropout(b, PX_NN_CLASS_LINEAR, mlp, t->drop_mlp), NAME("y"));
#undef NAME
}

int32_t px_nn_block_backward(px_builder *b, int32_t layer, const px_nn_trace *t, int32_t dy) {
    char of[16];
    snprintf(of, sizeof of, "h.%d.", layer);
    int32_t d = px_nn_dropout(b, PX_NN_CLASS_LINEAR, px_nn_cast(b, dy, PX_NN_CLASS_LINEAR), t->drop_mlp);
    int32_t dgelu =
        px_nn_linear_backward(b, d, t->gelu, px_nn_of_layer(layer, PX_NN_PROJ), px_nn_of_layer(layer, PX_NN_PROJ_BIAS));
    int32_t up = px_nn_cast(b, dgelu, PX_NN_CLASS_GELU), bent = px_nn_cast(b, t->fc, PX_NN_CLASS_GELU);
    int32_t dfc = gradient_of(b, t->fc, out_of(b, PX_NN_CLASS_GELU));
    px_call *c = px_nn_call(b, PX_OP_GELU_BACKWARD, PX_NN_CLASS_GELU);
    c->in[0] = px_nn_all(b, up);
    c->in[1] = px_nn_all(b, bent);
    c->out[0] = px_nn_all(b, dfc);
    c->attr[0] = b->p->model.gelu;
    int32_t dln =
        px_nn_linear_backward(b, dfc, t->ln_2, px_nn_of_layer(layer, PX_NN_FC), px_nn_of_layer(layer, PX_NN_FC_BIAS));
    int32_t branch = px_nn_norm_backward(b, dln, t->mid, px_nn_of_layer(layer, PX_NN_LN_2), &t->norm_2);
    int32_t dmid = joined_gradient(b, t->mid, dy, branch);

    d = px_nn_dropout(b, PX_NN_CLASS_LINEAR, px_nn_cast(b, dmid, PX_NN_CLASS_LINEAR), t->drop_attn);
    int32_t dz =
        px_nn_linear_backward(b, d, t->z, px_nn_of_layer(layer, PX_NN_OUT), px_nn_of_layer(layer, PX_NN_OUT_BIAS));
    int32_t dqkv = px_nn_attention_backward(b, of, t, dz);
    dln = px_nn_linear_backward(b, dqkv, t->ln_1, px_nn_of_layer(layer, PX_NN_QKV),
                                px_nn_of_layer(layer, PX_NN_QKV_BIAS));
    branch = px_nn_norm_backward(b, dln, t->x, px_nn_of_layer(layer, PX_NN_LN_1), &t->norm_1);
    return joined_gradient(b, t->x, dmid, branch);
}
