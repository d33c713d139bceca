/* The exact step, by the judge of the cell; what the certified one leaves open, by the exact one where that is cheap. */
#include "kind/transformer.h"
#include "ref/pairs.h"

static const double most_operations = 1e9;      /* of matrix products: half a minute of a core */
static const int64_t most_parameters = 1000000; /* a gigabyte */

bool px_transformer_settles(const px_nn_model *m) {
    return px_transformer_flops(m) <= most_operations && 12 * m->layers * m->width * m->width <= most_parameters;
}

/* Its program, once. */
static px_status hear(const px_transformer *t, px_witness *w, px_error *err) {
    if (!w->exec || w->state) return PX_OK;
    PX_TRY(w->exec->open(w->exec, &w->state, &t->program.prog, err));
    return px_nn_repeat(&t->train, w->exec, w->state, &w->calls, err);
}

px_status px_exact_step_open(px_exact_step *e, const px_transformer *t, px_error *err) {
    bool exact = t->judge == PX_JUDGE_EXACT;
    *e = (px_exact_step){.t = t, .balls = px_ref_balls_of(PX_BALLS_BITS)};
    if (t->judge == PX_JUDGE_NONE) return PX_OK;
    e->first.exec = exact ? &e->balls.exec : px_ref_pairs();
    if (!exact && px_transformer_settles(&t->model)) e->last.exec = &e->balls.exec;
    return hear(t, &e->first, err);
}

void px_exact_step_close(px_exact_step *e) {
    if (e->first.state) e->first.exec->close(e->first.state);
    if (e->last.state) e->last.exec->close(e->last.state);
}

static bool saw(const px_witness *w, int32_t last_writer) { return last_writer >= 0 && last_writer < w->calls; }

static px_status get(const px_exact_step *e, const px_witness *w, px_arena *arena, int32_t slot, px_wide *exact,
                     px_error *err) {
    const px_slot *s = &e->t->program.prog.slots[slot];
    *exact = px_wide_new(arena, s->rows, s->cols);
    return w->exec->get(w->state, slot, exact, err);
}

px_status px_exact_step_read(px_exact_step *e, px_arena *arena, int32_t slot, px_wide *exact, const char **by,
                             px_error *err) {
    int32_t last = px_transformer_last_writer(e->t, slot);
    *by = saw(&e->first, last) ? e->t->judge == PX_JUDGE_EXACT ? "exact" : "certified" : NULL;
    const px_witness *w = *by ? &e->first : &e->last;
    if (!*by && last >= 0 && e->last.exec) {
        PX_TRY(hear(e->t, &e->last, err));
        if (saw(&e->last, last)) *by = "exact";
    }
    return *by ? get(e, w, arena, slot, exact, err) : PX_OK;
}

px_status px_exact_step_settle(px_exact_step *e, px_arena *arena, int32_t slot, px_wide *exact, const char **by,
                               px_error *err) {
    *by = "open";
    if (!e->last.exec) return PX_OK;
    PX_TRY(hear(e->t, &e->last, err));
    *by = "exact";
    return get(e, &e->last, arena, slot, exact, err);
}
