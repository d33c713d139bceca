#include "nn/descent.h"

#include <stdbool.h>
#include <stdio.h>

enum { MAX_SLOTS = 32, MAX_CALLS = 16 };

static int32_t slot(px_descent *d, const char *name, px_fp fmt) {
    PX_ASSERT(d->prog.n_slots < MAX_SLOTS);
    px_slot *s = &d->slots[d->prog.n_slots];
    *s = (px_slot){.rows = d->how.n, .cols = 1, .fmt = fmt};
    snprintf(s->name, sizeof s->name, "%s", name);
    return d->prog.n_slots++;
}

static px_arg view(const px_descent *d, int32_t s) { return s < 0 ? px_arg_absent() : px_arg_whole(&d->prog, s); }

/* The weights with an even index, with an odd one. */
static px_arg half(const px_descent *d, int32_t s, int64_t odd) {
    return (px_arg){.slot = s, .off = odd, .rows = d->how.n / 2, .cols = 1, .rs = 2, .cs = 1};
}

/* A call of op, everything rounded to f; in[] and out[] but the first are set by the caller where there are more. */
static px_call *call(px_descent *d, px_op op, px_fp f, px_arg a, px_arg b, px_arg out) {
    PX_ASSERT(d->prog.n_calls < MAX_CALLS);
    px_call *c = &d->calls[d->prog.n_calls++];
    *c = (px_call){.op = op, .recipe = px_recipe_uniform(f)};
    for (int i = 0; i < PX_MAX_IN; i++) c->in[i] = px_arg_absent();
    for (int i = 0; i < PX_MAX_OUT; i++) c->out[i] = px_arg_absent();
    c->in[0] = a;
    c->in[1] = b;
    c->out[0] = out;
    return c;
}

static px_arg scaled(px_descent *d, px_fp f, px_arg a, double factor, const char *name) {
    px_arg out = half(d, slot(d, name, f), 0);
    if (a.rows == d->how.n) out = view(d, out.slot);
    px_call *c = call(d, PX_OP_SCALE, f, a, px_arg_absent(), out);
    c->attr[0] = factor;
    c->attr[1] = 1;
    return out;
}

static px_arg combined(px_descent *d, px_op op, px_fp f, px_arg a, px_arg b, const char *name) {
    px_arg out = half(d, slot(d, name, f), 0);
    if (a.rows == d->how.n) out = view(d, out.slot);
    call(d, op, f, a, b, out);
    return out;
}

/* r = b - a^2: df/db = 200 r, df/da = -400 a r + 2 (a - 1). */
static void rosenbrock(px_descent *d, int32_t w) {
    px_fp f = d->how.grad;
    px_arg a = half(d, w, 0), b = half(d, w, 1), minus_one = half(d, d->numbers, 0);
    px_arg square = combined(d, PX_OP_MUL, f, a, a, "a^2");
    px_arg r = combined(d, PX_OP_ADD, f, b, scaled(d, f, square, -1, "-a^2"), "r");
    px_arg steep = scaled(d, f, combined(d, PX_OP_MUL, f, a, r, "a r"), -400, "-400 a r");
    px_arg flat = scaled(d, f, combined(d, PX_OP_ADD, f, a, minus_one, "a - 1"), 2, "2 (a - 1)");
    d->g = slot(d, "g", f);
    call(d, PX_OP_ADD, f, steep, flat, half(d, d->g, 0));
    px_call *c = call(d, PX_OP_SCALE, f, r, px_arg_absent(), half(d, d->g, 1));
    c->attr[0] = 200;
    c->attr[1] = 1;
}

static void add_gradient(px_descent *d, int32_t w) {
    px_fp f = d->how.grad;
    px_arg x = view(d, w), numbers = view(d, d->numbers);
    switch (d->how.gradient) {
    case PX_GRADIENT_FIXED: d->g = d->numbers; return;
    case PX_GRADIENT_DIAGONAL: d->g = combined(d, PX_OP_MUL, f, numbers, x, "g").slot; return;
    case PX_GRADIENT_ROSENBROCK: rosenbrock(d, w); return;
    case PX_GRADIENT_FORCED: {
        d->force = slot(d, "force", f);
        px_arg rest = combined(d, PX_OP_ADD, f, x, numbers, "w - 0.1");
        d->g = combined(d, PX_OP_ADD, f, rest, view(d, d->force), "g").slot;
        return;
    }
    }
}

static void add_states(px_descent *d, const px_optimizer *o) {
    static const char *const names[2][PX_DESCENT_STATES] = {{"m", "v", "x", "rest"}, {"m'", "v'", "x'", "rest'"}};
    for (int k = 0; k < PX_DESCENT_STATES; k++) {
        bool rest = k == PX_OPTIMIZER_STATES, kept = rest ? d->how.store == PX_STORE_KAHAN : o->keeps[k];
        px_fp f = rest ? d->how.weights : d->how.state;
        d->state[k] = kept ? slot(d, names[0][k], f) : -1;
        d->new_state[k] = kept ? slot(d, names[1][k], f) : -1;
    }
    d->second = o->keeps[2] ? d->new_state[2] : d->new_state[1];
}

/* The optimizer's call; for nesterov, sgd's again on the new buffer: -lr (mu b' + g). */
static px_arg add_optimizer(px_descent *d, const px_optimizer *o, px_arg g) {
    const px_descent_how *h = &d->how;
    px_arg out = view(d, slot(d, "d", h->acc));
    px_call *c = call(d, o->op, h->acc, g, px_arg_absent(), out);
    for (int k = 0; k < px_op_inputs(o->op) - 1; k++) {
        c->in[k + 1] = view(d, d->state[k]);
        c->out[k + 1] = view(d, d->new_state[k]);
    }
    px_optimizer_attributes(h->optimizer, &h->constants, c);
    if (!o->ahead) return out;
    px_arg ahead = view(d, slot(d, "d ahead", h->acc));
    px_call *again = call(d, PX_OP_SGD, h->acc, g, view(d, d->new_state[0]), ahead);
    again->out[1] = view(d, slot(d, "m ahead", h->acc));
    px_optimizer_attributes(h->optimizer, &h->constants, again);
    return ahead;
}

static void add_store(px_descent *d, px_arg w, px_arg update) {
    bool kahan = d->how.store == PX_STORE_KAHAN;
    d->update = update.slot;
    d->new_w = slot(d, "w'", d->how.weights);
    px_call *c = call(d, kahan ? PX_OP_ADD_KAHAN : PX_OP_ADD, d->how.weights, w, update, view(d, d->new_w));
    if (kahan) {
        c->in[2] = view(d, d->state[3]);
        c->out[1] = view(d, d->new_state[3]);
    }
    if (d->how.store == PX_STORE_STOCHASTIC) {
        c->recipe.rounding = PX_STOCHASTIC;
        c->recipe.sr_bits = PX_SR_BITS_DEFAULT;
    }
}

void px_descent_build(px_arena *arena, const px_descent_how *how, px_descent *d) {
    const px_optimizer *o = px_optimizer_of(how->optimizer);
    *d = (px_descent){.how = *how,
                      .slots = PX_NEW_ARRAY(arena, px_slot, MAX_SLOTS),
                      .calls = PX_NEW_ARRAY(arena, px_call, MAX_CALLS),
                      .force = -1};
    d->prog = (px_prog){.slots = d->slots, .calls = d->calls};
    d->w = slot(d, "w", how->weights);
    d->numbers = slot(d, "numbers", how->grad);
    add_states(d, o);
    px_arg w = view(d, d->w), copy = w;
    if (!px_fp_equal(how->grad, how->weights)) {
        copy = view(d, slot(d, "copy", how->grad));
        call(d, PX_OP_ROUND, how->grad, w, px_arg_absent(), copy);
    }
    add_gradient(d, copy.slot);
    px_arg g = view(d, d->g);
    if (how->decay != 0 && !o->decoupled)
        g = combined(d, PX_OP_ADD, how->acc, g, scaled(d, how->acc, w, how->decay, "decay w"), "g + decay w");
    px_arg update = add_optimizer(d, o, g);
    if (how->decay != 0 && o->decoupled)
        update = combined(d, PX_OP_ADD, how->acc, update, scaled(d, how->acc, w, 0, "-lr decay w"), "d - lr decay w");
    add_store(d, w, update);
    px_descent_set_step(d, 1, how->constants.lr);
}

void px_descent_set_step(px_descent *d, int64_t t, double lr) {
    for (int i = 0; i < d->prog.n_calls; i++) {
        px_call *c = &d->calls[i];
        c->stream = d->how.stream + ((uint64_t)t << 8) + (uint64_t)i;
        px_optimizer_set_step(c, t, lr);
        bool decays = c->op == PX_OP_SCALE && px_optimizer_of(d->how.optimizer)->decoupled && c->in[0].slot == d->w;
        if (decays) c->attr[0] = -lr * d->how.decay;
    }
}

static double bytes_of(px_fp f) { return f.width / 8.0; }

double px_descent_bytes(const px_descent *d) {
    double bytes = bytes_of(d->how.weights) + bytes_of(d->how.grad);
    if (!px_fp_equal(d->how.grad, d->how.weights)) bytes += bytes_of(d->how.grad);
    for (int k = 0; k < PX_DESCENT_STATES; k++)
        if (d->state[k] >= 0) bytes += bytes_of(d->slots[d->state[k]].fmt);
    return bytes;
}
