#include "emu/view.h"

#include <pthread.h>
#include <stdlib.h>

#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "base/error.h"
#include "base/parallel.h"

/* Scratch memory comes and goes with each call. Pages that went back to the system meanwhile are fetched anew and
 * zeroed, a fifth of the time of a product by a matrix unit (n = 512): glibc keeps what is less than this. */
static void keep_pages(void) {
#ifdef __GLIBC__
    mallopt(M_MMAP_THRESHOLD, 32 << 20);
    mallopt(M_TRIM_THRESHOLD, 64 << 20);
#endif
}

void *px_scratch(int64_t count, size_t size) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, keep_pages);
    size_t bytes;
    if (__builtin_mul_overflow((size_t)count, size, &bytes) || bytes > SIZE_MAX - 64) px_out_of_memory(SIZE_MAX);
    bytes = bytes / 64 * 64 + 64;
    void *p = aligned_alloc(64, bytes);
    if (!p) px_out_of_memory(bytes);
    return p;
}

void px_emu_for(double work, int64_t n, void (*body)(void *context, int64_t i), void *context) {
    if (work >= 1e5) {
        px_parallel_for(n, body, context);
        return;
    }
    for (int64_t i = 0; i < n; i++) body(context, i);
}
