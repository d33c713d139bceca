#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "io/csv.h"

static px_status parse(px_arena *arena, const char *text, px_csv *csv, px_error *err) {
    return px_csv_parse(arena, "t.csv", text, strlen(text), csv, err);
}

static void writes_what_rfc_4180_says(void **state) {
    (void)state;
    px_text t = {0};
    px_csv_record(&t, (const char *const[]){"a", NULL, "b,c", "say \"x\"", "two\nlines", " d "}, 6);
    px_csv_record(&t, (const char *const[]){""}, 1);
    px_csv_record(&t, (const char *const[]){"", ""}, 2);
    assert_string_equal(px_text_str(&t), "a,,\"b,c\",\"say \"\"x\"\"\",\"two\nlines\", d \n\"\"\n,\n");
    px_text_free(&t);
}

static void reads_fields_and_lines(void **state) {
    (void)state;
    px_arena *arena = px_arena_new();
    px_csv csv;
    px_error err;
    const char *text = "\xef\xbb\xbfid,note\r\n1,\"two\nlines, \"\"quoted\"\"\"\n2, spaces \n\"\",\n3,last";
    assert_int_equal(parse(arena, text, &csv, &err), PX_OK);
    assert_int_equal(csv.n_columns, 2);
    assert_int_equal(csv.n_rows, 4);
    assert_string_equal(csv.header[0], "id");
    assert_string_equal(csv.rows[0][1], "two\nlines, \"quoted\"");
    assert_string_equal(csv.rows[1][1], " spaces ");
    assert_string_equal(csv.rows[2][0], "");
    assert_string_equal(csv.rows[2][1], "");
    assert_string_equal(csv.rows[3][1], "last");
    const int lines[] = {2, 4, 5, 6};
    for (int i = 0; i < 4; i++) assert_int_equal(csv.lines[i], lines[i]);
    assert_int_equal(px_csv_column(&csv, "note"), 1);
    assert_int_equal(px_csv_column(&csv, "Note"), -1);
    px_arena_free(arena);
}

static void keeps_what_stands_before_a_mistake(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int columns, rows;
    } cases[] = {
        {"a,b\n1,2\n3,4\n5\n6,7\n", 2, 2},
        {"a,b\n1,2\n\n", 2, 1},
        {"a,b\n1,2\n3,x\"\n", 2, 1},
        {"a,b\n\"1,2\n", 2, 0},
        {"a,a\n1,2\n", 0, 0},
        {"\"a\n", 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        px_arena *arena = px_arena_new();
        px_csv csv;
        assert_int_equal(parse(arena, cases[i].text, &csv, NULL), PX_BAD_FILE);
        assert_int_equal(csv.n_columns, cases[i].columns);
        assert_int_equal(csv.n_rows, cases[i].rows);
        if (csv.n_rows) assert_string_equal(csv.rows[csv.n_rows - 1][0], csv.n_rows == 2 ? "3" : "1");
        px_arena_free(arena);
    }
}

static void refuses_with_the_line(void **state) {
    (void)state;
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"", "t.csv:1: error: no header"},
        {"a,b\n1\n", "t.csv:2: error: 1 field, but the header has 2"},
        {"a,b\n1,2\n\"x\ny\",2,3\n", "t.csv:3: error: 3 fields, but the header has 2"},
        {"a,b\n1,2\n\n3,4\n", "t.csv:3: error: a blank line"},
        {"a,b\r\n1,2\r\n\r\n", "t.csv:3: error: a blank line"},
        {"a,b\n1,\"open\n3,4\n", "t.csv:2: error: a quote is opened and never closed"},
        {"a,b\n1,x\"y\n", "t.csv:2: error: a quote inside a field that is not quoted, or text after a quoted one"},
        {"a,b\n1,\"x\"y\n", "t.csv:2: error: a quote inside a field that is not quoted, or text after a quoted one"},
        {"a,b,a\n", "t.csv:1: error: two columns are called 'a'"},
        {"a,b\n1,2\r3\n", "t.csv:2: error: 1 field, but the header has 2"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        px_arena *arena = px_arena_new();
        px_csv csv;
        px_error err = {0};
        assert_int_equal(parse(arena, cases[i].text, &csv, &err), PX_BAD_FILE);
        assert_string_equal(err.text, cases[i].message);
        assert_int_equal(parse(arena, cases[i].text, &csv, NULL), PX_BAD_FILE);
        px_arena_free(arena);
    }
    px_arena *arena = px_arena_new();
    px_csv csv;
    px_error err = {0};
    assert_int_equal(px_csv_parse(arena, "t.csv", "a\n1\0002\n", 6, &csv, &err), PX_BAD_FILE);
    assert_string_equal(err.text, "t.csv:2: error: a NUL byte: not a text file");
    assert_int_equal(px_csv_read(arena, PX_SOURCE_DIR "/no_such.csv", &csv, &err), PX_BAD_FILE);
    assert_non_null(strstr(err.text, "no_such.csv: No such file"));
    assert_int_equal(px_csv_read(arena, PX_SOURCE_DIR, &csv, &err), PX_BAD_FILE);
    px_arena_free(arena);
}

/* A header of 5000 columns, and a field as long as a small file. */
static void survives_sizes(void **state) {
    (void)state;
    px_arena *arena = px_arena_new();
    px_text t = {0};
    for (int i = 0; i < 5000; i++) px_text_printf(&t, "%s%d", i ? "," : "", i);
    px_csv csv;
    px_error err = {0};
    assert_int_equal(parse(arena, px_text_str(&t), &csv, &err), PX_BAD_FILE);
    assert_string_equal(err.text, "t.csv:1: error: more than 4096 fields");
    px_text_free(&t);

    px_text_add(&t, "a\n\"");
    for (int i = 0; i < 300000; i++) px_text_add(&t, i % 7 ? "x" : "\n");
    px_text_add(&t, "\"\n");
    assert_int_equal(parse(arena, px_text_str(&t), &csv, &err), PX_OK);
    assert_int_equal(strlen(csv.rows[0][0]), 300000);
    px_text_free(&t);
    px_arena_free(arena);
}

static uint32_t next(uint32_t *x) { return *x = *x * 1664525u + 1013904223u, *x >> 16; }

/* Any table of any bytes but NUL comes back as it went. */
static void round_trips(void **state) {
    (void)state;
    static const char alphabet[] = "ab,\"\n\r ;\xc3\xa9";
    uint32_t seed = 7;
    for (int rep = 0; rep < 300; rep++) {
        px_arena *arena = px_arena_new();
        int columns = 1 + (int)(next(&seed) % 5), rows = (int)(next(&seed) % 6);
        const char *fields[7][5];
        px_text t = {0};
        for (int i = 0; i <= rows; i++) {
            for (int j = 0; j < columns; j++) {
                char buf[16] = {0};
                int n = (int)(next(&seed) % 8), at = 0;
                if (i == 0) at = snprintf(buf, sizeof buf, "%d", j); /* headers differ */
                for (int c = 0; c < n; c++) buf[at++] = alphabet[next(&seed) % (sizeof alphabet - 1)];
                fields[i][j] = px_arena_strdup(arena, buf);
            }
            px_csv_record(&t, fields[i], columns);
        }
        px_csv csv;
        px_error err = {0};
        if (parse(arena, px_text_str(&t), &csv, &err) != PX_OK) fail_msg("rep %d: %s", rep, err.text);
        assert_int_equal(csv.n_rows, rows);
        for (int j = 0; j < columns; j++) assert_string_equal(csv.header[j], fields[0][j]);
        for (int i = 0; i < rows; i++)
            for (int j = 0; j < columns; j++) assert_string_equal(csv.rows[i][j], fields[i + 1][j]);
        px_text_free(&t);
        px_arena_free(arena);
    }
}

/* Arbitrary bytes: accepted or refused, never worse. Run under the sanitizers this is a small fuzzer. */
static void survives_noise(void **state) {
    (void)state;
    static const char alphabet[] = "a,,\"\"\n\r \xff";
    uint32_t seed = 11;
    int accepted = 0, refused = 0;
    for (int rep = 0; rep < 20000; rep++) {
        char bytes[32];
        size_t n = next(&seed) % sizeof bytes;
        for (size_t i = 0; i < n; i++) bytes[i] = alphabet[next(&seed) % sizeof alphabet]; /* its NUL, too */
        px_arena *arena = px_arena_new();
        px_csv csv;
        px_error err;
        px_status s = px_csv_parse(arena, "noise", bytes, n, &csv, &err);
        assert_true(s == PX_OK || s == PX_BAD_FILE);
        accepted += s == PX_OK;
        refused += s == PX_BAD_FILE;
        px_arena_free(arena);
    }
    assert_true(accepted > 100 && refused > 100);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_what_rfc_4180_says),
        cmocka_unit_test(reads_fields_and_lines),
        cmocka_unit_test(keeps_what_stands_before_a_mistake),
        cmocka_unit_test(refuses_with_the_line),
        cmocka_unit_test(survives_sizes),
        cmocka_unit_test(round_trips),
        cmocka_unit_test(survives_noise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
