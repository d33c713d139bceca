#include "backend/tensors.h"

#include <stdlib.h>

px_tensors *px_tensors_new(const px_prog *prog) {
    px_arena *arena = px_arena_new();
    px_tensors *t = PX_NEW(arena, px_tensors);
    *t = (px_tensors){.prog = prog, .arena = arena, .slots = PX_NEW_ARRAY(arena, px_mat, prog->n_slots)};
    for (int32_t i = 0; i < prog->n_calls; i++) px_call_check(prog, &prog->calls[i]);
    for (int32_t i = 0; i < prog->n_slots; i++) {
        const px_slot *s = &prog->slots[i];
        t->slots[i] = px_mat_new(arena, s->fmt, s->rows, s->cols);
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

static void copy(px_mat *to, const px_mat *from) {
    double row[512];
    for (int64_t i = 0; i < from->rows; i++)
        for (int64_t j = 0; j < from->cols; j += 512) {
            int64_t n = from->cols - j < 512 ? from->cols - j : 512;
            px_mat_get_row(from, i, j, n, row);
            px_mat_set_row(to, i, j, n, row);
        }
}

static void clear(px_mat *m) {
    if (!m->data) return;
    for (int64_t i = 0; i < m->rows; i++)
        for (int64_t j = 0; j < m->cols; j++) px_mat_set(m, i, j, 0.0);
}

px_status px_tensors_put(void *state, int slot, const px_wide *value, px_error *err) {
    (void)err;
    copy(slot_of(state, slot, &value->hi), &value->hi);
    return PX_OK;
}

px_status px_tensors_get(void *state, int slot, px_wide *value, px_error *err) {
    (void)err;
    copy(&value->hi, slot_of(state, slot, &value->hi));
    clear(&value->lo);
    clear(&value->radius);
    return PX_OK;
}

void px_tensors_close(void *state) { px_tensors_free(state); }
