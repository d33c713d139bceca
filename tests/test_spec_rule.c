/* Tolerance rules: what is read, what is refused and where, which section counts. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "spec/rule.h"

static px_arena *arena;

static px_ini_entry *entry_of(const char *text, px_diagnostics *d) {
    *d = px_diagnostics_new(arena, "t.ini", text);
    return px_ini_entry_read(arena, text, d);
}

static const px_rule *read_rules(const char *text, int n) {
    px_diagnostics d;
    px_rule *rules;
    assert_int_equal(px_rules_read(arena, entry_of(text, &d), &rules, &d), n);
    assert_int_equal(d.count, 0);
    return rules;
}

static void refuse(const char *text, int column, const char *words) {
    px_diagnostics d;
    px_rule *rules;
    assert_int_equal(px_rules_read(arena, entry_of(text, &d), &rules, &d), 0);
    assert_int_equal(d.count, 1);
    if (d.mistakes[0].column != column || !strstr(d.mistakes[0].message, words))
        fail_msg("%s: column %d: %s", text, d.mistakes[0].column, d.mistakes[0].message);
}

static void every_form(void **state) {
    (void)state;
    const px_rule *r = read_rules("err = exact, at most 4 x baseline, at least 0x1p-3, between 0.1 and 10 x u, "
                                  "within 3 sigma of -0.5, warn below 2^-2 x baseline, at most baseline + 2, "
                                  "at least baseline - 0.005, at most 1 x bound",
                                  9);
    static const struct {
        px_rule_form form;
        px_base base;
        double factor, offset;
        const char *text;
    } want[] = {
        {PX_RULE_EXACT, PX_BASE_NUMBER, 0, 0, "exact"},
        {PX_RULE_AT_MOST, PX_BASE_BASELINE, 4, 0, "at most 4 x baseline"},
        {PX_RULE_AT_LEAST, PX_BASE_NUMBER, 0.125, 0, "at least 0.125"},
        {PX_RULE_BETWEEN, PX_BASE_NUMBER, 0.1, 0, "between 0.1 and 10 x u"},
        {PX_RULE_WITHIN_SIGMA, PX_BASE_NUMBER, 3, 0, "within 3 sigma of -0.5"},
        {PX_RULE_WARN_BELOW, PX_BASE_BASELINE, 0.25, 0, "warn below 0.25 x baseline"},
        {PX_RULE_AT_MOST, PX_BASE_BASELINE, 1, 2, "at most baseline + 2"},
        {PX_RULE_AT_LEAST, PX_BASE_BASELINE, 1, -0.005, "at least baseline - 0.005"},
        {PX_RULE_AT_MOST, PX_BASE_BOUND, 1, 0, "at most bound"},
    };
    for (int i = 0; i < 9; i++) {
        assert_int_equal(r[i].form, want[i].form);
        assert_int_equal(r[i].x.base, want[i].base);
        assert_true(r[i].x.factor == want[i].factor && r[i].x.offset == want[i].offset);
        assert_string_equal(r[i].text, want[i].text);
    }
    assert_int_equal(r[3].y.base, PX_BASE_U);
    assert_true(r[3].y.factor == 10 && r[4].y.factor == -0.5);
}

static void mistakes_at_their_place(void **state) {
    (void)state;
    refuse("err = roughly 2", 7, "a rule: exact, at most X");
    refuse("err = at 2", 10, "'most' or 'least'");
    refuse("err = at most", 14, "a number, 'baseline'");
    refuse("err = at most 2 x base", 19, "'baseline', 'bound' or 'u'");
    refuse("err = at most 2 x baseline + x", 30, "a number");
    refuse("err = between 1 or 2", 17, "and");
    refuse("err = within 3 of 0", 16, "sigma");
    refuse("err = exact at most 1", 13, "a comma");
    refuse("err = exact, warn 2", 19, "below");
    refuse("err = exact,", 13, "a rule");
}

static void floors(void **state) {
    (void)state;
    px_diagnostics d;
    px_amount floor;
    assert_true(px_floor_read(arena, entry_of("floor = 4 x u", &d), &floor, &d));
    assert_true(floor.base == PX_BASE_U && floor.factor == 4);
    assert_true(px_floor_read(arena, entry_of("floor = 1e-9", &d), &floor, &d));
    assert_true(floor.base == PX_BASE_NUMBER && floor.factor == 1e-9);
    static const char *const bad[] = {"floor = 2 x baseline", "floor = -1", "floor = u - 1", "floor = 1, 2",
                                      "floor = exact"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(px_floor_read(arena, entry_of(bad[i], &d), &floor, &d));
        assert_int_equal(d.count, 1);
    }
}

static void metrics_of_keys(void **state) {
    (void)state;
    px_over over;
    assert_string_equal(px_demand_metric(arena, "err_rel", &over), "err_rel");
    assert_int_equal(over, PX_OVER_NOTHING);
    assert_string_equal(px_demand_metric(arena, "median(err_rel)", &over), "err_rel");
    assert_int_equal(over, PX_OVER_MEDIAN);
    assert_string_equal(px_demand_metric(arena, "max( n_inf )", &over), "n_inf");
    assert_int_equal(over, PX_OVER_MAX);
    assert_string_equal(px_demand_metric(arena, "mean(converged)", &over), "converged");
    assert_int_equal(over, PX_OVER_MEAN);
}

static const px_param params[] = {
    {.name = "format", .type = PX_PARAM_FORMAT, .fallback = "fp16", .help = ""},
    {.name = "out", .type = PX_PARAM_FORMAT, .fallback = "same", .same_as = "format", .help = ""},
    {.name = "n", .type = PX_PARAM_INT, .fallback = "1", .lo = 1, .hi = 100, .help = ""},
};
static const px_column columns[] = {{"err", "1", PX_COLUMN_NUMBER, PX_CLASS_EXACT, ""},
                                    {"gap", "1", PX_COLUMN_NUMBER, PX_CLASS_EXACT, ""},
                                    {"status", "", PX_COLUMN_TEXT, PX_CLASS_EXACT, ""}};
static const px_kind_spec kind = {"k", params, 3, columns, 3, NULL};
static const char *const kind_names[] = {"k"};
static const px_kind_spec *find_kind(const char *name) { return strcmp(name, "k") == 0 ? &kind : NULL; }

static px_status load(const char *text, px_experiment *e, px_plan *plan, px_text *report) {
    const px_kind_catalogue catalogue = {find_kind, kind_names, 1};
    char path[] = "/tmp/px_rule_XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
    px_error err;
    px_status status = px_experiment_load(arena, path, &catalogue, &(px_overrides){0}, e, plan, report, &err);
    unlink(path);
    return status;
}

static void the_last_matching_section_counts(void **state) {
    (void)state;
    px_experiment e;
    px_plan plan;
    px_text report = {0};
    static const char text[] = "[experiment]\nkind = k\n[sweep]\nformat = fp16, bf16\nout = same, fp32\nn = 1, 2\n"
                               "[tolerance]\nerr = exact\ngap = at most 1\nmedian(err) = at most 2 x baseline\n"
                               "[tolerance.bf]\nwhere = format == bf16\nfloor = 1 x u\nerr = at most 4 x u\n"
                               "[tolerance.two]\nwhere = n == 2\nerr = at least 0\nexpect = fail\nbecause = it is\n";
    if (load(text, &e, &plan, &report) != PX_OK) fail_msg("%s", px_text_str(&report));
    px_tolerance t = px_tolerance_read(arena, &e);
    assert_int_equal(t.n_demands, 5);
    for (int64_t i = 0; i < plan.n_cells; i++) {
        const px_case *c = &plan.cells[i];
        const px_demand *err = px_tolerance_find(&t, c, "err", PX_OVER_NOTHING);
        bool bf16 = strcmp(px_case_text(c, "format"), "bf16") == 0, two = px_case_int(c, "n") == 2;
        assert_int_equal(err->line, two ? 17 : bf16 ? 14 : 8);
        assert_int_equal(err->expect_fail, two);
        if (two) assert_string_equal(err->because, "it is");
        assert_int_equal(px_tolerance_find(&t, c, "gap", PX_OVER_NOTHING)->line, 9);
        assert_int_equal(px_tolerance_find(&t, c, "err", PX_OVER_MEDIAN)->line, 10);
        assert_null(px_tolerance_find(&t, c, "status", PX_OVER_NOTHING));
        double u = strcmp(px_case_text(c, "out"), "fp32") == 0 ? 0x1p-24 : bf16 ? 0x1p-8 : 0x1p-11;
        assert_true(px_case_u(c) == u);
    }
    px_text_free(&report);
}

static void mistakes_are_found_when_the_file_is_read(void **state) {
    (void)state;
    px_experiment e;
    px_plan plan;
    px_text report = {0};
    assert_int_equal(load("[experiment]\nkind = k\n[tolerance]\nerr = at must 1\nfloor = -2\n", &e, &plan, &report),
                     PX_BAD_FILE);
    assert_non_null(strstr(px_text_str(&report), ":4:10: error: unknown word after at 'must'; did you mean 'most'?"));
    assert_non_null(strstr(px_text_str(&report), ":5:9: error: a floor is a number or F x u, not negative"));
    px_text_free(&report);
}

static int setup(void **state) {
    (void)state;
    arena = px_arena_new();
    return 0;
}

static int teardown(void **state) {
    (void)state;
    px_arena_free(arena);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form),
        cmocka_unit_test(mistakes_at_their_place),
        cmocka_unit_test(floors),
        cmocka_unit_test(metrics_of_keys),
        cmocka_unit_test(the_last_matching_section_counts),
        cmocka_unit_test(mistakes_are_found_when_the_file_is_read),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
