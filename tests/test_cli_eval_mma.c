/* `precx eval mma` on the rows of published models (vectors-*.csv) and on rows recorded on hardware (hw-*.csv), bit
 * for bit. The rows lie beside the project; without them the test is skipped. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/text.h"
#include "io/csv.h"
#include "support/shared.h"

/* "vectors-h100-fp16-fp32.csv", "hw-h100-wgmma-e4m3-fp32.csv", "hw-h100-mmasync-e4m3-fp16.csv" as options; wgmma is
 * what the model h100 is. False for other names. */
static bool options_of(const char *file, char *options, size_t size) {
    char copy[128], *part[8];
    int n = 0;
    size_t length = strlen(file);
    if (length >= sizeof copy || length < 4 || strcmp(file + length - 4, ".csv") != 0) return false;
    strcpy(copy, file);
    copy[length - 4] = '\0';
    for (char *p = strtok(copy, "-"); p && n < 8; p = strtok(NULL, "-")) part[n++] = p;
    if (n < 4 || n > 5 || (strcmp(part[0], "vectors") != 0 && strcmp(part[0], "hw") != 0)) return false;
    bool mmasync = n == 5 && strcmp(part[2], "mmasync") == 0;
    snprintf(options, size, "--model %s%s --in %s --out %s", part[1], mmasync ? "-mmasync" : "", part[n - 2],
             part[n - 1]);
    return true;
}

/* What precx prints for the file on its standard input. */
static px_csv run(px_arena *arena, const char *options, const char *path) {
    char *command = px_arena_printf(arena, "%s/precx eval mma %s < '%s'", PX_BINARY_DIR, options, path);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    px_text out = {0};
    char buffer[4096];
    for (size_t n; (n = fread(buffer, 1, sizeof buffer, pipe)) > 0;) px_text_add_bytes(&out, buffer, n);
    assert_int_equal(pclose(pipe), 0);
    px_csv csv;
    px_error err;
    if (px_csv_parse(arena, options, px_text_str(&out), out.length, &csv, &err) != PX_OK) fail_msg("%s", err.text);
    px_text_free(&out);
    return csv;
}

/* The number of rows, all of them right. */
static size_t check_file(const char *path, const char *options) {
    px_arena *arena = px_arena_new();
    px_csv want, got = run(arena, options, path);
    px_error err;
    assert_int_equal(px_csv_read(arena, path, &want, &err), PX_OK);
    int id = px_csv_column(&want, "id"), d = px_csv_column(&want, "d"), wrong = 0;
    assert_true(id >= 0 && d >= 0);
    assert_int_equal(got.n_rows, want.n_rows);
    for (size_t i = 0; i < want.n_rows; i++) {
        assert_string_equal(got.rows[i][0], want.rows[i][id]);
        if (strcmp(got.rows[i][1], want.rows[i][d]) == 0) continue;
        wrong++;
        print_error("%s, id %s: %s, not %s\n", path, want.rows[i][id], got.rows[i][1], want.rows[i][d]);
    }
    size_t n = want.n_rows;
    px_arena_free(arena);
    assert_int_equal(wrong, 0);
    return n;
}

static void test_published_rows(void **state) {
    (void)state;
    char folder[2048], path[4096], options[256];
    if (!px_shared_find("tensorcore", folder, sizeof folder)) skip();
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    size_t rows = 0, files = 0;
    for (struct dirent *entry; (entry = readdir(dir));) {
        if (!options_of(entry->d_name, options, sizeof options)) continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        rows += check_file(path, options);
        files++;
    }
    closedir(dir);
    assert_true(files > 0);
    print_message("%zu rows in %zu files\n", rows, files);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_published_rows)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
