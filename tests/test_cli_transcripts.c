/* Runs the commands of transcripts and compares what they print, byte by byte. Every file of tests/cli is a transcript:
 *
 *     $ a command, given to sh in a folder of its own (the next ones run in the same folder)
 *     + a further line of it
 *     > a line of its stdout
 *     ! a line of its stderr
 *     = its exit code, when not 0
 *
 * Any other line is a remark. $PX_SOURCE and $PX_BINARY are the source and the build folder. The console blocks of README.md are transcripts too (`$` a command, the rest its stdout,
 * exit code 0), in which "..." stands for any text. PX_UPDATE_TRANSCRIPTS=1 writes what was printed into tests/cli. */
#define _XOPEN_SOURCE 700
#include <dirent.h>
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

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"

typedef struct step {
    int line;
    px_text command, out, err; /* out, err: what is expected */
    int code;
} step;

typedef struct transcript {
    char path[1024];
    step steps[128];
    int n;
    bool loose; /* README: "..." stands for any text, stderr is not looked at */
} transcript;

static void add_line(px_text *t, const char *line) {
    px_text_add(t, line);
    px_text_add(t, "\n");
}

static step *new_step(transcript *t, int line, const char *command) {
    assert_true(t->n < (int)(sizeof t->steps / sizeof *t->steps));
    step *s = &t->steps[t->n++];
    *s = (step){.line = line};
    px_text_add(&s->command, command);
    return s;
}

/* A line of a transcript, after its two first bytes. */
static void read_transcript_line(transcript *t, int n, const char *line) {
    step *s = t->n ? &t->steps[t->n - 1] : NULL;
    const char *rest = line[0] && line[1] ? line + 2 : "";
    switch (line[0]) {
    case '$': new_step(t, n, rest); break;
    case '+': px_text_printf(&s->command, "\n%s", rest); break;
    case '>': add_line(&s->out, rest); break;
    case '!': add_line(&s->err, rest); break;
    case '=': s->code = atoi(rest); break;
    default: break;
    }
}

static void read_readme_line(transcript *t, int n, const char *line, bool *inside) {
    if (strcmp(line, "```console") == 0)
        *inside = true;
    else if (strncmp(line, "```", 3) == 0)
        *inside = false;
    else if (*inside && strncmp(line, "$ ", 2) == 0)
        new_step(t, n, line + 2);
    else if (*inside && t->n)
        add_line(&t->steps[t->n - 1].out, line);
}

static void read_transcript(transcript *t) {
    char line[4096];
    bool inside = false;
    FILE *f = fopen(t->path, "r");
    assert_non_null(f);
    for (int n = 1; fgets(line, sizeof line, f); n++) {
        line[strcspn(line, "\n")] = '\0';
        if (t->loose)
            read_readme_line(t, n, line, &inside);
        else
            read_transcript_line(t, n, line);
    }
    fclose(f);
}

static px_text read_all(const char *path) {
    px_text t = {0};
    char buffer[4096];
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    for (size_t n; (n = fread(buffer, 1, sizeof buffer, f)) > 0;) px_text_add_bytes(&t, buffer, n);
    fclose(f);
    return t;
}

/* True when s is the pattern, in which "..." stands for any text. */
static bool matches(const char *pattern, const char *s) {
    for (; strncmp(pattern, "...", 3) != 0; pattern++, s++) {
        if (*pattern != *s) return false;
        if (!*s) return true;
    }
    pattern += 3 + strspn(pattern + 3, ".");
    for (;; s++) {
        if (matches(pattern, s)) return true;
        if (!*s) return false;
    }
}

static bool same(const transcript *t, const px_text *want, const px_text *got) {
    if (t->loose) return matches(px_text_str(want), px_text_str(got));
    return strcmp(px_text_str(want), px_text_str(got)) == 0;
}

__attribute__((format(printf, 1, 2))) static int shell(const char *format, ...) {
    char command[2048];
    va_list args;
    va_start(args, format);
    assert_true(vsnprintf(command, sizeof command, format, args) < (int)sizeof command);
    va_end(args);
    int status = system(command);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* The step in `folder`/here; its script and its output lie beside, where `ls` does not see them. */
static int run_step(const char *folder, const step *s, px_text *out, px_text *err) {
    char path[1024];
    snprintf(path, sizeof path, "%s/script", folder);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fprintf(f, "%s\n", px_text_str(&s->command));
    fclose(f);
    int code = shell("cd '%s/here' && exec sh ../script >../out 2>../err </dev/null", folder);
    snprintf(path, sizeof path, "%s/out", folder);
    *out = read_all(path);
    snprintf(path, sizeof path, "%s/err", folder);
    *err = read_all(path);
    return code;
}

static void print_lines(FILE *f, char mark, const px_text *t) {
    for (const char *p = px_text_str(t); *p;) {
        size_t n = strcspn(p, "\n");
        fprintf(f, n ? "%c %.*s\n" : "%c\n", mark, (int)n, p);
        p += n + (p[n] == '\n');
    }
}

static void print_step(FILE *f, const step *s) {
    px_text command = {0};
    add_line(&command, px_text_str(&s->command));
    const char *p = px_text_str(&command);
    for (char mark = '$'; *p; mark = '+') {
        size_t n = strcspn(p, "\n");
        fprintf(f, n ? "%c %.*s\n" : "%c\n", mark, (int)n, p);
        p += n + 1;
    }
    px_text_free(&command);
    print_lines(f, '>', &s->out);
    print_lines(f, '!', &s->err);
    if (s->code) fprintf(f, "= %d\n", s->code);
}

/* Writes the transcript again with what was printed; remarks stay where they were, before their step. */
static void update(const transcript *t, const step *got) {
    char line[4096], path[1100];
    int at = -1;
    FILE *in = fopen(t->path, "r");
    snprintf(path, sizeof path, "%s.new", t->path);
    FILE *out = fopen(path, "w");
    assert_non_null(in);
    assert_non_null(out);
    while (fgets(line, sizeof line, in)) {
        if (line[0] == '$')
            print_step(out, &got[++at]);
        else if (!strchr("+>!=", line[0]))
            fputs(line, out);
    }
    fclose(in);
    fclose(out);
    assert_int_equal(rename(path, t->path), 0);
}

static void run_transcript(void **state) {
    transcript *t = *state;
    const char *tmp = getenv("TMPDIR");
    char folder[512];
    int wrong = 0;
    bool updating = !t->loose && getenv("PX_UPDATE_TRANSCRIPTS");
    snprintf(folder, sizeof folder, "%s/precx-cli-XXXXXX", tmp ? tmp : "/tmp");
    assert_non_null(mkdtemp(folder));
    assert_int_equal(shell("mkdir '%s/here'", folder), 0);
    if (t->loose) assert_int_equal(shell("cp -R '" PX_SOURCE_DIR "/experiments' '%s/here'", folder), 0);
    read_transcript(t);
    assert_true(t->n > 0);
    step *got = calloc((size_t)t->n, sizeof *got);
    assert_non_null(got);
    for (int i = 0; i < t->n; i++) {
        const step *want = &t->steps[i];
        got[i] = (step){.line = want->line, .command = want->command};
        got[i].code = run_step(folder, want, &got[i].out, &got[i].err);
        if (updating || (got[i].code == want->code && same(t, &want->out, &got[i].out) &&
                         (t->loose || same(t, &want->err, &got[i].err))))
            continue;
        fprintf(stderr, "%s:%d: expected\n", t->path, want->line);
        print_step(stderr, want);
        fprintf(stderr, "but got\n");
        print_step(stderr, &got[i]);
        wrong++;
    }
    if (updating) update(t, got);
    assert_int_equal(shell("rm -rf '%s'", folder), 0);
    for (int i = 0; i < t->n; i++) {
        px_text_free(&got[i].out);
        px_text_free(&got[i].err);
        px_text_free(&t->steps[i].command);
        px_text_free(&t->steps[i].out);
        px_text_free(&t->steps[i].err);
    }
    free(got);
    if (wrong) fail_msg("%s: %d of %d commands differ", t->path, wrong, t->n);
}

/* The comparison itself, seen to refuse. */
static void a_difference_is_seen(void **state) {
    (void)state;
    assert_true(matches("a...c\n", "abbc\n"));
    assert_true(matches("a...", "a"));
    assert_false(matches("a...c\n", "abbd\n"));
    assert_false(matches("abc", "abd"));
    assert_false(matches("ab", "abc"));
    transcript t = {.loose = false};
    px_text a = {0}, b = {0};
    px_text_add(&a, "...");
    px_text_add(&b, "x");
    assert_false(same(&t, &a, &b));
    px_text_free(&a);
    px_text_free(&b);
}

int main(void) {
    enum { MOST = 64 };
    static transcript transcripts[MOST];
    static struct CMUnitTest tests[MOST + 1];
    size_t n = 0;
    struct dirent **files;
    int n_files = scandir(PX_SOURCE_DIR "/tests/cli", &files, NULL, alphasort);
    const char *path = getenv("PATH");
    px_text search = {0};
    px_text_printf(&search, PX_BINARY_DIR ":%s", path ? path : "/usr/bin:/bin");
    setenv("PATH", px_text_str(&search), 1);
    px_text_free(&search);
    setenv("PX_SOURCE", PX_SOURCE_DIR, 1);
    setenv("PX_BINARY", PX_BINARY_DIR, 1);
    unsetenv("NO_COLOR");
    for (int i = 0; i < n_files && n + 1 < MOST; i++) {
        const char *name = files[i]->d_name;
        size_t length = strlen(name);
        if (length > 4 && strcmp(name + length - 4, ".txt") == 0)
            snprintf(transcripts[n++].path, sizeof transcripts->path, PX_SOURCE_DIR "/tests/cli/%s", name);
    }
    snprintf(transcripts[n].path, sizeof transcripts->path, PX_SOURCE_DIR "/README.md");
    transcripts[n++].loose = true;
    for (size_t i = 0; i < n; i++)
        tests[i] =
            (struct CMUnitTest){strrchr(transcripts[i].path, '/') + 1, run_transcript, NULL, NULL, &transcripts[i]};
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(a_difference_is_seen);
    for (int i = 0; i < n_files; i++) free(files[i]);
    if (n_files >= 0) free(files);
    return _cmocka_run_group_tests("transcripts", tests, n, NULL, NULL);
}
