#include "emu/view.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/parallel.h"

void *px_scratch(int64_t count, size_t size) {
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
