/* Parameters and data of a step from a .safetensors file. */
#include <inttypes.h>
#include <string.h>

#include "arith/round.h"
#include "io/safetensors.h"
#include "kind/transformer.h"

/* By the slot's name, with what frameworks put before it, or without what one layer does not need. */
static const px_tensor *find(px_arena *arena, const px_safetensors *file, const char *name) {
    static const char first_layer[] = "h.0.";
    const px_tensor *t = px_safetensors_find(file, name);
    if (!t) t = px_safetensors_find(file, px_arena_printf(arena, "transformer.%s", name));
    if (!t && strncmp(name, first_layer, strlen(first_layer)) == 0)
        t = px_safetensors_find(file, name + strlen(first_layer));
    return t;
}

static px_status load(px_arena *arena, const px_safetensors *file, const px_tensor *t, px_mat *to, px_error *err) {
    px_mat m;
    PX_TRY(px_safetensors_load(arena, file, t, &m, err));
    if (m.rows != to->rows || m.cols != to->cols)
        return px_fail(err, PX_BAD_FILE,
                       "%s: byte %" PRIu64 ": tensor '%.100s' is %" PRId64 " x %" PRId64 ", not %" PRId64 " x %" PRId64,
                       file->path, t->begin, t->name, m.rows, m.cols, to->rows, to->cols);
    for (int64_t i = 0; i < m.rows; i++)
        for (int64_t j = 0; j < m.cols; j++)
            px_mat_set(to, i, j, px_round(to->fmt, px_rounding_of(PX_NEAREST_EVEN), px_mat_get(&m, i, j), 0));
    return PX_OK;
}

static bool is_bias(const char *name) {
    size_t n = strlen(name);
    return n > 5 && strcmp(name + n - 5, ".bias") == 0;
}

static void clear(px_mat *m) {
    for (int64_t i = 0; i < m->rows; i++)
        for (int64_t j = 0; j < m->cols; j++) px_mat_set(m, i, j, 0);
}

px_status px_transformer_load(px_arena *arena, const char *path, const px_nn_program *p, px_mat *inputs,
                              px_error *err) {
    px_safetensors file;
    PX_TRY(px_safetensors_open(arena, path, &file, err));
    for (int32_t s = 0; s < p->prog.n_slots; s++) {
        bool parameter = p->role[s] == PX_NN_ROLE_PARAMETER;
        if (!inputs[s].data || (!parameter && p->role[s] != PX_NN_ROLE_DATA)) continue;
        const char *name = p->prog.slots[s].name;
        const px_tensor *t = find(arena, &file, name);
        if (t)
            PX_TRY(load(arena, &file, t, &inputs[s], err));
        else if (parameter && is_bias(name))
            clear(&inputs[s]);
        else if (parameter)
            return px_fail(err, PX_BAD_FILE, "%s: no tensor '%s'", path, name);
    }
    return PX_OK;
}

/* One cell's files, into a text and matrices that nobody keeps. */
static px_status check_cell(px_arena *arena, const px_case *c, px_error *err) {
    px_transformer t;
    const char *text = px_case_value(c, "text")->path;
    if (px_transformer_read(arena, c, &t)) return PX_OK;
    if (text) PX_TRY(px_text_data_read(arena, text, &t.text, err));
    if (!px_case_value(c, "parameters")->path) return PX_OK;
    PX_TRY(px_nn_build(arena, &t.model, &t.policy, &t.program, err));
    const px_prog *prog = &t.program.prog;
    px_mat *inputs = PX_NEW_ARRAY(arena, px_mat, prog->n_slots);
    for (int32_t s = 0; s < prog->n_slots; s++)
        if (px_transformer_last_writer(&t, s) < 0)
            inputs[s] = px_mat_new(arena, prog->slots[s].fmt, prog->slots[s].rows, prog->slots[s].cols);
    return px_transformer_load(arena, t.parameters, &t.program, inputs, err);
}

px_status px_transformer_check(const px_plan *plan, px_error *err) {
    for (int64_t k = 0; k < plan->n_cells; k++) {
        const px_case *c = &plan->cells[k];
        if (!px_case_value(c, "parameters")->path && !px_case_value(c, "text")->path) continue;
        px_arena *scratch = px_arena_new();
        px_status status = check_cell(scratch, c, err);
        px_arena_free(scratch);
        PX_TRY(status);
    }
    return PX_OK;
}
