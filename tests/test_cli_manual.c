/* The manual pages, held to the tables that the program itself reads: every option, command, exit status, section and key stands
 * in them with its argument, values and default, and nothing else does. */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "cli/cli.h"
#include "spec/keys.h"

static int missing;

static px_text read_page(const char *name) {
    px_text t = {0};
    char path[1024], buffer[4096];
    snprintf(path, sizeof path, PX_SOURCE_DIR "/man/%s", name);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    for (size_t n; (n = fread(buffer, 1, sizeof buffer, f)) > 0;) px_text_add_bytes(&t, buffer, n);
    fclose(f);
    return t;
}

/* s as roff writes it: \- for -, \(aq for '. */
static void add_roff(px_text *t, const char *s) {
    for (; *s; s++) {
        if (*s == '-')
            px_text_add(t, "\\-");
        else if (*s == '\'')
            px_text_add(t, "\\(aq");
        else
            px_text_add_bytes(t, s, 1);
    }
}

static void add_sentence(px_text *t, const char *s) {
    char first[2] = {(char)toupper((unsigned char)*s), '\0'};
    if (*s == '`') px_text_add(t, "\\&"); /* no control character at the start of a line */
    px_text_add(t, first);
    add_roff(t, s + 1);
    px_text_add(t, ".\n");
}

static void must_have(const px_text *page, px_text *entry) {
    if (!strstr(px_text_str(page), px_text_str(entry))) {
        fprintf(stderr, "not in the manual:\n%s\n", px_text_str(entry));
        missing++;
    }
    px_text_free(entry);
}

/* Lines that begin with the text, from the line `from` on up to the line `to`. */
static int count_lines(const px_text *page, const char *from, const char *to, const char *text) {
    const char *p = strstr(px_text_str(page), from), *end = p ? strstr(p, to) : NULL;
    int n = 0;
    assert_non_null(end);
    for (; p < end; p += strcspn(p, "\n") + 1) n += strncmp(p, text, strlen(text)) == 0;
    return n;
}

static void options_stand_in_the_manual(void **state) {
    (void)state;
    px_text page = read_page("precx.1");
    missing = 0;
    for (int i = 0; i < PX_OPT_COUNT; i++) {
        const px_option *o = &px_options[i];
        px_text entry = {0};
        px_text_add(&entry, ".TP\n");
        if (o->letter) px_text_printf(&entry, "\\fB\\-%c\\fR, ", o->letter);
        px_text_add(&entry, "\\fB\\-\\-");
        add_roff(&entry, o->name);
        px_text_add(&entry, "\\fR");
        if (*o->argument) px_text_printf(&entry, " \\fI%s\\fR", o->argument);
        px_text_add(&entry, "\n");
        must_have(&page, &entry);
    }
    assert_int_equal(missing, 0);
    assert_int_equal(count_lines(&page, ".SH OPTIONS", ".SH EVAL", ".TP"), PX_OPT_COUNT);
    px_text_free(&page);
}

static void commands_stand_in_the_manual(void **state) {
    (void)state;
    px_text page = read_page("precx.1");
    missing = 0;
    for (int i = 0; i < px_n_commands; i++) {
        px_text entry = {0};
        px_text_printf(&entry, ".TP\n\\fB%s\\fR", px_commands[i].name);
        if (*px_commands[i].usage) px_text_printf(&entry, " \\fI%s\\fR", px_commands[i].usage);
        px_text_add(&entry, "\n");
        must_have(&page, &entry);
    }
    assert_int_equal(missing, 0);
    assert_int_equal(count_lines(&page, ".SH COMMANDS", ".SH OPTIONS", ".TP"), px_n_commands);
    px_text_free(&page);
}

static void exit_statuses_stand_in_the_manual(void **state) {
    (void)state;
    px_text page = read_page("precx.1");
    int n = 0;
    missing = 0;
#define PX_STATUS_ENTRY(name, code, text)                                                                              \
    {                                                                                                                  \
        px_text entry = {0};                                                                                           \
        px_text_add(&entry, ".TP\n\\fB" #code "\\fR\n" text "\n");                                                     \
        must_have(&page, &entry);                                                                                      \
        n++;                                                                                                           \
    }
    PX_STATUS_LIST(PX_STATUS_ENTRY)
#undef PX_STATUS_ENTRY
    assert_int_equal(missing, 0);
    assert_int_equal(count_lines(&page, ".SH EXIT STATUS", ".SH ENVIRONMENT", ".TP"), n);
    px_text_free(&page);
}

static void must_have_section(const px_text *page, const char *name, px_label label, const char *help) {
    px_text entry = {0};
    px_text_add(&entry, ".SS ");
    if (label != PX_LABEL_REQUIRED) px_text_printf(&entry, "[%s]", name);
    if (label == PX_LABEL_OPTIONAL) px_text_add(&entry, ", ");
    if (label != PX_LABEL_NONE) px_text_printf(&entry, "[%s.NAME]", name);
    px_text_add(&entry, "\n");
    add_sentence(&entry, help);
    must_have(page, &entry);
}

static void must_have_key(const px_text *page, const char *key, const char *values, const char *fallback,
                          const char *help) {
    px_text entry = {0};
    px_text_printf(&entry, ".TP\n\\fB%s\\fR = \\fI", key);
    add_roff(&entry, values);
    px_text_add(&entry, "\\fR\n");
    add_sentence(&entry, help);
    px_text_add(&entry, "Default: ");
    add_roff(&entry, fallback);
    px_text_add(&entry, ".\n");
    must_have(page, &entry);
}

static void sections_and_keys_stand_in_the_manual(void **state) {
    (void)state;
    px_text page = read_page("precx-ini.5");
    int n_sections = 0, n_keys = 0;
    missing = 0;
#define PX_SECTION_ENTRY(name, label, help) must_have_section(&page, name, label, help), n_sections++;
    PX_SECTION_LIST(PX_SECTION_ENTRY)
#undef PX_SECTION_ENTRY
#define PX_KEY_ENTRY(section, key, values, fallback, help) must_have_key(&page, key, values, fallback, help), n_keys++;
    PX_KEY_LIST(PX_KEY_ENTRY)
#undef PX_KEY_ENTRY
    assert_int_equal(missing, 0);
    assert_int_equal(count_lines(&page, ".SH SECTIONS AND KEYS", ".SH SEE ALSO", ".SS"), n_sections);
    assert_int_equal(count_lines(&page, ".SH SECTIONS AND KEYS", ".SH SEE ALSO", ".TP"), n_keys);
    px_text_free(&page);
}

/* The comparison itself, seen to refuse. */
static void a_missing_entry_is_seen(void **state) {
    (void)state;
    px_text page = read_page("precx.1"), entry = {0};
    missing = 0;
    px_text_add(&entry, ".TP\n\\fB\\-\\-no\\-such\\-option\\fR\n");
    must_have(&page, &entry);
    assert_int_equal(missing, 1);
    px_text_free(&page);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_stand_in_the_manual),       cmocka_unit_test(commands_stand_in_the_manual),
        cmocka_unit_test(exit_statuses_stand_in_the_manual), cmocka_unit_test(sections_and_keys_stand_in_the_manual),
        cmocka_unit_test(a_missing_entry_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
