#include "backend/registry.h"

#include <string.h>

#include "backend/blas_library.h"
#include "backend/plugin.h"
#include "backend/tensors.h"

static const px_exec automatic = {.abi = PX_EXEC_ABI,
                                  .name = "auto",
                                  .help = "cuda where there is a device, else emulated: the same bits; rows say which"};

const px_exec *const *px_backends(int *n) {
    enum { OWN = 4 };
    static const px_exec *all[OWN + PX_PLUGIN_EXEC_COUNT];
    all[0] = px_backend_emulated();
    all[1] = px_backend_openblas();
    all[2] = px_blas_library("blas:*", ""); /* stands for any */
    all[3] = &automatic;                    /* stands for one of the others */
    for (int i = 0; i < PX_PLUGIN_EXEC_COUNT; i++) all[OWN + i] = px_plugin_listed((px_plugin_exec)i);
    *n = OWN + PX_PLUGIN_EXEC_COUNT;
    return all;
}

/* What `auto` comes to here: the device, where there is one. */
static const px_exec *chosen(void) {
    return px_plugin_ready(PX_CUDA, NULL) == PX_OK ? px_plugin_find(PX_CUDA) : px_backend_emulated();
}

const px_exec *px_backend_find(const char *name) {
    if (strcmp(name, automatic.name) == 0) return chosen();
    int plugin = px_plugin_named(name);
    if (plugin >= 0) return px_plugin_find((px_plugin_exec)plugin);
    int n;
    const px_exec *const *all = px_backends(&n);
    for (int i = 0; i < n; i++)
        if (strcmp(all[i]->name, name) == 0) return all[i];
    return NULL;
}

const px_exec *px_backend_of(const char *name, const char *path) {
    return path ? px_blas_library(name, path) : px_backend_find(name);
}

px_status px_backend_ready(const char *name, px_error *err) {
    int plugin = px_plugin_named(name);
    return plugin >= 0 ? px_plugin_ready((px_plugin_exec)plugin, err) : PX_OK;
}

const char *px_backend_place(const char *name) {
    int plugin = px_plugin_named(strcmp(name, automatic.name) == 0 ? chosen()->name : name);
    return plugin >= 0 ? px_plugin_place((px_plugin_exec)plugin) : "cpu";
}

bool px_backend_may_move(const char *name) { return px_plugin_named(name) >= 0 || strcmp(name, automatic.name) == 0; }

static px_status get(const px_exec *exec, void *state, px_arg from, px_mat *out, px_error *err) {
    px_wide value = px_wide_of(*out);
    return exec->get(state, from.slot, &value, err);
}

static px_status run(const px_exec *exec, void *state, const px_prog *prog, const px_mat *inputs, int n_inputs,
                     px_mat *out, px_mat *extra, px_error *err) {
    const px_call *call = &prog->calls[0];
    for (int i = 0; i < n_inputs; i++) {
        if (call->in[i].slot < 0) continue;
        px_wide value = px_wide_of(inputs[i]);
        PX_TRY(exec->put(state, call->in[i].slot, &value, err));
    }
    PX_TRY(exec->run(state, 0, prog->n_calls, err));
    PX_TRY(get(exec, state, call->out[0], out, err));
    return extra ? get(exec, state, call->out[1], extra, err) : PX_OK;
}

/* The slots of a program of one call where its operands lie already. */
typedef struct place {
    px_tensors tensors;
    px_mat slots[PX_MAX_IN + PX_MAX_OUT];
} place;

/* False where a slot would be laid out otherwise. */
static bool lay(place *p, px_arg arg, const px_mat *m) {
    if (arg.slot < 0) return true;
    const px_slot *s = &p->tensors.prog->slots[arg.slot];
    p->slots[arg.slot] = *m;
    return m->ld == m->cols && m->rows == s->rows && m->cols == s->cols && px_fp_equal(m->fmt, s->fmt);
}

static bool find_place(place *p, const px_prog *prog, const px_mat *inputs, int n_inputs, const px_mat *out,
                       const px_mat *extra) {
    const px_call *call = &prog->calls[0];
    if (prog->n_slots > PX_MAX_IN + PX_MAX_OUT) return false;
    *p = (place){.tensors = {.prog = prog, .slots = p->slots}};
    bool fits = lay(p, call->out[0], out) && (!extra || lay(p, call->out[1], extra));
    for (int i = 0; i < n_inputs && fits; i++) fits = lay(p, call->in[i], &inputs[i]);
    for (int i = 0; i < prog->n_slots && fits; i++) fits = p->slots[i].data != NULL;
    return fits;
}

px_status px_backend_call(const px_exec *exec, const px_prog *prog, const px_mat *inputs, int n_inputs, px_mat *out,
                          px_mat *extra, px_error *err) {
    place here;
    PX_ASSERT(prog->n_calls == 1 && n_inputs <= PX_MAX_IN);
    if (exec->close == px_tensors_close && find_place(&here, prog, inputs, n_inputs, out, extra)) {
        px_call_check(prog, prog->calls);
        return exec->run(&here.tensors, 0, 1, err);
    }
    void *state = NULL;
    PX_TRY(exec->open(exec, &state, prog, err));
    px_status status = run(exec, state, prog, inputs, n_inputs, out, extra, err);
    exec->close(state);
    return status;
}
