#include "kind/shared.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

typedef struct px_shared_item {
    struct px_shared_item *next; /* the one used before this one */
    char *key;
    double bytes;
    px_arena *arena;
    const void *thing;
    px_error trouble; /* of its making; status PX_OK: none */
    bool ready;
    int users;
} item;

struct px_shared {
    pthread_mutex_t lock;
    pthread_cond_t made;
    item *items; /* last used first */
    double limit;
    px_shared_count count;
};

px_shared *px_shared_new(double bytes) {
    px_shared *s = calloc(1, sizeof *s);
    if (!s) px_out_of_memory(sizeof *s);
    s->limit = bytes;
    PX_ASSERT(pthread_mutex_init(&s->lock, NULL) == 0 && pthread_cond_init(&s->made, NULL) == 0);
    return s;
}

static void drop(item *it) {
    px_arena_free(it->arena);
    free(it->key);
    free(it);
}

/* Takes away what no one uses, the least recently used first, until the rest fits. */
static void tidy(px_shared *s, double limit) {
    double bytes = 0;
    for (item **at = &s->items; *at;) {
        item *it = *at;
        bytes += it->bytes;
        if (bytes <= limit || it->users > 0) {
            at = &it->next;
            continue;
        }
        bytes -= it->bytes;
        *at = it->next;
        drop(it);
    }
}

void px_shared_free(px_shared *s) {
    if (!s) return;
    for (const item *it = s->items; it; it = it->next) PX_ASSERT(it->users == 0);
    tidy(s, -1);
    pthread_cond_destroy(&s->made);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

/* The item of this key, moved to the front; NULL: there is none. */
static item *find(px_shared *s, const char *key) {
    for (item **at = &s->items; *at; at = &(*at)->next) {
        item *it = *at;
        if (strcmp(it->key, key) != 0) continue;
        *at = it->next;
        it->next = s->items;
        s->items = it;
        return it;
    }
    return NULL;
}

static item *add(px_shared *s, const char *key, double bytes) {
    item *it = calloc(1, sizeof *it);
    if (!it || !(it->key = strdup(key))) px_out_of_memory(sizeof *it);
    it->arena = px_arena_new();
    it->bytes = bytes;
    it->next = s->items;
    s->items = it;
    return it;
}

px_status px_shared_borrow(px_shared *s, px_arena *own, const char *key, double bytes, px_shared_make *make,
                           void *context, px_loan *loan, px_error *err) {
    *loan = (px_loan){.item = NULL};
    if (!s) return make(context, own, &loan->thing, err);
    pthread_mutex_lock(&s->lock);
    item *it = find(s, key);
    bool mine = !it;
    if (mine) it = add(s, key, bytes);
    *(mine ? &s->count.made : &s->count.found) += 1;
    it->users++;
    if (mine) {
        pthread_mutex_unlock(&s->lock);
        px_error trouble = {PX_OK, ""};
        px_status status = make(context, it->arena, &it->thing, &trouble);
        pthread_mutex_lock(&s->lock);
        trouble.status = status;
        it->trouble = trouble;
        it->ready = true;
        pthread_cond_broadcast(&s->made);
    }
    while (!it->ready) pthread_cond_wait(&s->made, &s->lock);
    *loan = (px_loan){.thing = it->thing, .item = it};
    px_error trouble = it->trouble;
    pthread_mutex_unlock(&s->lock);
    if (trouble.status == PX_OK) return PX_OK;
    px_shared_return(s, loan);
    return px_fail(err, trouble.status, "%s", trouble.text);
}

void px_shared_return(px_shared *s, px_loan *loan) {
    if (!loan->item) return;
    pthread_mutex_lock(&s->lock);
    loan->item->users--;
    tidy(s, s->limit);
    pthread_mutex_unlock(&s->lock);
    *loan = (px_loan){.item = NULL};
}

px_shared_count px_shared_counts(px_shared *s) {
    pthread_mutex_lock(&s->lock);
    px_shared_count count = s->count;
    pthread_mutex_unlock(&s->lock);
    return count;
}
