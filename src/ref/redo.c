#include "ref/redo.h"

#include <stdbool.h>

/* A program of one call, whose tensors are the views of the call, each a matrix of its own. */
typedef struct small {
    px_slot slots[PX_MAX_IN + PX_MAX_OUT];
    px_call call;
    px_prog prog;
    const px_exec *exec;
    void *state;
} small;

static px_arg add_slot(small *s, const px_prog *prog, const px_arg *view) {
    if (view->slot < 0) return px_arg_absent();
    int i = s->prog.n_slots++;
    s->slots[i] = (px_slot){.rows = view->rows, .cols = view->cols, .fmt = prog->slots[view->slot].fmt};
    return px_arg_whole(&s->prog, i);
}

static void make_small(small *s, const px_prog *prog, const px_call *call) {
    *s = (small){.call = *call};
    s->prog = (px_prog){.slots = s->slots, .calls = &s->call, .n_calls = 1};
    for (int k = 0; k < PX_MAX_IN; k++) s->call.in[k] = px_arg_absent();
    for (int k = 0; k < PX_MAX_OUT; k++) s->call.out[k] = px_arg_absent();
    for (int k = 0; k < px_op_inputs(call->op); k++) s->call.in[k] = add_slot(s, prog, &call->in[k]);
    for (int k = 0; k < px_op_outputs(call->op); k++) s->call.out[k] = add_slot(s, prog, &call->out[k]);
}

static double at(const px_mat *whole, const px_arg *a, int64_t i, int64_t j) {
    int64_t element = a->off + i * a->rs + j * a->cs;
    return px_mat_get(whole, element / whole->cols, element % whole->cols);
}

/* The numbers of a view, from the executor that has them, into a slot of the small program. */
static px_status put_view(px_arena *arena, small *s, int slot, const px_prog *prog, const px_arg *view,
                          const px_exec *low, void *low_state, px_error *err) {
    const px_slot *shape = &prog->slots[view->slot];
    px_wide whole = px_wide_of(px_mat_new(arena, shape->fmt, shape->rows, shape->cols));
    PX_TRY(low->get(low_state, view->slot, &whole, err));
    px_wide v = px_wide_of(px_mat_new(arena, shape->fmt, view->rows, view->cols));
    for (int64_t i = 0; i < view->rows; i++)
        for (int64_t j = 0; j < view->cols; j++) px_mat_set(&v.hi, i, j, at(&whole.hi, view, i, j));
    return s->exec->put(s->state, slot, &v, err);
}

static px_status put_views(px_arena *arena, small *s, const px_prog *prog, const px_call *call, const px_exec *low,
                           void *low_state, px_error *err) {
    for (int k = 0; k < px_op_inputs(call->op); k++)
        if (call->in[k].slot >= 0)
            PX_TRY(put_view(arena, s, s->call.in[k].slot, prog, &call->in[k], low, low_state, err));
    return PX_OK;
}

static px_status run_small(px_arena *arena, small *s, px_wide out[PX_MAX_OUT], px_error *err) {
    PX_TRY(s->exec->run(s->state, 0, 1, err));
    for (int k = 0; k < PX_MAX_OUT; k++) {
        out[k] = (px_wide){.hi = {.data = NULL}};
        if (s->call.out[k].slot < 0) continue;
        out[k] = px_wide_new(arena, s->call.out[k].rows, s->call.out[k].cols);
        PX_TRY(s->exec->get(s->state, s->call.out[k].slot, &out[k], err));
    }
    return PX_OK;
}

px_status px_ref_redo(px_arena *arena, const px_exec *reference, const px_prog *prog, const px_call *call,
                      const px_exec *low, void *low_state, px_wide out[PX_MAX_OUT], px_error *err) {
    small s;
    make_small(&s, prog, call);
    s.exec = reference;
    PX_TRY(reference->open(reference, &s.state, &s.prog, err));
    px_arena *scratch = px_arena_new();
    px_status status = put_views(scratch, &s, prog, call, low, low_state, err);
    px_arena_free(scratch);
    if (status == PX_OK) status = run_small(arena, &s, out, err);
    reference->close(s.state);
    return status;
}

/* Writes a view's values to their places in the slot. */
static void place(px_wide *slot, const px_arg *view, const px_wide *values) {
    px_mat *to[] = {&slot->hi, &slot->lo, &slot->radius};
    const px_mat *from[] = {&values->hi, &values->lo, &values->radius};
    for (int p = 0; p < 3; p++)
        for (int64_t i = 0; i < view->rows; i++)
            for (int64_t j = 0; j < view->cols; j++) {
                int64_t element = view->off + i * view->rs + j * view->cs;
                px_mat_set(to[p], element / slot->hi.cols, element % slot->hi.cols, px_mat_get(from[p], i, j));
            }
}

px_status px_ref_redo_slot(px_arena *arena, const px_exec *reference, const px_prog *prog, int first, int count,
                           int slot, const px_exec *low, void *low_state, px_wide *value, int *last, px_error *err) {
    *value = px_wide_new(arena, prog->slots[slot].rows, prog->slots[slot].cols);
    *last = -1;
    for (int c = first; c < first + count; c++) {
        const px_call *call = &prog->calls[c];
        bool writes = false;
        for (int k = 0; k < px_op_outputs(call->op); k++) writes |= call->out[k].slot == slot;
        if (!writes) continue;
        px_wide out[PX_MAX_OUT];
        PX_TRY(px_ref_redo(arena, reference, prog, call, low, low_state, out, err));
        for (int k = 0; k < px_op_outputs(call->op); k++)
            if (call->out[k].slot == slot) place(value, &call->out[k], &out[k]);
        *last = c;
    }
    return PX_OK;
}
