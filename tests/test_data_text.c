/* Texts as numbers: the house's, files, and files that are no text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "data/text.h"

static void characters_are_numbered_in_order(void **state) {
    (void)state;
    px_arena *arena = px_arena_new();
    px_text_data t;
    assert_int_equal(px_text_data_read(arena, NULL, &t, NULL), PX_OK);
    assert_true(t.length > 1000 && t.vocab > 20 && t.vocab < 64);
    for (int i = 1; i < t.vocab; i++) assert_true(t.character[i] > t.character[i - 1]);
    const char *first = "the wind tunnel\n";
    for (size_t i = 0; i < strlen(first); i++) assert_int_equal(t.character[t.token[i]], first[i]);
    for (int64_t i = 0; i < t.length; i++) assert_true(t.token[i] < t.vocab);
    px_arena_free(arena);
}

/* The status for a file of these bytes. */
static px_status read_bytes(px_arena *arena, const char *bytes, size_t n, px_text_data *t, px_error *err) {
    char path[] = "/tmp/px_text_XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0 && write(fd, bytes, n) == (ssize_t)n);
    close(fd);
    px_status status = px_text_data_read(arena, path, t, err);
    unlink(path);
    return status;
}

static void files_and_what_is_none(void **state) {
    (void)state;
    px_arena *arena = px_arena_new();
    px_text_data t;
    px_error err;
    assert_int_equal(read_bytes(arena, "b\xff\0ab", 5, &t, &err), PX_OK);
    const uint8_t want[] = {2, 3, 0, 1, 2};
    assert_true(t.length == 5 && t.vocab == 4 && memcmp(t.token, want, sizeof want) == 0);
    assert_int_equal(read_bytes(arena, "", 0, &t, &err), PX_BAD_FILE);
    assert_non_null(strstr(err.text, "0 bytes"));
    assert_int_equal(read_bytes(arena, "aaaa", 4, &t, &err), PX_BAD_FILE);
    assert_non_null(strstr(err.text, "only one character"));
    assert_int_equal(px_text_data_read(arena, "/nowhere/at all", &t, &err), PX_BAD_FILE);
    assert_int_equal(px_text_data_read(arena, "/tmp", &t, &err), PX_BAD_FILE);
    px_arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(characters_are_numbered_in_order),
        cmocka_unit_test(files_and_what_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
