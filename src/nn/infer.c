/* Forward passes alone, and attention that leaves masked scores out: of one position after another, or of the last one
 * against keys and values of a cache. */
#include <stdio.h>

#include "nn/build.h"

/* Queries are the last positions of their sequences; of query i the scores are a row of keys_of(i) numbers, packed. */
typedef struct rows {
    px_builder *b;
    int64_t batch, heads, length, size, width;
    int64_t queries;                 /* of a sequence: 1 where the rest is in a cache */
    int32_t qkv, keys, values;       /* slots; keys and values: of all positions */
    int64_t pitch, at_key, at_value; /* numbers from one position to the next in keys and values, to the first one */
} rows;

static int64_t keys_of(const rows *n, int64_t i) { return n->length - n->queries + i + 1; }
static int64_t scores_before(const rows *n, int64_t i) { return i * (n->length - n->queries) + i * (i + 1) / 2; }
static px_fp out_of(const px_builder *b, px_nn_class which) { return b->p->policy.rule[which].out; }

/* Row i of head h of sample s of a slot of packed scores. */
static px_arg packed(const rows *n, int32_t slot, int64_t s, int64_t h, int64_t i) {
    int64_t all = scores_before(n, n->queries), count = keys_of(n, i);
    return (px_arg){.slot = slot,
                    .off = (s * n->heads + h) * all + scores_before(n, i),
                    .rows = 1,
                    .cols = count,
                    .rs = count,
                    .cs = 1};
}

/* Head h of position i among `positions` of sample s, `pitch` numbers apart. */
static px_arg head(const rows *n, int32_t slot, int64_t pitch, int64_t position, int64_t h, int64_t count) {
    return (px_arg){
        .slot = slot, .off = position * pitch + h * n->size, .rows = count, .cols = n->size, .rs = pitch, .cs = 1};
}

static int32_t packed_slot(const rows *n, px_nn_class which, const char *layer, const char *name) {
    return px_nn_slot(n->b, PX_NN_ROLE_ACTIVATION, n->batch * n->heads, scores_before(n, n->queries),
                      out_of(n->b, which), "%sattn.%s", layer, name);
}

/* Keys or values of the new position into the cache. */
static int32_t cached(const rows *n, const char *layer, const char *name, int64_t part) {
    px_builder *b = n->b;
    int32_t cache = px_nn_slot(b, PX_NN_ROLE_DATA, n->batch * n->length, n->width, b->slots[n->qkv].fmt,
                               "%sattn.%s_cache", layer, name);
    px_call *c = px_nn_call(b, PX_OP_ROUND, PX_NN_CLASS_ATTENTION);
    c->recipe = px_recipe_uniform(b->slots[cache].fmt);
    c->in[0] = (px_arg){n->qkv, part * n->width, n->batch, n->width, 3 * n->width, 1};
    c->out[0] = (px_arg){cache, (n->length - 1) * n->width, n->batch, n->width, n->length * n->width, 1};
    return cache;
}

static rows rows_of(px_builder *b, const char *layer, const px_nn_trace *t) {
    const px_nn_model *m = &b->p->model;
    bool decode = b->pass == PX_NN_PASS_DECODE;
    rows n = {.b = b,
              .batch = m->batch,
              .heads = m->heads,
              .length = m->length,
              .size = m->width / m->heads,
              .width = m->width,
              .queries = decode ? 1 : m->length,
              .qkv = px_nn_cast(b, t->qkv, PX_NN_CLASS_ATTENTION),
              .pitch = decode ? m->width : 3 * m->width};
    n.keys = decode ? cached(&n, layer, "k", 1) : n.qkv;
    n.values = decode ? cached(&n, layer, "v", 2) : n.qkv;
    if (!decode) n.at_key = m->width, n.at_value = 2 * m->width;
    return n;
}

/* The heads' keys (or values) of the first keys_of(i) positions of sample s. */
static px_arg past(const rows *n, int32_t slot, int64_t at, int64_t s, int64_t h, int64_t i) {
    px_arg v = head(n, slot, n->pitch, s * n->length, h, keys_of(n, i));
    v.off += at;
    return v;
}

static void multiply_keys(const rows *n, int32_t scores, int64_t s, int64_t h, int64_t i) {
    px_nn_gemm(n->b, PX_NN_CLASS_ATTENTION, packed(n, scores, s, h, i),
               head(n, n->qkv, 3 * n->width, s * n->queries + i, h, 1),
               px_nn_turned(past(n, n->keys, n->at_key, s, h, i)), px_arg_absent());
}

static void multiply_values(const rows *n, int32_t z, int32_t probs, int64_t s, int64_t h, int64_t i) {
    px_nn_gemm(n->b, PX_NN_CLASS_ATTENTION, head(n, z, n->width, s * n->queries + i, h, 1), packed(n, probs, s, h, i),
               past(n, n->values, n->at_value, s, h, i), px_arg_absent());
}

static void softmax(const rows *n, px_arg out, px_arg in) {
    px_call *c = px_nn_call(n->b, PX_OP_SOFTMAX, PX_NN_CLASS_SOFTMAX);
    c->in[0] = in;
    c->out[0] = out;
    c->attr[0] = (double)n->size;
    c->attr[3] = n->b->p->model.softmax;
}

void px_nn_attention_by_rows(px_builder *b, const char *layer, px_nn_trace *t) {
    rows n = rows_of(b, layer, t);
    int64_t all = n.batch * n.heads;
    t->scores = packed_slot(&n, PX_NN_CLASS_ATTENTION, layer, "scores");
    for (int64_t e = 0; e < all; e++)
        for (int64_t i = 0; i < n.queries; i++) multiply_keys(&n, t->scores, e / n.heads, e % n.heads, i);
    int32_t in = px_nn_cast(b, t->scores, PX_NN_CLASS_SOFTMAX);
    t->probs = packed_slot(&n, PX_NN_CLASS_SOFTMAX, layer, "probs");
    for (int64_t e = 0; e < all; e++)
        for (int64_t i = 0; i < n.queries; i++)
            softmax(&n, packed(&n, t->probs, e / n.heads, e % n.heads, i), packed(&n, in, e / n.heads, e % n.heads, i));
    t->probs_used = px_nn_cast(b, t->probs, PX_NN_CLASS_ATTENTION);
    t->z = px_nn_slot(b, PX_NN_ROLE_ACTIVATION, n.batch * n.queries, n.width, out_of(b, PX_NN_CLASS_ATTENTION),
                      "%sattn.z", layer);
    for (int64_t e = 0; e < all; e++)
        for (int64_t i = 0; i < n.queries; i++) multiply_values(&n, t->z, t->probs_used, e / n.heads, e % n.heads, i);
}

/* What the first layer takes in. */
static int32_t input(px_builder *b) {
    px_nn_program *p = b->p;
    const px_nn_model *m = &p->model;
    bool decode = b->pass == PX_NN_PASS_DECODE;
    int64_t count = decode ? m->batch : m->batch * m->length;
    if (m->loss == PX_NN_LOSS_CROSS_ENTROPY) {
        p->tokens[0] = px_nn_slot(b, PX_NN_ROLE_DATA, count, 1, px_fp_exact(), "tokens");
        return px_nn_embed(b, p->tokens[0], decode ? m->length - 1 : 0);
    }
    return px_nn_slot(b, PX_NN_ROLE_DATA, count, m->width, out_of(b, PX_NN_CLASS_RESIDUAL), "x");
}

px_status px_nn_build_inference(px_arena *arena, const px_nn_model *model, const px_nn_policy *policy, px_nn_pass pass,
                                px_nn_program *program, px_error *err) {
    PX_TRY(px_nn_check(model, err));
    PX_ASSERT(model->dropout == 0 && !model->scale_before);
    px_nn_trace trace;
    *program = (px_nn_program){.model = *model, .policy = *policy, .n_batches = 1, .seed = -1, .unscale = -1};
    px_builder b = {.arena = arena, .p = program, .pass = pass};
    px_nn_add_parameters(&b);
    int32_t **lists[] = {&program->x, &program->tokens, &program->y};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) *lists[i] = PX_NEW(arena, int32_t);
    px_nn_begin(&b, PX_NN_STAGE_FORWARD);
    program->tokens[0] = -1;
    int32_t x = program->x[0] = input(&b);
    for (int32_t l = 0; l < model->layers; l++) x = px_nn_block(&b, l, x, &trace);
    program->y[0] = x;
    if (model->loss == PX_NN_LOSS_CROSS_ENTROPY) {
        px_nn_statistics s;
        int32_t ln = px_nn_norm(&b, x, px_nn_outer(&b, PX_NN_LN_F), "ln_f", &s);
        program->y[0] = px_nn_linear(&b, ln, px_nn_outer(&b, PX_NN_WTE), -1, "logits");
    }
    for (int32_t i = 0; i < program->prog.n_calls; i++) px_call_check(&program->prog, &program->calls[i]);
    return PX_OK;
}
