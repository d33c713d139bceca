/* The gate on the project's own experiments: every file with a ci profile has an accepted baseline and passes, on the
 * fastest instruction set and on the portable one. */
#define _GNU_SOURCE
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/text.h"

static bool has_ci_profile(const char *path) {
    bool found = false;
    char line[4096];
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) found |= strncmp(line, "[profile.ci]", 12) == 0;
    fclose(f);
    return found;
}

static void check_all(const char *environment) {
    char folder[] = "/tmp/px_gate_XXXXXX";
    assert_non_null(mkdtemp(folder));
    assert_int_equal(chdir(PX_SOURCE_DIR), 0); /* baselines are under the working directory */
    px_text command = {0};
    px_text_printf(&command, "%s '%s/precx' check --profile ci --quiet --output %s", environment, PX_BINARY_DIR,
                   folder);
    glob_t files;
    int n = 0;
    assert_int_equal(glob("experiments/*.ini", 0, NULL, &files), 0);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        if (!has_ci_profile(files.gl_pathv[i])) continue;
        px_text_printf(&command, " %s", files.gl_pathv[i]);
        n++;
    }
    globfree(&files);
    assert_true(n >= 8);
    int status = system(px_text_str(&command));
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        fail_msg("%s: exit %d", px_text_str(&command), WEXITSTATUS(status));
    command.length = 0;
    px_text_printf(&command, "rm -r %s", folder);
    assert_int_equal(system(px_text_str(&command)), 0);
    px_text_free(&command);
}

static void on_this_machine(void **state) {
    (void)state;
    check_all("");
}

static void on_the_portable_path(void **state) {
    (void)state;
    check_all("PRECX_ISA=portable");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(on_this_machine),
        cmocka_unit_test(on_the_portable_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
