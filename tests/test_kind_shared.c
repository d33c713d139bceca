/* The cache of what cells have in common: one making a key, whoever asks; bounded; errors reach all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/parallel.h"
#include "kind/shared.h"

typedef struct maker {
    atomic_int calls;
    int64_t value;
    bool fails;
} maker;

static px_status make(void *context, px_arena *arena, const void **thing, px_error *err) {
    maker *m = context;
    atomic_fetch_add(&m->calls, 1);
    usleep(2000); /* so that others come meanwhile */
    if (m->fails) return px_fail(err, PX_INCOMPLETE, "made to fail");
    int64_t *x = PX_NEW(arena, int64_t);
    *x = m->value;
    *thing = x;
    return PX_OK;
}

static int64_t borrow(px_shared *s, const char *key, double bytes, maker *m, px_loan *loan) {
    assert_int_equal(px_shared_borrow(s, NULL, key, bytes, make, m, loan, NULL), PX_OK);
    return *(const int64_t *)loan->thing;
}

typedef struct crowd {
    px_shared *s;
    maker makers[4];
} crowd;

static void ask(void *context, int64_t i) {
    crowd *c = context;
    px_loan loan;
    char key[16];
    int which = (int)(i % 4);
    snprintf(key, sizeof key, "key %d", which);
    if (borrow(c->s, key, 1, &c->makers[which], &loan) != which) abort();
    px_shared_return(c->s, &loan);
}

static void each_key_is_made_once(void **state) {
    (void)state;
    crowd c = {.s = px_shared_new(100)};
    for (int i = 0; i < 4; i++) c.makers[i].value = i;
    px_parallel_set_jobs(8);
    px_parallel_for(400, ask, &c);
    px_parallel_set_jobs(0);
    for (int i = 0; i < 4; i++) assert_int_equal(atomic_load(&c.makers[i].calls), 1);
    px_shared_count count = px_shared_counts(c.s);
    assert_true(count.made == 4 && count.found == 396);
    px_shared_free(c.s);
}

static void what_is_kept_is_bounded(void **state) {
    (void)state;
    px_shared *s = px_shared_new(2.5);
    maker m = {.value = 1};
    px_loan loan, in_use;
    borrow(s, "large", 10, &m, &in_use); /* in use: stays, whatever its size */
    borrow(s, "large", 10, &m, &loan);
    px_shared_return(s, &loan);
    assert_int_equal(atomic_load(&m.calls), 1);
    px_shared_return(s, &in_use); /* and goes when no one uses it */
    borrow(s, "large", 10, &m, &loan);
    px_shared_return(s, &loan);
    assert_int_equal(atomic_load(&m.calls), 2);
    maker small = {.value = 2};
    const char *const order[] = {"a", "b", "a", "c", "a", "b"}; /* c drives out b, the last used of two */
    for (int i = 0; i < 6; i++) {
        borrow(s, order[i], 1, &small, &loan);
        px_shared_return(s, &loan);
    }
    assert_int_equal(atomic_load(&small.calls), 4);
    px_shared_free(s);
}

static void an_error_reaches_all(void **state) {
    (void)state;
    px_shared *s = px_shared_new(100);
    maker m = {.fails = true};
    px_loan loan;
    px_error err;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(px_shared_borrow(s, NULL, "bad", 1, make, &m, &loan, &err), PX_INCOMPLETE);
        assert_string_equal(err.text, "made to fail");
    }
    assert_int_equal(atomic_load(&m.calls), 1);
    px_shared_free(s);
}

static void without_a_cache_it_is_made_in_the_own_arena(void **state) {
    (void)state;
    px_arena *arena = px_arena_new();
    maker m = {.value = 7};
    px_loan loan;
    for (int i = 1; i <= 2; i++) {
        assert_int_equal(px_shared_borrow(NULL, arena, "key", 1, make, &m, &loan, NULL), PX_OK);
        assert_int_equal(*(const int64_t *)loan.thing, 7);
        px_shared_return(NULL, &loan);
        assert_int_equal(atomic_load(&m.calls), i);
    }
    px_arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_key_is_made_once),
        cmocka_unit_test(what_is_kept_is_bounded),
        cmocka_unit_test(an_error_reaches_all),
        cmocka_unit_test(without_a_cache_it_is_made_in_the_own_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
