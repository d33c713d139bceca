/* What the certified judge's radii leave open goes to the exact judge, so both print the same figures; where the exact
 * step is too long, such a figure stays empty and the row says so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <string.h>

#include <cmocka.h>

#include "kind/transformer.h"
#include "support/tunnel.h"

static px_arena *arena;

static int set_up(void **state) { return (void)state, (arena = px_arena_new()) ? 0 : 1; }
static int tear_down(void **state) { return (void)state, px_arena_free(arena), 0; }

static px_flight fly(const char *sweep) {
    const char *ini = px_arena_printf(arena, "[experiment]\nkind = transformer\n[sweep]\n%s", sweep);
    return px_fly(arena, ini, PX_ENGINE_AUTO, NULL);
}

/* The same rows by both judges, but for who they were judged by. *certified: of them by radii alone. */
static void same_rows(const char *sweep, int64_t *certified) {
    px_flight exact = fly(px_arena_printf(arena, "%sjudge = exact\n", sweep));
    px_flight f = fly(px_arena_printf(arena, "%sjudge = certified\n", sweep));
    assert_true(f.n > 1 && f.n == exact.n);
    *certified = 0;
    for (int64_t i = 0; i < f.n; i++) {
        const char *by = px_flight_text(&f, i, "judged_by");
        *certified += strcmp(by, "certified") == 0;
        assert_string_not_equal(by, "open");
        for (int k = 0; k < px_kind_transformer.spec.n_columns; k++) {
            const char *column = px_kind_transformer.spec.columns[k].name;
            const char *x = px_flight_text(&f, i, column), *y = px_flight_text(&exact, i, column);
            if (strcmp(column, "judged_by") != 0 && strcmp(x, y) != 0)
                fail_msg("%s, %s: %s, but the exact judge has %s", px_flight_text(&f, i, "tensor"), column, x, y);
        }
    }
}

static void both_judges_agree(void **state) {
    (void)state;
    int64_t certified;
    same_rows("width = 8\nlength = 4\npolicy = fp64\nlocal = yes\ntensors = all\n", &certified);
    assert_true(certified > 0);
    same_rows("width = 8\nlength = 4\npolicy = fp16_amp\nlocal = yes\n", &certified);
    assert_true(certified > 8);
    same_rows("width = 8\nlength = 4\nobjective = cross_entropy\n", &certified);
    same_rows("width = 8\nlength = 4\npolicy = fp32\nactivation = erf\ntensors = updates\n", &certified);
}

/* 1.2e6 parameters in fp64. */
static void long_steps_stay_open(void **state) {
    (void)state;
    px_flight f = fly("width = 320\nlength = 2\nheads = 1\npolicy = fp64\njudge = certified\n");
    int64_t open = 0, empty = 0;
    for (int64_t i = 1; i < f.n; i++) {
        bool says = strcmp(px_flight_text(&f, i, "judged_by"), "open") == 0, lacks = false;
        const char *const figures[] = {"err_rel_2", "err_rel_max", "err_p50", "err_p99"};
        for (int k = 0; k < 4; k++) lacks |= px_flight_text(&f, i, figures[k])[0] == '\0';
        open += says, empty += lacks;
        if (lacks && px_flight_number(&f, i, "n_ref_zero") < px_flight_number(&f, i, "entries")) assert_true(says);
    }
    assert_true(open > 0 && empty >= open);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(both_judges_agree, set_up, tear_down),
        cmocka_unit_test_setup_teardown(long_steps_stay_open, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
