/* The gate: a toy result against rules and a baseline, value by value, and what each kind of damage is called. */
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

#include "base/text.h"
#include "gate/accept.h"
#include "gate/gate.h"
#include "support/toy.h"

static px_toy toy;
static px_arena *arena;
static px_kind_spec *spec;

static const char *in_toy(const char *name) { return px_arena_printf(arena, "%s/%s", toy.directory, name); }

static const px_kind_spec *find_kind(const char *name) { return strcmp(name, "toy") == 0 ? spec : NULL; }

/* An experiment of the toy kind: word plain, n 1..4, rep 1..2, with these sections behind. Its result is in the toy. */
static void load(const char *tolerance, const char *filter) {
    static const char *const names[] = {"toy"};
    const px_kind_catalogue kinds = {find_kind, names, 1};
    px_text text = {0}, report = {0};
    px_error err;
    px_text_printf(&text, "[experiment]\nkind = toy\n[sweep]\nn = 1..4\nrep = 1..2\n[output]\nbaseline = %s\n%s",
                   toy.directory, tolerance);
    px_toy_write(&toy, "toy.ini", text.s, text.length);
    spec = &toy.kind.spec;
    if (px_experiment_load(arena, in_toy("toy.ini"), &kinds, &(px_overrides){.filter = filter}, &toy.experiment,
                           &toy.plan, &report, &err) != PX_OK)
        fail_msg("%s", px_text_str(&report));
    px_text_free(&text);
    px_text_free(&report);
}

static void run_toy(void) { assert_int_equal(px_toy_go(&toy, (px_toy_run){.jobs = 1}), PX_OK); }

static px_result read_result(const char *name) {
    px_result r;
    px_error err = {PX_OK, ""};
    if (px_result_read(arena, in_toy(name), &r, &err) != PX_OK) fail_msg("%s", err.text);
    return r;
}

static void accept(void) {
    px_error err = {PX_OK, ""};
    px_result r = read_result("toy.csv");
    const char *path = px_baseline_path(arena, toy.directory, "base", NULL);
    if (px_accept_write(arena, &r, path, "test", &err) != PX_OK) fail_msg("%s", err.text);
}

static px_verdicts check(bool with_baseline) {
    px_error err = {PX_OK, ""};
    px_result result = read_result("toy.csv"), baseline;
    if (with_baseline) baseline = read_result("base.csv");
    px_verdicts v = {.arena = arena};
    px_gate gate = {&toy.experiment, &toy.plan, &result, with_baseline ? &baseline : NULL};
    if (px_gate_check(&gate, &v, &err) != PX_OK) fail_msg("%s", err.text);
    return v;
}

/* Replaces the first `from` behind the first `after`. */
static void edit(const char *name, const char *after, const char *from, const char *to) {
    char *text = px_toy_read(&toy, name, NULL), *begin = text ? strstr(text, after) : NULL;
    char *at = begin ? strstr(begin, from) : NULL;
    if (!at) fail_msg("no %s behind %s in %s", from, after, name);
    px_text edited = {0};
    px_text_add_bytes(&edited, text, (size_t)(at - text));
    px_text_add(&edited, to);
    px_text_add(&edited, at + strlen(from));
    px_toy_write(&toy, name, edited.s, edited.length);
    px_text_free(&edited);
    free(text);
}

static void expect_one(const px_verdicts *v, px_verdict verdict, const char *row, const char *metric, const char *limit,
                       const char *place) {
    assert_int_equal(v->n_findings, 1);
    const px_finding *f = &v->findings[0];
    if (f->verdict != verdict || strcmp(f->row, row) != 0 || strcmp(f->metric, metric) != 0 ||
        strcmp(f->limit, limit) != 0 || (*place && !strstr(f->place, place)))
        fail_msg("%s: %s %s = %s, limit %s, rule %s at %s", px_verdict_name(f->verdict), f->row, f->metric, f->value,
                 f->limit, f->rule, f->place);
}

/* Rows: n = 1 and 4 have two a cell, 2 three, 3 one; two cells each. */
enum { N_ROWS = 2 * (2 + 3 + 1 + 2) };

static void a_result_passes_against_itself(void **state) {
    (void)state;
    static const char *const rules[] = {"", "[tolerance]\nerr_rel = exact\nerr_ulp = at most 1 x baseline\n"};
    for (int i = 0; i < 2; i++) {
        load(rules[i], NULL);
        run_toy();
        accept();
        px_verdicts v = check(true);
        assert_int_equal(v.n_findings, 0);
        assert_int_equal(v.rows[PX_VERDICT_OK], N_ROWS);
    }
}

static void one_ulp_in_either_file(void **state) {
    (void)state;
    static const struct {
        const char *file, *from, *to;
    } edits[] = {{"toy.csv", ",0.25,", ",0.25000000000000006,"},
                 {"base.csv", ",0.25,", ",0.25000000000000006,"},
                 {"base.csv", "0x1p-2", "0x1.0000000000001p-2"}};
    for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
        load("[tolerance]\nerr_rel = exact\n", NULL);
        run_toy();
        accept();
        edit(edits[i].file, "1/1", edits[i].from, edits[i].to);
        px_verdicts v = check(true);
        int edited_baseline = i > 0; /* a failure in itself */
        assert_int_equal(px_verdicts_failed(&v), 1 + edited_baseline);
        if (edited_baseline) assert_non_null(strstr(v.findings[0].rule, "edited after acceptance"));
        v.findings += edited_baseline;
        v.n_findings -= (size_t)edited_baseline;
        expect_one(&v, PX_VERDICT_CHANGED, "1/1 step=0", "err_rel", "", "toy.ini:9");
        assert_string_not_equal(v.findings[0].value, v.findings[0].baseline);
    }
}

/* Whatever is edited, also what no rule looks at, and rows that are deleted. */
static void an_edited_baseline_fails(void **state) {
    (void)state;
    load("[tolerance]\nerr_rel = exact\n", NULL);
    run_toy();
    accept();
    edit("base.csv", "1/1", ",plain,", ",plane,");
    px_verdicts v = check(true);
    assert_int_equal(px_verdicts_failed(&v), 1);
    accept();
    edit("base.csv", "\n3/1,", "3/1,", "3/9,");
    v = check(true);
    assert_int_equal(v.rows[PX_VERDICT_NEW], 1);
    assert_int_equal(v.rows[PX_VERDICT_MISSING], 1);
    assert_int_equal(px_verdicts_failed(&v), 2);
}

static void status_is_exact_without_a_rule(void **state) {
    (void)state;
    load("[tolerance]\nerr_rel = at least 0\n", NULL);
    run_toy();
    accept();
    edit("toy.csv", "4/2,", "overflow", "ok");
    px_verdicts v = check(true);
    expect_one(&v, PX_VERDICT_CHANGED, "4/2 step=0", "status", "", "");
}

static void rows_come_and_go(void **state) {
    (void)state;
    load("", NULL);
    run_toy();
    accept();
    edit("toy.csv", "n,", "3/1,plain,3,1,0,0.1,0.30000000000000004,,\"\"\"quoted\"\", and\na second line\",ok\n", "");
    px_verdicts v = check(true);
    expect_one(&v, PX_VERDICT_MISSING, "3/1 step=0", "", "", "");
    assert_int_equal(px_verdicts_failed(&v), 1);
    accept();
    run_toy();
    v = check(true);
    expect_one(&v, PX_VERDICT_NEW, "3/1 step=0", "", "", "");
    assert_int_equal(px_verdicts_failed(&v), 0);
}

static void a_filter_compares_what_matches(void **state) {
    (void)state;
    load("", NULL);
    run_toy();
    accept();
    load("", "n == 2");
    run_toy();
    px_verdicts v = check(true);
    assert_int_equal(v.n_findings, 0);
    assert_int_equal(v.rows[PX_VERDICT_OK], 6);
}

static void limits(void **state) {
    (void)state;
    static const char factor[] = "[tolerance]\nerr_rel = at most 2 x baseline, warn below 0.5 x baseline\n";
    load(factor, NULL);
    run_toy();
    accept();
    edit("toy.csv", "1/1", ",0.25,", ",0.51,");
    px_verdicts v = check(true);
    expect_one(&v, PX_VERDICT_REGRESSED, "1/1 step=0", "err_rel", "0.5", "toy.ini:9");
    assert_true(fabs(v.findings[0].badness - 1.02) < 1e-12);
    assert_string_equal(v.findings[0].rule, "at most 2 x baseline");
    edit("toy.csv", "1/1", ",0.51,", ",0.1,");
    v = check(true);
    expect_one(&v, PX_VERDICT_IMPROVED, "1/1 step=0", "err_rel", "0.125", "toy.ini:9");
    assert_int_equal(px_verdicts_failed(&v), 0);
    edit("toy.csv", "1/1", ",0.1,", ",,");
    v = check(true);
    expect_one(&v, PX_VERDICT_MISSING, "1/1 step=0", "err_rel", "a value", "toy.ini:9");
    edit("toy.csv", "1/1", "0,,", "0,nan,");
    v = check(true);
    expect_one(&v, PX_VERDICT_REGRESSED, "1/1 step=0", "err_rel", "0.5", "toy.ini:9");
    load("[tolerance]\nfloor = 1\nerr_rel = at most 2 x baseline\n", NULL);
    edit("toy.csv", "1/1", "0,nan,", "0,0.9,");
    v = check(true);
    assert_int_equal(v.n_findings, 0);
}

/* Every form of a rule: a value just within it, and one just beyond. The baseline has 0.25. */
static void every_rule_bites(void **state) {
    (void)state;
    static const struct {
        const char *rule, *within, *beyond;
    } rules[] = {
        {"exact", "0.25", "0.25000000000000006"},
        {"at most 0.3", "0.3", "0.30000000000000004"},
        {"at least 0.2", "0.2", "0.19999999999999998"},
        {"between 0.2 and 0.3", "0.2", "0.19"},
        {"between 0.2 and 0.3", "0.3", "0.31"},
        {"at most 2 x baseline", "0.5", "0.51"},
        {"at most baseline", "0.25", "0.26"},
        {"at most baseline + 0.25", "0.5", "0.51"},
        {"at least 0.5 x baseline", "0.125", "0.12"},
        {"at least baseline - 0.125", "0.125", "0.12"},
        {"between 0.5 x baseline and 2 x baseline", "0.125", "0.51"},
        {"at most 4 x baseline, at most 0.9", "0.9", "0.91"},
    };
    load("", NULL);
    run_toy();
    accept();
    const char *now = ",0.25,";
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        load(px_arena_printf(arena, "[tolerance.x]\nwhere = n == 1 and rep == 1\nerr_rel = %s\n", rules[i].rule), NULL);
        for (int beyond = 0; beyond <= 1; beyond++) {
            const char *next = px_arena_printf(arena, ",%s,", beyond ? rules[i].beyond : rules[i].within);
            if (strcmp(now, next) != 0) edit("toy.csv", "1/1", now, next);
            now = next;
            px_verdicts v = check(true);
            if (px_verdicts_failed(&v) != beyond) fail_msg("%s says the wrong thing of %s", rules[i].rule, now);
            if (beyond) assert_string_equal(v.tests[2].name, "tolerance.x: err_rel");
            assert_int_equal(v.tests[2].n_failed, beyond);
            assert_true(v.tests[2].n_judged > 0);
        }
    }
}

/* A theorem needs no baseline and is not bent by accepting. */
static void theory_first(void **state) {
    (void)state;
    load("[tolerance]\nerr_rel = at most 2 x bound\nerr_ulp = exact\n[tolerance.last]\nwhere = n == 4\n"
         "err_ulp = at most 1\n",
         NULL);
    run_toy();
    edit("toy.csv", "1/2", ",0.2,0.1,,", ",0.2,0.1,0.05,");
    px_verdicts v = check(false);
    assert_int_equal(px_verdicts_failed(&v), 5); /* and err_ulp = inf where n = 4 */
    assert_string_equal(v.findings[4].row, "1/2 step=0");
    assert_string_equal(v.findings[4].limit, "0.1");
    assert_true(v.findings[4].theory && v.findings[4].badness == 2);
    assert_string_equal(v.findings[0].rule, "at most 1");
    assert_true(isinf(v.findings[0].badness));
    accept();
    edit("toy.csv", "2/1", ",0.2,", ",0.3,");
    v = check(true);
    assert_int_equal(px_verdicts_failed(&v), 6);
    assert_true(v.findings[4].theory);
    assert_false(v.findings[5].theory);
    assert_int_equal(v.findings[5].verdict, PX_VERDICT_CHANGED);
}

static void over_rep(void **state) {
    (void)state;
    load("[tolerance]\nmedian(err_rel) = at most 1.5 x baseline\nmax(err_ulp) = exact\n", NULL);
    run_toy();
    accept();
    edit("toy.csv", "3/1,", ",0.1,", ",0.2,"); /* median of 0.1 and 1/11 becomes that of 0.2 and 1/11: 1.525 times it */
    px_verdicts v = check(true);
    expect_one(&v, PX_VERDICT_REGRESSED, "plain/3 step=0", "median(err_rel)", "0.14318182", "toy.ini:9");
    assert_int_equal(px_verdicts_failed(&v), 2); /* both rows of the group */
    edit("toy.csv", "3/1,", ",0.2,", ",0.18,");
    v = check(true);
    assert_int_equal(v.n_findings, 0);
    edit("toy.csv", "3/2,", "0.30000000000000004", "0.5");
    v = check(true);
    expect_one(&v, PX_VERDICT_CHANGED, "plain/3 step=0", "max(err_ulp)", "", "toy.ini:10");
}

/* Two values of err_rel, 0.1 and 1/11: their mean is 0.0954545. */
static void mean_over_rep(void **state) {
    (void)state;
    load("[tolerance]\nmean(err_rel) = at least 0.0955\n[tolerance.x]\nwhere = n != 3\nmean(err_rel) = at least 0\n",
         NULL);
    run_toy();
    accept();
    px_verdicts v = check(true);
    expect_one(&v, PX_VERDICT_REGRESSED, "plain/3 step=0", "mean(err_rel)", "0.0955", "toy.ini:9");
    edit("toy.csv", "3/1,", ",0.1,", ",0.101,");
    v = check(true);
    assert_int_equal(px_verdicts_failed(&v), 0);
}

/* 0.1 and 1/11: mean 0.09545, standard error 0.004545. */
static void within_sigma(void **state) {
    (void)state;
    load("[tolerance]\nerr_rel = within 2 sigma of 0.1045\n[tolerance.x]\nwhere = n != 3\nerr_rel = at least 0\n",
         NULL);
    run_toy();
    px_verdicts v = check(false);
    assert_int_equal(v.n_findings, 0);
    load("[tolerance]\nerr_rel = within 2 sigma of 0.1046\n[tolerance.x]\nwhere = n != 3\nerr_rel = at least 0\n",
         NULL);
    v = check(false);
    assert_int_equal(v.n_findings, 1);
    assert_string_equal(v.findings[0].metric, "mean(err_rel)");
}

static void expected_failures(void **state) {
    (void)state;
    load("[tolerance]\nerr_ulp = at most 0.35\n[tolerance.known]\nwhere = n == 4\nexpect = fail\n"
         "because = it overflows\nerr_ulp = at most 0.35\n",
         NULL);
    run_toy();
    px_verdicts v = check(false);
    assert_int_equal(px_verdicts_failed(&v), 0);
    assert_int_equal(v.rows[PX_VERDICT_KNOWN], 4);
    assert_non_null(strstr(v.findings[0].rule, "it overflows"));
    edit("toy.csv", "4/1,", "inf", "0.1");
    v = check(false);
    assert_int_equal(v.rows[PX_VERDICT_UNEXPECTED], 1);
}

static void failed_cells_fail(void **state) {
    (void)state;
    load("[tolerance]\nerr_ulp = at least 0\n", NULL);
    run_toy();
    edit("toy.csv", "2/2,", ",ok\n", ",failed\n");
    px_verdicts v = check(false);
    expect_one(&v, PX_VERDICT_REGRESSED, "2/2 step=0", "status", "", "");
}

static void what_makes_no_sense(void **state) {
    (void)state;
    px_error err = {PX_OK, ""};
    load("[measure]\nmetrics = err_ulp\n[tolerance]\nerr_rel = exact\n", NULL);
    run_toy();
    px_result result = read_result("toy.csv");
    px_verdicts v = {.arena = arena};
    px_gate gate = {&toy.experiment, &toy.plan, &result, NULL};
    assert_int_equal(px_gate_check(&gate, &v, &err), PX_BAD_FILE);
    assert_non_null(strstr(err.text, "toy.ini:11: error: a rule for 'err_rel', which "));
    load("", NULL);
    edit("toy.csv", "n,", "2/2,", "2/7,");
    result = read_result("toy.csv");
    assert_int_equal(px_gate_check(&gate, &v, &err), PX_BAD_FILE);
    assert_non_null(strstr(err.text, "'2/7' is no cell of the experiment"));
}

static void baselines_of_other_settings(void **state) {
    (void)state;
    px_error err = {PX_OK, ""};
    px_result baseline;
    load("", NULL);
    assert_int_equal(px_gate_baseline(arena, &toy.experiment, &baseline, &err), PX_NO_BASELINE);
    assert_non_null(strstr(err.text, "there is no baseline; make the last results one with: precx accept toy"));
    run_toy();
    px_result r = read_result("toy.csv");
    const char *path = px_baseline_path(arena, toy.directory, toy.experiment.stem, NULL);
    assert_int_equal(px_accept_write(arena, &r, path, "test", &err), PX_OK);
    assert_int_equal(px_gate_baseline(arena, &toy.experiment, &baseline, &err), PX_OK);
    toy.experiment.seed = 7;
    toy.experiment.hash[0] = 'x';
    assert_int_equal(px_gate_baseline(arena, &toy.experiment, &baseline, &err), PX_NO_BASELINE);
    assert_non_null(strstr(err.text, "made with seed 42, not 7"));
    toy.experiment.seed = 42;
    assert_int_equal(px_gate_baseline(arena, &toy.experiment, &baseline, &err), PX_NO_BASELINE);
    assert_non_null(strstr(err.text, "other axes or values"));
}

static int setup(void **state) {
    (void)state;
    arena = px_arena_new();
    toy = px_toy_new(1);
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
        IN_FRESH(a_result_passes_against_itself),
        IN_FRESH(one_ulp_in_either_file),
        IN_FRESH(an_edited_baseline_fails),
        IN_FRESH(status_is_exact_without_a_rule),
        IN_FRESH(rows_come_and_go),
        IN_FRESH(a_filter_compares_what_matches),
        IN_FRESH(limits),
        IN_FRESH(theory_first),
        IN_FRESH(over_rep),
        IN_FRESH(mean_over_rep),
        IN_FRESH(within_sigma),
        IN_FRESH(every_rule_bites),
        IN_FRESH(expected_failures),
        IN_FRESH(failed_cells_fail),
        IN_FRESH(what_makes_no_sense),
        IN_FRESH(baselines_of_other_settings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
