/* The files of a run: the same bytes for any number of threads, what stands in them, shards, failures, provenance. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>
#include <sha2.h>

#include "support/toy.h"

enum { N_CELLS = 42 };
static px_toy toy;

static char *must_read(const char *name) {
    char *s = px_toy_read(&toy, name, NULL);
    if (!s) fail_msg("%s is missing", name);
    return s;
}

static int count_lines(const char *s) {
    int n = 0;
    for (; *s; s++) n += *s == '\n';
    return n;
}

/* What the toy's definition says, written out by hand for its first cells. */
static void the_table_is_as_defined(void **state) {
    (void)state;
    assert_int_equal(px_toy_go(&toy, (px_toy_run){.jobs = 1}), PX_OK);
    static const char want[] =
        "cell,word,n,rep,step,err_rel,err_ulp,bound_det,note,status\n"
        "plain/1/1,plain,1,1,0,0.25,0.1,,\"\"\"quoted\"\", and\na second line\",ok\n"
        "plain/1/1,plain,1,1,1,0.2,0.1,,\"\"\"quoted\"\", and\na second line\",ok\n"
        "\"with, comma/1/1\",\"with, comma\",1,1,0,0.25,0.1,,\"\"\"quoted\"\", and\na second line\",ok\n"
        "\"with, comma/1/1\",\"with, comma\",1,1,1,0.2,0.1,,\"\"\"quoted\"\", and\na second line\",ok\n"
        "failing/1/1,failing,1,1,0,0.25,0.1,,\"\"\"quoted\"\", and\na second line\",ok\n"
        "failing/1/1,failing,1,1,1,0.2,0.1,,\"\"\"quoted\"\", and\na second line\",ok\n"
        "plain/1/2,plain,1,2,0,0.2,0.1,,\"\"\"quoted\"\", and\na second line\",ok\n"
        "plain/1/2,plain,1,2,1,0.16666666666666666,0.1,,\"\"\"quoted\"\", and\na second line\",ok\n";
    char *got = must_read("toy.csv"), *library = must_read("toy.library.csv"), *timing = must_read("toy.timing.csv");
    if (strncmp(got, want, strlen(want)) != 0) fail_msg("%s", got);
    assert_non_null(strstr(got, "\nfailing/1/2,failing,1,2,,,,,,failed\nplain/2/1,"));
    assert_non_null(strstr(got, "plain/4/1,plain,4,1,0,0.07692307692307693,inf,,plain,overflow\n"));
    static const char first[] = "cell,step,kappa_lapack\n\"with, comma/1/1\",0,1.5\n";
    assert_int_equal(strncmp(library, first, strlen(first)), 0);
    assert_int_equal(count_lines(timing), N_CELLS + 1);
    assert_false(px_toy_exists(&toy, "toy.csv.part"));
    assert_false(px_toy_exists(&toy, "toy.csv.new"));
    free(got);
    free(library);
    free(timing);
}

static void same_bytes_for_any_number_of_threads(void **state) {
    (void)state;
    assert_int_equal(px_toy_go(&toy, (px_toy_run){.jobs = 1}), PX_OK);
    char *one = must_read("toy.csv"), *one_library = must_read("toy.library.csv");
    for (int jobs = 2; jobs <= 5; jobs++) {
        assert_int_equal(px_toy_go(&toy, (px_toy_run){.jobs = jobs}), PX_OK);
        char *many = must_read("toy.csv"), *many_library = must_read("toy.library.csv");
        assert_string_equal(many, one);
        assert_string_equal(many_library, one_library);
        free(many);
        free(many_library);
    }
    free(one);
    free(one_library);
}

static void failed_cells_are_rows_and_warnings(void **state) {
    (void)state;
    assert_int_equal(px_toy_go(&toy, (px_toy_run){.jobs = 2}), PX_OK);
    char *said = must_read("stderr");
    assert_non_null(strstr(said, "precx: warning: cell failing/1/2 failed: n = 1 is too much\n"));
    assert_int_equal(count_lines(said), 6); /* n = 1, 3, 5, 7 at once, 2 and 4 at their second row */
    free(said);
}

/* Cells of other shards are left to them, and together they are the table. */
static void shards_partition_the_table(void **state) {
    (void)state;
    assert_int_equal(px_toy_go(&toy, (px_toy_run){.jobs = 2}), PX_OK);
    char *whole = must_read("toy.csv");
    int records = 0;
    for (int i = 1; i <= 3; i++) {
        assert_int_equal(px_toy_go(&toy, (px_toy_run){.jobs = 2, .shard = i, .n_shards = 3}), PX_OK);
        char name[32], want[32];
        snprintf(name, sizeof name, "toy.%dof3.csv", i);
        char *part = must_read(name);
        snprintf(name, sizeof name, "toy.%dof3.meta.json", i);
        char *meta = must_read(name);
        snprintf(want, sizeof want, "\"shard\": \"%d/3\"", i);
        assert_non_null(strstr(meta, want));
        for (char *line = strtok(strchr(part, '\n') + 1, "\n"); line; line = strtok(NULL, "\n")) {
            assert_non_null(strstr(whole, line));
            records++;
        }
        free(part);
        free(meta);
    }
    assert_int_equal(records, count_lines(whole) - 1);
    free(whole);
}

static const char *text_of(const json_t *object, const char *key) {
    const char *s = json_string_value(json_object_get(object, key));
    if (!s) fail_msg("no text under %s", key);
    return s;
}

static void provenance(void **state) {
    (void)state;
    setenv("SOURCE_DATE_EPOCH", "86400", 1);
    assert_int_equal(px_toy_go(&toy, (px_toy_run){.jobs = 2}), PX_OK);
    char *first = must_read("toy.meta.json"), *csv = must_read("toy.csv"), hash[SHA256_DIGEST_STRING_LENGTH], want[80];
    assert_int_equal(px_toy_go(&toy, (px_toy_run){.jobs = 2}), PX_OK);
    char *second = must_read("toy.meta.json");
    unsetenv("SOURCE_DATE_EPOCH");
    assert_string_equal(first, second);
    json_t *meta = json_loads(first, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(meta);
    SHA256Data((const uint8_t *)csv, strlen(csv), hash);
    snprintf(want, sizeof want, "sha256:%s", hash);
    assert_string_equal(text_of(meta, "hash"), want);
    assert_string_equal(text_of(meta, "path"), "toy.csv");
    const json_t *precx = json_object_get(meta, "precx");
    assert_string_equal(text_of(precx, "started"), "1970-01-02T00:00:00Z");
    assert_true(json_is_null(json_object_get(precx, "wall_s")));
    assert_int_equal(json_integer_value(json_object_get(precx, "seed")), 42);
    assert_int_equal(strlen(text_of(precx, "plan_sha256")), 64);
    const json_t *cells = json_object_get(precx, "cells");
    assert_int_equal(json_integer_value(json_object_get(cells, "failed")), 6);
    assert_int_equal(json_integer_value(json_object_get(cells, "overflow")), 5);
    assert_int_equal(json_integer_value(json_object_get(cells, "ok")), N_CELLS - 11);
    assert_int_equal(json_integer_value(json_object_get(cells, "dropped")), 3);
    const json_t *fields = json_object_get(json_object_get(meta, "schema"), "fields");
    assert_int_equal(json_array_size(fields), 10);
    assert_string_equal(text_of(json_array_get(fields, 6), "unit"), "ulp(out)");
    assert_null(strstr(first, "/home"));
    assert_null(strstr(first, toy.directory));
    assert_non_null(strstr(first, "\"toy.ini\""));
    json_decref(meta);
    free(first);
    free(second);
    free(csv);
}

static void a_file_that_is_not_ours_stays(void **state) {
    (void)state;
    static const char *const names[] = {"toy.csv", "toy.library.csv", "toy.timing.csv", "toy.meta.json",
                                        "toy.csv.part"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        for (size_t j = 0; j < sizeof names / sizeof *names; j++) px_toy_remove(&toy, names[j]);
        px_toy_write(&toy, names[i], "my notes\n", 9);
        for (int resume = 0; resume < 2; resume++) {
            assert_int_equal(px_toy_go(&toy, (px_toy_run){.jobs = 1, .resume = resume}), PX_BAD_FILE);
            char *kept = must_read(names[i]), *said = must_read("stderr");
            assert_string_equal(kept, "my notes\n");
            assert_non_null(strstr(said, "move it away"));
            assert_non_null(strstr(said, names[i]));
            free(kept);
            free(said);
        }
        px_toy_remove(&toy, names[i]);
    }
}

static void progress_is_erased(void **state) {
    (void)state;
    px_toy_sleep_us = 5000;
    assert_int_equal(px_toy_go(&toy, (px_toy_run){.jobs = 1, .progress = PX_ALWAYS}), PX_OK);
    px_toy_sleep_us = 0;
    char *said = must_read("stderr");
    const char *last = NULL;
    for (const char *p = said; (p = strstr(p, "/42 cells, ")); p++) last = p;
    assert_non_null(last);
    assert_non_null(strstr(last, "\r\033[K")); /* by a warning, or at the end */
    free(said);
}

static int setup(void **state) {
    (void)state;
    toy = px_toy_new(N_CELLS);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    px_toy_free(&toy);
    return 0;
}

int main(void) {
#define IN_FRESH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        IN_FRESH(the_table_is_as_defined),
        IN_FRESH(same_bytes_for_any_number_of_threads),
        IN_FRESH(failed_cells_are_rows_and_warnings),
        IN_FRESH(shards_partition_the_table),
        IN_FRESH(provenance),
        IN_FRESH(a_file_that_is_not_ours_stays),
        IN_FRESH(progress_is_erased),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
