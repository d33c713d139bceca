/* `precx help`: a command, a kind, or whatever else bears the name: a section or key of experiment files, an axis, an
 * option. */
#include <string.h>

#include "base/text.h"
#include "cli/axis.h"
#include "cli/cli.h"
#include "kind/kind.h"
#include "spec/keys.h"

static const struct {
    const char *name;
    px_label label;
    const char *help;
} sections[] = {
#define PX_SECTION_ROW(name, label, help) {name, label, help},
    PX_SECTION_LIST(PX_SECTION_ROW)
#undef PX_SECTION_ROW
};

static const struct {
    const char *section, *key, *values, *fallback, *help;
} keys[] = {
#define PX_KEY_ROW(section, key, values, fallback, help) {section, key, values, fallback, help},
    PX_KEY_LIST(PX_KEY_ROW)
#undef PX_KEY_ROW
};

enum { N_SECTIONS = sizeof sections / sizeof *sections, N_KEYS = sizeof keys / sizeof *keys };

static void print_exit_codes(void) {
    puts("\nexit codes:");
#define PX_STATUS_LINE(name, code, text) printf("  %-6d %s\n", code, text);
    PX_STATUS_LIST(PX_STATUS_LINE)
#undef PX_STATUS_LINE
}

static void print_keys(const px_cli *cli, const char *section, const char *key) {
    static const px_table_column columns[] = {{"key", 0}, {"default", 0}, {"values", 0}, {"what", 0}};
    px_table t = px_table_new(cli->arena, columns, 4);
    for (int i = 0; i < N_KEYS; i++)
        if (strcmp(keys[i].section, section) == 0 && (!key || strcmp(keys[i].key, key) == 0))
            px_table_add(&t, (const char *[]){keys[i].key, keys[i].fallback, keys[i].values, keys[i].help});
    px_table_print_tty(stdout, &t, 0, px_cli_color(cli, stdout));
}

static int help_section(const px_cli *cli, const char *name) {
    for (int i = 0; i < N_SECTIONS; i++) {
        if (strcmp(sections[i].name, name) != 0) continue;
        switch (sections[i].label) {
        case PX_LABEL_NONE: printf("[%s]", name); break;
        case PX_LABEL_OPTIONAL: printf("[%s], [%s.NAME]", name, name); break;
        case PX_LABEL_REQUIRED: printf("[%s.NAME]", name); break;
        }
        printf(": a section of experiment files: %s\n", sections[i].help);
        print_keys(cli, name, NULL);
        return 1;
    }
    return 0;
}

static int help_keys(const px_cli *cli, const char *name) {
    int found = 0;
    for (int i = 0; i < N_KEYS; i++) {
        if (strcmp(keys[i].key, name) != 0) continue;
        printf("%s: a key of [%s]\n", name, keys[i].section);
        print_keys(cli, keys[i].section, name);
        found++;
    }
    return found;
}

/* The axis in every kind that has it; alike ones are not told apart here, so a line each. */
static int help_axis(const px_cli *cli, const char *name) {
    static const px_table_column columns[] = {{"kind", 0}, {"default", 0}, {"values", 0}, {"what", 0}};
    px_table t = px_table_new(cli->arena, columns, 4);
    const char *listing = NULL;
    int n;
    const px_kind *const *kinds = px_kinds(&n);
    for (int i = 0; i < n; i++)
        for (int j = 0; j < kinds[i]->spec.n_params; j++) {
            const px_param *p = &kinds[i]->spec.params[j];
            if (strcmp(p->name, name) != 0) continue;
            listing = px_listing_of(p);
            const char *values = px_axis_values(cli->arena, p);
            px_table_add(&t, (const char *[]){kinds[i]->spec.name, p->fallback, values, p->help});
        }
    if (t.n_rows == 0) return 0;
    printf("%s: an axis, a key of [sweep]\n", name);
    px_table_print_tty(stdout, &t, 0, px_cli_color(cli, stdout));
    if (listing) printf("  `precx list %s` explains the values\n", listing);
    return 1;
}

static int help_option(const char *name) {
    int found = 0;
    for (int i = 0; i < PX_OPT_COUNT; i++) {
        const px_option *o = &px_options[i];
        if (strcmp(o->name, name) != 0) continue;
        printf("--%s%s%s: an option of %s: %s\n", name, *o->argument ? " " : "", o->argument,
               strcmp(o->commands, "*") == 0 ? "every command" : o->commands, o->help);
        found++;
    }
    return found;
}

static px_status unknown(const px_cli *cli, const char *name, px_error *err) {
    const px_kind_catalogue *all = px_kind_catalogue_get();
    int n_kinds, n_axes = 0;
    const px_kind *const *kinds = px_kinds(&n_kinds);
    for (int i = 0; i < n_kinds; i++) n_axes += kinds[i]->spec.n_params;
    int most = px_n_commands + (int)all->n_names + N_SECTIONS + N_KEYS + n_axes + PX_OPT_COUNT;
    const char **names = PX_NEW_ARRAY(cli->arena, const char *, most);
    size_t n = 0;
    for (int i = 0; i < px_n_commands; i++) names[n++] = px_commands[i].name;
    for (size_t i = 0; i < all->n_names; i++) names[n++] = all->names[i];
    for (int i = 0; i < N_SECTIONS; i++) names[n++] = sections[i].name;
    for (int i = 0; i < N_KEYS; i++) names[n++] = keys[i].key;
    for (int i = 0; i < n_kinds; i++)
        for (int j = 0; j < kinds[i]->spec.n_params; j++) names[n++] = kinds[i]->spec.params[j].name;
    for (int i = 0; i < PX_OPT_COUNT; i++) names[n++] = px_options[i].name;
    return px_cli_unknown(err, "command, kind or key", name, names, n);
}

px_status px_command_help(const px_cli *cli, px_error *err) {
    if (cli->n_operands == 0) {
        px_print_usage(stdout, NULL);
        print_exit_codes();
        return PX_OK;
    }
    const char *name = cli->operands[0];
    const px_command *command = px_command_find(name);
    if (command) {
        px_print_usage(stdout, command);
        print_exit_codes();
        return PX_OK;
    }
    if (px_kind_find(name)) return px_command_describe(cli, err);
    int found = help_section(cli, name) + help_keys(cli, name) + help_axis(cli, name) + help_option(name);
    return found ? PX_OK : unknown(cli, name, err);
}
