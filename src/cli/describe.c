/* `precx describe KIND`, printed from the kind's own tables. */
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "cli/axis.h"
#include "cli/cli.h"
#include "kind/kind.h"

static const char *join(px_arena *arena, const char *const *words, const char *between) {
    const char *s = "";
    for (int i = 0; words && words[i]; i++) s = px_arena_printf(arena, "%s%s%s", s, i ? between : "", words[i]);
    return s;
}

static const char *limit(px_arena *arena, double x) {
    char buf[PX_DOUBLE_CHARS];
    return px_arena_strdup(arena, px_double_print(x, buf));
}

const char *px_axis_values(px_arena *arena, const px_param *axis) {
    const char *same = axis->same_as ? px_arena_printf(arena, "same (as %s)", axis->same_as) : "";
    const char *words = join(arena, axis->words, " | "), *own = "";
    switch (axis->type) {
    case PX_PARAM_FORMAT: own = *words ? px_arena_printf(arena, "a format | %s", words) : "a format"; break;
    case PX_PARAM_WORD:
    case PX_PARAM_PATTERN: own = words; break;
    case PX_PARAM_INT:
    case PX_PARAM_REAL:
        own = isinf(axis->hi) ? px_arena_printf(arena, "from %s", limit(arena, axis->lo))
                              : px_arena_printf(arena, "%s .. %s", limit(arena, axis->lo), limit(arena, axis->hi));
        break;
    }
    return *same ? px_arena_printf(arena, "%s | %s", own, same) : own;
}

static void print_axes(const px_cli *cli, const px_kind_spec *spec) {
    static const px_table_column columns[] = {{"axis", false}, {"default", false}, {"values", false}, {"what", false}};
    px_table t = px_table_new(cli->arena, columns, 4);
    for (int i = 0; i < spec->n_params; i++) {
        const px_param *p = &spec->params[i];
        px_table_add(&t, (const char *[]){p->name, p->fallback, px_axis_values(cli->arena, p), p->help});
    }
    px_table_print_tty(stdout, &t, 0, px_cli_color(cli, stdout));
}

static void print_columns(const px_cli *cli, const px_kind_spec *spec) {
    static const px_table_column columns[] = {{"column", false}, {"unit", false}, {"class", false}, {"what", false}};
    static const char *const classes[] = {
        [PX_CLASS_EXACT] = "exact", [PX_CLASS_KEY] = "key", [PX_CLASS_LIBRARY] = "library"};
    px_table t = px_table_new(cli->arena, columns, 4);
    for (int i = 0; i < spec->n_columns; i++) {
        const px_column *c = &spec->columns[i];
        px_table_add(&t, (const char *[]){c->name, c->unit, classes[c->class], c->help});
    }
    px_table_print_tty(stdout, &t, 0, px_cli_color(cli, stdout));
}

px_status px_command_describe(const px_cli *cli, px_error *err) {
    const px_kind_catalogue *all = px_kind_catalogue_get();
    const px_kind *kind = px_kind_find(cli->operands[0]);
    int width = px_terminal_width(stdout);
    if (!kind) return px_cli_unknown(err, "kind", cli->operands[0], all->names, all->n_names);
    printf("%s\n", kind->spec.name);
    px_print_wrapped(stdout, 2, width, kind->question);
    fputc('\n', stdout);
    px_print_wrapped(stdout, 2, width, kind->detail);
    printf("\naxes, keys of [sweep]\n");
    print_axes(cli, &kind->spec);
    printf("\ncolumns, after the axes\n");
    print_columns(cli, &kind->spec);
    printf("\nsources\n");
    for (int i = 0; kind->sources && kind->sources[i]; i++) px_print_wrapped(stdout, 2, width, kind->sources[i]);
    return PX_OK;
}
