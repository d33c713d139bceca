#include "nn/train.h"

#include <math.h>

#include "base/philox.h"

static bool *written(px_arena *arena, const px_prog *prog) {
    bool *w = PX_NEW_ARRAY(arena, bool, prog->n_slots);
    for (int32_t i = 0; i < prog->n_calls; i++)
        for (int k = 0; k < px_op_outputs(prog->calls[i].op); k++)
            if (prog->calls[i].out[k].slot >= 0) w[prog->calls[i].out[k].slot] = true;
    return w;
}

const char *px_nn_refused(px_arena *arena, const px_nn_program *program, const px_exec *exec) {
    for (int32_t i = 0; i < program->prog.n_calls; i++) {
        char why[256];
        if (!exec->supports(&program->prog, &program->calls[i], why, sizeof why))
            return px_arena_printf(arena, "%s has no %s", exec->name, why);
    }
    return NULL;
}

px_status px_nn_train_open(px_arena *arena, const px_nn_program *program, const px_exec *exec, px_nn_scaler scaler,
                           px_nn_train *t, px_error *err) {
    const px_prog *prog = &program->prog;
    *t = (px_nn_train){.program = program, .exec = exec, .scaler = scaler};
    const char *why = px_nn_refused(arena, program, exec);
    if (why) return px_fail(err, PX_INCOMPLETE, "%s", why);
    bool *out = written(arena, prog);
    t->inputs = PX_NEW_ARRAY(arena, px_mat, prog->n_slots);
    for (int32_t s = 0; s < prog->n_slots; s++)
        if (!out[s]) t->inputs[s] = px_mat_new(arena, prog->slots[s].fmt, prog->slots[s].rows, prog->slots[s].cols);
    return exec->open(exec, &t->state, prog, err);
}

void px_nn_train_close(px_nn_train *t) {
    if (t->state) t->exec->close(t->state);
    t->state = NULL;
}

static px_status put_inputs(const px_nn_train *t, const px_exec *exec, void *state, px_error *err) {
    for (int32_t s = 0; s < t->program->prog.n_slots; s++) {
        if (!t->inputs[s].data) continue;
        px_wide value = px_wide_of(t->inputs[s]);
        PX_TRY(exec->put(state, s, &value, err));
    }
    return PX_OK;
}

static double rate(const px_nn_train *t) {
    return px_schedule_rate(&t->program->model.schedule, t->program->model.constants.lr, t->step + 1);
}

/* What changes from step to step in the calls: the step's number and learning rate, and the streams of random bits;
 * without training nothing drops out. */
static void set_calls(const px_nn_train *t, bool training) {
    const px_nn_program *p = t->program;
    double lr = rate(t);
    for (int32_t i = 0; i < p->n_params; i++)
        if (p->params[i].decay_call >= 0) p->calls[p->params[i].decay_call].attr[0] = -lr * p->model.decay;
    for (int32_t i = 0; i < p->prog.n_calls; i++) {
        px_optimizer_set_step(&p->calls[i], t->step + 1, lr);
        if (p->calls[i].op == PX_OP_DROPOUT) p->calls[i].attr[0] = training ? p->model.dropout : 0;
        if (p->draw[i]) p->calls[i].stream = px_philox(p->model.seed, (uint64_t)t->attempt, (uint64_t)p->draw[i]).lo;
    }
}

static px_status run_stages(const px_nn_program *p, const px_exec *exec, void *state, px_nn_stage from,
                            px_nn_stage until, px_error *err) {
    for (int32_t i = 0; i < p->n_segments; i++) {
        const px_nn_segment *s = &p->segments[i];
        if (s->stage >= from && s->stage <= until) PX_TRY(exec->run(state, s->first, s->count, err));
    }
    return PX_OK;
}

static px_status read_number(const px_nn_train *t, int32_t slot, double *x, px_error *err) {
    px_wide value = px_wide_of((px_mat){.data = x, .rows = 1, .cols = 1, .ld = 1, .fmt = px_fp_exact()});
    return t->exec->get(t->state, slot, &value, err);
}

px_status px_nn_step(px_nn_train *t, px_nn_report *report, px_error *err) {
    const px_nn_program *p = t->program;
    double scale = t->scaler.scaling == PX_NN_SCALING_NONE ? 1 : t->scaler.scale, found;
    *report = (px_nn_report){.rate = rate(t), .scale = scale, .clip = 1, .grad_norm = (double)NAN};
    px_mat_set(&t->inputs[p->seed], 0, 0, scale / p->n_batches);
    px_mat_set(&t->inputs[p->unscale], 0, 0, (double)(float)(1 / scale));
    set_calls(t, true);
    PX_TRY(put_inputs(t, t->exec, t->state, err));
    PX_TRY(run_stages(p, t->exec, t->state, PX_NN_STAGE_FORWARD, PX_NN_STAGE_CHECK, err));
    PX_TRY(read_number(t, p->loss, &report->loss, err));
    PX_TRY(read_number(t, p->found, &found, err));
    report->found = (int64_t)found;
    report->skipped = t->skipped = found > 0 && t->scaler.scaling != PX_NN_SCALING_NONE;
    if (t->skipped) return PX_OK;
    PX_TRY(run_stages(p, t->exec, t->state, PX_NN_STAGE_CLIP, PX_NN_STAGE_UPDATE, err));
    PX_TRY(read_number(t, p->grad_norm, &report->grad_norm, err));
    return read_number(t, p->clip_factor, &report->clip, err);
}

px_status px_nn_evaluate(px_nn_train *t, double *loss, px_error *err) {
    const px_nn_program *p = t->program;
    *loss = 0;
    set_calls(t, false);
    PX_TRY(put_inputs(t, t->exec, t->state, err));
    PX_TRY(run_stages(p, t->exec, t->state, PX_NN_STAGE_FORWARD, PX_NN_STAGE_FORWARD, err));
    for (int32_t k = 0; k < p->n_batches; k++) {
        double one;
        PX_TRY(read_number(t, p->losses[k], &one, err));
        *loss += one / p->n_batches;
    }
    return PX_OK;
}

static bool runs(const px_nn_program *p, const px_nn_segment *s, const px_exec *exec) {
    char why[128];
    for (int32_t i = s->first; i < s->first + s->count; i++)
        if (!exec->supports(&p->prog, &p->calls[i], why, sizeof why)) return false;
    return true;
}

px_status px_nn_repeat(const px_nn_train *t, const px_exec *exec, void *state, int32_t *n_calls, px_error *err) {
    const px_nn_program *p = t->program;
    px_nn_stage until = t->skipped ? PX_NN_STAGE_CHECK : PX_NN_STAGE_UPDATE;
    int32_t done = 0;
    PX_TRY(put_inputs(t, exec, state, err));
    for (int32_t i = 0; i < p->n_segments && p->segments[i].stage <= until; i++) {
        const px_nn_segment *s = &p->segments[i];
        PX_ASSERT(s->first == done);
        if (!runs(p, s, exec)) break;
        PX_TRY(exec->run(state, s->first, s->count, err));
        done = s->first + s->count;
    }
    if (n_calls) *n_calls = done;
    return PX_OK;
}

static px_status carry(px_nn_train *t, int32_t from, int32_t to, px_error *err) {
    if (from < 0) return PX_OK;
    px_wide value = px_wide_of(t->inputs[to]);
    return t->exec->get(t->state, from, &value, err);
}

/* The newest first: what was there moves on by one place. */
static px_status remember(px_nn_train *t, int32_t from, int32_t to, px_error *err) {
    px_mat *m = &t->inputs[to];
    double newest;
    PX_TRY(read_number(t, from, &newest, err));
    for (int64_t j = m->cols - 1; j > 0; j--) px_mat_set(m, 0, j, px_mat_get(m, 0, j - 1));
    px_mat_set(m, 0, 0, newest);
    return PX_OK;
}

px_status px_nn_advance(px_nn_train *t, px_error *err) {
    const px_nn_program *p = t->program;
    t->attempt++;
    for (int32_t i = 0; i < p->n_carry; i++) PX_TRY(remember(t, p->carry[i][0], p->carry[i][1], err));
    px_nn_scaler_update(&t->scaler, t->skipped);
    if (t->skipped) return PX_OK;
    t->step++;
    for (int32_t i = 0; i < p->n_params; i++) {
        PX_TRY(carry(t, p->params[i].new_value, p->params[i].value, err));
        for (int k = 0; k < PX_NN_STATES; k++) PX_TRY(carry(t, p->params[i].new_state[k], p->params[i].state[k], err));
    }
    return PX_OK;
}
