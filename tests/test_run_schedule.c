/* The order of the cells, what runs at the same time, and when it stops. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/parallel.h"
#include "run/schedule.h"

enum { N = 64 };

static struct watch {
    pthread_mutex_t lock;
    int times[N], running, most_running, done, stop_after;
    double bytes, most_bytes;
    int64_t order[N];
} watch;

static void compute(void *context, const px_task *task, px_arena *arena) {
    (void)context;
    memset(px_arena_alloc(arena, 1000, 1), 1, 1000);
    pthread_mutex_lock(&watch.lock);
    watch.bytes += task->bytes;
    watch.running++;
    if (watch.bytes > watch.most_bytes) watch.most_bytes = watch.bytes;
    if (watch.running > watch.most_running) watch.most_running = watch.running;
    pthread_mutex_unlock(&watch.lock);
    usleep(500);
    pthread_mutex_lock(&watch.lock);
    watch.bytes -= task->bytes;
    watch.running--;
    watch.times[task->cell]++;
    watch.order[watch.done++] = task->cell;
    pthread_mutex_unlock(&watch.lock);
}

static bool stopped(void *context) {
    (void)context;
    pthread_mutex_lock(&watch.lock);
    bool stop = watch.done >= watch.stop_after;
    pthread_mutex_unlock(&watch.lock);
    return stop;
}

static void go(const px_task *tasks, int64_t n, int64_t n_wide, double limit, int threads, int stop_after) {
    watch = (struct watch){.lock = PTHREAD_MUTEX_INITIALIZER, .stop_after = stop_after};
    px_parallel_set_jobs(threads);
    px_schedule_run(&(px_schedule){tasks, n, n_wide, limit, compute, stopped, NULL});
}

static void the_dearest_first_and_wide_ones_alone(void **state) {
    (void)state;
    px_task tasks[] = {{0, 1, 0}, {1, 100, 0}, {2, 1, 0}, {3, 30, 0}, {4, 5, 0}, {5, 1, 0}};
    /* 2 threads, 138 in all: 100 > 138/8; then 30 > 38/8; then 5 > 8/8; then 1 > 3/8, 1 > 2/8, 1 > 1/8. */
    assert_int_equal(px_schedule_order(tasks, 6, 2), 6);
    static const int64_t want[] = {1, 3, 4, 0, 2, 5};
    for (int i = 0; i < 6; i++) assert_int_equal(tasks[i].cell, want[i]);
    px_task many[N];
    for (int i = 0; i < N; i++) many[i] = (px_task){i, i == 7 ? 50 : 1, 0};
    assert_int_equal(px_schedule_order(many, N, 2), 1); /* 50 > 113/8; 1 <= 63/8 */
    assert_int_equal(many[0].cell, 7);
    assert_int_equal(px_schedule_order(many, N, 1), 0); /* one thread: there is nothing to be wide with */
    assert_int_equal(px_schedule_order(many, 0, 2), 0);
}

static void every_task_once(void **state) {
    (void)state;
    px_task tasks[N];
    for (int i = 0; i < N; i++) tasks[i] = (px_task){i, 1, 1};
    for (int threads = 1; threads <= 4; threads++) {
        go(tasks, N, 3, 1e9, threads, N + 1);
        for (int i = 0; i < N; i++) assert_int_equal(watch.times[i], 1);
        for (int i = 0; i < 3; i++) assert_int_equal(watch.order[i], i);
        assert_true(watch.most_running <= threads);
    }
    assert_true(watch.most_running > 1);
}

/* 4 threads, room for two; a task that needs more than all the room runs, but alone. */
static void memory_stays_under_the_limit(void **state) {
    (void)state;
    px_task tasks[N];
    for (int i = 0; i < N; i++) tasks[i] = (px_task){i, 1, 10};
    go(tasks, N, 0, 25, 4, N + 1);
    assert_int_equal(watch.done, N);
    assert_true(watch.most_bytes == 20);
    for (int i = 0; i < N; i++) tasks[i].bytes = 100;
    go(tasks, N, 0, 25, 4, N + 1);
    assert_int_equal(watch.done, N);
    assert_int_equal(watch.most_running, 1);
}

static void nothing_starts_after_a_stop(void **state) {
    (void)state;
    px_task tasks[N];
    for (int i = 0; i < N; i++) tasks[i] = (px_task){i, 1, 1};
    go(tasks, N, 0, 1e9, 2, 5);
    assert_in_range(watch.done, 5, 6); /* and the one that was running beside it */
    go(tasks, N, N, 1e9, 2, 5);
    assert_int_equal(watch.done, 5);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_dearest_first_and_wide_ones_alone),
        cmocka_unit_test(every_task_once),
        cmocka_unit_test(memory_stays_under_the_limit),
        cmocka_unit_test(nothing_starts_after_a_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
