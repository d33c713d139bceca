/* Operations and bytes, counted from a program's calls; and the formulas that they are compared with. */
#include <stdio.h>
#include <string.h>

#include "kind/cost.h"
#include "metric/error.h"
#include "op/count.h"

enum { MOST_LINES = 128 };

px_status px_cost_build(px_arena *arena, const px_cost_plan *plan, int64_t layers, px_nn_program *p, px_error *err) {
    px_nn_model model = plan->model;
    model.layers = layers;
    if (plan->pass == PX_COST_TRAINING) return px_nn_build(arena, &model, &plan->policy, p, err);
    return px_nn_build_inference(arena, &model, &plan->policy, (px_nn_pass)plan->pass, p, err);
}

/* A name without its layer, and without what marks the sum of a narrow product. */
static const char *bare(px_arena *arena, const char *name) {
    int used = 0;
    if (sscanf(name, "h.%*d.%n", &used) == 0 && used > 0) name += used;
    size_t n = strlen(name), raw = strlen(".raw");
    bool narrow = n > raw && strcmp(name + n - raw, ".raw") == 0;
    return px_arena_printf(arena, "%.*s", (int)(narrow ? n - raw : n), name);
}

static px_cost_line *line_of(px_cost_sheet *s, const char *stage, const char *operation) {
    for (int i = 0; i < s->n; i++)
        if (strcmp(s->lines[i].stage, stage) == 0 && strcmp(s->lines[i].operation, operation) == 0) return &s->lines[i];
    PX_ASSERT(s->n < MOST_LINES);
    s->lines[s->n] = (px_cost_line){.stage = stage, .operation = operation};
    return &s->lines[s->n++];
}

/* The program's calls, `times` over. */
static void add(px_arena *arena, const px_nn_program *p, double times, px_cost_sheet *sheet) {
    for (int32_t s = 0; s < p->n_segments; s++)
        for (int32_t i = 0; i < p->segments[s].count; i++) {
            const px_call *c = &p->prog.calls[p->segments[s].first + i];
            bool product = c->op == PX_OP_GEMM && p->role[c->out[0].slot] != PX_NN_ROLE_SCALAR;
            const char *name = product ? bare(arena, p->prog.slots[c->out[0].slot].name) : px_op_name(c->op);
            px_cost_line *line = line_of(sheet, px_nn_stage_name(p->segments[s].stage), name);
            px_count n = px_call_count(&p->prog, c);
            line->product = product;
            line->operands = p->prog.slots[c->in[0].slot].fmt;
            line->calls += times;
            line->flops += times * n.flops;
            line->bytes += times * (n.read + n.written);
        }
}

px_status px_cost_count(px_arena *arena, const px_cost_plan *plan, px_cost_sheet *sheet, px_error *err) {
    *sheet = (px_cost_sheet){.lines = PX_NEW_ARRAY(arena, px_cost_line, MOST_LINES)};
    double layers = (double)plan->model.layers;
    for (int64_t l = 1; l <= 2; l++) {
        px_nn_program p;
        PX_TRY(px_cost_build(arena, plan, l, &p, err));
        add(arena, &p, l == 1 ? 2 - layers : layers - 1, sheet);
    }
    return PX_OK;
}

/* Positions that are computed; pairs of one with a key; keys as products read them. Of all sequences. */
typedef struct sizes {
    double rows, pairs, keys, c, heads, v, layers;
} sizes;

static sizes sizes_of(const px_cost_plan *plan) {
    const px_nn_model *m = &plan->model;
    double b = (double)m->batch, t = (double)m->length;
    sizes s = {.rows = b * t,
               .pairs = b * t * t,
               .keys = b * t,
               .c = (double)m->width,
               .heads = (double)m->heads,
               .v = (double)m->vocab,
               .layers = (double)m->layers};
    if (plan->pass == PX_NN_PASS_CAUSAL) s.pairs = s.keys = b * t * (t + 1) / 2;
    if (plan->pass == PX_NN_PASS_DECODE) s.rows = b, s.pairs = s.keys = b * t;
    return s;
}

double px_cost_formula(const px_cost_plan *plan, double *attention) {
    sizes s = sizes_of(plan);
    *attention = s.pairs / (6 * s.c * s.rows + s.pairs);
    return s.layers * (24 * s.rows * s.c * s.c + 4 * s.pairs * s.c);
}

/* X(operation, operations, numbers M N + M K + K N), of a layer; the head of the whole. */
#define FORMULA_LIST(X)                                                                                                \
    X("attn.qkv", 6 * rows * c * c, 4 * rows * c + 3 * c * c)                                                          \
    X("attn.scores", 2 * pairs * c, heads * pairs + rows * c + keys * c)                                               \
    X("attn.z", 2 * pairs * c, heads * pairs + rows * c + keys * c)                                                    \
    X("attn.out", 2 * rows * c * c, 2 * rows * c + c * c)                                                              \
    X("mlp.fc", 8 * rows * c * c, 5 * rows * c + 4 * c * c)                                                            \
    X("mlp.out", 8 * rows * c * c, 5 * rows * c + 4 * c * c)

double px_cost_formula_of(const px_cost_plan *plan, const char *operation, double width, double *bytes) {
    sizes s = sizes_of(plan);
    double rows = s.rows, pairs = s.pairs, keys = s.keys, c = s.c, heads = s.heads;
    const struct {
        const char *name;
        double flops, numbers;
    } list[] = {
#define ROW(name, flops, numbers) {name, s.layers * (flops), s.layers * (numbers)},
        FORMULA_LIST(ROW)
#undef ROW
            {"logits", 2 * rows * c * s.v, rows * s.v + rows * c + c * s.v}};
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        if (strcmp(list[i].name, operation) == 0) {
            *bytes = width * list[i].numbers;
            return list[i].flops;
        }
    return *bytes = PX_UNDEFINED;
}
