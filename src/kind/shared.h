/* What cells with the same input have in common (operands, references) is made once: a cache by key, shared by the
 * threads of a run, bounded in memory. What is made depends on the key alone, so a table's bytes depend neither on the
 * cache nor on who made what. */
#ifndef PX_KIND_SHARED_H
#define PX_KIND_SHARED_H

#include "base/arena.h"
#include "base/error.h"

typedef struct px_shared px_shared;

/* Keeps up to `bytes` (estimated) of things that no one uses. The caller frees it, when no one uses anything. */
px_shared *px_shared_new(double bytes);
void px_shared_free(px_shared *s); /* NULL is allowed */

/* Makes a thing in the arena. */
typedef px_status px_shared_make(void *context, px_arena *arena, const void **thing, px_error *err);

/* A thing in use. */
typedef struct px_loan {
    const void *thing;
    struct px_shared_item *item; /* NULL: it lives in the arena of who asked for it */
} px_loan;

/* The thing of that key: the one that is there, or, after waiting, the one that another thread is making, or a new one.
 * bytes: its size, estimated. s NULL: nothing is shared, the thing is made in `own`. Given back by px_shared_return. */
px_status px_shared_borrow(px_shared *s, px_arena *own, const char *key, double bytes, px_shared_make *make,
                           void *context, px_loan *loan, px_error *err);
void px_shared_return(px_shared *s, px_loan *loan);

/* How often something was made, and how often it was there. */
typedef struct px_shared_count {
    long made, found;
} px_shared_count;
px_shared_count px_shared_counts(px_shared *s);

#endif
