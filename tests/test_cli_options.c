/* The command table and the option list: consistent in themselves, and parsed as they say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/cli.h"

/* Parses the words behind "precx". */
static px_status parse(px_arena *arena, px_cli *cli, px_error *err, const char *const *words) {
    const char *argv[16] = {"precx"};
    int argc = 1;
    for (; words[argc - 1]; argc++) argv[argc] = words[argc - 1];
    return px_cli_parse(arena, argc, argv, cli, err);
}
#define PARSE(...) parse(*state, &cli, &err, (const char *[]){__VA_ARGS__, NULL})

static void no_command_takes_two_options_of_one_name(void **state) {
    (void)state;
    for (int c = 0; c < px_n_commands; c++)
        for (int i = 0; i < PX_OPT_COUNT; i++)
            for (int k = 0; k < i; k++) {
                const px_option *a = &px_options[i], *b = &px_options[k];
                if (!px_option_taken(a, &px_commands[c]) || !px_option_taken(b, &px_commands[c])) continue;
                assert_string_not_equal(a->name, b->name);
                assert_true(a->letter == 0 || a->letter != b->letter);
            }
}

static void every_row_is_complete(void **state) {
    (void)state;
    for (int i = 0; i < px_n_commands; i++) {
        assert_non_null(px_commands[i].run);
        assert_true(strlen(px_commands[i].help) > 10);
        assert_non_null(px_commands[i].detail);
        assert_ptr_equal(px_command_find(px_commands[i].name), &px_commands[i]);
    }
    for (int i = 0; i < PX_OPT_COUNT; i++) {
        const px_option *o = &px_options[i];
        int takers = 0;
        for (int c = 0; c < px_n_commands; c++) takers += px_option_taken(o, &px_commands[c]);
        if (takers == 0) fail_msg("--%s belongs to no command", o->name);
        assert_int_equal(o->type == PX_OPTION_FLAG, *o->argument == '\0');
        assert_int_equal(o->type == PX_OPTION_WORD, *o->words != '\0');
    }
}

static void values_are_taken_in_every_spelling(void **state) {
    px_cli cli;
    px_error err;
    assert_int_equal(PARSE("run", "a.ini", "-j4"), PX_OK);
    assert_int_equal(px_cli_count(&cli, PX_OPT_JOBS, 0), 4);
    assert_int_equal(PARSE("run", "-j", "5", "a.ini"), PX_OK);
    assert_int_equal(px_cli_count(&cli, PX_OPT_JOBS, 0), 5);
    assert_int_equal(PARSE("run", "--jobs=6", "a.ini"), PX_OK);
    assert_int_equal(px_cli_count(&cli, PX_OPT_JOBS, 0), 6);
    assert_int_equal(PARSE("run", "--jobs", "7", "a.ini", "b.ini"), PX_OK);
    assert_int_equal(px_cli_count(&cli, PX_OPT_JOBS, 0), 7);
    assert_int_equal(cli.n_operands, 2);
    assert_int_equal(PARSE("run", "-nqj8", "-s", "n=1", "--set=m=2", "a.ini"), PX_OK);
    assert_true(px_cli_given(&cli, PX_OPT_DRY_RUN) && px_cli_given(&cli, PX_OPT_QUIET));
    assert_int_equal(px_cli_count(&cli, PX_OPT_JOBS, 0), 8);
    assert_int_equal(cli.n_set, 2);
    assert_string_equal(cli.set[0], "n=1");
    assert_string_equal(cli.set[1], "m=2");
    assert_int_equal(px_cli_count(&cli, PX_OPT_MAX_CELLS, 9), 9);
}

static void operands_may_look_like_options(void **state) {
    px_cli cli;
    px_error err;
    assert_int_equal(PARSE("run", "--", "-n", "--jobs"), PX_OK);
    assert_int_equal(cli.n_operands, 2);
    assert_false(px_cli_given(&cli, PX_OPT_DRY_RUN));
    assert_int_equal(PARSE("run", "-", "-0.5", "-inf", "-0x1p-3"), PX_OK);
    assert_int_equal(cli.n_operands, 4);
}

static void mistakes_are_usage(void **state) {
    static const char *const wrong[][4] = {
        {"run", "a.ini", "--dry", NULL},
        {"run", "a.ini", "-j", NULL},
        {"run", "a.ini", "-j0", NULL},
        {"run", "a.ini", "--jobs=two", NULL},
        {"run", "a.ini", "--jobs=", NULL},
        {"run", "a.ini", "--dry-run=1", NULL},
        {"run", "a.ini", "--progress=yes", NULL},
        {"run", NULL},
        {"runn", NULL},
        {"--jobs", "4", NULL},
        {"run", "a.ini", "-Z", NULL},
        {"env", "--check", "x", NULL},
        {"run", "a.ini", "--", NULL},
    };
    px_cli cli;
    px_error err = {PX_OK, ""};
    for (size_t i = 0; i + 1 < sizeof wrong / sizeof *wrong; i++) {
        *err.text = '\0';
        assert_int_equal(parse(*state, &cli, &err, wrong[i]), PX_USAGE);
        assert_true(strlen(err.text) > 0);
    }
    assert_int_equal(parse(*state, &cli, &err, wrong[sizeof wrong / sizeof *wrong - 1]), PX_OK);
    PARSE("run", "a.ini", "--dry");
    assert_string_equal(err.text, "unknown option '--dry'; did you mean '--dry-run'?");
}

static int setup(void **state) {
    *state = px_arena_new();
    return 0;
}

static int teardown(void **state) {
    px_arena_free(*state);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_command_takes_two_options_of_one_name),
        cmocka_unit_test(every_row_is_complete),
        cmocka_unit_test(values_are_taken_in_every_spelling),
        cmocka_unit_test(operands_may_look_like_options),
        cmocka_unit_test(mistakes_are_usage),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
