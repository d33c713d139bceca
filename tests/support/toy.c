#define _GNU_SOURCE
#include "support/toy.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/parallel.h"

long px_toy_sleep_us, px_toy_signal_at = -1;

static const char *const words[] = {"plain", "with, comma", "failing", NULL};
static const px_param params[] = {
    {.name = "word", .type = PX_PARAM_WORD, .fallback = "plain", .words = words, .help = "a word"},
    {.name = "n", .type = PX_PARAM_INT, .fallback = "1", .lo = 1, .hi = 1e6, .input = true, .help = "a size"},
    {.name = "rep", .type = PX_PARAM_INT, .fallback = "1", .lo = 1, .hi = 1e6, .input = true, .help = "a draw"},
};
static const px_column columns[] = {
    {"step", "", PX_COLUMN_INTEGER, PX_CLASS_KEY, "which row of the cell"},
    {"err_rel", "1", PX_COLUMN_NUMBER, PX_CLASS_EXACT, "an error"},
    {"err_ulp", "ulp(out)", PX_COLUMN_NUMBER, PX_CLASS_EXACT, "another error"},
    {"bound_det", "1", PX_COLUMN_NUMBER, PX_CLASS_EXACT, "a bound"},
    {"kappa_lapack", "1", PX_COLUMN_NUMBER, PX_CLASS_LIBRARY, "what a library says"},
    {"status", "", PX_COLUMN_TEXT, PX_CLASS_EXACT, "the worst that happened"},
    {"note", "", PX_COLUMN_TEXT, PX_CLASS_EXACT, "text that needs quoting"},
};
enum { N_PARAMS = sizeof params / sizeof *params, N_COLUMNS = sizeof columns / sizeof *columns };

static px_cost toy_cost(const px_case *c) { return (px_cost){(double)(c->index % 7 + 1) * 1e3, 1e6}; }

static px_status toy_run(const px_case *c, px_lab *lab, px_sink *sink, px_error *err) {
    if (px_toy_sleep_us) usleep((useconds_t)px_toy_sleep_us);
    if (c->index == px_toy_signal_at) kill(getpid(), SIGINT);
    int64_t n = c->values[1].integer, rep = c->values[2].integer;
    bool fails = c->values[0].word == 2 && rep == 2;
    for (int64_t step = 0; step < n % 3 + 1; step++) {
        if (fails && (n % 2 || step == 1)) return px_fail(err, PX_INCOMPLETE, "n = %d is too much", (int)n);
        px_row row = px_row_new(lab->arena, columns, N_COLUMNS);
        px_row_integer(&row, "step", step);
        px_row_number(&row, "err_rel", 1.0 / (double)(3 * n + rep + step));
        px_row_value(&row, "err_ulp", n == 4 ? __builtin_inf() : 0.1 * (double)n);
        px_row_number(&row, "bound_det", __builtin_nan(""));
        if (c->values[0].word == 1) px_row_number(&row, "kappa_lapack", (double)n + 0.5);
        px_row_text(&row, "note", n % 2 ? "\"quoted\", and\na second line" : "plain");
        px_row_text(&row, "status", n == 4 ? "overflow" : "ok");
        PX_TRY(sink->emit(sink, &row, err));
    }
    return PX_OK;
}

static px_value number(px_arena *arena, int64_t x) {
    return (px_value){
        .text = px_arena_printf(arena, "%lld", (long long)x), .word = -1, .real = (double)x, .integer = x};
}

static px_case make_cell(px_arena *arena, int i) {
    px_value *v = PX_NEW_ARRAY(arena, px_value, N_PARAMS);
    v[0] = (px_value){.text = words[i % 3], .word = i % 3};
    v[1] = number(arena, i / 6 + 1);
    v[2] = number(arena, i / 3 % 2 + 1);
    const char *id = px_arena_printf(arena, "%s/%s/%s", v[0].text, v[1].text, v[2].text);
    return (px_case){params, v, N_PARAMS, i, id, 42};
}

px_toy px_toy_new(int n_cells) {
    px_toy t = {.arena = px_arena_new()};
    t.kind = (px_kind){
        .spec = {"toy", params, N_PARAMS, columns, N_COLUMNS, NULL}, .question = "?", .cost = toy_cost, .run = toy_run};
    px_case *cells = PX_NEW_ARRAY(t.arena, px_case, n_cells);
    for (int i = 0; i < n_cells; i++) cells[i] = make_cell(t.arena, i);
    static const px_dropped dropped[] = {{"exclude (line 6)", 3}};
    t.plan = (px_plan){.cells = cells,
                       .n_cells = n_cells,
                       .n_unfiltered = n_cells,
                       .n_combinations = n_cells + 3,
                       .dropped = dropped,
                       .n_dropped = 1};
    t.experiment = (px_experiment){.path = "experiments/toy.ini", .stem = "toy", .title = "A toy", .seed = 42};
    t.experiment.ini.bytes = "[experiment]\nkind = toy\n";
    t.experiment.ini.n_bytes = strlen(t.experiment.ini.bytes);
    memset(t.experiment.hash, 'a', 64);
    strcpy(t.directory, "/dev/shm/px_toy_XXXXXX"); /* where syncing costs nothing */
    if (!mkdtemp(t.directory)) PX_ASSERT(mkdtemp(strcpy(t.directory, "/tmp/px_toy_XXXXXX")));
    return t;
}

static const char *path_of(const px_toy *t, const char *name, char path[512]) {
    snprintf(path, 512, "%s/%s", t->directory, name);
    return path;
}

void px_toy_free(px_toy *t) {
    char path[512];
    DIR *d = opendir(t->directory);
    for (struct dirent *e; d && (e = readdir(d));)
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0) remove(path_of(t, e->d_name, path));
    if (d) closedir(d);
    rmdir(t->directory);
    px_arena_free(t->arena);
}

static int run_child(const px_toy *t, px_toy_run how) {
    char path[512];
    static const char *const argv[] = {"precx", "run", "/home/me/experiments/toy.ini", "--filter", "n <= 64", NULL};
    int fd = open(path_of(t, "stderr", path), O_WRONLY | O_CREAT | O_TRUNC, 0666);
    dup2(fd, STDERR_FILENO);
    struct rlimit size;
    getrlimit(RLIMIT_FSIZE, &size);
    if (how.file_limit > 0) setrlimit(RLIMIT_FSIZE, &(struct rlimit){(rlim_t)how.file_limit, size.rlim_max});
    px_parallel_set_jobs(how.jobs);
    px_experiment experiment = t->experiment;
    experiment.kind = &t->kind.spec;
    px_run_options options = {.output_dir = t->directory,
                              .resume = how.resume,
                              .argv = argv,
                              .argc = 5,
                              .shard = how.shard,
                              .n_shards = how.n_shards,
                              .progress = how.progress};
    px_run_result result;
    px_error err = {PX_OK, ""};
    px_status status = px_run(&experiment, &t->plan, &t->kind, &options, &result, &err);
    setrlimit(RLIMIT_FSIZE, &size);
    if (status != PX_OK) fprintf(stderr, "%s\n", err.text);
    return status;
}

int px_toy_go(const px_toy *t, px_toy_run how) {
    fflush(NULL);
    pid_t child = fork();
    PX_ASSERT(child >= 0);
    if (child == 0) _exit(run_child(t, how));
    if (how.kill_after_us > 0) {
        usleep((useconds_t)how.kill_after_us);
        kill(child, SIGKILL);
    }
    int status;
    PX_ASSERT(waitpid(child, &status, 0) == child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

char *px_toy_read(const px_toy *t, const char *name, size_t *n) {
    char path[512];
    FILE *f = fopen(path_of(t, name, path), "rb");
    if (!f) return NULL;
    px_text all = {0};
    px_text_add(&all, "");
    for (int c; (c = getc(f)) != EOF;) px_text_add_bytes(&all, &(char){(char)c}, 1);
    fclose(f);
    if (n) *n = all.length;
    return all.s;
}

void px_toy_write(const px_toy *t, const char *name, const char *bytes, size_t n) {
    char path[512];
    FILE *f = fopen(path_of(t, name, path), "wb");
    PX_ASSERT(f && fwrite(bytes, 1, n, f) == n);
    fclose(f);
}

bool px_toy_exists(const px_toy *t, const char *name) {
    char path[512];
    return access(path_of(t, name, path), F_OK) == 0;
}

void px_toy_remove(const px_toy *t, const char *name) {
    char path[512];
    remove(path_of(t, name, path));
}
