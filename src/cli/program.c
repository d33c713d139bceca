/* The program around the commands: usage, version, probes, the one place that prints an error, the state of stdout. */
#include <errno.h>
#include <string.h>

#include "base/probe.h"
#include "base/room.h"
#include "base/text.h"
#include "cli/cli.h"
#include "px_version.h"

static void print_option(FILE *stream, const px_option *o) {
    char letter[5] = "    ", left[64];
    if (o->letter) snprintf(letter, sizeof letter, "-%c, ", o->letter);
    snprintf(left, sizeof left, "%s--%s%s%s", letter, o->name, *o->argument ? " " : "", o->argument);
    fprintf(stream, "  %-24s %s\n", left, o->help);
    if (o->type == PX_OPTION_WORD) fprintf(stream, "  %-24s (%s)\n", "", o->words);
}

void px_print_usage(FILE *stream, const px_command *command) {
    if (command) {
        fprintf(stream, "usage: precx %s%s%s [OPTION ...]\n\n%s\n", command->name, *command->usage ? " " : "",
                command->usage, command->help);
        if (*command->detail) fprintf(stream, "\n%s\n", command->detail);
    } else {
        fputs("usage: precx COMMAND [OPTION ...]\n\nA wind tunnel for floating-point precision.\n\ncommands:\n",
              stream);
        for (int i = 0; i < px_n_commands; i++)
            fprintf(stream, "  %-24s %s\n", px_commands[i].name, px_commands[i].help);
    }
    fputs("\noptions:\n", stream);
    for (int i = 0; i < PX_OPT_COUNT; i++)
        if (px_option_taken(&px_options[i], command)) print_option(stream, &px_options[i]);
}

/* A place in a file (file:line: error: ...) stands for itself. */
void px_print_error(const px_error *err) {
    if (!*err->text) return;
    const char *place = strstr(err->text, ": error: ");
    bool has_place = place && place > err->text && place[-1] >= '0' && place[-1] <= '9';
    const char *said = err->status == PX_SKIPPED ? "precx: skipped: " : "precx: error: ";
    fprintf(stderr, "%s%s\n", has_place ? "" : said, err->text);
}

static px_status run(px_arena *arena, int argc, const char *const *argv, px_error *err) {
    px_cli cli;
    if (argc < 2) {
        px_print_usage(stderr, NULL);
        return PX_USAGE;
    }
    if (strcmp(argv[1], "__complete") == 0) { /* asked by the scripts of completion/ */
        px_complete(argc - 2, argv + 2);
        return PX_OK;
    }
    PX_TRY(px_cli_parse(arena, argc, argv, &cli, err));
    if (px_cli_given(&cli, PX_OPT_HELP)) {
        px_print_usage(stdout, cli.command);
        return PX_OK;
    }
    if (px_cli_given(&cli, PX_OPT_VERSION)) {
        printf("precx %s (%s%s)\n", PX_VERSION, PX_GIT_COMMIT, PX_GIT_DIRTY ? ", modified" : "");
        return PX_OK;
    }
    if (cli.command->computes) PX_TRY(px_probe_all(err)); /* strict IEEE arithmetic or nothing */
    return cli.command->run(&cli, err);
}

int px_cli_main(int argc, const char *const *argv) {
    px_memory_keep();
    px_error err = {PX_OK, ""};
    px_arena *arena = px_arena_new();
    errno = 0;
    px_status status = run(arena, argc, argv, &err);
    errno = 0;
    if (fflush(stdout) != 0 || ferror(stdout)) {
        if (status == PX_OK || !*err.text)
            status =
                px_fail(&err, PX_INCOMPLETE, "cannot write to standard output: %s", strerror(errno ? errno : ENOSPC));
    }
    if (status != PX_OK) px_print_error(&err);
    px_arena_free(arena);
    return status;
}
