/* base/: the arena, rooms, text and numbers, suggestions, Philox, the pool, the probes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/parallel.h"
#include "base/philox.h"
#include "base/probe.h"
#include "base/room.h"
#include "base/text.h"

static void arena_memory_is_zeroed_aligned_and_apart(void **state) {
    (void)state;
    px_arena *a = px_arena_new();
    for (int round = 0; round < 3; round++) {
        unsigned char *last = NULL;
        for (size_t n = 0; n < 3000; n += 7) {
            unsigned char *p = px_arena_alloc(a, n, 3);
            assert_int_equal((uintptr_t)p % 64, 0);
            for (size_t i = 0; i < 3 * n; i++) assert_int_equal(p[i], 0);
            memset(p, 0xff, 3 * n);
            if (n) assert_ptr_not_equal(p, last);
            if (n) last = p;
        }
        px_arena_reset(a);
    }
    assert_string_equal(px_arena_printf(a, "%s-%d", "x", 42), "x-42");
    px_arena_free(a);
}

static void rooms_are_aligned_and_whole(void **state) {
    (void)state;
    const int64_t page = (int64_t)1 << 21, sizes[] = {0, 1, 63, 64, 65, page - 1, page, page + 1, 3 * page + 7};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        unsigned char *p = px_room(sizes[i], 1);
        assert_int_equal((uintptr_t)p % 64, 0);
        memset(p, 0xff, (size_t)sizes[i]); /* the sanitizer sees what lies beyond */
        free(p);
    }
}

/* Sizes that no machine has end the program as any lack of memory does. */
static void rooms_beyond_all_sizes_are_refused(void **state) {
    (void)state;
    const struct {
        int64_t count;
        size_t size;
    } wrongs[] = {{-1, 8}, {INT64_MAX, 8}, {(int64_t)1 << 61, 16}, {INT64_MAX, 2}, {1, SIZE_MAX}};
    for (size_t i = 0; i < sizeof wrongs / sizeof *wrongs; i++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            if (!freopen("/dev/null", "w", stderr)) _exit(0);
            px_room(wrongs[i].count, wrongs[i].size);
            _exit(0);
        }
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), PX_INCOMPLETE);
    }
}

static void doubles_print_shortest_and_read_back(void **state) {
    (void)state;
    char buf[PX_DOUBLE_CHARS];
    assert_string_equal(px_double_print(0.1, buf), "0.1");
    assert_string_equal(px_double_print(-0.0, buf), "-0");
    assert_string_equal(px_double_print(65504, buf), "65504");
    assert_string_equal(px_double_print(0x1p-1074, buf), "4.94065645841247e-324");
    assert_string_equal(px_double_print(1.0 / 3, buf), "0.3333333333333333");
    assert_string_equal(px_double_print(__builtin_inf(), buf), "inf");
    assert_string_equal(px_double_print(-__builtin_nan(""), buf), "nan");
    for (uint64_t i = 0; i < 100000; i++) {
        uint64_t word = px_philox(1, 0, i).lo;
        double x, y, z;
        memcpy(&x, &word, sizeof x);
        if (x != x) continue;
        assert_true(px_double_parse(px_double_print(x, buf), &y));
        assert_true(px_double_parse(px_double_print_hex(x, buf), &z));
        assert_memory_equal(&x, &y, sizeof x);
        assert_memory_equal(&x, &z, sizeof x);
    }
}

static void only_the_contracts_numbers_are_read(void **state) {
    (void)state;
    double x;
    int64_t i;
    static const char *const bad[] = {"",   " 1", "1 ",  "1x", "INF",   "infinity", "NAN", "nan(1)",
                                      "0x", "1e", "--1", "e5", "1_000", "+nan",     "-nan"};
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++)
        if (px_double_parse(bad[k], &x)) fail_msg("'%s' was read as %a", bad[k], x);
    assert_true(px_double_parse("-0x1.8p-3", &x) && x == -0.1875);
    assert_true(px_double_parse(".5", &x) && x == 0.5);
    assert_true(px_double_parse("-inf", &x) && x < -1e308);
    assert_true(px_int_parse("-9223372036854775808", &i) && i == INT64_MIN);
    assert_false(px_int_parse("9223372036854775808", &i));
    assert_false(px_int_parse("0x10", &i));
    assert_false(px_int_parse("12.0", &i));
}

static void suggestions_are_near_and_not_far(void **state) {
    (void)state;
    static const char *const names[] = {"fp16", "bf16", "fp32", "nearest_even", "sequential"};
    assert_string_equal(px_suggest("bf61", names, 5), "bf16");
    assert_string_equal(px_suggest("nearest_evne", names, 5), "nearest_even");
    assert_string_equal(px_suggest("sequental", names, 5), "sequential");
    assert_null(px_suggest("pairwise", names, 5));
    assert_null(px_suggest("x", names, 5));
}

static void globs(void **state) {
    (void)state;
    assert_true(px_glob("blas:*", "blas:libx.so"));
    assert_true(px_glob("*16*", "bf16"));
    assert_true(px_glob("fp?6", "fp16"));
    assert_true(px_glob("a*b*c", "aXbXbXc"));
    assert_false(px_glob("fp?6", "fp8"));
    assert_false(px_glob("a*b", "a"));
    assert_true(px_glob("*", ""));
}

/* The known answers of Random123's kat_vectors for philox4x32, 10 rounds. */
static void philox_gives_the_published_vectors(void **state) {
    (void)state;
    px_bits128 r = px_philox(0, 0, 0);
    assert_int_equal(r.lo, 0xe169c58d6627e8d5u);
    assert_int_equal(r.hi, 0x9b00dbd8bc57ac4cu);
    r = px_philox(UINT64_MAX, UINT64_MAX, UINT64_MAX);
    assert_int_equal(r.lo, 0x41c83b0e408f276du);
    assert_int_equal(r.hi, 0x6d5451fda20bc7c6u);
}

static void mark(void *context, int64_t i) { ((int *)context)[i]++; }
static void mark_nested(void *context, int64_t i) { px_parallel_for(10, mark, (int *)context + 10 * i); }

static void the_pool_does_each_index_once(void **state) {
    (void)state;
    for (int jobs = 0; jobs < 5; jobs++) {
        int seen[1000] = {0};
        px_parallel_set_jobs(jobs);
        px_parallel_for(100, mark_nested, seen);
        px_parallel_in_order(100, mark_nested, seen);
        for (int i = 0; i < 1000; i++) assert_int_equal(seen[i], 2);
    }
    px_parallel_set_jobs(0);
    assert_true(px_parallel_jobs() >= 1);
}

enum { REST = 99 };

static void wait_for_the_rest(void *context, int64_t i) {
    atomic_int *others = context;
    if (i > 0) atomic_fetch_add(others, 1);
    for (int ms = 0; i == 0 && ms < 20000 && atomic_load(others) < REST; ms++) usleep(1000);
    if (i == 0 && atomic_load(others) == REST) atomic_fetch_add(others, 1);
}

static void threads_help_each_other(void **state) {
    (void)state;
    atomic_int others = 0;
    px_parallel_set_jobs(2);
    px_parallel_for(1 + REST, wait_for_the_rest, &others);
    px_parallel_set_jobs(0);
    assert_int_equal(atomic_load(&others), REST + 1);
}

static void this_build_is_strict(void **state) {
    (void)state;
    px_error err = {0};
    if (px_probe_all(&err) != PX_OK) fail_msg("%s", err.text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arena_memory_is_zeroed_aligned_and_apart),
        cmocka_unit_test(rooms_are_aligned_and_whole),
        cmocka_unit_test(rooms_beyond_all_sizes_are_refused),
        cmocka_unit_test(doubles_print_shortest_and_read_back),
        cmocka_unit_test(only_the_contracts_numbers_are_read),
        cmocka_unit_test(suggestions_are_near_and_not_far),
        cmocka_unit_test(globs),
        cmocka_unit_test(philox_gives_the_published_vectors),
        cmocka_unit_test(the_pool_does_each_index_once),
        cmocka_unit_test(threads_help_each_other),
        cmocka_unit_test(this_build_is_strict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
