/* From rows to values: which rows a plot takes, which panel, line and place each belongs to, and their statistic. */
#include "report/figure.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/axis.h"
#include "spec/list.h"
#include "spec/value.h"

/* A row's one value. */
typedef struct entry {
    int panel, by, column;
    double x, y;
    size_t row;
} entry;

typedef struct making {
    px_arena *arena;
    const px_sheet *sheet;
    const px_plot *plot;
    px_figure *figure;
    px_error *err;
    bool *taken;    /* a row each: where holds */
    int x, *values; /* columns of the CSV: of x, of figure->columns */
    px_names panels;
    entry *entries;
    size_t n_entries;
} making;

static px_status refuse(const making *m, const char *format, const char *what) {
    const char *message = px_arena_printf(m->arena, format, what);
    if (!m->plot->file) return px_fail(m->err, PX_BAD_FILE, "%s:1: error: %s", m->sheet->path, message);
    return px_fail(m->err, PX_BAD_FILE, "%s:%d: error: [plot.%s]: %s", m->plot->file, m->plot->line, m->plot->name,
                   message);
}

static px_status find_column(const making *m, const char *name, int *index) {
    *index = px_csv_column(m->sheet->csv, name);
    return *index >= 0
               ? PX_OK
               : refuse(m, "the table has no column '%s' (left out by [measure], or made by another version)", name);
}

/* The row as a cell: what expressions read of one. */
static px_case case_of_row(px_arena *arena, const px_plot *p, const int *columns, const char *const *row) {
    px_value *values = PX_NEW_ARRAY(arena, px_value, p->n_params);
    for (int i = 0; i < p->n_params; i++) {
        values[i].text = columns[i] < 0 ? "" : row[columns[i]];
        if (!px_double_parse(values[i].text, &values[i].real)) values[i].real = (double)NAN;
    }
    return (px_case){.params = p->params, .values = values, .n_params = p->n_params};
}

static void take_rows(making *m) {
    const px_csv *csv = m->sheet->csv;
    const px_plot *p = m->plot;
    int *columns = PX_NEW_ARRAY(m->arena, int, p->n_params);
    for (int i = 0; i < p->n_params; i++) columns[i] = px_csv_column(csv, p->params[i].name);
    m->taken = PX_NEW_ARRAY(m->arena, bool, csv->n_rows);
    px_arena *scratch = px_arena_new();
    for (size_t i = 0; i < csv->n_rows; i++) {
        px_case c = case_of_row(scratch, p, columns, csv->rows[i]);
        m->taken[i] = px_expr_holds(p->where, &c);
        px_arena_reset(scratch);
    }
    px_arena_free(scratch);
}

static bool varies(const making *m, int column) {
    const px_csv *csv = m->sheet->csv;
    const char *first = NULL;
    for (size_t i = 0; i < csv->n_rows; i++) {
        if (!m->taken[i]) continue;
        if (first && strcmp(first, csv->rows[i][column]) != 0) return true;
        first = csv->rows[i][column];
    }
    return false;
}

/* The columns of those axes that vary among the rows. */
static px_status varying(const making *m, const px_names *axes, const int **at, int *n) {
    int *columns = PX_NEW_ARRAY(m->arena, int, axes->n);
    *n = 0;
    for (int i = 0; i < axes->n; i++) {
        PX_TRY(find_column(m, axes->at[i], &columns[*n]));
        *n += varies(m, columns[*n]);
    }
    *at = columns;
    return PX_OK;
}

static int find_name(const px_names *list, const char *name) {
    for (int i = 0; i < list->n; i++)
        if (strcmp(list->at[i], name) == 0) return i;
    return -1;
}

/* The index of the name, which is added where it is new. */
static int name_index(px_arena *arena, px_names *list, const char *name) {
    int i = find_name(list, name);
    if (i >= 0) return i;
    PX_ADD(arena, list->at, list->n) = px_arena_strdup(arena, name);
    return list->n - 1;
}

/* The fields joined; with_names: "format = fp16, n = 50", else "fp16 50" or what stands between them. */
static const char *join(px_arena *arena, const px_csv *csv, size_t row, const int *columns, int n, bool with_names,
                        const char *comma) {
    const char *text = "";
    for (int k = 0; k < n; k++) {
        const char *field = csv->rows[row][columns[k]], *between = k == 0 ? "" : comma;
        if (!*field) field = "-";
        text = with_names ? px_arena_printf(arena, "%s%s%s = %s", text, between, csv->header[columns[k]], field)
                          : px_arena_printf(arena, "%s%s%s", text, between, field);
    }
    return text;
}

/* Panels stand in a grid: of two axes one goes down, its lines with a scale each, and one across, where all but few
 * combinations are there; else line after line, with one scale. */
static void place_panels(making *m) {
    const px_csv *csv = m->sheet->csv;
    px_figure *f = m->figure;
    const int *columns = f->facet_at, n_columns = f->n_facet;
    px_names down = {0}, across = {0};
    for (int i = 0; i < f->n_panels && n_columns == 2; i++) {
        f->panels[i].row = name_index(m->arena, &down, csv->rows[f->panel_row[i]][columns[0]]);
        f->panels[i].column = name_index(m->arena, &across, csv->rows[f->panel_row[i]][columns[1]]);
    }
    f->rows = down.n;
    f->grid_columns = across.n;
    f->own_scales = true;
    if (n_columns == 2 && across.n <= 5 && f->n_panels * 4 >= down.n * across.n * 3) return;
    f->own_scales = false;
    f->grid_columns = f->n_panels <= 3 ? f->n_panels : f->n_panels == 4 ? 2 : f->n_panels <= 9 ? 3 : 4;
    f->rows = f->grid_columns ? (f->n_panels + f->grid_columns - 1) / f->grid_columns : 0;
    for (int i = 0; i < f->n_panels; i++) {
        f->panels[i].row = i / f->grid_columns;
        f->panels[i].column = i % f->grid_columns;
    }
}

static bool text_axis(const making *m, const char *name) {
    const px_kind_spec *k = m->sheet->kind;
    for (int i = 0; i < k->n_params; i++)
        if (strcmp(k->params[i].name, name) == 0)
            return k->params[i].type != PX_PARAM_INT && k->params[i].type != PX_PARAM_REAL;
    for (int i = 0; i < k->n_columns; i++)
        if (strcmp(k->columns[i].name, name) == 0) return k->columns[i].type == PX_COLUMN_TEXT;
    return true;
}

static bool axis_or_key(const making *m, const char *name) {
    const px_kind_spec *k = m->sheet->kind;
    for (int i = 0; i < k->n_params; i++)
        if (strcmp(k->params[i].name, name) == 0) return true;
    for (int i = 0; i < k->n_columns; i++)
        if (strcmp(k->columns[i].name, name) == 0) return k->columns[i].class == PX_CLASS_KEY;
    return false;
}

/* A field as a number; NaN where it is empty. */
static px_status read_number(const making *m, size_t row, int column, double *x) {
    const char *field = m->sheet->csv->rows[row][column];
    *x = NAN;
    if (!*field || px_double_parse(field, x)) return PX_OK;
    return px_fail(m->err, PX_BAD_FILE, "%s:%d: error: column %s: '%.40s' is no number", m->sheet->path,
                   m->sheet->csv->lines[row], m->sheet->csv->header[column], field);
}

/* The place of a row on the horizontal axis; NaN: none. */
static px_status read_x(making *m, px_names *words, size_t row, double *x) {
    const char *field = m->sheet->csv->rows[row][m->x];
    if (!m->figure->words) return read_number(m, row, m->x, x);
    *x = name_index(m->arena, words, field);
    return words->n <= PX_WORDS_MAX ? PX_OK : refuse(m, "more than 256 words on the axis '%s'", m->plot->x);
}

/* All values of a row, into entries; what has no place is counted. */
static px_status enter_row(making *m, size_t row, int panel, int by, double x) {
    px_figure *f = m->figure;
    bool lost = !px_axis_takes(m->plot->log_x && !f->words, x);
    for (int j = 0; j < f->columns.n; j++) {
        double y;
        PX_TRY(read_number(m, row, m->values[j], &y));
        bool empty = m->sheet->csv->rows[row][m->values[j]][0] == '\0';
        f->n_empty += empty && j < f->n_y;
        f->n_x_lost += lost && !empty && j < f->n_y;
        if (!empty && !lost) m->entries[m->n_entries++] = (entry){panel, by, j, x, y, row};
    }
    return PX_OK;
}

/* The columns of the CSV that the plot names. */
static px_status find_columns(making *m) {
    const px_plot *p = m->plot;
    px_figure *f = m->figure;
    PX_TRY(find_column(m, p->x, &m->x));
    PX_TRY(varying(m, &p->facet, &f->facet_at, &f->n_facet));
    PX_TRY(varying(m, &p->by, &f->by_at, &f->n_by));
    for (int i = 0; i < p->y.n; i++) PX_ADD(m->arena, f->columns.at, f->columns.n) = p->y.at[i];
    f->n_y = f->columns.n;
    for (int i = 0; i < p->guide.n; i++)
        if (find_name(&f->columns, p->guide.at[i]) < 0) PX_ADD(m->arena, f->columns.at, f->columns.n) = p->guide.at[i];
    m->values = PX_NEW_ARRAY(m->arena, int, f->columns.n);
    for (int i = 0; i < f->columns.n; i++) PX_TRY(find_column(m, f->columns.at[i], &m->values[i]));
    f->by_axes = "";
    for (int i = 0; i < f->n_by; i++)
        f->by_axes = px_arena_printf(m->arena, "%s%s%s", f->by_axes, i ? ", " : "", m->sheet->csv->header[f->by_at[i]]);
    return PX_OK;
}

/* Has the row a place and something to show? Without x it is a row of another kind: of a sum, of an outcome. */
static bool is_filled(const making *m, size_t row) {
    const char *const *fields = m->sheet->csv->rows[row];
    int n = 0;
    if (*fields[m->x] == '\0') return false;
    for (int j = 0; j < m->figure->n_y; j++) n += *fields[m->values[j]] != '\0';
    if (n == 0) m->figure->n_empty += m->figure->n_y;
    return n > 0;
}

/* Panels, lines and words in the order of the table. */
static px_status enter_rows(making *m) {
    const px_csv *csv = m->sheet->csv;
    px_figure *f = m->figure;
    px_names words = {0};
    size_t *panel_row = PX_NEW_ARRAY(m->arena, size_t, PX_PANELS_MAX + 1);
    size_t *by_row = PX_NEW_ARRAY(m->arena, size_t, PX_LINES_MAX + 1);
    f->panel_row = panel_row, f->by_row = by_row;
    m->entries = PX_NEW_ARRAY(m->arena, entry, csv->n_rows * (size_t)f->columns.n);
    px_arena *scratch = px_arena_new();
    px_status status = PX_OK;
    for (size_t i = 0; i < csv->n_rows && status == PX_OK; i++, px_arena_reset(scratch)) {
        double x;
        if (!m->taken[i] || !is_filled(m, i)) continue;
        int n_panels = m->panels.n, n_by = f->by.n;
        int panel = name_index(m->arena, &m->panels, join(scratch, csv, i, f->facet_at, f->n_facet, true, ", "));
        int by = name_index(m->arena, &f->by, join(scratch, csv, i, f->by_at, f->n_by, false, " "));
        if (m->panels.n > n_panels) panel_row[panel] = i;
        if (f->by.n > n_by) by_row[by] = i;
        if (m->panels.n > PX_PANELS_MAX)
            status = refuse(m, "more than 64 panels: fewer axes in facet, or a where%s", "");
        else if (f->by.n > PX_LINES_MAX)
            status = refuse(m, "more than 64 lines: fewer axes in by, or a where%s", "");
        if (status == PX_OK) status = read_x(m, &words, i, &x);
        if (status == PX_OK) status = enter_row(m, i, panel, by, x);
    }
    px_arena_free(scratch);
    PX_TRY(status);
    f->words = f->words ? words.at : NULL;
    f->n_words = words.n;
    f->n_panels = m->panels.n;
    f->panels = PX_NEW_ARRAY(m->arena, px_panel, f->n_panels);
    for (int i = 0; i < f->n_panels; i++) {
        f->panels[i].name = m->panels.at[i];
        f->panels[i].short_name = join(m->arena, csv, panel_row[i], f->facet_at, f->n_facet, false, ", ");
    }
    place_panels(m);
    return PX_OK;
}

static int by_place(const void *a, const void *b) {
    const entry *p = a, *q = b;
    if (p->panel != q->panel) return p->panel < q->panel ? -1 : 1;
    if (p->by != q->by) return p->by < q->by ? -1 : 1;
    if (p->column != q->column) return p->column < q->column ? -1 : 1;
    if (p->x != q->x) return p->x < q->x ? -1 : 1;
    if (isnan(p->y) || isnan(q->y)) return isnan(p->y) - isnan(q->y); /* last */
    return (p->y > q->y) - (p->y < q->y);
}

static double statistic(px_statistic s, const entry *e, int n) {
    double sum = 0;
    if (s == PX_STATISTIC_MAX) return e[n - 1].y;
    for (int i = 0; i < n; i++) sum += e[i].y; /* from the smallest up: the same for any order of the rows */
    if (s == PX_STATISTIC_MEAN) return sum / n;
    if (s == PX_STATISTIC_SUM) return sum;
    return n % 2 || e[n / 2 - 1].y == e[n / 2].y ? e[n / 2].y : e[n / 2 - 1].y / 2 + e[n / 2].y / 2;
}

/* n entries of one place, sorted. */
static px_datum reduce(const making *m, const entry *e, int n) {
    px_figure *f = m->figure;
    bool guide = e->column >= f->n_y;
    int good = n;
    while (good > 0 && isnan(e[good - 1].y)) good--;
    px_datum d = {.x = e->x, .y = NAN, .lo = NAN, .hi = NAN, .n = good ? good : n};
    if (good) d.y = statistic(m->plot->statistic, e, good), d.lo = e[0].y, d.hi = e[good - 1].y;
    if (!guide) {
        f->n_nan += n - good;
        for (int i = 0; i < good; i++) f->n_infinite += isinf(e[i].y) != 0;
        for (int i = 0; i < good; i++) f->n_not_positive += m->plot->log_y && !(e[i].y > 0);
        if (d.n > f->most) f->most = d.n;
    }
    return d;
}

static bool same_series(const entry *a, const entry *b) {
    return a->panel == b->panel && a->by == b->by && a->column == b->column;
}

static void make_series(making *m) {
    size_t n = m->n_entries;
    if (n) qsort(m->entries, n, sizeof *m->entries, by_place);
    for (size_t i = 0, end; i < n; i = end) {
        const entry *e = &m->entries[i];
        for (end = i; end < n && same_series(&m->entries[end], e); end++) continue;
        px_series s = {.by = e->by, .column = e->column, .at = PX_NEW_ARRAY(m->arena, px_datum, end - i)};
        for (size_t j = i, k; j < end; j = k) {
            for (k = j; k < end && m->entries[k].x == m->entries[j].x; k++) continue;
            s.at[s.n++] = reduce(m, &m->entries[j], (int)(k - j));
        }
        px_panel *p = &m->figure->panels[e->panel];
        PX_ADD(m->arena, p->series, p->n_series) = s;
    }
}

/* Does the axis differ between rows that share a value? */
static bool varies_within(const making *m, int column) {
    const px_csv *csv = m->sheet->csv;
    for (size_t i = 1; i < m->n_entries; i++) {
        const entry *a = &m->entries[i - 1], *b = &m->entries[i];
        if (same_series(a, b) && a->x == b->x && strcmp(csv->rows[a->row][column], csv->rows[b->row][column]) != 0)
            return true;
    }
    return false;
}

static void name_over(making *m) {
    const px_kind_spec *kind = m->sheet->kind;
    m->figure->over = "";
    for (int i = 0; i < kind->n_params; i++) {
        int column = px_csv_column(m->sheet->csv, kind->params[i].name);
        if (column >= 0 && varies_within(m, column))
            m->figure->over = px_arena_printf(m->arena, "%s%s%s", m->figure->over, *m->figure->over ? ", " : "",
                                              kind->params[i].name);
    }
}

px_status px_figure_make(px_arena *arena, const px_sheet *sheet, const px_plot *plot, px_figure *f, px_error *err) {
    static const char *const unread[] = {NULL};
    making m = {.arena = arena, .sheet = sheet, .plot = plot, .figure = f, .err = err};
    *f = (px_figure){.plot = plot, .title = plot->title ? plot->title : sheet->title};
    f->words = text_axis(&m, plot->x) ? unread : NULL;
    f->x_is_axis = axis_or_key(&m, plot->x);
    take_rows(&m);
    PX_TRY(find_columns(&m));
    PX_TRY(enter_rows(&m));
    make_series(&m);
    name_over(&m);
    f->x_label = plot->x_label ? plot->x_label : px_figure_name(arena, sheet, plot->x);
    f->y_label = plot->y_label;
    if (!f->y_label) f->y_label = px_figure_name(arena, sheet, plot->y.at[0]);
    for (int i = 1; i < plot->y.n && !plot->y_label; i++)
        f->y_label = px_arena_printf(arena, "%s, %s", f->y_label, px_figure_name(arena, sheet, plot->y.at[i]));
    return PX_OK;
}
