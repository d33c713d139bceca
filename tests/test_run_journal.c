/* The journal: what a kill, a full disk, an editor or a second run can do to it. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/philox.h"
#include "run/journal.h"
#include "support/toy.h"

enum { N_CELLS = 12 };
static px_toy toy;
static char *table, *library; /* of an undisturbed run */

static char *must_read(const char *name, size_t *n) {
    char *s = px_toy_read(&toy, name, n);
    if (!s) fail_msg("%s is missing", name);
    return s;
}

static void expect_said(const char *what) {
    char *said = must_read("stderr", NULL);
    if (!strstr(said, what)) fail_msg("'%s' was not said, but: %s", what, said);
    free(said);
}

static void expect_same_tables(const char *after) {
    char *csv = must_read("toy.csv", NULL), *lib = must_read("toy.library.csv", NULL);
    if (strcmp(csv, table) != 0 || strcmp(lib, library) != 0) fail_msg("another table after %s", after);
    if (px_toy_exists(&toy, "toy.csv.part")) fail_msg("the journal is still there after %s", after);
    free(csv);
    free(lib);
}

static void forget_tables(void) {
    px_toy_remove(&toy, "toy.csv");
    px_toy_remove(&toy, "toy.library.csv");
    px_toy_remove(&toy, "toy.timing.csv");
    px_toy_remove(&toy, "toy.meta.json");
}

/* The journal of a run that is interrupted while it computes the last cell: all cells but those that had not begun. */
static char *interrupted_journal(size_t *n) {
    forget_tables();
    px_toy_signal_at = N_CELLS - 1;
    assert_int_equal(px_toy_go(&toy, (px_toy_run){.jobs = 1}), PX_INTERRUPTED);
    px_toy_signal_at = -1;
    assert_false(px_toy_exists(&toy, "toy.csv"));
    return must_read("toy.csv.part", n);
}

static int resume(void) { return px_toy_go(&toy, (px_toy_run){.jobs = 1, .resume = true}); }

static void interrupted_and_resumed(void **state) {
    (void)state;
    size_t n;
    free(interrupted_journal(&n));
    expect_said("interrupted after ");
    expect_said("continue with: precx run /home/me/experiments/toy.ini --filter 'n <= 64' --resume\n");
    int64_t done;
    char *said = must_read("stderr", NULL);
    assert_int_equal(sscanf(strstr(said, "interrupted after "), "interrupted after %ld", &done), 1);
    free(said);
    assert_true(done > 0 && done < N_CELLS);
    assert_int_equal(resume(), PX_OK);
    char want[64];
    snprintf(want, sizeof want, "resumed: %ld of %d cells kept\n", done, N_CELLS);
    expect_said(want);
    expect_same_tables("an interrupt");
    int lines = 0; /* only what was computed now has a time */
    char *timing = must_read("toy.timing.csv", NULL);
    for (char *p = timing; *p; p++) lines += *p == '\n';
    assert_int_equal(lines, 1 + N_CELLS - done);
    free(timing);
}

static void cut_at_every_byte(void **state) {
    (void)state;
    size_t n;
    char *journal = interrupted_journal(&n);
    for (size_t cut = 0; cut < n; cut++) {
        char after[64];
        snprintf(after, sizeof after, "a cut at byte %zu of %zu", cut, n);
        forget_tables();
        px_toy_write(&toy, "toy.csv.part", journal, cut);
        if (resume() != PX_OK) fail_msg("refused after %s", after);
        expect_same_tables(after);
    }
    free(journal);
}

/* A power cut may leave blocks of zeros where the tail should be. */
static void zeros_at_the_end(void **state) {
    (void)state;
    size_t n;
    char *journal = interrupted_journal(&n);
    memset(journal + n - 30, 0, 30);
    px_toy_write(&toy, "toy.csv.part", journal, n);
    assert_int_equal(resume(), PX_OK);
    expect_said("a torn end of ");
    expect_same_tables("zeros at the end");
    free(journal);
}

/* What reading these bytes says. */
static px_status parse(const char *journal, size_t n, const char *header) {
    px_journal j = {.fd = -1, .path = "toy.csv.part"};
    px_error err;
    px_status status = px_journal_parse(&j, journal, n, header, &err);
    px_journal_close(&j);
    return status;
}

/* One byte changed anywhere: refused, or (where it looks like a torn end) dropped and computed again. Never believed. */
static void one_byte_edited_anywhere(void **state) {
    (void)state;
    size_t n;
    int refused = 0;
    char *journal = interrupted_journal(&n), *header = strndup(journal, strcspn(journal, "\n") + 1);
    for (size_t at = 0; at < n; at++) {
        char after[64], was = journal[at];
        snprintf(after, sizeof after, "an edit of byte %zu of %zu", at, n);
        journal[at] = was == '7' ? '8' : '7';
        px_status status = parse(journal, n, header);
        if (status == PX_OK) {
            forget_tables();
            px_toy_write(&toy, "toy.csv.part", journal, n);
            assert_int_equal(resume(), PX_OK);
            expect_same_tables(after);
        }
        journal[at] = was;
        refused += status == PX_BAD_FILE;
    }
    assert_true(refused > (int)n - 100 && refused < (int)n);
    free(header);
    free(journal);
}

static void edits_are_named(void **state) {
    (void)state;
    size_t n;
    char *journal = interrupted_journal(&n), *value = strstr(journal, ",0.2,");
    assert_non_null(value);
    value[2] = '9';
    px_toy_write(&toy, "toy.csv.part", journal, n);
    assert_int_equal(resume(), PX_BAD_FILE);
    expect_said("toy.csv.part:");
    expect_said(": error: the checksum does not fit: the journal was edited or damaged");
    value[2] = '.';
    px_text twice = {0};
    px_text_add_bytes(&twice, journal, n);
    px_text_add(&twice, strchr(journal, '\n') + 1);
    px_toy_write(&toy, "toy.csv.part", twice.s, twice.length);
    assert_int_equal(resume(), PX_BAD_FILE);
    expect_said("stands there twice");
    px_text_free(&twice);
    free(journal);
}

/* What was kept is not computed again: an altered value whose checksum was made to fit is in the table at the end. */
static void kept_values_are_not_computed_again(void **state) {
    (void)state;
    size_t n;
    char *journal = interrupted_journal(&n), *value = strstr(journal, ",0.2,");
    long long cell, rows;
    size_t main_bytes, library_bytes;
    char *head = value;
    while (strncmp(head, "cell ", 5) != 0 || head[-1] != '\n') head--;
    assert_int_equal(sscanf(head, "cell %lld %lld %zu %zu", &cell, &rows, &main_bytes, &library_bytes), 4);
    memcpy(value, ",0.7,", 5);
    px_text line = {0};
    px_journal_head(cell, rows, main_bytes, library_bytes, strchr(head, '\n') + 1, &line);
    memcpy(head, line.s, line.length);
    px_text_free(&line);
    forget_tables();
    px_toy_write(&toy, "toy.csv.part", journal, n);
    assert_int_equal(resume(), PX_OK);
    char *want = strdup(table), *got = must_read("toy.csv", NULL);
    value = strstr(want, ",0.2,");
    while (strcmp(got, want) != 0 && value) { /* the one occurrence that was altered */
        memcpy(value, ",0.7,", 5);
        if (strcmp(got, want) == 0) break;
        memcpy(value, ",0.2,", 5);
        value = strstr(value + 1, ",0.2,");
    }
    assert_non_null(value);
    free(want);
    free(got);
    free(journal);
}

static void another_run_is_refused(void **state) {
    (void)state;
    size_t n;
    free(interrupted_journal(&n));
    px_experiment before = toy.experiment;
    toy.experiment.seed = 43;
    memset(toy.experiment.hash, 'b', 64);
    assert_int_equal(resume(), PX_BAD_FILE);
    expect_said("toy.csv.part: the journal of another run: seed is 42 there and 43 here");
    toy.experiment.seed = 42;
    assert_int_equal(resume(), PX_BAD_FILE);
    expect_said("plan is aaaaaaaaaaaaaaaa there and bbbbbbbbbbbbbbbb here");
    toy.experiment = before;
    toy.experiment.profile = "ci";
    assert_int_equal(resume(), PX_BAD_FILE);
    expect_said("profile is - there and ci here");
    toy.experiment = before;
    char *journal = px_toy_read(&toy, "toy.csv.part", &n); /* under the name of a part's */
    px_toy_write(&toy, "toy.1of2.csv.part", journal, n);
    free(journal);
    assert_int_equal(px_toy_go(&toy, (px_toy_run){.resume = true, .shard = 1, .n_shards = 2}), PX_BAD_FILE);
    expect_said("shard is 1/1 there and 1/2 here");
    toy.plan.n_cells--;
    assert_int_equal(resume(), PX_BAD_FILE);
    expect_said("selection is ");
    toy.plan.n_cells++;
    assert_int_equal(resume(), PX_OK);
    expect_same_tables("five refusals");
}

static void without_resume_the_run_starts_over(void **state) {
    (void)state;
    size_t n;
    free(interrupted_journal(&n));
    assert_int_equal(px_toy_go(&toy, (px_toy_run){.jobs = 1}), PX_OK);
    expect_said("were discarded (--resume keeps them)");
    expect_same_tables("a new start");
    assert_int_equal(resume(), PX_OK);
    expect_said("resumed: 0 of 12 cells kept\n");
}

static void two_runs_on_one_table(void **state) {
    (void)state;
    size_t n;
    char path[128];
    free(interrupted_journal(&n));
    snprintf(path, sizeof path, "%s/toy.csv.part", toy.directory);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(px_toy_go(&toy, (px_toy_run){.jobs = 1, .resume = i}), PX_INCOMPLETE);
        expect_said("toy.csv.part: another run is writing this table");
    }
    close(fd);
    assert_int_equal(resume(), PX_OK);
    expect_same_tables("waiting for the other run");
}

/* A disk that is full from some byte on (a limit on the size of every file stands for it): said, nothing half-named,
 * and with room again the run goes on. */
static void full_disk_at_any_moment(void **state) {
    (void)state;
    for (long limit = 1; limit < 4000; limit += 37) {
        forget_tables();
        px_toy_remove(&toy, "toy.csv.part");
        int status = px_toy_go(&toy, (px_toy_run){.jobs = 2, .file_limit = limit});
        if (status == PX_OK) fail_msg("complete within %ld bytes", limit);
        assert_int_equal(status, PX_INCOMPLETE);
        static const char *const names[] = {
            "toy.csv",     "toy.library.csv",     "toy.timing.csv",     "toy.meta.json",
            "toy.csv.new", "toy.library.csv.new", "toy.timing.csv.new", "toy.meta.json.new"};
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
            if (px_toy_exists(&toy, names[i])) fail_msg("%s is there with %ld bytes of room", names[i], limit);
        assert_int_equal(resume(), PX_OK);
        expect_same_tables("a full disk");
    }
}

/* The same on a real disk that is full: a tiny tmpfs, where this process may mount one (in a mount namespace of its
 * own). */
static void full_tmpfs(void **state) {
    (void)state;
    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("none", toy.directory, "tmpfs", 0, "size=12k") != 0) {
        print_message("skipped: a tmpfs cannot be mounted here\n");
        skip();
    }
    px_toy_write(&toy, "ballast", table, 4096 < strlen(table) ? 4096 : strlen(table)); /* a page */
    assert_int_equal(px_toy_go(&toy, (px_toy_run){.jobs = 1}), PX_INCOMPLETE);
    assert_false(px_toy_exists(&toy, "toy.csv"));
    assert_false(px_toy_exists(&toy, "toy.csv.new"));
    assert_int_equal(mount("none", toy.directory, "tmpfs", MS_REMOUNT, "size=100k"), 0);
    assert_int_equal(resume(), PX_OK);
    expect_same_tables("a full tmpfs");
    px_toy_remove(&toy, "ballast");
    forget_tables();
    px_toy_remove(&toy, "stderr");
    assert_int_equal(umount(toy.directory), 0);
}

static void killed_at_random_moments(void **state) {
    (void)state;
    px_toy_sleep_us = 1500;
    for (uint64_t round = 0; round < 20; round++) {
        forget_tables();
        px_toy_remove(&toy, "toy.csv.part");
        int status = -1, kills = 0;
        for (; status != PX_OK; kills++) {
            long after = (long)(px_philox(42, round, (uint64_t)kills).lo % 16000) + 1;
            status = px_toy_go(&toy, (px_toy_run){.jobs = 2, .resume = true, .kill_after_us = kills < 5 ? after : 0});
            assert_true(status == PX_OK || status == 128 + 9);
        }
        expect_same_tables("kills");
    }
    px_toy_sleep_us = 0;
}

static int setup(void **state) {
    (void)state;
    toy = px_toy_new(N_CELLS);
    if (px_toy_go(&toy, (px_toy_run){.jobs = 1}) != PX_OK) return -1;
    table = px_toy_read(&toy, "toy.csv", NULL);
    library = px_toy_read(&toy, "toy.library.csv", NULL);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    px_toy_free(&toy);
    free(table);
    free(library);
    return 0;
}

int main(void) {
#define IN_FRESH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        IN_FRESH(interrupted_and_resumed),
        IN_FRESH(cut_at_every_byte),
        IN_FRESH(zeros_at_the_end),
        IN_FRESH(one_byte_edited_anywhere),
        IN_FRESH(edits_are_named),
        IN_FRESH(kept_values_are_not_computed_again),
        IN_FRESH(another_run_is_refused),
        IN_FRESH(without_resume_the_run_starts_over),
        IN_FRESH(two_runs_on_one_table),
        IN_FRESH(full_disk_at_any_moment),
        IN_FRESH(full_tmpfs),
        IN_FRESH(killed_at_random_moments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
