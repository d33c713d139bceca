/* What may stand next on a command line, for the shells: `precx __complete WORD ... LAST` prints the candidates for
 * LAST, one a line, from the same tables that parse. No candidate: the shell completes a file. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "cli/axis.h"
#include "cli/cli.h"
#include "kind/kind.h"

typedef struct completion {
    const px_command *command; /* NULL: none yet */
    const char *last;          /* the word to complete, may be empty */
    int n_operands;            /* before it */
} completion;

static void offer(const completion *c, const char *before, const char *word) {
    size_t n = strlen(before);
    if (strncmp(c->last, before, n) != 0 || strncmp(word, c->last + n, strlen(c->last + n)) != 0) return;
    printf("%s%s\n", before, word);
}

static void offer_words(const completion *c, const char *before, const char *words) {
    char word[64];
    for (const char *p = words; *p; p += strspn(p, " ")) {
        size_t n = strcspn(p, " ");
        snprintf(word, sizeof word, "%.*s", (int)n, p);
        offer(c, before, word);
        p += n;
    }
}

static void offer_options(const completion *c) {
    for (int i = 0; i < PX_OPT_COUNT; i++)
        if (px_option_taken(&px_options[i], c->command)) offer(c, "--", px_options[i].name);
}

static void offer_commands(const completion *c) {
    for (int i = 0; i < px_n_commands; i++) offer(c, "", px_commands[i].name);
}

static void offer_kinds(const completion *c) {
    const px_kind_catalogue *all = px_kind_catalogue_get();
    for (size_t i = 0; i < all->n_names; i++) offer(c, "", all->names[i]);
}

/* Stems of experiments/ *.ini: what a bare name may be. */
static void offer_experiments(const completion *c) {
    struct dirent **files;
    int n = scandir("experiments", &files, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        size_t length = strlen(files[i]->d_name);
        if (length > 4 && strcmp(files[i]->d_name + length - 4, ".ini") == 0) {
            files[i]->d_name[length - 4] = '\0';
            offer(c, "", files[i]->d_name);
        }
        free(files[i]);
    }
    if (n >= 0) free(files);
}

/* By the name that the command's usage gives its operands. */
static void offer_operands(const completion *c) {
    const char *usage = c->command->usage;
    if (c->command->most >= 0 && c->n_operands >= c->command->most) return;
    if (strstr(usage, "EXPERIMENT")) offer_experiments(c);
    if (strstr(usage, "COMMAND")) offer_commands(c);
    if (strstr(usage, "KIND")) offer_kinds(c);
    if (strstr(usage, "WHAT"))
        for (int i = 0; px_listing_name(i); i++) offer(c, "", px_listing_name(i));
    if (strstr(usage, "[NAME]"))
        for (size_t i = 0; i < px_fp_count(); i++) offer(c, "", px_fp_row_name(i));
}

/* The option of the command that this word, --name or -x, is; NULL: none. */
static const px_option *option_of(const px_command *command, const char *word, size_t length) {
    for (int i = 0; i < PX_OPT_COUNT; i++) {
        const px_option *o = &px_options[i];
        bool by_name = length > 2 && strlen(o->name) == length - 2 && strncmp(word, "--", 2) == 0 &&
                       memcmp(word + 2, o->name, length - 2) == 0;
        bool by_letter = length == 2 && word[0] == '-' && o->letter && word[1] == o->letter;
        if ((by_name || by_letter) && px_option_taken(o, command)) return o;
    }
    return NULL;
}

void px_complete(int n, const char *const *words) {
    completion c = {.command = NULL, .last = n ? words[n - 1] : "", .n_operands = 0};
    const px_option *open = NULL; /* an option whose argument comes next */
    for (int i = 0; i + 1 < n; i++) {
        const px_option *o = option_of(c.command, words[i], strlen(words[i]));
        if (open)
            open = NULL;
        else if (o && o->type != PX_OPTION_FLAG)
            open = o;
        else if (o || words[i][0] == '-')
            continue;
        else if (c.command)
            c.n_operands++;
        else
            c.command = px_command_find(words[i]);
    }
    const char *equal = strchr(c.last, '=');
    if (open) {
        offer_words(&c, "", open->words);
    } else if (strncmp(c.last, "--", 2) == 0 && equal) {
        const px_option *o = option_of(c.command, c.last, (size_t)(equal - c.last));
        char before[64];
        if (!o) return;
        snprintf(before, sizeof before, "--%s=", o->name);
        offer_words(&c, before, o->words);
    } else if (c.last[0] == '-') {
        offer_options(&c);
    } else if (c.command) {
        offer_operands(&c);
    } else {
        offer_commands(&c);
    }
}
