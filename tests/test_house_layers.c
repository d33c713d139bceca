/* The house rules that a reader of #include lines can check: which room may enter which, how long a file may be, and what
 * must not stand anywhere. The table is complete and not transitive. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct room {
    const char *name, *may_enter; /* words are rooms, or files of a room */
} rooms[] = {
    {"base", ""},
    {"arith", "base"},
    {"matrix", "base arith"},
    {"op", "base arith matrix"},
    {"kernel", "arith"},
    {"emu", "base arith matrix op kernel"},
    {"backend", "base arith matrix op emu"},
    {"ref", "base matrix op arith/fp.h arith/recipe.h arith/rounding.h"}, /* never the arithmetic it judges */
    {"io", "base arith matrix"},
    {"data", "base arith matrix io"},
    {"metric", "base arith matrix"},
    {"solve", "base arith matrix op metric"},
    {"nn", "base arith matrix op metric"},
    {"spec", "base arith"},
    {"kind", "spec data nn solve op backend ref metric io matrix arith base"},
    {"run", "base spec kind io"},
    {"gate", "base spec io"},
    {"report", "base spec io"},
    {"selftest", "base arith matrix op kernel/fn.h emu backend metric"},
    {"cli", "base arith matrix op kernel emu backend selftest ref io data metric solve nn spec kind run gate report"},
    /* Beside src/: plug-ins, which write every operation anew. The headers of cuda/emu are its own. */
    {"cuda", "base arith matrix op kernel/fn.h kernel/fn.c emu/arith.h emu/language.h emu/runtime.h emu/wmma.h emu/cublas.h"},
};

/* Each exception is one line: the file, what it includes, why. */
static const struct exception {
    const char *file, *include, *why;
} exceptions[] = {
    {"cuda/emu/unit.c", "kernel/mma.h", "the stand-in for a matrix unit is its model"},
};

/* A file longer than this is a crowded room. */
enum { MAX_LINES = 450 };

static int failures;

static const struct room *find_room(const char *name) {
    for (size_t i = 0; i < sizeof rooms / sizeof *rooms; i++)
        if (strcmp(rooms[i].name, name) == 0) return &rooms[i];
    return NULL;
}

static int word_in(const char *words, const char *word, size_t length) {
    for (const char *p = words; *p;) {
        size_t n = strcspn(p, " ");
        if (n == length && memcmp(p, word, n) == 0) return 1;
        p += n;
        p += strspn(p, " ");
    }
    return 0;
}

static int allowed(const struct room *room, const char *file, const char *include) {
    size_t slash = strcspn(include, "/");
    if (include[slash] == '\0') return 1; /* not a room's header: generated or of the same folder */
    if (strlen(room->name) == slash && memcmp(room->name, include, slash) == 0) return 1;
    if (word_in(room->may_enter, include, slash) || word_in(room->may_enter, include, strlen(include))) return 1;
    for (size_t i = 0; i < sizeof exceptions / sizeof *exceptions; i++)
        if (strcmp(exceptions[i].file, file) == 0 && strcmp(exceptions[i].include, include) == 0) return 1;
    return 0;
}

static void complain(const char *file, int line, const char *what, const char *detail) {
    fprintf(stderr, "%s:%d: %s%s\n", file, line, what, detail);
    failures++;
}

static void read_file(const struct room *room, const char *path, const char *name) {
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    char line[4096], include[256];
    int n = 0;
    while (fgets(line, sizeof line, f)) {
        n++;
        if (sscanf(line, " #include \"%255[^\"]\"", include) == 1 && !allowed(room, name, include))
            complain(name, n, "may not include ", include);
        if (strstr(line, "reduction(")) complain(name, n, "OpenMP reductions change the order of sums", "");
        if (strstr(line, "setlocale(")) complain(name, n, "the C locale is the only one", "");
    }
    if (n > MAX_LINES) complain(name, n, "the file is longer than 450 lines", "");
    fclose(f);
}

/* C, C++ or CUDA. */
static int is_source(const char *name) {
    static const char *const endings[] = {".c", ".h", ".cpp", ".cu", ".cuh"};
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot && i < sizeof endings / sizeof *endings; i++)
        if (strcmp(dot, endings[i]) == 0) return 1;
    return 0;
}

/* The files of a room, or of a folder in it. */
static int read_folder(const struct room *room, const char *subfolder) {
    char folder[1024], path[2048], name[512];
    snprintf(folder, sizeof folder, "%s/%s%s%s", PX_SOURCE_DIR, strcmp(room->name, "cuda") == 0 ? "" : "src/", room->name,
             subfolder);
    DIR *d = opendir(folder);
    if (!d) return 0; /* a room not built yet */
    int files = 0;
    for (struct dirent *e; (e = readdir(d));) {
        if (!strchr(e->d_name, '.') && !*subfolder) {
            snprintf(name, sizeof name, "/%s", e->d_name);
            files += read_folder(room, name);
        }
        if (!is_source(e->d_name)) continue;
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        snprintf(name, sizeof name, "%s%s/%s", room->name, subfolder, e->d_name);
        read_file(room, path, name);
        files++;
    }
    closedir(d);
    return files;
}

static void every_include_is_allowed(void **state) {
    (void)state;
    int files = 0;
    for (size_t i = 0; i < sizeof rooms / sizeof *rooms; i++) files += read_folder(&rooms[i], "");
    assert_true(files > 20);
    assert_int_equal(failures, 0);
}

/* The rule itself, seen to refuse. */
static void a_forbidden_include_is_refused(void **state) {
    (void)state;
    assert_true(allowed(find_room("ref"), "ref/x.c", "arith/fp.h"));
    assert_false(allowed(find_room("ref"), "ref/x.c", "arith/round.h"));
    assert_false(allowed(find_room("ref"), "ref/x.c", "kernel/sum.h"));
    assert_false(allowed(find_room("metric"), "metric/x.c", "ref/truth.h"));
    assert_false(allowed(find_room("backend"), "backend/x.c", "ref/truth.h"));
    assert_false(allowed(find_room("kind"), "kind/x.c", "run/run.h"));
    assert_true(allowed(find_room("cli"), "cli/x.c", "run/run.h"));
    assert_false(allowed(find_room("cuda"), "cuda/x.cu", "kernel/sum.h"));
    assert_false(allowed(find_room("cuda"), "cuda/emu/x.cpp", "emu/emu.h"));
}

/* Every folder under src is a room of the table. */
static void every_room_is_known(void **state) {
    (void)state;
    DIR *d = opendir(PX_SOURCE_DIR "/src");
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d));) {
        if (e->d_name[0] == '.') continue;
        if (!find_room(e->d_name)) fail_msg("src/%s is no room of the table", e->d_name);
    }
    closedir(d);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_include_is_allowed),
        cmocka_unit_test(a_forbidden_include_is_refused),
        cmocka_unit_test(every_room_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
