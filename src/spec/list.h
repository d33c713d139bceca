/* Lists that grow in an arena. */
#ifndef PX_SPEC_LIST_H
#define PX_SPEC_LIST_H

#include <string.h>

#include "base/arena.h"

/* `array`, of n elements of `size` bytes, with room for one more: moved whenever n is 0 or a power of two. */
static inline void *px_grown(px_arena *arena, void *array, int n, size_t size) {
    if (n & (n - 1)) return array;
    void *moved = px_arena_alloc(arena, n ? 2 * (size_t)n : 1, size);
    if (n) memcpy(moved, array, (size_t)n * size);
    return moved;
}

/* The new last element of the list: PX_ADD(arena, s->entries, s->n_entries) = value; */
#define PX_ADD(arena, array, n) (*(((array) = px_grown((arena), (array), (n), sizeof *(array))), &(array)[(n)++]))

#endif
