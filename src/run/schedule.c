#include "run/schedule.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/parallel.h"

static int by_work(const void *a, const void *b) {
    const px_task *x = a, *y = b;
    if (x->work != y->work) return x->work < y->work ? 1 : -1;
    return (x->cell > y->cell) - (x->cell < y->cell);
}

int64_t px_schedule_order(px_task *tasks, int64_t n, int threads) {
    if (n) qsort(tasks, (size_t)n, sizeof *tasks, by_work);
    double left = 0;
    for (int64_t i = n; i-- > 0;) left += tasks[i].work;
    int64_t wide = 0;
    while (wide < n && threads > 1 && tasks[wide].work > left / (4.0 * threads)) left -= tasks[wide++].work;
    return wide;
}

/* What the threads share: the memory in use, and the arenas that no task is using. */
typedef struct company {
    const px_schedule *schedule;
    pthread_mutex_t lock;
    pthread_cond_t left; /* a task has ended */
    double bytes;
    int running;
    px_arena **idle;
    int n_idle;
} company;

/* Waits until the task fits beside those that run, then takes an arena. */
static px_arena *enter(company *c, double bytes) {
    pthread_mutex_lock(&c->lock);
    while (c->running > 0 && c->bytes + bytes > c->schedule->memory_limit) pthread_cond_wait(&c->left, &c->lock);
    c->running++;
    c->bytes += bytes;
    px_arena *arena = c->n_idle > 0 ? c->idle[--c->n_idle] : NULL;
    pthread_mutex_unlock(&c->lock);
    return arena ? arena : px_arena_new();
}

static void leave(company *c, double bytes, px_arena *arena) {
    px_arena_reset(arena);
    pthread_mutex_lock(&c->lock);
    c->running--;
    c->bytes = c->running > 0 ? c->bytes - bytes : 0;
    c->idle[c->n_idle++] = arena;
    pthread_cond_broadcast(&c->left);
    pthread_mutex_unlock(&c->lock);
}

static void one(company *c, const px_task *task) {
    const px_schedule *s = c->schedule;
    if (s->stopped(s->context)) return;
    px_arena *arena = enter(c, task->bytes);
    if (!s->stopped(s->context)) s->compute(s->context, task, arena);
    leave(c, task->bytes, arena);
}

static void narrow(void *context, int64_t i) {
    company *c = context;
    one(c, &c->schedule->tasks[c->schedule->n_wide + i]);
}

void px_schedule_run(const px_schedule *s) {
    company c = {.schedule = s, .lock = PTHREAD_MUTEX_INITIALIZER, .left = PTHREAD_COND_INITIALIZER};
    c.idle = calloc((size_t)px_parallel_jobs() + 1, sizeof *c.idle);
    if (!c.idle) px_out_of_memory(sizeof *c.idle);
    for (int64_t i = 0; i < s->n_wide; i++) one(&c, &s->tasks[i]);
    px_parallel_in_order(s->n_tasks - s->n_wide, narrow, &c);
    while (c.n_idle > 0) px_arena_free(c.idle[--c.n_idle]);
    free(c.idle);
    pthread_cond_destroy(&c.left);
    pthread_mutex_destroy(&c.lock);
}
