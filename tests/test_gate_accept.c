/* compare and accept, on the files of a toy run. */
#define _GNU_SOURCE
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "gate/accept.h"
#include "gate/compare.h"
#include "support/toy.h"

enum { N_CELLS = 3 }; /* none of which fails */
static px_toy toy;
static px_arena *arena;
static char plan[65];

static const char *in_toy(const char *name) { return px_arena_printf(arena, "%s/%s", toy.directory, name); }

/* Replaces the first occurrence of `from` in a file of the toy. */
static void edit(const char *name, const char *from, const char *to) {
    char *text = px_toy_read(&toy, name, NULL), *at = text ? strstr(text, from) : NULL;
    if (!at) fail_msg("no %s in %s", from, name);
    px_text edited = {0};
    px_text_add_bytes(&edited, text, (size_t)(at - text));
    px_text_add(&edited, to);
    px_text_add(&edited, at + strlen(from));
    px_toy_write(&toy, name, edited.s, edited.length);
    px_text_free(&edited);
    free(text);
}

static px_result read_result(const char *name) {
    px_result r;
    px_error err = {PX_OK, ""};
    if (px_result_read(arena, in_toy(name), &r, &err) != PX_OK) fail_msg("%s", err.text);
    return r;
}

static px_verdicts compare(const char *before, const char *after) {
    px_result a = read_result(before), b = read_result(after);
    px_verdicts v = {.arena = arena};
    px_compare(&a, &b, &v);
    return v;
}

static void copy(const char *from, const char *to) {
    size_t n;
    char *bytes = px_toy_read(&toy, from, &n);
    assert_non_null(bytes);
    px_toy_write(&toy, to, bytes, n);
    free(bytes);
}

static void expect_refused(px_status status, const char *because, const char *words) {
    px_result r = read_result("toy.csv");
    px_error err = {PX_OK, ""};
    assert_int_equal(px_accept_check(&r, plan, because, &err), status);
    if (!strstr(err.text, words)) fail_msg("'%s' does not say '%s'", err.text, words);
}

static void expect_accepted(void) {
    px_result r = read_result("toy.csv");
    px_error err = {PX_OK, ""};
    if (px_accept_check(&r, plan, "a reason", &err) != PX_OK) fail_msg("%s", err.text);
}

static void values_are_compared_bit_for_bit(void **state) {
    (void)state;
    assert_true(px_same_value("0.5", "0x1p-1"));
    assert_true(px_same_value("nan", "nan"));
    assert_true(px_same_value("inf", "inf"));
    assert_true(px_same_value("words", "words"));
    assert_false(px_same_value("0", "-0"));
    assert_false(px_same_value("", "0"));
    assert_false(px_same_value("nan", ""));
    assert_false(px_same_value("0.1", "0.10000000000000002"));
    assert_true(px_relative_change("2", "3") == 0.5);
    assert_true(isinf(px_relative_change("0", "3")));
    assert_true(isinf(px_relative_change("1", "inf")));
    assert_true(isinf(px_relative_change("1", "")));
}

static void a_table_compared_with_itself(void **state) {
    (void)state;
    copy("toy.csv", "old.csv");
    for (int i = 0; i < 2; i++) { /* without and with a meta file that names the further key */
        if (i) copy("toy.meta.json", "old.meta.json");
        px_verdicts v = compare("old.csv", "toy.csv");
        assert_int_equal(v.n_findings, 0);
        assert_int_equal(v.rows[PX_VERDICT_OK], 2 * N_CELLS);
    }
}

static void differences_are_found_worst_first(void **state) {
    (void)state;
    copy("toy.csv", "old.csv");
    copy("toy.meta.json", "old.meta.json");
    edit("toy.csv", "1,1,0,0.25,0.1,", "1,1,0,0.26,0.3,");
    edit("toy.csv", ",ok\nfailing", ",overflow\nfailing");
    px_verdicts v = compare("old.csv", "toy.csv");
    assert_int_equal(v.n_findings, 3);
    assert_string_equal(v.findings[0].metric, "status");
    assert_string_equal(v.findings[0].row, "with, comma/1/1 step=1");
    assert_string_equal(v.findings[0].value, "overflow");
    assert_string_equal(v.findings[1].metric, "err_ulp");
    assert_string_equal(v.findings[1].row, "plain/1/1 step=0");
    assert_string_equal(v.findings[1].baseline, "0.1");
    assert_string_equal(v.findings[2].metric, "err_rel");
    assert_int_equal(v.rows[PX_VERDICT_CHANGED], 2);
    assert_int_equal(px_verdicts_failed(&v), 2);
    assert_int_equal(px_verdicts_passed(&v), 2 * N_CELLS - 2);
}

static void rows_and_columns_that_come_and_go(void **state) {
    (void)state;
    px_toy_write(&toy, "old.csv", "cell,a,b,status\nx,1,2,ok\ny,1,2,ok\nx,3,2,ok\n", 42);
    px_toy_write(&toy, "new.csv", "cell,a,c,status\nx,1,2,ok\nz,1,2,ok\n", 34);
    px_verdicts v = compare("old.csv", "new.csv");
    assert_int_equal(v.rows[PX_VERDICT_OK], 0);
    assert_int_equal(v.rows[PX_VERDICT_MISSING], 3); /* y, the second row of x, and the first one's b */
    assert_int_equal(v.rows[PX_VERDICT_NEW], 1);
    assert_int_equal(v.n_findings, 5);
    assert_string_equal(v.findings[0].metric, "b");
    assert_string_equal(v.findings[1].row, "y");
    assert_string_equal(v.findings[2].row, "x");
    assert_string_equal(v.findings[3].metric, "c");
    assert_string_equal(v.findings[4].row, "z");
}

static void only_honest_whole_results_are_accepted(void **state) {
    (void)state;
    expect_accepted();
    expect_refused(PX_USAGE, "", "--because");
    expect_refused(PX_USAGE, "  ", "--because");
    setenv("CI", "true", 1);
    expect_refused(PX_USAGE, "a reason", "CI");
    setenv("CI", "false", 1);
    expect_accepted();
    unsetenv("CI");
    plan[0] = 'b';
    expect_refused(PX_BAD_FILE, "a reason", "other settings");
    plan[0] = 'a';
    edit("toy.meta.json", "\"git_dirty\": false", "\"git_dirty\": true");
    expect_refused(PX_BAD_FILE, "a reason", "modified build");
    edit("toy.meta.json", "\"git_dirty\": true", "\"git_dirty\": false");
    edit("toy.meta.json", "\"filter\": null", "\"filter\": \"n == 1\"");
    expect_refused(PX_BAD_FILE, "a reason", "--filter n == 1");
    edit("toy.meta.json", "\"filter\": \"n == 1\"", "\"filter\": null");
    edit("toy.csv", "0.25", "0.26");
    expect_refused(PX_BAD_FILE, "a reason", "SHA-256");
    edit("toy.csv", "0.26", "0.25");
    expect_accepted();
    px_toy_remove(&toy, "toy.meta.json");
    expect_refused(PX_BAD_FILE, "a reason", px_arena_printf(arena, "no %s/", toy.directory));
}

static void results_with_failed_cells_are_refused(void **state) {
    (void)state;
    toy.plan.n_cells = 6;
    assert_int_equal(px_toy_go(&toy, (px_toy_run){.jobs = 1}), PX_OK);
    toy.plan.n_cells = N_CELLS;
    px_result r = read_result("toy.csv");
    px_error err = {PX_OK, ""};
    assert_int_equal(px_accept_check(&r, plan, "a reason", &err), PX_BAD_FILE);
    assert_non_null(strstr(err.text, r.origin.dirty ? "modified" : "1 row failed"));
}

static void a_baseline_has_hexfloats_and_reasons(void **state) {
    (void)state;
    px_result r = read_result("toy.csv");
    px_error err = {PX_OK, ""};
    const char *path = px_baseline_path(arena, toy.directory, "base", "ci");
    assert_string_equal(path, in_toy("base.ci.csv"));
    for (int i = 0; i < 2; i++)
        assert_int_equal(px_accept_write(arena, &r, path, i ? "second \"reason\"" : "first", &err), PX_OK);
    char *csv = px_toy_read(&toy, "base.ci.csv", NULL), *meta = px_toy_read(&toy, "base.ci.meta.json", NULL);
    static const char want[] =
        "cell,word,n,rep,step,err_rel,err_rel_hex,err_ulp,err_ulp_hex,bound_det,bound_det_hex,note,status\n"
        "plain/1/1,plain,1,1,0,0.25,0x1p-2,0.1,0x1.999999999999ap-4,,,";
    assert_int_equal(strncmp(csv, want, strlen(want)), 0);
    assert_non_null(strstr(meta, "\"because\": \"first\""));
    assert_non_null(strstr(meta, "\"because\": \"second \\\"reason\\\"\""));
    assert_string_equal(read_result("base.ci.csv").origin.because, "second \"reason\"");
    free(csv);
    free(meta);
    px_verdicts v = compare("base.ci.csv", "toy.csv");
    assert_int_equal(v.n_findings, 0);
    /* One unit in the last place of either spelling is a difference, and the one that differs is shown. */
    edit("base.ci.csv", "0x1.999999999999ap-4", "0x1.999999999999bp-4");
    v = compare("base.ci.csv", "toy.csv");
    assert_int_equal(v.n_findings, 1);
    assert_string_equal(v.findings[0].baseline, "0x1.999999999999bp-4");
    edit("base.ci.csv", "0x1.999999999999bp-4", "0x1.999999999999ap-4");
    edit("base.ci.csv", ",0.1,", ",0.10000000000000002,");
    v = compare("base.ci.csv", "toy.csv");
    assert_int_equal(v.n_findings, 1);
    assert_string_equal(v.findings[0].baseline, "0.10000000000000002");
}

static void what_is_no_result(void **state) {
    (void)state;
    px_result r;
    px_error err = {PX_OK, ""};
    assert_int_equal(px_result_read(arena, in_toy("absent.csv"), &r, &err), PX_BAD_FILE);
    px_toy_write(&toy, "x.csv", "a,b\n1,2\n", 8);
    assert_int_equal(px_result_read(arena, in_toy("x.csv"), &r, &err), PX_BAD_FILE);
    assert_non_null(strstr(err.text, "x.csv:1: error: no column 'cell'"));
    px_toy_write(&toy, "x.csv", "cell,b\n1,2\n", 11);
    px_toy_write(&toy, "x.meta.json", "{\n\"a\":", 6);
    assert_int_equal(px_result_read(arena, in_toy("x.csv"), &r, &err), PX_BAD_FILE);
    assert_non_null(strstr(err.text, "x.meta.json:2:"));
}

static int setup(void **state) {
    (void)state;
    unsetenv("CI");
    arena = px_arena_new();
    toy = px_toy_new(6);
    toy.plan.n_cells = N_CELLS;
    memset(plan, 'a', 64);
    if (px_toy_go(&toy, (px_toy_run){.jobs = 1}) != PX_OK) return -1;
    char *meta = px_toy_read(&toy, "toy.meta.json", NULL);
    if (strstr(meta, "\"git_dirty\": true")) edit("toy.meta.json", "\"git_dirty\": true", "\"git_dirty\": false");
    if (strstr(meta, "\"filter\": \"")) return -1;
    free(meta);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    px_toy_free(&toy);
    px_arena_free(arena);
    return 0;
}

int main(void) {
#define IN_FRESH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        IN_FRESH(values_are_compared_bit_for_bit),        IN_FRESH(a_table_compared_with_itself),
        IN_FRESH(differences_are_found_worst_first),      IN_FRESH(rows_and_columns_that_come_and_go),
        IN_FRESH(only_honest_whole_results_are_accepted), IN_FRESH(results_with_failed_cells_are_refused),
        IN_FRESH(a_baseline_has_hexfloats_and_reasons),   IN_FRESH(what_is_no_result),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
