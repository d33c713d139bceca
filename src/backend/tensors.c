#include "backend/tensors.h"

#include <stdlib.h>

#include "matrix/move.h"

px_tensors *px_tensors_new(const px_prog *prog) {
    px_arena *arena = px_arena_new();
    px_tensors *t = PX_NEW(arena, px_tensors);
    *t = (px_tensors){.prog = prog, .arena = arena, .slots = PX_NEW_ARRAY(arena, px_mat, prog->n_slots)};
    for (int32_t i = 0; i < prog->n_calls; i++) px_call_check(prog, &prog->calls[i]);
    for (int32_t i = 0; i < prog->n_slots; i++) {
        const px_slot *s = &prog->slots[i];
        t->slots[i] = px_mat_room(arena, s->fmt, s->rows, s->cols);
        px_mat_clear(&t->slots[i]);
    }
    return t;
}

void px_tensors_free(px_tensors *t) {
    if (t) px_arena_free(t->arena);
}

static px_mat *slot_of(px_tensors *t, int slot, const px_mat *value) {
    PX_ASSERT(slot >= 0 && slot < t->prog->n_slots);
    px_mat *m = &t->slots[slot];
    PX_ASSERT(m->rows == value->rows && m->cols == value->cols);
    return m;
}

px_status px_tensors_put(void *state, int slot, const px_wide *value, px_error *err) {
    (void)err;
    px_mat_copy(slot_of(state, slot, &value->hi), &value->hi);
    return PX_OK;
}

px_status px_tensors_get(void *state, int slot, px_wide *value, px_error *err) {
    (void)err;
    px_mat_copy(&value->hi, slot_of(state, slot, &value->hi));
    if (value->lo.data) px_mat_clear(&value->lo);
    if (value->radius.data) px_mat_clear(&value->radius);
    return PX_OK;
}

void px_tensors_close(void *state) { px_tensors_free(state); }
