#include "nn/build.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "arith/model.h"

/* Arrays grow by doubling in the arena; what they leave behind goes with it. */
static void *grown(px_arena *arena, void *old, int32_t count, size_t size) {
    void *new = px_arena_alloc(arena, (size_t)count * 2 + 64, size);
    if (count) memcpy(new, old, (size_t)count * size);
    return new;
}

#define GROW(array, count) ((array) = grown(b->arena, (array), (count), sizeof *(array)))

int32_t px_nn_slot(px_builder *b, px_nn_role role, int64_t rows, int64_t cols, px_fp fmt, const char *format, ...) {
    px_nn_program *p = b->p;
    int32_t n = p->prog.n_slots;
    if (n == b->slots_room) {
        GROW(b->slots, n);
        GROW(p->role, n);
        GROW(p->origin, n);
        GROW(b->inverse, n);
        b->slots_room = n * 2 + 64;
    }
    px_slot *s = &b->slots[n];
    *s = (px_slot){.rows = rows, .cols = cols, .fmt = fmt};
    va_list list;
    va_start(list, format);
    int used = snprintf(s->name, sizeof s->name, "%s", b->prefix);
    vsnprintf(s->name + used, sizeof s->name - (size_t)used, format, list);
    va_end(list);
    p->role[n] = role;
    p->origin[n] = n;
    p->prog.slots = b->slots;
    p->prog.n_slots = n + 1;
    return n;
}

void px_nn_carry(px_builder *b, int32_t from, int32_t to) {
    px_nn_program *p = b->p;
    if (p->n_carry == b->carry_room) {
        GROW(p->carry, p->n_carry);
        b->carry_room = p->n_carry * 2 + 64;
    }
    p->carry[p->n_carry][0] = from;
    p->carry[p->n_carry++][1] = to;
}

const char *px_nn_bare(const px_builder *b, int32_t slot) {
    const char *name = b->slots[slot].name;
    size_t n = strlen(b->prefix);
    return strncmp(name, b->prefix, n) == 0 ? name + n : name;
}

px_call *px_nn_call(px_builder *b, px_op op, px_nn_class which) {
    px_nn_program *p = b->p;
    int32_t n = p->prog.n_calls;
    if (n == b->calls_room) {
        GROW(p->calls, n);
        GROW(p->draw, n);
        b->calls_room = n * 2 + 64;
    }
    px_call *c = &p->calls[n];
    *c = (px_call){.op = op, .recipe = px_nn_recipe(&p->policy, which)};
    c->recipe.model = PX_MODEL_NONE;
    c->recipe.fused = 0;
    for (int i = 0; i < PX_MAX_IN; i++) c->in[i] = px_arg_absent();
    for (int i = 0; i < PX_MAX_OUT; i++) c->out[i] = px_arg_absent();
    p->draw[n] = 0;
    p->prog.calls = p->calls;
    p->prog.n_calls = n + 1;
    p->segments[p->n_segments - 1].count++;
    return c;
}

void px_nn_begin(px_builder *b, px_nn_stage stage) {
    px_nn_program *p = b->p;
    if (p->n_segments == b->segments_room) {
        GROW(p->segments, p->n_segments);
        b->segments_room = p->n_segments * 2 + 64;
    }
    p->segments[p->n_segments++] = (px_nn_segment){.stage = stage, .first = p->prog.n_calls};
}

px_arg px_nn_all(const px_builder *b, int32_t slot) { return px_arg_whole(&b->p->prog, slot); }

px_arg px_nn_turned(px_arg v) {
    return (px_arg){.slot = v.slot, .off = v.off, .rows = v.cols, .cols = v.rows, .rs = v.cs, .cs = v.rs};
}

px_arg px_nn_as_column(const px_builder *b, int32_t slot) { return px_nn_turned(px_nn_as_row(b, slot)); }

px_arg px_nn_as_row(const px_builder *b, int32_t slot) {
    int64_t n = b->slots[slot].rows * b->slots[slot].cols;
    return (px_arg){.slot = slot, .rows = 1, .cols = n, .rs = n, .cs = 1};
}

px_arg px_nn_spread(const px_builder *b, int32_t slot, int64_t rows, int64_t cols) {
    bool one = b->slots[slot].rows * b->slots[slot].cols == 1;
    return (px_arg){.slot = slot, .rows = rows, .cols = cols, .rs = 0, .cs = one ? 0 : 1};
}

/* Is every number of g one of f? */
static bool holds(px_fp f, px_fp g) {
    if (px_fp_is_exact(f)) return true;
    return !px_fp_is_exact(g) && g.p <= f.p && g.emin - g.p >= f.emin - f.p && g.max_finite <= f.max_finite;
}

int32_t px_nn_round(px_builder *b, int32_t slot, px_fp f) {
    px_nn_program *p = b->p;
    if (holds(f, b->slots[slot].fmt)) return slot;
    for (int32_t s = slot + 1; s < p->prog.n_slots; s++)
        if (p->role[s] == PX_NN_ROLE_CAST && p->origin[s] == slot && px_fp_equal(b->slots[s].fmt, f)) return s;
    char name[24], of[sizeof b->slots->name];
    snprintf(of, sizeof of, "%s", px_nn_bare(b, slot));
    int32_t cast = px_nn_slot(b, PX_NN_ROLE_CAST, b->slots[slot].rows, b->slots[slot].cols, f, "%.38s.%s", of,
                              px_fp_name(f, name));
    p->origin[cast] = slot;
    px_call *c = px_nn_call(b, PX_OP_ROUND, PX_NN_CLASS_LINEAR);
    c->recipe = px_recipe_uniform(f);
    c->in[0] = px_nn_all(b, slot);
    c->out[0] = px_nn_all(b, cast);
    return cast;
}

int32_t px_nn_cast(px_builder *b, int32_t slot, px_nn_class which) {
    return px_nn_round(b, slot, b->p->policy.rule[which].in);
}

void px_nn_gemm(px_builder *b, px_nn_class which, px_arg out, px_arg a, px_arg x, px_arg c) {
    px_call *call = px_nn_call(b, PX_OP_GEMM, which);
    call->recipe = px_nn_recipe(&b->p->policy, which);
    call->attr[0] = 1;
    call->in[0] = a;
    call->in[1] = x;
    call->in[2] = c;
    call->out[0] = out;
}

void px_nn_add(px_builder *b, px_nn_class which, px_arg out, px_arg a, px_arg x) {
    px_call *call = px_nn_call(b, PX_OP_ADD, which);
    call->in[0] = a;
    call->in[1] = x;
    call->out[0] = out;
}

static int32_t add_parameter(px_builder *b, int64_t rows, int64_t cols, const char *name) {
    px_nn_program *p = b->p;
    px_nn_param *q = &p->params[p->n_params];
    *q = (px_nn_param){
        .grad = -1, .unscaled = -1, .clipped = -1, .update = -1, .new_value = -1, .decay_call = -1, .matrix = rows > 1};
    for (int k = 0; k < PX_NN_STATES; k++) q->state[k] = q->new_state[k] = -1;
    q->value = px_nn_slot(b, PX_NN_ROLE_PARAMETER, rows, cols, p->policy.master, "%s", name);
    return p->n_params++;
}

static void add_layer(px_builder *b, int32_t layer) {
    static const struct {
        const char *name;
        int64_t rows, cols; /* times the width; 0: one row */
    } list[PX_NN_LAYER_PARAMS] = {
        {"ln_1.weight", 0, 1},      {"ln_1.bias", 0, 1},          {"attn.c_attn.weight", 3, 1},
        {"attn.c_attn.bias", 0, 3}, {"attn.c_proj.weight", 1, 1}, {"attn.c_proj.bias", 0, 1},
        {"ln_2.weight", 0, 1},      {"ln_2.bias", 0, 1},          {"mlp.c_fc.weight", 4, 1},
        {"mlp.c_fc.bias", 0, 4},    {"mlp.c_proj.weight", 1, 4},  {"mlp.c_proj.bias", 0, 1},
    };
    int64_t c = b->p->model.width;
    for (int i = 0; i < PX_NN_LAYER_PARAMS; i++) {
        char name[40];
        snprintf(name, sizeof name, "h.%d.%s", layer, list[i].name);
        add_parameter(b, list[i].rows ? list[i].rows * c : 1, list[i].cols * c, name);
    }
}

void px_nn_add_parameters(px_builder *b) {
    px_nn_program *p = b->p;
    const px_nn_model *m = &p->model;
    p->params = PX_NEW_ARRAY(b->arena, px_nn_param, m->layers * PX_NN_LAYER_PARAMS + 4);
    for (int32_t l = 0; l < m->layers; l++) add_layer(b, l);
    if (m->loss != PX_NN_LOSS_CROSS_ENTROPY) return;
    add_parameter(b, 1, m->width, "ln_f.weight");
    add_parameter(b, 1, m->width, "ln_f.bias");
    add_parameter(b, m->vocab, m->width, "wte.weight");
    add_parameter(b, m->length, m->width, "wpe.weight");
}

px_status px_nn_check(const px_nn_model *m, px_error *err) {
    if (m->heads < 1 || m->width % m->heads)
        return px_fail(err, PX_USAGE, "%lld heads do not divide a width of %lld", (long long)m->heads,
                       (long long)m->width);
    if (m->loss == PX_NN_LOSS_CROSS_ENTROPY && m->vocab < 2)
        return px_fail(err, PX_USAGE, "cross_entropy needs a vocabulary of at least 2");
    return PX_OK;
}

px_status px_nn_build(px_arena *arena, const px_nn_model *model, const px_nn_policy *policy, px_nn_program *program,
                      px_error *err) {
    PX_TRY(px_nn_check(model, err));
    PX_ASSERT(model->layers > 0 && model->batch > 0 && model->length > 0 && model->micro > 0 && model->ranks > 0);
    *program = (px_nn_program){.model = *model, .policy = *policy, .n_batches = (int32_t)(model->micro * model->ranks)};
    px_builder b = {.arena = arena, .p = program};
    px_nn_add_parameters(&b);
    int32_t **lists[] = {&program->x, &program->dy, &program->target, &program->tokens, &program->y, &program->dx};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        *lists[i] = PX_NEW_ARRAY(arena, int32_t, program->n_batches);
        for (int32_t k = 0; k < program->n_batches; k++) (*lists[i])[k] = -1;
    }
    program->seed = px_nn_slot(&b, PX_NN_ROLE_SCALAR, 1, 1, px_fp_exact(), "seed");
    program->unscale = px_nn_slot(&b, PX_NN_ROLE_SCALAR, 1, 1, px_fp_exact(), "unscale");
    b.parts = PX_NEW_ARRAY(arena, int32_t, program->n_params * program->n_batches);
    program->losses = PX_NEW_ARRAY(arena, int32_t, program->n_batches);
    for (b.batch = 0; b.batch < program->n_batches; b.batch++) {
        if (program->n_batches > 1) snprintf(b.prefix, sizeof b.prefix, "b%d.", b.batch);
        px_nn_batch(&b);
    }
    b.prefix[0] = '\0';
    px_nn_reduce_and_update(&b);
    for (int32_t i = 0; i < program->prog.n_calls; i++) px_call_check(&program->prog, &program->calls[i]);
    return PX_OK;
}

#define NAME_OF_STAGE(id, name) name,
#define NAME_OF_ROLE(id, name)  name,
const char *px_nn_stage_name(px_nn_stage stage) {
    static const char *const names[] = {PX_NN_STAGE_LIST(NAME_OF_STAGE)};
    PX_ASSERT(stage < PX_NN_STAGE_COUNT);
    return names[stage];
}

const char *px_nn_role_name(px_nn_role role) {
    static const char *const names[] = {PX_NN_ROLE_LIST(NAME_OF_ROLE)};
    PX_ASSERT(role < PX_NN_ROLE_COUNT);
    return names[role];
}
