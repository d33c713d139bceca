/* Parsing of the command line by the option list. Not getopt_long: it takes abbreviations and suggests nothing. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/cli.h"

#define PX_OPTION_ROW(id, name, letter, type, argument, words, commands, help)                                         \
    {name, letter, PX_OPTION_##type, argument, words, commands, help},
const px_option px_options[PX_OPT_COUNT] = {PX_OPTION_LIST(PX_OPTION_ROW)};
#undef PX_OPTION_ROW

/* One of the blank-separated words of a list. */
static bool word_in(const char *list, const char *word, size_t length) {
    for (const char *p = list; *p; p += strspn(p, " ")) {
        size_t n = strcspn(p, " ");
        if (n == length && memcmp(p, word, n) == 0) return true;
        p += n;
    }
    return false;
}

bool px_option_taken(const px_option *option, const px_command *command) {
    if (strcmp(option->commands, "*") == 0) return true;
    return command && word_in(option->commands, command->name, strlen(command->name));
}

const char *px_cli_text(const px_cli *cli, px_option_id id, const char *fallback) {
    return cli->value[id] ? cli->value[id] : fallback;
}

int64_t px_cli_count(const px_cli *cli, px_option_id id, int64_t fallback) {
    int64_t n = fallback;
    if (cli->value[id]) px_int_parse(cli->value[id], &n); /* checked by px_cli_parse */
    return n;
}

bool px_cli_color(const px_cli *cli, FILE *stream) {
    const char *when = px_cli_text(cli, PX_OPT_COLOR, "auto"), *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
    if (strcmp(when, "auto") != 0) return strcmp(when, "always") == 0;
    if ((no_color && *no_color) || (term && strcmp(term, "dumb") == 0)) return false;
    return isatty(fileno(stream));
}

px_style px_cli_style(const px_cli *cli) {
#define PX_STYLE_NAME(id, name) name,
    static const char *const names[] = {PX_STYLE_LIST(PX_STYLE_NAME)};
#undef PX_STYLE_NAME
    const char *word = cli->value[PX_OPT_TABLE];
    for (int i = 0; word && i < PX_STYLE_COUNT; i++)
        if (strcmp(word, names[i]) == 0) return (px_style)i;
    return isatty(STDOUT_FILENO) ? PX_STYLE_TTY : PX_STYLE_CSV;
}

px_status px_cli_unknown(px_error *err, const char *what, const char *word, const char *const *names, size_t n) {
    const char *near = px_suggest(word, names, n);
    if (near) return px_fail(err, PX_USAGE, "unknown %s '%s'; did you mean '%s'?", what, word, near);
    return px_fail(err, PX_USAGE, "unknown %s '%s'", what, word);
}

const px_command *px_command_find(const char *name) {
    for (int i = 0; i < px_n_commands; i++)
        if (strcmp(px_commands[i].name, name) == 0) return &px_commands[i];
    return NULL;
}

/* A long option that the command takes; NULL otherwise. */
static const px_option *find_long(const px_cli *cli, const char *name, size_t length) {
    for (int i = 0; i < PX_OPT_COUNT; i++)
        if (strlen(px_options[i].name) == length && memcmp(px_options[i].name, name, length) == 0 &&
            px_option_taken(&px_options[i], cli->command))
            return &px_options[i];
    return NULL;
}

static const px_option *find_letter(const px_cli *cli, char letter) {
    for (int i = 0; i < PX_OPT_COUNT; i++)
        if (px_options[i].letter == letter && px_option_taken(&px_options[i], cli->command)) return &px_options[i];
    return NULL;
}

/* The name is no option of this command: of another one, misspelt, or cut short. */
static px_status unknown_long(const px_cli *cli, const char *name, size_t length, px_error *err) {
    const char *names[PX_OPT_COUNT], *elsewhere = NULL, *begins = NULL;
    const char *word = px_arena_printf(cli->arena, "%.*s", (int)length, name);
    size_t n = 0;
    for (int i = 0; i < PX_OPT_COUNT; i++) {
        if (strcmp(px_options[i].name, word) == 0) elsewhere = px_options[i].commands;
        if (!px_option_taken(&px_options[i], cli->command)) continue;
        if (strncmp(px_options[i].name, word, length) == 0 && !begins) begins = px_options[i].name;
        names[n++] = px_options[i].name;
    }
    if (elsewhere && cli->command)
        return px_fail(err, PX_USAGE, "'precx %s' has no option '--%s' (commands that have it: %s)", cli->command->name,
                       word, elsewhere);
    if (elsewhere) return px_fail(err, PX_USAGE, "option '--%s' without a command; options come after it", word);
    const char *near = px_suggest(word, names, n);
    if (!near && length > 0) near = begins;
    if (near) return px_fail(err, PX_USAGE, "unknown option '--%s'; did you mean '--%s'?", word, near);
    return px_fail(err, PX_USAGE, "unknown option '--%s'", word);
}

/* Stores an option's value after checking it against its type. */
static px_status store(px_cli *cli, const px_option *o, const char *value, px_error *err) {
    int64_t n;
    if (o->type == PX_OPTION_NUMBER && (!px_int_parse(value, &n) || n < 1))
        return px_fail(err, PX_USAGE, "--%s wants a whole number of at least 1, not '%s'", o->name, value);
    if (o->type == PX_OPTION_WORD && !word_in(o->words, value, strlen(value))) {
        const char *words[16];
        size_t count = 0;
        for (const char *p = o->words; *p; p += strspn(p, " ")) {
            size_t length = strcspn(p, " ");
            PX_ASSERT(count < sizeof words / sizeof *words);
            words[count++] = px_arena_printf(cli->arena, "%.*s", (int)length, p);
            p += length;
        }
        const char *near = px_suggest(value, words, count);
        if (near) return px_fail(err, PX_USAGE, "--%s: unknown word '%s'; did you mean '%s'?", o->name, value, near);
        return px_fail(err, PX_USAGE, "--%s: unknown word '%s'; it takes one of: %s", o->name, value, o->words);
    }
    if (o->type == PX_OPTION_MANY) cli->set[cli->n_set++] = value;
    cli->value[o - px_options] = value;
    return PX_OK;
}

/* argv[*i] is --name or --name=value. */
static px_status parse_long(px_cli *cli, int *i, px_error *err) {
    const char *name = cli->argv[*i] + 2, *value = strchr(name, '=');
    size_t length = value ? (size_t)(value - name) : strlen(name);
    const px_option *o = find_long(cli, name, length);
    if (!o) return unknown_long(cli, name, length, err);
    if (o->type == PX_OPTION_FLAG) {
        if (value) return px_fail(err, PX_USAGE, "--%s takes no argument", o->name);
        return store(cli, o, "", err);
    }
    if (value) return store(cli, o, value + 1, err);
    if (*i + 1 >= cli->argc) return px_fail(err, PX_USAGE, "--%s wants an argument: %s", o->name, o->argument);
    return store(cli, o, cli->argv[++*i], err);
}

/* argv[*i] is -x, -xy (flags), -xVALUE or -x with the value in the next word. */
static px_status parse_letters(px_cli *cli, int *i, px_error *err) {
    for (const char *p = cli->argv[*i] + 1; *p; p++) {
        const px_option *o = find_letter(cli, *p);
        if (!o) return px_fail(err, PX_USAGE, "unknown option '-%c'", *p);
        if (o->type == PX_OPTION_FLAG) {
            PX_TRY(store(cli, o, "", err));
            continue;
        }
        if (p[1]) return store(cli, o, p + 1, err);
        if (*i + 1 >= cli->argc) return px_fail(err, PX_USAGE, "-%c wants an argument: %s", *p, o->argument);
        return store(cli, o, cli->argv[++*i], err);
    }
    return PX_OK;
}

static px_status find_command(px_cli *cli, const char *name, px_error *err) {
    const char *names[64];
    cli->command = px_command_find(name);
    if (cli->command) return PX_OK;
    PX_ASSERT(px_n_commands <= 64);
    for (int i = 0; i < px_n_commands; i++) names[i] = px_commands[i].name;
    return px_cli_unknown(err, "command", name, names, (size_t)px_n_commands);
}

static px_status check_operands(const px_cli *cli, px_error *err) {
    const px_command *c = cli->command;
    if (px_cli_given(cli, PX_OPT_HELP) || px_cli_given(cli, PX_OPT_VERSION)) return PX_OK;
    if (!c) return px_fail(err, PX_USAGE, "no command; `precx help` lists them");
    if (cli->n_operands < c->least) return px_fail(err, PX_USAGE, "usage: precx %s %s", c->name, c->usage);
    if (c->most >= 0 && cli->n_operands > c->most)
        return px_fail(err, PX_USAGE, "unexpected word '%s'; usage: precx %s%s%s", cli->operands[c->most], c->name,
                       *c->usage ? " " : "", c->usage);
    return PX_OK;
}

static bool begins_number(const char *word) { return word[0] >= '0' && word[0] <= '9'; }

px_status px_cli_parse(px_arena *arena, int argc, const char *const *argv, px_cli *cli, px_error *err) {
    const char **operands = PX_NEW_ARRAY(arena, const char *, argc + 1);
    *cli = (px_cli){.arena = arena, .argv = argv, .argc = argc, .operands = operands};
    cli->set = PX_NEW_ARRAY(arena, const char *, argc + 1);
    bool options = true;
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        double number;
        if (options && strcmp(word, "--") == 0)
            options = false;
        else if (options && strncmp(word, "--", 2) == 0)
            PX_TRY(parse_long(cli, &i, err));
        else if (options && word[0] == '-' && word[1] && !begins_number(word + 1) && !px_double_parse(word, &number))
            PX_TRY(parse_letters(cli, &i, err));
        else if (!cli->command)
            PX_TRY(find_command(cli, word, err));
        else
            operands[cli->n_operands++] = word;
    }
    return check_operands(cli, err);
}
