/* The mistakes of an experiment file, by the exact text that a user reads: tests/golden/spec has a NAME.ini and what loading
 * it reports, NAME.txt. PX_GOLDEN_UPDATE=1 in the environment writes the texts anew; the difference is then to be reviewed. */
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
    px_status status = px_experiment_load(arena, ini, &fake_kinds, &(px_overrides){0}, &experiment, &plan, &report, &err);
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
    assert_true(files >= 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_mistake_has_its_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
