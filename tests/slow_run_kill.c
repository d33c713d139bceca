/* The program itself, killed (SIGKILL) at 50 random moments of sweeps and resumed each time: every sweep ends in the bytes
 * of the undisturbed one, and what was kept is not computed again. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/philox.h"
#include "base/text.h"
#include "run/progress.h"

enum { KILLS = 50 };
static const char *const side_files[] = {"gemm_error.csv",       "gemm_error.library.csv", "gemm_error.timing.csv",
                                         "gemm_error.meta.json", "gemm_error.csv.part",    "said"};

/* Runs the sweep in the current folder; kills it after so many seconds unless that is 0. True: it ended by itself, well. */
static bool sweep(bool resume, double kill_after) {
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        int said = open("said", O_WRONLY | O_CREAT | O_TRUNC, 0666), out = open("/dev/null", O_WRONLY);
        dup2(said, STDERR_FILENO);
        dup2(out, STDOUT_FILENO);
        execl(PX_BINARY_DIR "/precx", "precx", "run", PX_SOURCE_DIR "/experiments/gemm_error.ini", "--profile", "ci",
              "-o", ".", "-j", "2", resume ? "--resume" : NULL, NULL);
        _exit(127);
    }
    if (kill_after > 0) {
        usleep((useconds_t)(kill_after * 1e6));
        kill(child, SIGKILL);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFSIGNALED(status)) {
        assert_int_equal(WTERMSIG(status), SIGKILL);
        return false;
    }
    assert_int_equal(WEXITSTATUS(status), 0);
    return true;
}

static char *read_file(const char *path) {
    px_text all = {0};
    px_text_add(&all, "");
    FILE *f = fopen(path, "rb");
    if (!f) fail_msg("%s is missing", path);
    for (int c; (c = getc(f)) != EOF;) px_text_add_bytes(&all, &(char){(char)c}, 1);
    fclose(f);
    return all.s;
}

static int count_lines(const char *path) {
    char *text = read_file(path);
    int n = 0;
    for (const char *p = text; *p; p++) n += *p == '\n';
    free(text);
    return n;
}

/* How many cells the last run found in the journal; all of its others have a time. */
static long kept_cells(void) {
    char *said = read_file("said");
    const char *line = strstr(said, "resumed: ");
    long kept = 0, all = 0;
    if (line) assert_int_equal(sscanf(line, "resumed: %ld of %ld cells kept", &kept, &all), 2);
    if (line) assert_int_equal(count_lines("gemm_error.timing.csv"), 1 + all - kept);
    free(said);
    return kept;
}

static void fifty_kills(void **state) {
    (void)state;
    char folder[] = "/tmp/px_kill_XXXXXX";
    assert_non_null(mkdtemp(folder));
    assert_int_equal(chdir(folder), 0);
    double begin = px_seconds();
    assert_true(sweep(false, 0));
    double whole = px_seconds() - begin;
    char *want = read_file("gemm_error.csv");
    int kills = 0, sweeps = 0;
    long kept = 0;
    for (uint64_t i = 0; kills < KILLS; i++) {
        unlink("gemm_error.csv");
        double moment = whole * 0.6 * (double)(px_philox(42, 0, i).lo >> 11) * 0x1p-53 + 1e-3;
        if (!sweep(true, moment)) {
            kills++;
            continue;
        }
        char *got = read_file("gemm_error.csv");
        if (strcmp(got, want) != 0) fail_msg("another table after %d kills", kills);
        free(got);
        assert_int_equal(access("gemm_error.csv.part", F_OK), -1);
        kept += kept_cells();
        sweeps++;
    }
    print_message("%d kills, %d sweeps ended, %ld cells were kept\n", kills, sweeps, kept);
    assert_true(sweeps > 0 && kept > 0);
    free(want);
    for (size_t i = 0; i < sizeof side_files / sizeof *side_files; i++) unlink(side_files[i]);
    assert_int_equal(chdir("/"), 0);
    rmdir(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(fifty_kills)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
