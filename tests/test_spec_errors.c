/* The mistakes of an experiment file, by the exact text that a user reads: tests/golden/spec has a NAME.ini and what
 * loading it reports, NAME.txt. PX_GOLDEN_UPDATE=1 in the environment writes the texts anew; the difference is then to
 * be reviewed. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "spec/keys.h"
#include "support/fake_kind.h"

enum { SIZE = 1 << 16 };

static size_t read_whole(const char *path, char *bytes) {
    FILE *f = fopen(path, "rb");
    if (!f) fail_msg("%s is missing", path);
    size_t n = fread(bytes, 1, SIZE - 1, f);
    fclose(f);
    bytes[n] = '\0';
    return n;
}

static void check_file(const char *ini) {
    static char want[SIZE];
    char path[256];
    snprintf(path, sizeof path, "%.*s.txt", (int)strlen(ini) - 4, ini);
    px_arena *arena = px_arena_new();
    px_experiment experiment;
    px_plan plan;
    px_text report = {0};
    px_error err;
    px_status status =
        px_experiment_load(arena, ini, &fake_kinds, &(px_overrides){0}, &experiment, &plan, &report, &err);
    if (getenv("PX_GOLDEN_UPDATE")) {
        FILE *f = fopen(path, "wb");
        assert_non_null(f);
        fputs(px_text_str(&report), f);
        fclose(f);
    }
    read_whole(path, want);
    if (strcmp(px_text_str(&report), want) != 0) fail_msg("%s gave\n%s\nnot\n%s", ini, px_text_str(&report), want);
    if (status != PX_BAD_FILE) fail_msg("%s was taken", ini);
    px_text_free(&report);
    px_arena_free(arena);
}

static void every_mistake_has_its_text(void **state) {
    (void)state;
    int files = 0;
    assert_int_equal(chdir(PX_SOURCE_DIR "/tests/golden/spec"), 0);
    DIR *d = opendir(".");
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d));) {
        size_t n = strlen(e->d_name);
        if (n < 5 || strcmp(e->d_name + n - 4, ".ini") != 0) continue;
        check_file(e->d_name);
        files++;
    }
    closedir(d);
    assert_true(files >= 16);
}

/* What is wrong on the command line: PX_USAGE, and where in the option. */
static void expect(px_status status, const px_overrides *o, const char *report) {
    fake_load *l = fake_load_text(
        "good", "[experiment]\nkind = gemm\n[sweep]\nformat/accum = fp16/fp32\nn = 16, 32\n[profile.ci]\nn = 1\n", o);
    if (strcmp(px_text_str(&l->report), report) != 0) fail_msg("gave\n%s\nnot\n%s", px_text_str(&l->report), report);
    assert_int_equal(l->status, status);
    assert_int_equal(l->err.status, status);
    assert_int_equal(strncmp(l->err.text, report, strlen(l->err.text)), 0);
    fake_load_free(l);
}

static void expect_set(const char *set, const char *report) {
    expect(PX_USAGE, &(px_overrides){.set = &set, .n_set = 1}, report);
}

static void options_have_columns_too(void **state) {
    (void)state;
    expect_set("n = 1, x", "--set:1:8: error: n takes numbers, not 'x'\n     1 | n = 1, x\n       |        ^\n");
    expect_set("n", "--set:1:1: error: expected key = value\n     1 | n\n       | ^\n");
    expect_set("n=", "--set:1:2: error: 'n' has no value on its line\n     1 | n=\n       |  ^\n");
    expect_set("seed=4", "--set:1:1: error: 'seed' is no axis; write experiment.seed\n     1 | seed=4\n       | ^\n");
    expect_set(
        "experiment.seed=x",
        "--set:1:17: error: expected a number, found 'x'\n     1 | experiment.seed=x\n       |                 ^\n");
    expect_set("experiment.kind=sum", "--set:1:1: error: the kind of an experiment cannot be set from outside\n     1 "
                                      "| experiment.kind=sum\n       | ^\n");
    expect_set("refrence.bits=64", "--set:1:1: error: unknown section 'refrence'; did you mean 'reference'?\n     1 | "
                                   "refrence.bits=64\n       | ^\n");
    expect_set("reference.bit=64", "--set:1:11: error: unknown key 'bit'; did you mean 'bits'?\n     1 | "
                                   "reference.bit=64\n       |           ^\n");
    expect_set("plot.p.x=n", "--set:1:1: error: the file has no section [plot.p]\n     1 | plot.p.x=n\n       | ^\n");
    expect_set("profile.ci.n=3", "--set:1:1: error: a profile is chosen by --profile; its axes are set without it\n"
                                 "     1 | profile.ci.n=3\n       | ^\n");
    expect_set("accum=fp64",
               "--set:1:1: error: 'accum' alone cannot be changed: 'format/accum' move together (line 4)\n"
               "     1 | accum=fp64\n       | ^\n");
    expect(PX_USAGE, &(px_overrides){.profile = "cj"},
           "--profile:1:1: error: unknown profile 'cj'; did you mean 'ci'?\n     1 | cj\n       | ^\n");
    expect(PX_USAGE, &(px_overrides){.seed = "2^64"},
           "--seed:1:1: error: a whole number from 0 to 2^64 - 1 is wanted here\n     1 | 2^64\n       | ^\n");
    expect(PX_USAGE, &(px_overrides){.seed = ""}, "--seed:1:1: error: expected a number here\n     1 | \n       | ^\n");
    expect(PX_USAGE, &(px_overrides){.filter = "n = 16"},
           "--filter:1:3: error: a comparison is written '==', not '='\n     1 | n = 16\n       |   ^\n");
    expect(PX_USAGE, &(px_overrides){.filter = "n == 17"},
           "--filter:1:1: error: no cell matches the filter\n     1 | n == 17\n       | ^\n");
    expect(PX_USAGE, &(px_overrides){.filter = ""},
           "--filter:1:1: error: expected the name of an axis here\n     1 | \n       | ^\n");
    expect(PX_BAD_FILE, &(px_overrides){.max_cells = 1},
           "good.ini:5:1: error: the grid has 2 combinations, more than the limit of 1; shorten 'n', which has 2 "
           "values, or "
           "raise --max-cells\n     5 | n = 16, 32\n       | ^\n");
    expect(PX_OK, &(px_overrides){.max_cells = 2}, "");
}

/* THE lists of keys.h and the readers hold together: every key is known where the list says, and nowhere else. */
static void every_listed_key_is_read(void **state) {
    (void)state;
#define KEY(section, key, values, fallback, help) {section, key},
#define SECTION(section, label, help)             {section, label},
    static const struct { const char *section, *key; } keys[] = {PX_KEY_LIST(KEY)};
    static const struct {
        const char *name;
        px_label label;
    } sections[] = {PX_SECTION_LIST(SECTION)};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        for (size_t k = 0; k < sizeof sections / sizeof *sections; k++) {
            bool here = false, any = false;
            for (size_t j = 0; j < sizeof keys / sizeof *keys; j++) {
                if (strcmp(keys[j].section, sections[k].name) != 0) continue;
                here |= strcmp(keys[j].key, keys[i].key) == 0;
                any |= strcmp(keys[j].key, "*") == 0;
            }
            if (keys[i].key[0] == '*' || (any && !here)) continue;
            char text[256];
            snprintf(text, sizeof text, "[%s%s]\n%s = %%\n", sections[k].name,
                     sections[k].label == PX_LABEL_REQUIRED ? ".x" : "", keys[i].key);
            fake_load *l = fake_load_text("key", text, NULL);
            bool unknown = strstr(l->report.s, "unknown key") != NULL;
            if (unknown == here) fail_msg("%s in [%s]: %s", keys[i].key, sections[k].name, l->report.s);
            fake_load_free(l);
        }
}

static void a_missing_file_is_said(void **state) {
    (void)state;
    px_arena *arena = px_arena_new();
    px_experiment experiment;
    px_plan plan;
    px_text report = {0};
    px_error err;
    assert_int_equal(
        px_experiment_load(arena, "/no/such.ini", &fake_kinds, &(px_overrides){0}, &experiment, &plan, &report, &err),
        PX_BAD_FILE);
    assert_string_equal(err.text, "/no/such.ini: No such file or directory");
    assert_string_equal(report.s, "/no/such.ini: No such file or directory\n");
    px_text_free(&report);
    assert_int_equal(px_experiment_load(arena, "/tmp", &fake_kinds, &(px_overrides){0}, &experiment, &plan, NULL, &err),
                     PX_BAD_FILE);
    assert_string_equal(err.text, "/tmp: Is a directory");
    px_arena_free(arena);
}

/* Bytes that are no text, lines and files that nobody wrote by hand. */
static void expect_bytes(const char *bytes, size_t n, const char *report) {
    px_arena *arena = px_arena_new();
    px_ini ini;
    px_diagnostics d;
    px_text text = {0};
    px_ini_parse(arena, "x.ini", bytes, n, &ini, &d);
    px_diagnostics_print(&d, &text);
    if (strcmp(px_text_str(&text), report) != 0) fail_msg("gave\n%s\nnot\n%s", px_text_str(&text), report);
    px_text_free(&text);
    px_arena_free(arena);
}

static void hostile_bytes_are_refused(void **state) {
    (void)state;
#define BYTES(literal) literal, sizeof literal - 1
    expect_bytes(
        BYTES("\0"),
        "x.ini:1:1: error: byte 0x00 is no text (a file is UTF-8 without control characters)\n     1 | \n       | ^\n");
    expect_bytes(BYTES("# ab\x1b[31m"),
                 "x.ini:1:5: error: byte 0x1b is no text (a file is UTF-8 without control characters)\n"
                 "     1 | # ab?[31m\n       |     ^\n");
    expect_bytes(BYTES("# \xc2\x9b"),
                 "x.ini:1:3: error: byte 0xc2 is no text (a file is UTF-8 without control characters)\n"
                 "     1 | # ??\n       |   ^\n");
    expect_bytes(BYTES("# \xff\n# \xc0\x80\n# \xed\xa0\x80\n# \xf5\x80\x80\x80\n# \xc3"),
                 "x.ini:1:3: error: byte 0xff is no text (a file is UTF-8 without control characters)\n     1 | # ?\n  "
                 "     |   ^\n"
                 "x.ini:2:3: error: byte 0xc0 is no text (a file is UTF-8 without control characters)\n     2 | # ??\n "
                 "      |   ^\n"
                 "x.ini:3:3: error: byte 0xed is no text (a file is UTF-8 without control characters)\n     3 | # "
                 "???\n       |   ^\n"
                 "x.ini:4:3: error: byte 0xf5 is no text (a file is UTF-8 without control characters)\n     4 | # "
                 "????\n       |   ^\n"
                 "x.ini:5:3: error: byte 0xc3 is no text (a file is UTF-8 without control characters)\n     5 | # ?\n  "
                 "     |   ^\n"
                 "x.ini: 5 errors\n");
    expect_bytes(BYTES("# a\rb"),
                 "x.ini:1:4: error: byte 0x0d is no text (a file is UTF-8 without control characters)\n"
                 "     1 | # a?b\n       |    ^\n");
    expect_bytes(BYTES("# \xe2\x82\xac \xf0\x9f\x98\x80\t\n"), "");
    expect_bytes(BYTES(""), "");
    static char line[5000], lines[20001];
    memset(line, '#', sizeof line);
    memset(lines, '\n', sizeof lines);
    expect_bytes(line, PX_INI_LINE_MAX, "");
    px_arena *arena = px_arena_new();
    px_ini ini;
    px_diagnostics d;
    px_ini_parse(arena, "x.ini", line, sizeof line, &ini, &d);
    assert_int_equal(d.count, 1);
    assert_string_equal(d.mistakes[0].message, "the line has 5000 bytes, more than the 4096 a line may have");
    px_ini_parse(arena, "x.ini", lines, PX_INI_LINES_MAX, &ini, &d);
    assert_int_equal(d.count, 0);
    px_ini_parse(arena, "x.ini", lines, sizeof lines, &ini, &d);
    assert_string_equal(d.mistakes[0].message, "the file goes on after line 10000, the last one that is read");
    px_arena_free(arena);
}

/* Only the first mistakes are kept and shown, all are counted. */
static void mistakes_are_counted_to_the_end(void **state) {
    (void)state;
    static char text[3000];
    memset(text, 0, sizeof text);
    for (int i = 0; i < 300; i++) strcat(text, "=\n");
    px_arena *arena = px_arena_new();
    px_ini ini;
    px_diagnostics d;
    px_text report = {0};
    px_ini_parse(arena, "x.ini", text, strlen(text), &ini, &d);
    assert_int_equal(d.count, 300);
    assert_int_equal(d.n_mistakes, PX_MISTAKES_KEPT);
    px_diagnostics_print(&d, &report);
    assert_non_null(strstr(report.s, "x.ini: 300 errors, the first 200 of them above\n"));
    px_text_free(&report);
    px_arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_mistake_has_its_text), cmocka_unit_test(every_listed_key_is_read),
        cmocka_unit_test(options_have_columns_too),   cmocka_unit_test(a_missing_file_is_said),
        cmocka_unit_test(hostile_bytes_are_refused),  cmocka_unit_test(mistakes_are_counted_to_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
