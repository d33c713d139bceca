#include "spec/plot.h"

#include <string.h>

#include "spec/list.h"
#include "spec/range.h"
#include "spec/token.h"

#define WORD(id, word, text) word,
const char *const px_plot_style_words[] = {PX_PLOT_STYLE_LIST(WORD)};
const char *const px_statistic_words[] = {PX_STATISTIC_LIST(WORD)};
#undef WORD

int px_marks_read(px_arena *arena, const px_ini_entry *entry, px_mark **marks, px_diagnostics *d) {
    px_lexer l = px_lexer_new(arena, entry->parts, entry->n_parts, d);
    bool good = true;
    int n = 0;
    *marks = NULL;
    do {
        px_mark mark = {0};
        bool read = px_number_ahead(&l) ? px_number_read(&l, &mark.at) : px_lexer_expected(&l, "a number");
        if (read && px_lexer_is(&l, PX_TOKEN_QUOTED)) {
            mark.text = l.token.text;
            px_lexer_next(&l);
        }
        if (read && !px_lexer_is(&l, PX_TOKEN_COMMA) && !px_lexer_is(&l, PX_TOKEN_END))
            read = px_lexer_expected(&l, "a comma, or \"TEXT\" that names the line");
        if (!read) px_lexer_skip_item(&l);
        good = good && read;
        PX_ADD(arena, *marks, n) = mark;
    } while (px_lexer_accept(&l, PX_TOKEN_COMMA));
    return good ? n : 0;
}

const px_param *px_plot_params(px_arena *arena, const px_kind_spec *kind, int *n) {
    static const char *const any[] = {"*", NULL};
    px_param *params = PX_NEW_ARRAY(arena, px_param, kind->n_params + kind->n_columns);
    memcpy(params, kind->params, (size_t)kind->n_params * sizeof *params);
    *n = kind->n_params;
    for (int i = 0; i < kind->n_columns; i++) {
        const px_column *c = &kind->columns[i];
        if (c->class != PX_CLASS_KEY) continue;
        params[(*n)++] = (px_param){
            .name = c->name, .type = c->type == PX_COLUMN_TEXT ? PX_PARAM_PATTERN : PX_PARAM_REAL, .words = any};
    }
    return params;
}

static const px_ini_entry *filled(const px_ini_section *s, const char *key) {
    const px_ini_entry *entry = px_ini_find_entry(s, key);
    return entry && entry->n_parts ? entry : NULL;
}

static bool is_map(const px_ini_section *s) {
    const px_ini_entry *style = filled(s, "style");
    return style && strcmp(style->parts->text, px_plot_style_words[PX_PLOT_MAP]) == 0;
}

void px_plot_check(const px_ini_section *s, px_diagnostics *d) {
    static const char *const of_lines[] = {"guide", "levels"};
    if (!px_ini_find_entry(s, "x") || !px_ini_find_entry(s, "y"))
        px_diagnose(d, s->name.line, s->name.column, "a plot wants x = COLUMN and y = COLUMN");
    if (!is_map(s)) return;
    const px_ini_entry *y = filled(s, "y");
    if (!px_ini_find_entry(s, "by"))
        px_diagnose(d, s->name.line, s->name.column, "a map has a row for each combination of some axes: by = AXES");
    if (y && (y->n_parts > 1 || strchr(y->parts->text, ',')))
        px_diagnose(y->d, y->parts->line, y->parts->column, "a map shows one column");
    for (int i = 0; i < 2; i++) {
        const px_ini_entry *entry = px_ini_find_entry(s, of_lines[i]);
        if (entry) px_diagnose(entry->d, entry->key.line, entry->key.column, "a map has no %s", of_lines[i]);
    }
}

/* A list of names that has been checked; a/b is two. */
static px_names read_list(px_arena *arena, const px_ini_section *s, const char *key, px_diagnostics *d) {
    const px_ini_entry *entry = filled(s, key);
    px_names list = {0};
    if (!entry) return list;
    px_lexer l = px_lexer_new(arena, entry->parts, entry->n_parts, d);
    do PX_ADD(arena, list.at, list.n) = l.token.text, px_lexer_next(&l);
    while (px_lexer_accept(&l, PX_TOKEN_COMMA) || px_lexer_accept(&l, PX_TOKEN_SLASH));
    return list;
}

static const char *read_text(px_arena *arena, const px_ini_section *s, const char *key) {
    const px_ini_entry *entry = filled(s, key);
    return entry ? px_entry_text(arena, entry) : NULL;
}

/* The index of a word that has been checked; 0 when it is not given. */
static int read_index(px_arena *arena, const px_ini_section *s, const char *key, const char *const *words, int n) {
    const char *word = read_text(arena, s, key);
    for (int i = 0; word && i < n; i++)
        if (strcmp(words[i], word) == 0) return i;
    return 0;
}

static px_plot read_plot(px_arena *arena, const px_experiment *e, const px_ini_section *s, px_diagnostics *d) {
    const px_ini_entry *where = filled(s, "where"), *lines = filled(s, "lines"), *levels = filled(s, "levels");
    const char *scale = read_text(arena, s, "scale");
    px_plot p = {.name = s->label.text,
                 .title = read_text(arena, s, "title"),
                 .x_label = read_text(arena, s, "xlabel"),
                 .y_label = read_text(arena, s, "ylabel"),
                 .x = read_list(arena, s, "x", d).at[0],
                 .y = read_list(arena, s, "y", d),
                 .guide = read_list(arena, s, "guide", d),
                 .by = read_list(arena, s, "by", d),
                 .facet = read_list(arena, s, "facet", d),
                 .log_x = scale && (strcmp(scale, "semilogx") == 0 || strcmp(scale, "loglog") == 0),
                 .log_y = scale && (strcmp(scale, "semilogy") == 0 || strcmp(scale, "loglog") == 0),
                 .file = e->path,
                 .line = s->name.line};
    p.style = (px_plot_style)read_index(arena, s, "style", px_plot_style_words, PX_PLOT_STYLE_COUNT);
    p.statistic = (px_statistic)read_index(arena, s, "statistic", px_statistic_words, PX_STATISTIC_COUNT);
    px_mark *marks;
    p.params = px_plot_params(arena, e->kind, &p.n_params);
    if (where) p.where = px_expr_parse(arena, where->parts, where->n_parts, p.params, p.n_params, d);
    if (lines) p.n_lines = px_marks_read(arena, lines, &marks, d), p.lines = marks;
    if (levels) p.n_levels = px_marks_read(arena, levels, &marks, d), p.levels = marks;
    return p;
}

px_plot *px_plots_read(px_arena *arena, const px_experiment *e, int *n) {
    px_diagnostics d = px_diagnostics_new(arena, e->path, NULL); /* stays empty: loading has reported every mistake */
    px_plot *plots = NULL;
    *n = 0;
    for (int i = 0; i < e->ini.n_sections; i++)
        if (strcmp(e->ini.sections[i].name.text, "plot") == 0)
            PX_ADD(arena, plots, *n) = read_plot(arena, e, &e->ini.sections[i], &d);
    PX_ASSERT(d.count == 0);
    return plots;
}
