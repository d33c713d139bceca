/* The table printer: every style, byte by byte. */
#define _POSIX_C_SOURCE 200809L
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/table.h"

static const px_table_column columns[] = {{"name", false}, {"n", true}, {"what", false}};

static char *printed(const px_table *t, px_style style, size_t max_rows, bool color) {
    char *text = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&text, &size);
    assert_non_null(f);
    px_table_print(f, t, style, max_rows, color);
    fclose(f);
    return text;
}

static void expect(const px_table *t, px_style style, size_t max_rows, bool color, const char *want) {
    char *got = printed(t, style, max_rows, color);
    assert_string_equal(got, want);
    free(got);
}

static px_table sample(px_arena *arena) {
    px_table t = px_table_new(arena, columns, 3);
    px_table_add(&t, (const char *[]){"a_b", "1.5", "plain"});
    px_table_add(&t, (const char *[]){"c|d", "inf", NULL});
    px_table_add(&t, (const char *[]){"\"e\", {f}", NULL, "50 % & more"});
    return t;
}

static void every_style_prints_the_same_table(void **state) {
    px_arena *arena = *state;
    px_table t = sample(arena);
    expect(&t, PX_STYLE_CSV, 0, false,
           "name,n,what\n"
           "a_b,1.5,plain\n"
           "c|d,inf,\n"
           "\"\"\"e\"\", {f}\",,50 % & more\n");
    expect(&t, PX_STYLE_JSON, 0, false,
           "[\n"
           " {\"name\": \"a_b\", \"n\": 1.5, \"what\": \"plain\"},\n"
           " {\"name\": \"c|d\", \"n\": \"inf\", \"what\": null},\n"
           " {\"name\": \"\\\"e\\\", {f}\", \"n\": null, \"what\": \"50 % & more\"}\n"
           "]\n");
    expect(&t, PX_STYLE_MD, 0, false,
           "| name | n | what |\n"
           "| --- | ---: | --- |\n"
           "| a\\_b | 1.5 | plain |\n"
           "| c\\|d | inf |  |\n"
           "| \"e\", {f} |  | 50 % & more |\n");
    expect(&t, PX_STYLE_LATEX, 0, false,
           "\\begin{tabular}{lrl}\n"
           "\\toprule\n"
           "name & n & what \\\\\n"
           "\\midrule\n"
           "a\\_b & 1.5 & plain \\\\\n"
           "c|d & $\\infty$ &  \\\\\n"
           "\"e\", \\{f\\} &  & 50 \\% \\& more \\\\\n"
           "\\bottomrule\n"
           "\\end{tabular}\n");
    expect(&t, PX_STYLE_TTY, 0, false,
           "  name        n  what\n"
           "  a_b       1.5  plain\n"
           "  c|d       inf\n"
           "  \"e\", {f}       50 % & more\n");
    expect(&t, PX_STYLE_TTY, 0, true,
           "\033[1m  name        n  what\n\033[0m"
           "  a_b       1.5  plain\n"
           "  c|d       inf\n"
           "  \"e\", {f}       50 % & more\n");
}

static void json_is_json(void **state) {
    px_table t = sample(*state);
    char *text = printed(&t, PX_STYLE_JSON, 0, false);
    json_error_t error;
    json_t *all = json_loads(text, 0, &error);
    if (!all) fail_msg("%s", error.text);
    assert_int_equal(json_array_size(all), 3);
    assert_true(json_is_real(json_object_get(json_array_get(all, 0), "n")));
    assert_string_equal(json_string_value(json_object_get(json_array_get(all, 2), "name")), "\"e\", {f}");
    json_decref(all);
    free(text);
}

static void an_empty_table_has_its_header(void **state) {
    px_table t = px_table_new(*state, columns, 3);
    expect(&t, PX_STYLE_CSV, 0, false, "name,n,what\n");
    expect(&t, PX_STYLE_JSON, 0, false, "[\n]\n");
    expect(&t, PX_STYLE_TTY, 0, false, "  name  n  what\n");
}

static void a_long_table_is_abbreviated_with_a_note(void **state) {
    px_table t = px_table_new(*state, columns, 3);
    char number[16];
    for (int i = 0; i < 100; i++) {
        snprintf(number, sizeof number, "%d", i);
        px_table_add(&t, (const char *[]){"x", number, NULL});
    }
    expect(&t, PX_STYLE_TTY, 3, false,
           "  name   n  what\n"
           "  x      0\n"
           "  x      1\n"
           "  ... 97 more rows ...\n"
           "  x     99\n");
    char *csv = printed(&t, PX_STYLE_CSV, 3, false);
    assert_non_null(strstr(csv, "x,50,\n")); /* a program gets them all */
    free(csv);
}

static void long_texts_are_wrapped_in_their_column(void **state) {
    px_table t = px_table_new(*state, columns, 3);
    px_table_add(&t,
                 (const char *[]){"x", "1",
                                  "one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
                                  "fifteen sixteen seventeen"});
    px_table_add(&t, (const char *[]){"\xC3\xA9\xC3\xA9", "2", "b"}); /* two characters in four bytes */
    expect(&t, PX_STYLE_TTY, 0, false,
           "  name  n  what\n"
           "  x     1  one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen\n"
           "           sixteen seventeen\n"
           "  \xC3\xA9\xC3\xA9    2  b\n");
}

static void columns_that_do_not_fit_are_named(void **state) {
    static const px_table_column wide[] = {{"a", true}, {"b", true}, {"c", false}};
    char number[61];
    memset(number, '7', 60);
    number[60] = '\0'; /* numbers are never wrapped */
    px_table t = px_table_new(*state, wide, 3);
    px_table_add(&t, (const char *[]){"1", number, "x"});
    px_table_add(&t, (const char *[]){number, "2", "y"});
    char *got = printed(&t, PX_STYLE_TTY, 0, false);
    assert_null(strstr(got, "x\n"));
    assert_non_null(strstr(got, "\n  not shown for lack of width: b c\n"));
    free(got);
}

static int setup(void **state) {
    *state = px_arena_new();
    return 0;
}

static int teardown(void **state) {
    px_arena_free(*state);
    return 0;
}

/* Numbers in LaTeX as a mathematician writes them. */
static void latex_has_powers_of_ten(void **state) {
    (void)state;
    static const px_table_column two[] = {{"x", true}, {"t", false}};
    static const char *const rows[][2] = {{"1.25e-05", "1e-5"}, {"-3e+20", ""}, {"-0.5", ""},
                                          {"-inf", ""},         {"nan", ""},    {"1_000", ""}};
    px_arena *arena = px_arena_new();
    px_table t = px_table_new(arena, two, 2);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) px_table_add(&t, rows[i]);
    expect(&t, PX_STYLE_LATEX, 0, false,
           "\\begin{tabular}{rl}\n\\toprule\nx & t \\\\\n\\midrule\n$1.25\\times10^{-5}$ & 1e-5 \\\\\n"
           "$-3\\times10^{20}$ &  \\\\\n$-0.5$ &  \\\\\n$-\\infty$ &  \\\\\nnan &  \\\\\n1\\_000 &  \\\\\n"
           "\\bottomrule\n\\end{tabular}\n");
    px_arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(latex_has_powers_of_ten),
        cmocka_unit_test(every_style_prints_the_same_table),
        cmocka_unit_test(json_is_json),
        cmocka_unit_test(an_empty_table_has_its_header),
        cmocka_unit_test(a_long_table_is_abbreviated_with_a_note),
        cmocka_unit_test(long_texts_are_wrapped_in_their_column),
        cmocka_unit_test(columns_that_do_not_fit_are_named),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
