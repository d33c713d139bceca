/* The experiments of the house: each loads, and its ci profile keeps the promises of theory: no slack above 1, and a
 * bound in every emulated row that is ok, to nearest and in an order other than the compensated ones. */
#include <dirent.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "kind/treatment.h"
#include "support/tunnel.h"

static bool axis_is(const px_case *c, const char *axis, const char *word) {
    const px_value *v = px_axis_value(c, axis);
    return v && strcmp(v->text, word) == 0;
}

/* Every slack but that of a model of probabilities is at most 1. True when the row has a slack_det, filled or not. */
static bool check_slacks(const char *file, const px_flight *f, int64_t i) {
    bool bounded = false;
    for (int j = 0; j < f->rows[i].n_columns; j++) {
        const char *column = f->rows[i].columns[j].name;
        if (strncmp(column, "slack_", 6) != 0 || strcmp(column, "slack_prob") == 0) continue;
        double slack = px_flight_number(f, i, column);
        if (slack > 1) fail_msg("%s %s: %s %g", file, f->cells[i]->id, column, slack);
        bounded |= strcmp(column, "slack_det") == 0;
    }
    return bounded;
}

/* A library loaded by its path promises nothing: some are bad, and there to be found out. */
static bool is_library(const px_case *c) {
    const px_value *v = px_axis_value(c, "backend");
    return v && strncmp(v->text, "blas:", 5) == 0;
}

static void check_row(const char *file, const px_flight *f, int64_t i) {
    const px_case *c = f->cells[i];
    if (is_library(c) || !check_slacks(file, f, i)) return;
    bool ok = strcmp(px_flight_text(f, i, "status"), "ok") == 0;
    bool compensated = axis_is(c, "order", "kahan") || axis_is(c, "order", "neumaier");
    bool nearest = axis_is(c, "rounding", "nearest_even");
    if (ok && nearest && !compensated && isnan(px_flight_number(f, i, "slack_det")))
        fail_msg("%s %s: no bound", file, c->id);
}

static int check_file(const char *file) {
    char path[512];
    snprintf(path, sizeof path, "%s/experiments/%s", PX_SOURCE_DIR, file);
    px_arena *arena = px_arena_new();
    px_flight f = px_fly_file(arena, path, "ci");
    assert_true(f.n > 0);
    for (int64_t i = 0; i < f.n; i++) check_row(file, &f, i);
    px_arena_free(arena);
    return 1;
}

static void ci_profiles_keep_the_promises_of_theory(void **state) {
    (void)state;
    DIR *d = opendir(PX_SOURCE_DIR "/experiments");
    assert_non_null(d);
    int files = 0;
    for (struct dirent *e; (e = readdir(d));) {
        size_t n = strlen(e->d_name);
        if (n > 4 && strcmp(e->d_name + n - 4, ".ini") == 0) files += check_file(e->d_name);
    }
    closedir(d);
    assert_true(files >= 8);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ci_profiles_keep_the_promises_of_theory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
