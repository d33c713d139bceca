/* The tables of every experiment's ci profile are the same bytes by either engine of reference, by any number of
 * threads, and on any instruction set: the program itself, as it is used. */
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

static char folder[64];

/* The table of an experiment, run under these variables and options, read whole; freed by the caller. */
static char *table_of(const char *stem, const char *variables, const char *options, size_t *size) {
    char command[2048], path[512];
    snprintf(command, sizeof command, "%s '%s/precx' run -q -p ci -o '%s' %s '%s/experiments/%s.ini' >/dev/null",
             variables, PX_BINARY_DIR, folder, options, PX_SOURCE_DIR, stem);
    if (system(command) != 0) fail_msg("%s", command);
    snprintf(path, sizeof path, "%s/%s.csv", folder, stem);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    assert_int_equal(fseek(f, 0, SEEK_END), 0);
    *size = (size_t)ftell(f);
    rewind(f);
    char *text = malloc(*size + 1);
    assert_non_null(text);
    assert_int_equal(fread(text, 1, *size, f), *size);
    fclose(f);
    return text;
}

static void compare(const char *stem) {
    static const struct way {
        const char *variables, *options;
    } ways[] = {
        {"", "-s reference.engine=mpfr -j 1"},
        {"PRECX_ISA=portable", "-s reference.engine=auto -j 3"},
    };
    size_t size, wanted_size;
    char *wanted = table_of(stem, ways[0].variables, ways[0].options, &wanted_size);
    for (size_t w = 1; w < sizeof ways / sizeof *ways; w++) {
        char *got = table_of(stem, ways[w].variables, ways[w].options, &size);
        if (size != wanted_size || memcmp(got, wanted, size) != 0)
            fail_msg("%s: another table with %s %s", stem, ways[w].variables, ways[w].options);
        free(got);
    }
    free(wanted);
}

static void tables_do_not_depend_on_the_engine(void **state) {
    (void)state;
    strcpy(folder, "/tmp/px_engines_XXXXXX");
    assert_non_null(mkdtemp(folder));
    DIR *d = opendir(PX_SOURCE_DIR "/experiments");
    assert_non_null(d);
    int files = 0;
    for (struct dirent *e; (e = readdir(d));) {
        char stem[256];
        size_t n = strlen(e->d_name);
        if (n <= 4 || strcmp(e->d_name + n - 4, ".ini") != 0 || n >= sizeof stem) continue;
        snprintf(stem, sizeof stem, "%.*s", (int)n - 4, e->d_name);
        compare(stem);
        files++;
    }
    closedir(d);
    char command[128];
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    assert_int_equal(system(command), 0);
    assert_true(files >= 8);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(tables_do_not_depend_on_the_engine)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
