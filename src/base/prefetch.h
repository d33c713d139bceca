/* Asks for memory before it is needed, where its places lie too far apart for the processor to foresee the next.
 * Nothing is read: any address will do. The empty statement has an effect by definition: gcc (12) takes a function that
 * does nothing but prefetch for one without effect, and leaves out the calls of it. */
#ifndef PX_BASE_PREFETCH_H
#define PX_BASE_PREFETCH_H

#include <stddef.h>

enum { PX_CACHE_LINE = 64 };

/* Into the first level of caches. */
static inline void px_prefetch_l1(const void *first, size_t bytes) {
    for (size_t b = 0; b < bytes; b += PX_CACHE_LINE) __builtin_prefetch((const char *)first + b);
    __asm__ volatile("");
}

/* Into the second: where lines are 4 KiB apart, few of them fit into the first at a time. */
static inline void px_prefetch_l2(const void *first, size_t bytes) {
    for (size_t b = 0; b < bytes; b += PX_CACHE_LINE) __builtin_prefetch((const char *)first + b, 0, 2);
    __asm__ volatile("");
}

#endif
