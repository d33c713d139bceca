#include "exec.h"

px_status cuda_failed(cudaError_t error, const char *call, px_error *err) {
    return px_fail(err, PX_INCOMPLETE, "CUDA: %s (%s, in %s)", cudaGetErrorString(error), cudaGetErrorName(error),
                   call);
}

px_status workspace_take(workspace *w, size_t bytes, void **memory, px_error *err) {
    if (bytes > w->bytes) {
        PX_CUDA_TRY(cudaFree(w->memory));
        *w = {nullptr, 0};
        PX_CUDA_TRY(cudaMalloc(&w->memory, bytes));
        w->bytes = bytes;
    }
    *memory = w->memory;
    return PX_OK;
}

int refuse(char *why, size_t n, const char *format, ...) {
    va_list args;
    va_start(args, format);
    if (n > 0) vsnprintf(why, n, format, args);
    va_end(args);
    return 0;
}

static size_t number_size(px_fp f) { return px_fits_float(f) ? sizeof(float) : sizeof(double); }

static size_t slot_bytes(const px_slot *s) { return (size_t)s->rows * (size_t)s->cols * number_size(s->fmt); }

static px_status allocate(state *s, px_error *err) {
    for (int32_t i = 0; i < s->prog->n_slots; i++) {
        size_t bytes = slot_bytes(&s->prog->slots[i]);
        if (bytes == 0) continue;
        PX_CUDA_TRY(cudaMalloc(&s->slots[i], bytes));
        PX_CUDA_TRY(cudaMemset(s->slots[i], 0, bytes)); /* what nobody puts is 0, as in every executor */
    }
    return PX_OK;
}

px_status state_open(const px_exec *self, void **st, const px_prog *prog, px_error *err) {
    for (int32_t i = 0; i < prog->n_calls; i++) px_call_check(prog, &prog->calls[i]);
    state *s = static_cast<state *>(calloc(1, sizeof *s));
    if (!s) px_out_of_memory(sizeof *s);
    s->prog = prog;
    s->self = self;
    s->slots = static_cast<void **>(calloc((size_t)prog->n_slots + 1, sizeof *s->slots));
    if (!s->slots) px_out_of_memory((size_t)prog->n_slots * sizeof *s->slots);
    *st = s;
    px_status status = allocate(s, err);
    if (status != PX_OK) {
        state_close(s);
        *st = nullptr;
    }
    return status;
}

void state_close(void *st) {
    state *s = static_cast<state *>(st);
    if (!s) return;
    for (int32_t i = 0; i < s->prog->n_slots; i++) cudaFree(s->slots[i]);
    cudaFree(s->work.memory);
    free(s->slots);
    free(s);
}

/* The slot's numbers on this side: a matrix without gaps in malloc's memory. */
static px_mat staging(const px_slot *slot, size_t bytes) {
    px_mat m = {malloc(bytes ? bytes : 1), slot->rows, slot->cols, slot->cols, slot->fmt};
    if (!m.data) px_out_of_memory(bytes);
    return m;
}

static const px_slot *slot_of(const state *s, int slot, const px_mat *value) {
    PX_ASSERT(slot >= 0 && slot < s->prog->n_slots);
    const px_slot *found = &s->prog->slots[slot];
    PX_ASSERT(found->rows == value->rows && found->cols == value->cols);
    return found;
}

px_status state_put(void *st, int slot, const px_wide *value, px_error *err) {
    state *s = static_cast<state *>(st);
    const px_slot *to = slot_of(s, slot, &value->hi);
    size_t bytes = slot_bytes(to);
    if (bytes == 0) return PX_OK;
    px_mat m = staging(to, bytes);
    for (int64_t i = 0; i < m.rows; i++)
        for (int64_t j = 0; j < m.cols; j++) px_mat_set(&m, i, j, px_mat_get(&value->hi, i, j));
    cudaError_t error = cudaMemcpy(s->slots[slot], m.data, bytes, cudaMemcpyHostToDevice);
    free(m.data);
    return error == cudaSuccess ? PX_OK : cuda_failed(error, "cudaMemcpy to the device", err);
}

static void clear(px_mat *m) {
    if (!m->data) return;
    for (int64_t i = 0; i < m->rows; i++)
        for (int64_t j = 0; j < m->cols; j++) px_mat_set(m, i, j, 0.0);
}

px_status state_get(void *st, int slot, px_wide *value, px_error *err) {
    state *s = static_cast<state *>(st);
    const px_slot *from = slot_of(s, slot, &value->hi);
    size_t bytes = slot_bytes(from);
    clear(&value->lo);
    clear(&value->radius);
    if (bytes == 0) return PX_OK;
    px_mat m = staging(from, bytes);
    cudaError_t error = cudaMemcpy(m.data, s->slots[slot], bytes, cudaMemcpyDeviceToHost);
    for (int64_t i = 0; i < m.rows && error == cudaSuccess; i++)
        for (int64_t j = 0; j < m.cols; j++) {
            double x = px_mat_get(&m, i, j);
            px_mat_set(&value->hi, i, j, isnan(x) ? (double)NAN : x); /* a device's NaN has bits of its own */
        }
    free(m.data);
    return error == cudaSuccess ? PX_OK : cuda_failed(error, "cudaMemcpy from the device", err);
}

static view view_of(const px_prog *prog, px_arg a, void *const *slots) {
    static char anything;
    if (a.slot < 0) return {};
    px_fp fmt = prog->slots[a.slot].fmt;
    void *data = slots ? static_cast<char *>(slots[a.slot]) + (size_t)a.off * number_size(fmt) : &anything;
    return {data, fmt, a.rows, a.cols, a.rs, a.cs};
}

task task_of(const px_prog *prog, const px_call *call, void *const *slots) {
    task t = {};
    t.op = call->op;
    t.recipe = call->recipe;
    memcpy(t.attr, call->attr, sizeof t.attr);
    t.stream = call->stream;
    for (int k = 0; k < px_op_inputs(call->op); k++) t.in[k] = view_of(prog, call->in[k], slots);
    for (int k = 0; k < px_op_outputs(call->op); k++) t.out[k] = view_of(prog, call->out[k], slots);
    return t;
}

/* Operations of op/layer.h and op/optimizer.h: to nearest, and never exact. */
static bool is_layer(px_op op) { return op > PX_OP_GEMM && op != PX_OP_LU && op != PX_OP_CHOLESKY && op != PX_OP_TRSM; }

int kernels_support(const px_prog *prog, const px_call *call, char *why, size_t n) {
    const px_recipe *r = &call->recipe;
    const char *name = px_op_name(call->op);
    bool nearest = r->rounding == PX_NEAREST_EVEN || r->rounding == PX_NEAREST_AWAY;
    bool element = call->op == PX_OP_ADD || call->op == PX_OP_MUL;
    if (r->algorithm != PX_ALGORITHM_NONE)
        return refuse(why, n, "algorithm %s", px_algorithm_name((px_algorithm)r->algorithm));
    if (r->promote != 0 && r->model == PX_MODEL_NONE) return refuse(why, n, "promotion without a matrix unit");
    if (r->promote < 0) return refuse(why, n, "promotion after less than a term");
    if (element && px_fp_is_exact(r->out)) return refuse(why, n, "operations without rounding");
    if (!element && call->op != PX_OP_ROUND && px_fp_is_exact(r->acc)) return refuse(why, n, "exact accumulator");
    if (r->order == PX_BLOCKED && r->block < 1) return refuse(why, n, "blocked order without a block length");
    if (r->order == PX_SPLITK && r->splits < 1) return refuse(why, n, "splitk order without a number of splits");
    if (is_layer(call->op) && call->op != PX_OP_SCALE && !nearest)
        return refuse(why, n, "%s rounded other than to nearest", name);
    task t = task_of(prog, call, nullptr);
    if (path_for(&t)) return 1;
    if (r->model == PX_MODEL_NONE) return refuse(why, n, "%s", name);
    return refuse(why, n, "matrix unit like %s for this call on this device", px_model_name((px_model)r->model));
}

px_status kernels_run(void *st, int first, int count, px_error *err) {
    state *s = static_cast<state *>(st);
    for (int i = first; i < first + count; i++) {
        const px_call *call = &s->prog->calls[i];
        char why[128];
        if (!kernels_support(s->prog, call, why, sizeof why))
            return px_fail(err, PX_INCOMPLETE, "the device has no %s", why);
        task t = task_of(s->prog, call, s->slots);
        PX_TRY(path_for(&t)->run(&t, &s->work, err));
    }
    PX_CUDA_TRY(cudaDeviceSynchronize());
    return PX_OK;
}
