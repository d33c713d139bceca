#include "backend/blas_library.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arith/codec.h"
#include "backend/blas_host.h"
#include "backend/tensors.h"

/* An executor and where its library is: `exec` is the first member, so that a px_exec * is a library *. */
typedef struct library {
    px_exec exec;
    char *path;
    struct library *next;
} library;

static const struct routine {
    const char *in, *out;
} routines[] = {
#define ROW(id, in, out, symbol, other, required) {in, out},
    PX_BLAS_ROUTINE_LIST(ROW)
#undef ROW
};

static bool is_named(px_fp f, const char *name) {
    px_fp named;
    PX_ASSERT(px_fp_parse(name, &named, NULL) == PX_OK);
    return px_fp_equal(f, named);
}

int px_blas_routine_for(px_fp in, px_fp out) {
    for (int r = 0; r < PX_BLAS_ROUTINE_COUNT; r++)
        if (is_named(in, routines[r].in) && is_named(out, routines[r].out)) return r;
    return -1;
}

void px_blas_pack(px_fp fmt, const double *x, int64_t n, void *words) {
    for (int64_t i = 0; i < n; i++) {
        if (fmt.p == 53)
            ((double *)words)[i] = x[i];
        else if (fmt.p == 24)
            ((float *)words)[i] = (float)x[i]; /* exact: a number of the format */
        else
            ((uint16_t *)words)[i] = (uint16_t)px_encode(fmt, x[i]);
    }
}

void px_blas_unpack(px_fp fmt, const void *words, int64_t n, double *x) {
    for (int64_t i = 0; i < n; i++) {
        if (fmt.p == 53)
            x[i] = ((const double *)words)[i];
        else if (fmt.p == 24)
            x[i] = (double)((const float *)words)[i];
        else
            x[i] = px_decode(fmt, ((const uint16_t *)words)[i]);
    }
}

static int refuse(char *why, size_t n, const char *text) {
    if (n > 0) snprintf(why, n, "%s", text);
    return 0;
}

static int supports(const px_prog *prog, const px_call *call, char *why, size_t n) {
    const px_recipe *r = &call->recipe;
    if (call->op != PX_OP_GEMM) return refuse(why, n, px_op_name(call->op));
    px_fp in = prog->slots[call->in[0].slot].fmt;
    char name_in[24], name_out[24], text[96];
    if (!px_fp_equal(prog->slots[call->in[1].slot].fmt, in)) return refuse(why, n, "mixed input formats");
    if (px_blas_routine_for(in, r->out) < 0) {
        snprintf(text, sizeof text, "%s products of %s", px_fp_name(r->out, name_out), px_fp_name(in, name_in));
        return refuse(why, n, text);
    }
    if (call->in[2].slot >= 0 && !px_fp_equal(prog->slots[call->in[2].slot].fmt, r->out))
        return refuse(why, n, "start value of a format other than the result's");
    if (!px_fp_equal(r->mul, r->acc) || !px_fp_equal(r->acc, r->out))
        return refuse(why, n, "product or accumulator format other than the result's");
    if (r->fused) return refuse(why, n, "promise of fused operations");
    if (r->rounding != PX_NEAREST_EVEN) return refuse(why, n, "rounding other than nearest_even");
    if (r->order != PX_SEQUENTIAL) return refuse(why, n, "order of its caller's choice");
    if (r->model != 0) return refuse(why, n, "models of matrix units");
    if (r->algorithm != PX_ALGORITHM_NONE) return refuse(why, n, "algorithms of precx");
    return 1;
}

typedef struct state {
    px_tensors *tensors;
    const char *path;
} state;

static px_status open_state(const px_exec *self, void **st, const px_prog *prog, px_error *err) {
    (void)err;
    px_tensors *t = px_tensors_new(prog);
    state *s = PX_NEW(t->arena, state);
    *s = (state){t, px_blas_library_path(self)};
    *st = s;
    return PX_OK;
}

static px_status put(void *st, int slot, const px_wide *value, px_error *err) {
    return px_tensors_put(((state *)st)->tensors, slot, value, err);
}

static px_status get(void *st, int slot, px_wide *value, px_error *err) {
    return px_tensors_get(((state *)st)->tensors, slot, value, err);
}

static void close_state(void *st) { px_tensors_free(((state *)st)->tensors); }

static double *element(const px_tensors *t, px_arg v, int64_t i, int64_t j, double *x) {
    const px_mat *slot = &t->slots[v.slot];
    int64_t at = v.off + i * v.rs + j * v.cs;
    *x = px_mat_get(slot, at / slot->cols, at % slot->cols);
    return x;
}

static void *words_of(const px_tensors *t, px_arena *arena, px_arg v, size_t size) {
    char *words = px_arena_alloc(arena, (size_t)(v.rows * v.cols), size);
    px_fp fmt = t->slots[v.slot].fmt;
    double x;
    for (int64_t i = 0; i < v.rows; i++)
        for (int64_t j = 0; j < v.cols; j++)
            px_blas_pack(fmt, element(t, v, i, j, &x), 1, words + (size_t)(i * v.cols + j) * size);
    return words;
}

static void store(px_tensors *t, px_arg v, const char *words, size_t size) {
    px_mat *slot = &t->slots[v.slot];
    for (int64_t i = 0; i < v.rows; i++)
        for (int64_t j = 0; j < v.cols; j++) {
            int64_t at = v.off + i * v.rs + j * v.cs;
            double x;
            px_blas_unpack(slot->fmt, words + (size_t)(i * v.cols + j) * size, 1, &x);
            px_mat_set(slot, at / slot->cols, at % slot->cols, x);
        }
}

static px_status run_gemm(const state *s, const px_call *call, px_arena *arena, px_error *err) {
    px_tensors *t = s->tensors;
    px_arg a = call->in[0], b = call->in[1], out = call->out[0];
    if (out.rows == 0 || out.cols == 0) return PX_OK;
    px_blas_routine r = (px_blas_routine)px_blas_routine_for(t->slots[a.slot].fmt, t->slots[out.slot].fmt);
    size_t size = px_blas_out_size(r);
    bool add = call->in[2].slot >= 0;
    void *c = add ? words_of(t, arena, call->in[2], size) : px_arena_alloc(arena, (size_t)(out.rows * out.cols), size);
    px_blas_product p = {.routine = r,
                         .m = out.rows,
                         .n = out.cols,
                         .k = a.cols,
                         .a = words_of(t, arena, a, px_blas_in_size(r)),
                         .b = words_of(t, arena, b, px_blas_in_size(r)),
                         .c = c,
                         .minus = call->attr[0] < 0,
                         .add = add};
    if (p.k > 0) PX_TRY(px_blas_multiply(s->path, &p, err)); /* an empty sum is 0 */
    store(t, out, c, size);
    return PX_OK;
}

static px_status run(void *st, int first, int count, px_error *err) {
    const state *s = st;
    px_arena *arena = px_arena_new();
    px_status status = PX_OK;
    for (int i = first; i < first + count && status == PX_OK; i++) {
        const px_call *call = &s->tensors->prog->calls[i];
        char why[128];
        if (!supports(s->tensors->prog, call, why, sizeof why))
            status = px_fail(err, PX_INCOMPLETE, "a CBLAS library has no %s", why);
        else
            status = run_gemm(s, call, arena, err);
        px_arena_reset(arena);
    }
    px_arena_free(arena);
    return status;
}

static char *copy(const char *text) {
    char *s = strdup(text);
    if (!s) px_out_of_memory(strlen(text) + 1);
    return s;
}

static library *new_library(const char *name, const char *path) {
    library *l = malloc(sizeof *l);
    if (!l) px_out_of_memory(sizeof *l);
    *l = (library){.exec = {.abi = PX_EXEC_ABI,
                            .name = copy(name),
                            .help = "a CBLAS library, loaded at run time in a process of its own, on one thread",
                            .supports = supports,
                            .open = open_state,
                            .put = put,
                            .run = run,
                            .get = get,
                            .close = close_state},
                   .path = copy(path)};
    return l;
}

const px_exec *px_blas_library(const char *name, const char *path) {
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static library *all;
    pthread_mutex_lock(&lock);
    library *l = all;
    while (l && (strcmp(l->exec.name, name) != 0 || strcmp(l->path, path) != 0)) l = l->next;
    if (!l) {
        l = new_library(name, path);
        l->next = all;
        all = l;
    }
    pthread_mutex_unlock(&lock);
    return &l->exec;
}

const char *px_blas_library_path(const px_exec *exec) {
    return exec->open == open_state ? ((const library *)exec)->path : NULL;
}
