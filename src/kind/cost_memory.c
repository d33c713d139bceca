/* What lies in memory, counted from a program's slots. */
#include "kind/cost.h"

#include "op/count.h"

static double bytes_of(const px_nn_program *p, int32_t slot) {
    return slot < 0 ? 0 : px_arg_bytes(&p->prog, px_arg_whole(&p->prog, slot));
}

static bool is_copy(const px_nn_program *p, int32_t s) {
    return p->role[s] == PX_NN_ROLE_CAST && p->role[p->origin[s]] == PX_NN_ROLE_PARAMETER;
}

/* Data that calls write are a cache. */
static void add_caches(const px_nn_program *p, double times, px_cost_memory *m) {
    for (int32_t i = 0; i < p->prog.n_calls; i++) {
        int32_t out = p->prog.calls[i].out[0].slot;
        if (p->role[out] == PX_NN_ROLE_DATA) m->bytes[PX_COST_CACHE] += times * bytes_of(p, out);
    }
}

static void add(const px_nn_program *p, double times, px_cost_memory *m) {
    for (int32_t i = 0; i < p->n_params; i++) {
        const px_nn_param *q = &p->params[i];
        const px_slot *s = &p->prog.slots[q->value];
        m->parameters += times * (double)s->rows * (double)s->cols;
        m->bytes[PX_COST_WEIGHTS] += times * bytes_of(p, q->value);
        m->bytes[PX_COST_GRADIENT] += times * bytes_of(p, q->grad);
        m->bytes[PX_COST_UNSCALED] += times * bytes_of(p, q->unscaled);
        for (int k = 0; k < PX_NN_STATES; k++) m->bytes[PX_COST_STATE] += times * bytes_of(p, q->state[k]);
    }
    for (int32_t s = 0; s < p->prog.n_slots; s++)
        if (is_copy(p, s)) m->bytes[PX_COST_COPY] += times * bytes_of(p, s);
    add_caches(p, times, m);
}

px_status px_cost_remember(px_arena *arena, const px_cost_plan *plan, px_cost_memory *memory, px_error *err) {
    *memory = (px_cost_memory){0};
    double layers = (double)plan->model.layers;
    for (int64_t l = 1; l <= 2; l++) {
        px_nn_program p;
        PX_TRY(px_cost_build(arena, plan, l, &p, err));
        add(&p, l == 1 ? 2 - layers : layers - 1, memory);
    }
    return PX_OK;
}

static const struct {
    const char *name;
    int shared_from;
} terms[] = {
#define ROW(id, name, stage, text) {name, stage},
    PX_COST_TERM_LIST(ROW)
#undef ROW
};

const char *px_cost_term_name(px_cost_term term) { return terms[term].name; }

double px_cost_share(px_cost_term term, double bytes, int stage, double devices) {
    return stage >= terms[term].shared_from ? bytes / devices : bytes;
}
