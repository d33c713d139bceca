/* What a run says of its health: which signs warned and which spoke first; the held-out loss and when it stops a run. */
#define _GNU_SOURCE
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "kind/transformer.h"
#include "support/tunnel.h"

static px_arena *arena;
static char text[] = "/tmp/px_text_XXXXXX";

static int set_up(void **state) { return (void)state, (arena = px_arena_new()) ? 0 : 1; }
static int tear_down(void **state) { return (void)state, px_arena_free(arena), 0; }

/* Steps in which all four are measured. */
static void watch(px_transformer_signs *s, int64_t step, double loss, double grad, double weight, double kappa) {
    px_transformer_watch(s, step, (const double[]){loss, grad, weight, kappa}, (const bool[]){true, true, true, true});
}

static void signs_warn_against_their_first_values(void **state) {
    (void)state;
    px_transformer_signs s = {.alarm = 2, .calm = 2};
    watch(&s, 1, 1, 1, 10, 100);
    watch(&s, 2, 3, 1, 10, 300); /* means 2, 1, 10, 200 */
    watch(&s, 3, 4, 2.5, 20, 400);
    assert_int_equal(s.sign[PX_SIGN_GRAD_NORM].warned, 3);
    for (int k = 0; k < PX_SIGN_COUNT; k++) assert_int_equal(s.sign[k].warned > 0, k == PX_SIGN_GRAD_NORM);
    assert_string_equal(s.foretold, "");
    watch(&s, 4, (double)NAN, 9, 20, 401); /* in the same step as kappa_2 counts */
    watch(&s, 5, 1, 1, 21, 1);
    assert_int_equal(s.sign[PX_SIGN_LOSS].warned, 4);
    assert_int_equal(s.sign[PX_SIGN_GRAD_NORM].warned, 3);
    assert_int_equal(s.sign[PX_SIGN_KAPPA].warned, 4);
    assert_int_equal(s.sign[PX_SIGN_WEIGHT_NORM].warned, 5);
    assert_string_equal(s.foretold, "loss+grad_norm");
}

static void what_is_not_measured_does_not_count(void **state) {
    (void)state;
    px_transformer_signs s = {.alarm = 2, .calm = 2};
    for (int64_t step = 1; step <= 9; step++)
        px_transformer_watch(&s, step, (const double[]){1, 1, 1, (double)step},
                             (const bool[]){true, true, true, step % 3 == 1}); /* 1, 4, 7: mean 2.5 */
    assert_int_equal(s.sign[PX_SIGN_KAPPA].warned, 7);
    assert_string_equal(s.foretold, "none");
}

/* The first half of the text knows nothing of the second: what training learns of it is nothing, and its loss grows. */
static void training_never_sees_what_is_held_out(void **state) {
    (void)state;
    int fd = mkstemp(text);
    FILE *file = fdopen(fd, "w");
    assert_non_null(file);
    for (int i = 0; i < 400; i++) fputs(i < 200 ? "ab" : "cd", file);
    fclose(file);
    const char *ini =
        px_arena_printf(arena,
                        "[experiment]\nkind = transformer\n[sweep]\nobjective = cross_entropy\npolicy = fp32\n"
                        "width = 8\nlength = 6\nbatch = 4\nsteps = 60\nlr = 0.02\ntensors = step\njudge = none\n"
                        "text = file:%s\nheld_out = 0.5\npatience = 0, 7\n",
                        text);
    px_flight f = px_fly(arena, ini, PX_ENGINE_AUTO, NULL);
    unlink(text);
    int64_t n = 0;
    while (n < f.n && f.cells[n]->index == 0) n++;
    assert_int_equal(n, 60);
    double first = px_flight_number(&f, 0, "loss_held"), last = px_flight_number(&f, n - 1, "loss_held");
    assert_true(fabs(first - log(4)) < 0.1); /* small weights know nothing */
    assert_true(px_flight_number(&f, n - 1, "loss") < 0.1 && last > first + 1);
    int64_t least = 0;
    for (int64_t i = 0; i < n; i++) {
        assert_true(px_flight_number(&f, i, "stopped") == 0);
        if (px_flight_number(&f, i, "loss_held") < px_flight_number(&f, least, "loss_held")) least = i;
    }
    assert_int_equal(f.n - n, least + 7 + 1); /* the same run, cut off */
    for (int64_t i = 0; i < f.n - n; i++) {
        assert_string_equal(px_flight_text(&f, n + i, "loss_held"), px_flight_text(&f, i, "loss_held"));
        assert_true(px_flight_number(&f, n + i, "stopped") == (i == f.n - n - 1));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
        TEST(signs_warn_against_their_first_values),
        TEST(what_is_not_measured_does_not_count),
        TEST(training_never_sees_what_is_held_out),
#undef TEST
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
