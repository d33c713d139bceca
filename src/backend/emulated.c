/* Every operation by emu/: precx's own rounding, the same bits on every machine. */
#include "backend/registry.h"
#include "backend/tensors.h"
#include "emu/emu.h"

static int supports(const px_prog *prog, const px_call *call, char *why, size_t n) {
    return px_emu_supports(prog, call, why, n);
}

static px_status open_state(const px_exec *self, void **state, const px_prog *prog, px_error *err) {
    (void)self;
    (void)err;
    *state = px_tensors_new(prog);
    return PX_OK;
}

static px_view view_of(const px_tensors *t, px_arg arg) {
    if (arg.slot < 0) return (px_view){.data = NULL};
    const px_mat *m = &t->slots[arg.slot];
    size_t size = px_fits_float(m->fmt) ? sizeof(float) : sizeof(double);
    return (px_view){.data = (char *)m->data + (size_t)arg.off * size,
                     .fmt = m->fmt,
                     .rows = arg.rows,
                     .cols = arg.cols,
                     .rs = arg.rs,
                     .cs = arg.cs};
}

static px_status run(void *state, int first, int count, px_error *err) {
    const px_tensors *t = state;
    PX_TRY(px_emu_ready(err));
    for (int i = first; i < first + count; i++) {
        const px_call *call = &t->prog->calls[i];
        char why[128];
        if (!px_emu_supports(t->prog, call, why, sizeof why))
            return px_fail(err, PX_INCOMPLETE, "emulated has no %s", why);
        px_task task = {.call = call};
        for (int k = 0; k < px_op_inputs(call->op); k++) task.in[k] = view_of(t, call->in[k]);
        for (int k = 0; k < px_op_outputs(call->op); k++) task.out[k] = view_of(t, call->out[k]);
        px_emu_run(&task);
    }
    return PX_OK;
}

const px_exec *px_backend_emulated(void) {
    static const px_exec exec = {
        .abi = PX_EXEC_ABI,
        .name = "emulated",
        .help = "every rounding by precx's own code: any format, order and rounding, the same bits on every machine",
        .supports = supports,
        .open = open_state,
        .put = px_tensors_put,
        .run = run,
        .get = px_tensors_get,
        .close = px_tensors_close,
    };
    return &exec;
}
