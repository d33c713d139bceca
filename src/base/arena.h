/* One arena a cell: everything a cell allocates lives here and goes in one stroke after its rows are written. */
#ifndef PX_BASE_ARENA_H
#define PX_BASE_ARENA_H

#include <stddef.h>
#include <stdint.h>

typedef struct px_arena px_arena;

/* A new, empty arena. The caller frees it. Never NULL (px_out_of_memory otherwise). */
px_arena *px_arena_new(void);

/* count elements of size bytes each, zeroed, aligned to 64 bytes; the product is overflow-checked. Never NULL. */
void *px_arena_alloc(px_arena *arena, size_t count, size_t size);

/* The same, not zeroed: for what is written as a whole before it is read. */
void *px_arena_room(px_arena *arena, size_t count, size_t size);

/* A copy of the text, of printf-formatted text. */
char *px_arena_strdup(px_arena *arena, const char *text);
char *px_arena_printf(px_arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Drops everything that was allocated; the arena can be used again. */
void px_arena_reset(px_arena *arena);
void px_arena_free(px_arena *arena); /* NULL is allowed */

#define PX_NEW(arena, type)          ((type *)px_arena_alloc((arena), 1, sizeof(type)))
#define PX_NEW_ARRAY(arena, type, n) ((type *)px_arena_alloc((arena), (size_t)(n), sizeof(type)))

#endif
