#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/room.h"

enum { ALIGNMENT = 64, FIRST_CHUNK = 64 * 1024 };

/* A chunk's header fills one alignment unit, so the bytes behind it are aligned too. */
typedef struct chunk {
    struct chunk *next;
    size_t used, capacity;
    unsigned char pad[ALIGNMENT - sizeof(void *) - 2 * sizeof(size_t)];
} chunk;

struct px_arena {
    chunk *chunks; /* the newest first */
};

_Static_assert(sizeof(chunk) == ALIGNMENT, "the bytes of a chunk follow its header, aligned");

static chunk *chunk_new(size_t capacity, chunk *next) {
    if (capacity > SIZE_MAX - 2 * ALIGNMENT) px_out_of_memory(capacity);
    chunk *c = px_room(1, sizeof(chunk) + capacity);
    *c = (chunk){.next = next, .capacity = capacity};
    return c;
}

px_arena *px_arena_new(void) {
    px_arena *a = calloc(1, sizeof *a);
    if (!a) px_out_of_memory(sizeof *a);
    return a;
}

void *px_arena_room(px_arena *arena, size_t count, size_t size) {
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) || bytes > SIZE_MAX - ALIGNMENT) px_out_of_memory(SIZE_MAX);
    bytes = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    chunk *c = arena->chunks;
    if (!c || c->capacity - c->used < bytes) {
        size_t capacity = c ? 2 * c->capacity : FIRST_CHUNK;
        if (capacity > (size_t)1 << 28) capacity = (size_t)1 << 28;
        c = arena->chunks = chunk_new(bytes > capacity ? bytes : capacity, c);
    }
    void *p = (unsigned char *)(c + 1) + c->used;
    c->used += bytes;
    return p;
}

void *px_arena_alloc(px_arena *arena, size_t count, size_t size) {
    return memset(px_arena_room(arena, count, size), 0, count * size);
}

char *px_arena_strdup(px_arena *arena, const char *text) {
    size_t n = strlen(text) + 1;
    return memcpy(px_arena_alloc(arena, n, 1), text, n);
}

char *px_arena_printf(px_arena *arena, const char *format, ...) {
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    PX_ASSERT(n >= 0);
    char *s = px_arena_alloc(arena, (size_t)n + 1, 1);
    vsnprintf(s, (size_t)n + 1, format, again);
    va_end(again);
    return s;
}

void px_arena_reset(px_arena *arena) {
    chunk *keep = NULL; /* the largest chunk stays, so that equal cells allocate once */
    for (chunk *c = arena->chunks, *next; c; c = next) {
        next = c->next;
        if (!keep || c->capacity > keep->capacity) {
            free(keep);
            keep = c;
        } else {
            free(c);
        }
    }
    if (keep) *keep = (chunk){.capacity = keep->capacity};
    arena->chunks = keep;
}

void px_arena_free(px_arena *arena) {
    if (!arena) return;
    px_arena_reset(arena);
    free(arena->chunks);
    free(arena);
}
