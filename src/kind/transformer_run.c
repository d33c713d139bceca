#include "kind/transformer.h"

const char *px_transformer_unsupported(px_arena *arena, const px_case *c) {
    px_transformer t;
    const char *why = px_transformer_read(arena, c, &t);
    if (why) return why;
    px_error err;
    if (px_nn_build(arena, &t.model, &t.policy, &t.program, &err) != PX_OK) return px_arena_strdup(arena, err.text);
    return px_nn_refused(arena, &t.program, t.exec);
}

static px_status make_step(const px_case *c, px_transformer *t, int64_t step, px_lab *lab, px_sink *sink,
                           px_error *err) {
    px_nn_report report;
    PX_TRY(px_transformer_hold(c, t, err));
    px_transformer_batch(c, t);
    PX_TRY(px_nn_step(&t->train, &report, err));
    px_transformer now = *t;
    if ((step - 1) % t->every != 0) {
        now.tensors = PX_TENSORS_STEP;
        now.judge = PX_JUDGE_NONE;
    }
    PX_TRY(px_transformer_emit(&now, &report, lab, sink, err));
    return px_nn_advance(&t->train, err);
}

px_status px_transformer_run(const px_case *c, px_lab *lab, px_sink *sink, px_error *err) {
    px_transformer t;
    px_transformer_signs signs = {.alarm = px_case_real(c, "alarm"), .calm = px_case_int(c, "calm")};
    PX_ASSERT(px_transformer_read(lab->arena, c, &t) == NULL);
    t.signs = &signs;
    PX_TRY(px_nn_build(lab->arena, &t.model, &t.policy, &t.program, err));
    PX_TRY(px_nn_train_open(lab->arena, &t.program, t.exec, t.scaler, &t.train, err));
    px_transformer_start(c, &t);
    px_status status = PX_OK;
    if (t.parameters) status = px_transformer_load(lab->arena, t.parameters, &t.program, t.train.inputs, err);
    for (int64_t step = 1; step <= t.steps && status == PX_OK && !t.held.stopped; step++)
        status = make_step(c, &t, step, lab, sink, err);
    px_nn_train_close(&t.train);
    return status;
}

/* Products alone, forward and backward, by the formulas of S16: 24 B T C^2 + 4 B T^2 C forward, twice that backward. */
double px_transformer_flops(const px_nn_model *m) {
    double tokens = (double)(m->batch * m->length * m->micro * m->ranks), c = (double)m->width;
    return 3 * (double)m->layers * tokens * (24 * c * c + 4 * (double)m->length * c);
}

px_cost px_transformer_cost(const px_case *c) {
    px_arena *arena = px_arena_new();
    px_transformer t;
    px_cost cost = {.work = 1, .bytes = 1};
    if (!px_transformer_read(arena, c, &t)) {
        double parameters = 12 * (double)t.model.layers * (double)(t.model.width * t.model.width);
        double judged = t.judge == PX_JUDGE_NONE ? 0 : (double)((t.steps + t.every - 1) / t.every);
        double kappas = t.tensors == PX_TENSORS_WEIGHTS || t.tensors == PX_TENSORS_UPDATES ? 100 * parameters : 0;
        double each = t.judge == PX_JUDGE_EXACT ? 60 : 1; /* 6e-8 and 1e-9 s an operation, 2e-9 the step itself */
        cost.work = px_transformer_flops(&t.model) * ((double)t.steps * 2 + judged * each * (t.local ? 2 : 1));
        cost.work += kappas * (double)t.model.width * (double)((t.steps + t.every - 1) / t.every);
        bool exact = t.judge == PX_JUDGE_EXACT || px_transformer_settles(&t.model);
        cost.bytes = parameters * (judged == 0 ? 100 : exact ? 1000 : 400) + 1e6;
    }
    px_arena_free(arena);
    return cost;
}
