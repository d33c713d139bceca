/* Strict IEEE arithmetic in every translation unit: compile_commands.json holds -ffp-contract=off in each entry and no
 * flag that loosens it, but for tests/wrong_flags, which is built that way on purpose. */
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const char *const loose[] = {" -ffast-math",
                                    " -Ofast",
                                    " -ffp-contract=fast",
                                    " -ffp-contract=on",
                                    " -funsafe-math-optimizations",
                                    " -fassociative-math",
                                    " -ffinite-math-only",
                                    " -fno-signed-zeros",
                                    " -freciprocal-math",
                                    " -march=native",
                                    " -mfpmath=387",
                                    " -flto"};

/* What is wrong with a command, or NULL. */
static const char *complaint(const char *command) {
    if (!strstr(command, " -ffp-contract=off")) return "-ffp-contract=off is missing";
    if (!strstr(command, " -fno-fast-math")) return "-fno-fast-math is missing";
    for (size_t i = 0; i < sizeof loose / sizeof *loose; i++)
        if (strstr(command, loose[i])) return loose[i] + 1;
    return NULL;
}

static void every_command_is_strict(void **state) {
    (void)state;
    json_error_t error;
    json_t *all = json_load_file(PX_BINARY_DIR "/compile_commands.json", 0, &error), *entry;
    if (!all) fail_msg("%s: %s", error.source, error.text);
    size_t i, strict = 0, on_purpose = 0, wrong = 0;
    json_array_foreach(all, i, entry) {
        const char *file = json_string_value(json_object_get(entry, "file"));
        const char *command = json_string_value(json_object_get(entry, "command"));
        assert_non_null(file);
        assert_non_null(command);
        if (strstr(command, "wrong_flags_")) {
            on_purpose++;
            continue;
        }
        const char *why = complaint(command);
        if (why) fprintf(stderr, "%s: %s\n", file, why);
        wrong += why != NULL;
        strict++;
    }
    json_decref(all);
    assert_true(strict > 20);
    assert_true(on_purpose > 0);
    assert_int_equal(wrong, 0);
}

/* The rule itself, seen to refuse. */
static void a_loose_command_is_refused(void **state) {
    (void)state;
    assert_null(complaint("cc -O3 -ffp-contract=off -fno-fast-math -c x.c"));
    assert_non_null(complaint("cc -O3 -fno-fast-math -c x.c"));
    assert_non_null(complaint("cc -O3 -ffp-contract=off -c x.c"));
    assert_non_null(complaint("cc -ffp-contract=off -fno-fast-math -ffp-contract=fast -c x.c"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_command_is_strict),
        cmocka_unit_test(a_loose_command_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
