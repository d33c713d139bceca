#include "base/room.h"

#include <malloc.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "base/error.h"

static const size_t line = 64, large_page = (size_t)1 << 21;

void *px_room(int64_t count, size_t size) {
    size_t bytes;
    if (__builtin_mul_overflow((size_t)count, size, &bytes) || bytes > SIZE_MAX - large_page)
        px_out_of_memory(SIZE_MAX);
    size_t unit = bytes < large_page ? line : large_page;
    bytes = (bytes / unit + 1) * unit;
    void *p = aligned_alloc(unit, bytes);
    if (!p) px_out_of_memory(bytes);
#ifdef MADV_HUGEPAGE
    if (unit == large_page) madvise(p, bytes, MADV_HUGEPAGE); /* a wish: where it fails, pages are small */
#endif
    return p;
}

/* Blocks above 32 MiB, glibc's limit for these, go back all the same. */
void px_memory_keep(void) {
    mallopt(M_MMAP_THRESHOLD, 32 << 20);
    mallopt(M_TRIM_THRESHOLD, 1 << 30);
}
