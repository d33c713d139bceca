/* --dump of a training step: every tensor of it as .safetensors, for other tools to compare with. */
#include <string.h>

#include "io/outfile.h"
#include "io/safetensors.h"
#include "kind/dump.h"
#include "kind/transformer.h"

/* One file under construction. */
typedef struct dump {
    const px_transformer *t;
    px_arena *arena;
    px_tensor_out *tensors;
    int n;
} dump;

/* A slot's name, with a number where several slots share it. */
static const char *unique(dump *d, const char *name) {
    const char *wanted = name;
    for (int k = 2, i = 0; i < d->n; i++)
        if (strcmp(d->tensors[i].name, wanted) == 0) {
            wanted = px_arena_printf(d->arena, "%s.%d", name, k++);
            i = -1; /* look at all again */
        }
    return wanted;
}

static void add(dump *d, const char *name, px_mat m) {
    bool parameter = m.rows == 1 && m.cols > 1; /* biases and gains have one dimension there */
    px_tensor_out out = {.name = unique(d, name), .m = m, .vector = parameter};
    d->tensors[d->n++] = out;
}

static void add_exact(dump *d, const char *name, const px_wide *v) {
    add(d, name, v->hi);
    add(d, px_arena_printf(d->arena, "%s.lo", name), v->lo);
    add(d, px_arena_printf(d->arena, "%s.radius", name), v->radius);
}

static px_status write(dump *d, const char *folder, const char *name, px_error *err) {
    px_status status =
        px_safetensors_write(px_arena_printf(d->arena, "%s/%s.safetensors", folder, name), d->tensors, d->n, err);
    d->n = 0;
    return status;
}

static px_status dump_computed(dump *d, const char *folder, px_error *err) {
    const px_prog *prog = &d->t->program.prog;
    for (int32_t s = 0; s < prog->n_slots; s++) {
        const px_slot *slot = &prog->slots[s];
        if (d->t->train.skipped && px_transformer_last_writer(d->t, s) >= 0 &&
            d->t->program.role[s] > PX_NN_ROLE_UNSCALED)
            continue; /* not made in this step */
        px_wide v = px_wide_of(px_mat_new(d->arena, slot->fmt, slot->rows, slot->cols));
        PX_TRY(d->t->train.exec->get(d->t->train.state, s, &v, err));
        add(d, slot->name, v.hi);
    }
    return write(d, folder, "computed", err);
}

static px_status dump_reference(dump *d, const char *folder, const px_witness *reference, px_error *err) {
    const px_prog *prog = &d->t->program.prog;
    for (int32_t s = 0; s < prog->n_slots; s++) {
        int32_t last = px_transformer_last_writer(d->t, s);
        if (last < 0 || last >= reference->calls) continue;
        px_wide v = px_wide_new(d->arena, prog->slots[s].rows, prog->slots[s].cols);
        PX_TRY(reference->exec->get(reference->state, s, &v, err));
        add_exact(d, prog->slots[s].name, &v);
    }
    return write(d, folder, "reference", err);
}

static px_status dump_local(dump *d, const char *folder, const px_witness *reference, px_error *err) {
    const px_prog *prog = &d->t->program.prog;
    for (int32_t s = 0; s < prog->n_slots; s++) {
        px_wide v;
        bool made;
        if (px_transformer_last_writer(d->t, s) >= reference->calls) continue;
        PX_TRY(px_transformer_local(d->t, d->arena, reference->exec, s, &v, &made, err));
        if (made) add_exact(d, prog->slots[s].name, &v);
    }
    return write(d, folder, "local", err);
}

static px_status dump_all(dump *d, const char *folder, const px_witness *reference, px_error *err) {
    PX_TRY(px_directory_make(folder, err));
    PX_TRY(dump_computed(d, folder, err));
    if (!reference->exec) return PX_OK;
    PX_TRY(dump_reference(d, folder, reference, err));
    return d->t->local ? dump_local(d, folder, reference, err) : PX_OK;
}

px_status px_transformer_dump(const px_transformer *t, const px_lab *lab, const px_witness *reference, px_error *err) {
    const char *folder;
    if (!lab->dump_dir) return PX_OK;
    PX_TRY(px_dump_folder(lab, t->cell, &folder, err));
    dump d = {.t = t, .arena = px_arena_new()};
    d.tensors = PX_NEW_ARRAY(d.arena, px_tensor_out, 3 * t->program.prog.n_slots);
    folder = px_arena_printf(d.arena, "%s/step_%lld", folder, (long long)t->train.attempt + 1);
    px_status status = dump_all(&d, folder, reference, err);
    px_arena_free(d.arena);
    return status;
}
