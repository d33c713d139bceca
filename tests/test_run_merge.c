/* Parts of a table, joined: the bytes of an undivided run, or a refusal that says what is wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "run/merge.h"
#include "support/toy.h"

enum { N_CELLS = 42, MOST = 50 };
static px_toy toy;

static int set_up(void **state) {
    (void)state;
    toy = px_toy_new(N_CELLS);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    px_toy_free(&toy);
    return 0;
}

static void run_parts(int n) {
    for (int i = n; i >= 1; i--)
        assert_int_equal(px_toy_go(&toy, (px_toy_run){.jobs = 1, .shard = i, .n_shards = n}), PX_OK);
}

/* Joins parts first .. n of n, in the folder itself. */
static px_status join(int first, int n, px_merged *merged, px_error *err) {
    const char *paths[MOST];
    for (int i = first; i <= n; i++)
        paths[i - first] = px_arena_printf(toy.arena, "%s/toy.%dof%d.csv", toy.directory, i, n);
    *err = (px_error){PX_OK, ""};
    return px_merge(paths, n - first + 1, toy.directory, merged, err);
}

static void expect_refused(px_status status, const px_error *err, const char *what) {
    assert_int_equal(status, PX_BAD_FILE);
    if (!strstr(err->text, what)) fail_msg("'%s' does not say '%s'", err->text, what);
    assert_int_equal(err->status, PX_BAD_FILE);
}

static void expect_same(const char *name, const char *want) {
    char *got = px_toy_read(&toy, name, NULL);
    assert_non_null(got);
    assert_string_equal(got, want);
    free(got);
}

/* Any number of parts, also more than there are cells; in any order of the operands. */
static void the_whole_has_the_bytes_of_one_run(void **state) {
    (void)state;
    static const int shards[] = {1, 2, 3, 7, 50};
    assert_int_equal(px_toy_go(&toy, (px_toy_run){.jobs = 1}), PX_OK);
    char *table = px_toy_read(&toy, "toy.csv", NULL), *library = px_toy_read(&toy, "toy.library.csv", NULL);
    for (size_t k = 1; k < sizeof shards / sizeof *shards; k++) {
        px_merged merged;
        px_error err;
        run_parts(shards[k]);
        px_toy_remove(&toy, "toy.csv");
        px_toy_remove(&toy, "toy.library.csv");
        if (join(1, shards[k], &merged, &err) != PX_OK) fail_msg("%s", err.text);
        expect_same("toy.csv", table);
        expect_same("toy.library.csv", library);
        assert_int_equal(merged.n_cells, N_CELLS);
    }
    free(table);
    free(library);
}

static json_t *load_meta(const char *name) {
    json_t *meta = json_load_file(px_arena_printf(toy.arena, "%s/%s", toy.directory, name), 0, NULL);
    assert_non_null(meta);
    return meta;
}

/* The meta file is that of one run, but for clocks, and has the parts. */
static void provenance_is_put_together(void **state) {
    (void)state;
    static const char *const clocks[] = {"wall_s", "started", "parts", "argv"};
    px_merged merged;
    px_error err;
    assert_int_equal(px_toy_go(&toy, (px_toy_run){.jobs = 1}), PX_OK);
    json_t *one = load_meta("toy.meta.json"), *a = json_object_get(one, "precx");
    run_parts(3);
    assert_int_equal(join(1, 3, &merged, &err), PX_OK);
    json_t *two = load_meta("toy.meta.json"), *b = json_object_get(two, "precx");
    assert_int_equal(json_array_size(json_object_get(b, "parts")), 3);
    for (size_t i = 0; i < sizeof clocks / sizeof *clocks; i++) {
        json_object_del(a, clocks[i]);
        json_object_del(b, clocks[i]);
    }
    char *got = json_dumps(two, JSON_INDENT(1) | JSON_SORT_KEYS),
         *want = json_dumps(one, JSON_INDENT(1) | JSON_SORT_KEYS);
    assert_string_equal(got, want);
    free(got);
    free(want);
    json_decref(one);
    json_decref(two);
}

static void gaps_and_overlaps_are_refused(void **state) {
    (void)state;
    px_merged merged;
    px_error err;
    run_parts(4);
    px_toy_remove(&toy, "toy.csv");
    expect_refused(join(2, 4, &merged, &err), &err, "toy: missing part 1/4; it is made by: precx run toy.ini");
    expect_refused(join(3, 4, &merged, &err), &err, "toy: missing parts 1/4, 2/4; the first is made by: ");
    const char *one = px_arena_printf(toy.arena, "%s/toy.1of4.csv", toy.directory);
    const char *twice[] = {one, one};
    expect_refused(px_merge(twice, 2, toy.directory, &merged, &err), &err, "part 1/4 again, as in ");
    run_parts(3);
    const char *mixed[] = {one, px_arena_printf(toy.arena, "%s/toy.2of3.csv", toy.directory)};
    expect_refused(px_merge(mixed, 2, toy.directory, &merged, &err), &err, "toy.2of3.csv: part 2/3, but ");
    assert_int_equal(px_toy_go(&toy, (px_toy_run){.jobs = 1}), PX_OK);
    const char *whole = px_arena_printf(toy.arena, "%s/toy.csv", toy.directory);
    expect_refused(px_merge(&whole, 1, toy.directory, &merged, &err), &err, "a whole table, no part of one");
}

/* Every setting that makes another table. */
static void mixed_settings_are_refused(void **state) {
    (void)state;
    px_merged merged;
    px_error err;
    px_experiment before = toy.experiment;
    run_parts(2);
    toy.experiment.seed = 43;
    assert_int_equal(px_toy_go(&toy, (px_toy_run){.shard = 2, .n_shards = 2}), PX_OK);
    expect_refused(join(1, 2, &merged, &err), &err, "made with other settings: seed is 43 here and 42 in ");
    toy.experiment = before;
    toy.experiment.profile = "ci";
    assert_int_equal(px_toy_go(&toy, (px_toy_run){.shard = 2, .n_shards = 2}), PX_OK);
    expect_refused(join(1, 2, &merged, &err), &err, "profile is \"ci\" here and null in ");
    toy.experiment = before;
    toy.experiment.hash[0] = 'b';
    assert_int_equal(px_toy_go(&toy, (px_toy_run){.shard = 2, .n_shards = 2}), PX_OK);
    expect_refused(join(1, 2, &merged, &err), &err, "plan_sha256 is \"baaaa");
    toy.experiment = before;
}

/* Replaces a text in a file of part 2. */
static void edit(const char *name, const char *from, const char *to) {
    char *bytes = px_toy_read(&toy, name, NULL), *at = bytes ? strstr(bytes, from) : NULL;
    if (!at) fail_msg("%s has no '%s'", name, from);
    px_text text = {0};
    px_text_printf(&text, "%.*s%s%s", (int)(at - bytes), bytes, to, at + strlen(from));
    px_toy_write(&toy, name, px_text_str(&text), text.length);
    px_text_free(&text);
    free(bytes);
}

static void edited_parts_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *file, *from, *to, *says;
    } edits[] = {
        {"toy.2of2.csv", "0.1", "0.2", "not the table that its run wrote"},
        {"toy.2of2.library.csv", "1.5", "1.25", "toy.2of2.library.csv is not what its run wrote"},
        {"toy.2of2.timing.csv", "with, comma/1/1", "plain/9/9", "toy.2of2.timing.csv is not its side file"},
        {"toy.2of2.meta.json", "\"index\": \"1 3", "\"index\": \"3 1", "does not say where its cells belong"},
        {"toy.2of2.meta.json", "\"index\": \"1 3 ", "\"index\": \"1 ", "does not say where its cells belong"},
        {"toy.2of2.meta.json", "\"index\": \"1 3", "\"index\": \"0 3", "has a cell that stands in "},
        {"toy.2of2.meta.json", "\"shard\": \"2/2\"", "\"shard\": \"2\"", "does not say where its cells belong"},
        {"toy.2of2.meta.json", "\"index\"", "\"indices\"", "does not say where its cells belong"},
        {"toy.2of2.meta.json", "\"name\": \"toy\"", "\"name\": \"../t\"", "a part of '../t', but "},
        {"toy.1of2.meta.json", "\"of_cells\": 42", "\"of_cells\": 43", "the parts do not add up to the table"},
        {"toy.2of2.meta.json", "\"precx\": {", "\"precx\": {{", "toy.2of2.meta.json:"},
    };
    for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
        px_merged merged;
        px_error err;
        run_parts(2);
        px_toy_remove(&toy, "toy.csv");
        edit(edits[i].file, edits[i].from, edits[i].to);
        expect_refused(join(1, 2, &merged, &err), &err, edits[i].says);
        assert_false(px_toy_exists(&toy, "toy.csv"));
    }
    px_merged merged;
    px_error err;
    run_parts(2);
    px_toy_remove(&toy, "toy.1of2.meta.json");
    expect_refused(join(1, 2, &merged, &err), &err, "no ");
    px_toy_write(&toy, "toy.csv", "my own file", 11);
    run_parts(2);
    expect_refused(join(1, 2, &merged, &err), &err, "toy.csv: exists and is no file of precx's; move it away");
}

int main(void) {
#define IN_FRESH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        IN_FRESH(the_whole_has_the_bytes_of_one_run), IN_FRESH(provenance_is_put_together),
        IN_FRESH(gaps_and_overlaps_are_refused),      IN_FRESH(mixed_settings_are_refused),
        IN_FRESH(edited_parts_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
