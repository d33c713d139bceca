#include "backend/blas_host.h"

#include <pthread.h>
#include <string.h>

#include "backend/blas_process.h"

static const struct routine {
    const char *symbol;
    size_t in, out; /* bytes of a number */
    bool required;
} routines[] = {
/* Of fp64, fp32, and the others. */
#define BYTES(format)                             (format[2] == '6' ? 8 : format[2] == '3' ? 4 : 2)
#define ROW(id, in, out, symbol, other, required) {symbol, BYTES(in), BYTES(out), required},
    PX_BLAS_ROUTINE_LIST(ROW)
#undef ROW
};

size_t px_blas_in_size(px_blas_routine r) { return routines[r].in; }
size_t px_blas_out_size(px_blas_routine r) { return routines[r].out; }

/* The helpers that wait for work. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static px_blas_process *idle;

static px_blas_process *take_idle(const char *path, int threads) {
    pthread_mutex_lock(&lock);
    px_blas_process **at = &idle, *found = NULL;
    while (*at && ((*at)->threads != threads || strcmp((*at)->path, path) != 0)) at = &(*at)->next;
    if (*at) {
        found = *at;
        *at = found->next;
    }
    pthread_mutex_unlock(&lock);
    return found;
}

static void give_back(px_blas_process *p) {
    pthread_mutex_lock(&lock);
    p->next = idle;
    idle = p;
    pthread_mutex_unlock(&lock);
}

static px_status take(const char *path, int threads, px_blas_process **p, px_error *err) {
    *p = take_idle(path, threads);
    return *p ? PX_OK : px_blas_process_start(path, threads, p, err);
}

/* Where the operands lie in the shared memory: each from a multiple of 64 bytes on, and the skew. */
typedef struct place {
    size_t a, b, c, bytes;
} place;

static bool add_matrix(size_t *end, size_t *at, int64_t rows, int64_t cols, size_t size, size_t skew) {
    size_t bytes;
    *at = *end + skew;
    if (__builtin_mul_overflow((size_t)rows, (size_t)cols, &bytes) || __builtin_mul_overflow(bytes, size, &bytes) ||
        bytes > PTRDIFF_MAX / 4)
        return false;
    *end = (*at + bytes + 63) / 64 * 64;
    return true;
}

static bool place_operands(const px_blas_product *p, place *at) {
    const struct routine *r = &routines[p->routine];
    at->bytes = 0;
    return add_matrix(&at->bytes, &at->a, p->m, p->k, r->in, p->skew) &&
           add_matrix(&at->bytes, &at->b, p->k, p->n, r->in, p->skew) &&
           add_matrix(&at->bytes, &at->c, p->m, p->n, r->out, p->skew);
}

static px_status exchange(px_blas_process *helper, const px_blas_product *p, const place *at, px_error *err) {
    const struct routine *r = &routines[p->routine];
    PX_TRY(px_blas_process_reserve(helper, at->bytes, err));
    memcpy(helper->memory + at->a, p->a, (size_t)(p->m * p->k) * r->in);
    memcpy(helper->memory + at->b, p->b, (size_t)(p->k * p->n) * r->in);
    if (p->add)
        memcpy(helper->memory + at->c, p->c, (size_t)(p->m * p->n) * r->out);
    else
        memset(helper->memory + at->c, 0xFF, (size_t)(p->m * p->n) * r->out); /* a NaN in every binary format */
    px_blas_request q = {.routine = (int32_t)p->routine,
                         .m = p->m,
                         .n = p->n,
                         .k = p->k,
                         .lda = p->k,
                         .ldb = p->n,
                         .ldc = p->n,
                         .a = (int64_t)at->a,
                         .b = (int64_t)at->b,
                         .c = (int64_t)at->c,
                         .bytes = (int64_t)helper->mapped,
                         .alpha = p->minus ? -1 : 1,
                         .beta = p->add};
    PX_TRY(px_blas_process_ask(helper, &q, 1e-8 * (double)p->m * (double)p->n * (double)p->k, err));
    memcpy(p->c, helper->memory + at->c, (size_t)(p->m * p->n) * r->out);
    return PX_OK;
}

px_status px_blas_multiply(const char *path, const px_blas_product *p, px_error *err) {
    PX_ASSERT(p->m >= 1 && p->n >= 1 && p->k >= 1 && p->skew < 64);
    const struct routine *r = &routines[p->routine];
    place at;
    if (!place_operands(p, &at)) return px_fail(err, PX_INCOMPLETE, "the matrices are too large for this machine");
    px_blas_process *helper;
    PX_TRY(take(path, p->threads > 0 ? p->threads : 1, &helper, err));
    px_status status = PX_OK;
    if (!(helper->hello.routines >> p->routine & 1))
        status = px_fail(err, r->required ? PX_INCOMPLETE : PX_SKIPPED, "the library has no %s", r->symbol);
    else
        status = exchange(helper, p, &at, err);
    if (helper->alive)
        give_back(helper);
    else
        px_blas_process_free(helper);
    return status;
}

px_status px_blas_environment(const char *path, char text[240], px_error *err) {
    px_blas_process *helper;
    PX_TRY(take(path, 1, &helper, err));
    memcpy(text, helper->hello.environment, 240);
    text[239] = '\0';
    give_back(helper);
    return PX_OK;
}
