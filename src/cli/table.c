#include "cli/table.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "io/csv.h"

px_table px_table_new(px_arena *arena, const px_table_column *columns, int n_columns) {
    return (px_table){.arena = arena, .columns = columns, .n_columns = n_columns};
}

void px_table_add(px_table *t, const char *const *fields) {
    size_t n = (size_t)t->n_columns;
    if (t->n_rows == t->capacity) { /* an arena cannot grow in place: twice the room each time */
        t->capacity = t->capacity ? 2 * t->capacity : 64;
        const char **cells = PX_NEW_ARRAY(t->arena, const char *, t->capacity *n);
        if (t->n_rows) memcpy(cells, t->cells, t->n_rows * n * sizeof *cells);
        t->cells = cells;
    }
    for (size_t j = 0; j < n; j++)
        t->cells[t->n_rows * n + j] = fields[j] ? px_arena_strdup(t->arena, fields[j]) : NULL;
    t->n_rows++;
}

static const char *cell(const px_table *t, size_t i, int j) { return t->cells[i * (size_t)t->n_columns + (size_t)j]; }

static void print_csv(FILE *stream, const px_table *t) {
    px_text out = {0};
    const char **header = PX_NEW_ARRAY(t->arena, const char *, t->n_columns);
    for (int j = 0; j < t->n_columns; j++) header[j] = t->columns[j].name;
    px_csv_record(&out, header, t->n_columns);
    for (size_t i = 0; i < t->n_rows; i++) px_csv_record(&out, &t->cells[i * (size_t)t->n_columns], t->n_columns);
    fputs(px_text_str(&out), stream);
    px_text_free(&out);
}

static void print_json_text(FILE *stream, const char *s) {
    json_t *j = json_string(s);
    char *text = j ? json_dumps(j, JSON_ENCODE_ANY) : NULL; /* NULL: not UTF-8 */
    fputs(text ? text : "null", stream);
    free(text);
    json_decref(j);
}

/* JSON has no inf and no nan: those stay text. */
static void print_json_cell(FILE *stream, const char *s, bool number) {
    double x;
    if (!s)
        fputs("null", stream);
    else if (number && px_double_parse(s, &x) && x - x == 0 && !strchr(s, 'x'))
        fputs(s, stream);
    else
        print_json_text(stream, s);
}

static void print_json(FILE *stream, const px_table *t) {
    fputs("[", stream);
    for (size_t i = 0; i < t->n_rows; i++) {
        fputs(i ? ",\n {" : "\n {", stream);
        for (int j = 0; j < t->n_columns; j++) {
            fputs(j ? ", " : "", stream);
            print_json_text(stream, t->columns[j].name);
            fputs(": ", stream);
            print_json_cell(stream, cell(t, i, j), t->columns[j].number);
        }
        fputs("}", stream);
    }
    fputs("\n]\n", stream);
}

/* s with each byte of `special` behind a backslash. */
static void print_escaped(FILE *stream, const char *s, const char *special) {
    for (; s && *s; s++) {
        if (*s == '\\' && strchr(special, '{')) {
            fputs("\\textbackslash{}", stream);
            continue;
        }
        if (strchr(special, *s)) fputc('\\', stream);
        fputc(*s, stream);
    }
}

static void print_md(FILE *stream, const px_table *t) {
    for (int j = 0; j < t->n_columns; j++) fprintf(stream, "| %s ", t->columns[j].name);
    fputs("|\n", stream);
    for (int j = 0; j < t->n_columns; j++) fputs(t->columns[j].number ? "| ---: " : "| --- ", stream);
    fputs("|\n", stream);
    for (size_t i = 0; i < t->n_rows; i++) {
        for (int j = 0; j < t->n_columns; j++) {
            fputs("| ", stream);
            print_escaped(stream, cell(t, i, j), "|*_<\\");
            fputc(' ', stream);
        }
        fputs("|\n", stream);
    }
}

/* 1.25e-05 as a mathematician writes it; everything else as it is. */
static void print_latex_number(FILE *stream, const char *s) {
    double x;
    const char *e = s ? strchr(s, 'e') : NULL;
    if (!s || !px_double_parse(s, &x) || x != x || strchr(s, 'x'))
        print_escaped(stream, s, "&%$#_{}");
    else if (x - x != 0)
        fputs(x > 0 ? "$\\infty$" : "$-\\infty$", stream);
    else if (e)
        fprintf(stream, "$%.*s\\times10^{%ld}$", (int)(e - s), s, strtol(e + 1, NULL, 10));
    else if (*s == '-')
        fprintf(stream, "$%s$", s);
    else
        fputs(s, stream);
}

static void print_latex_row(FILE *stream, const px_table *t, const char *const *fields) {
    for (int j = 0; j < t->n_columns; j++) {
        fputs(j ? " & " : "", stream);
        if (fields && t->columns[j].number)
            print_latex_number(stream, fields[j]);
        else
            print_escaped(stream, fields ? fields[j] : t->columns[j].name, "&%$#_{}");
    }
    fputs(" \\\\\n", stream);
}

static void print_latex(FILE *stream, const px_table *t) {
    fputs("\\begin{tabular}{", stream);
    for (int j = 0; j < t->n_columns; j++) fputc(t->columns[j].number ? 'r' : 'l', stream);
    fputs("}\n\\toprule\n", stream);
    print_latex_row(stream, t, NULL);
    fputs("\\midrule\n", stream);
    for (size_t i = 0; i < t->n_rows; i++) print_latex_row(stream, t, &t->cells[i * (size_t)t->n_columns]);
    fputs("\\bottomrule\n\\end{tabular}\n", stream);
}

void px_table_print(FILE *stream, const px_table *t, px_style style, size_t max_rows, bool color) {
    switch (style) {
    case PX_STYLE_CSV: print_csv(stream, t); return;
    case PX_STYLE_JSON: print_json(stream, t); return;
    case PX_STYLE_MD: print_md(stream, t); return;
    case PX_STYLE_LATEX: print_latex(stream, t); return;
    case PX_STYLE_TTY: px_table_print_tty(stream, t, max_rows, color); return;
    case PX_STYLE_COUNT: break;
    }
    PX_ASSERT(!"a style of the list");
}
