/* precx-blas-host LIBRARY: the helper program of the executor blas:LIBRARY. It links no BLAS of its own: a function
 * that a library calls by name, as the reference CBLAS calls sgemm_, must be that library's, and the program's symbols
 * would come first. */
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "backend/blas_wire.h"
#include "base/probe.h"

enum { ROW_MAJOR = 101, NO_TRANSPOSE = 111 }; /* of every cblas.h */

/* Sizes are passed in full registers: a library with 32-bit sizes reads the lower halves, one with 64-bit sizes all. */
#define GEMM_TYPE(name, scalar)                                                                                        \
    typedef void name(int order, int trans_a, int trans_b, int64_t m, int64_t n, int64_t k, scalar alpha,              \
                      const void *a, int64_t lda, const void *b, int64_t ldb, scalar beta, void *c, int64_t ldc);
GEMM_TYPE(gemm_float, float)
GEMM_TYPE(gemm_double, double)
GEMM_TYPE(gemm_word, uint16_t)

static const char *const symbols[][2] = {
#define ROW(id, in, out, symbol, other, required) {symbol, other},
    PX_BLAS_ROUTINE_LIST(ROW)
#undef ROW
};

static union {
    void *symbol;
    gemm_float *with_float;
    gemm_double *with_double;
    gemm_word *with_word;
} routines[PX_BLAS_ROUTINE_COUNT];

/* The loader's message for a file that does not exist, and not for one that it needs. */
static bool is_missing(const char *path, const char *message) {
    size_t n = strlen(path);
    return strncmp(message, path, n) == 0 && strstr(message + n, "No such file") != NULL;
}

static void load(const char *path, px_blas_greeting *hello) {
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        const char *message = dlerror();
        snprintf(hello->text, sizeof hello->text, "%s", message ? message : "it cannot be loaded");
        hello->loaded = is_missing(path, hello->text) ? PX_BLAS_NOT_HERE : PX_BLAS_UNUSABLE;
        return;
    }
    for (int r = 0; r < PX_BLAS_ROUTINE_COUNT; r++)
        for (int name = 0; name < 2 && !routines[r].symbol; name++)
            if (*symbols[r][name]) routines[r].symbol = dlsym(library, symbols[r][name]);
    for (int r = 0; r < PX_BLAS_ROUTINE_COUNT; r++)
        if (routines[r].symbol) hello->routines |= 1u << r;
    px_error err;
    if (px_probe_all(&err) != PX_OK) snprintf(hello->environment, sizeof hello->environment, "%.239s", err.text);
}

/* 0, 1 and -1 as words of fp16. */
static uint16_t word(double x) { return x > 0 ? 0x3C00 : x < 0 ? 0xBC00 : 0; }

static void multiply(const px_blas_request *q, char *memory) {
    const void *a = memory + q->a, *b = memory + q->b;
    void *c = memory + q->c;
    if (q->routine == PX_BLAS_DGEMM)
        routines[q->routine].with_double(ROW_MAJOR, NO_TRANSPOSE, NO_TRANSPOSE, q->m, q->n, q->k, q->alpha, a, q->lda,
                                         b, q->ldb, q->beta, c, q->ldc);
    else if (q->routine == PX_BLAS_HGEMM)
        routines[q->routine].with_word(ROW_MAJOR, NO_TRANSPOSE, NO_TRANSPOSE, q->m, q->n, q->k, word(q->alpha), a,
                                       q->lda, b, q->ldb, word(q->beta), c, q->ldc);
    else
        routines[q->routine].with_float(ROW_MAJOR, NO_TRANSPOSE, NO_TRANSPOSE, q->m, q->n, q->k, (float)q->alpha, a,
                                        q->lda, b, q->ldb, (float)q->beta, c, q->ldc);
}

static bool receive(px_blas_request *q) {
    ssize_t n;
    do n = recv(PX_BLAS_SOCKET, q, sizeof *q, 0);
    while (n < 0 && errno == EINTR);
    return n == sizeof *q && q->routine >= 0 && q->routine < PX_BLAS_ROUTINE_COUNT && routines[q->routine].symbol;
}

/* Requests until the other end is closed. */
static int serve(void) {
    px_blas_request q;
    char *memory = NULL;
    size_t mapped = 0;
    while (receive(&q)) {
        if (mapped < (size_t)q.bytes) {
            if (memory) munmap(memory, mapped);
            mapped = (size_t)q.bytes;
            memory = mmap(NULL, mapped, PROT_READ | PROT_WRITE, MAP_SHARED, PX_BLAS_MEMORY, 0);
            if (memory == MAP_FAILED) return 1;
        }
        alarm((unsigned)q.seconds);
        multiply(&q, memory);
        alarm(0);
        px_blas_reply reply = {.done = 1};
        if (send(PX_BLAS_SOCKET, &reply, sizeof reply, MSG_NOSIGNAL) != sizeof reply) return 1;
    }
    return 0;
}

int main(int argc, char **argv) {
    if (argc != 2) {
        fputs("precx-blas-host: a helper of precx, which starts it\n", stderr);
        return 2;
    }
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}); /* a crash is an answer here */
    px_blas_greeting hello = {.loaded = PX_BLAS_LOADED};
    load(argv[1], &hello);
    if (send(PX_BLAS_SOCKET, &hello, sizeof hello, MSG_NOSIGNAL) != sizeof hello) return 1;
    return serve();
}
