#include "report/pivot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "spec/list.h"

typedef struct filling {
    px_arena *arena;
    const px_sheet *sheet;
    const px_figure *figure;
    px_pivot p;
    int capacity;
} filling;

static void add_column(filling *t, const char *name, bool number) {
    int n = t->p.n_columns, m = n;
    PX_ADD(t->arena, t->p.header, n) = name;
    PX_ADD(t->arena, t->p.number, m) = number;
    t->p.n_columns = n;
}

static const char **add_row(filling *t) {
    size_t width = (size_t)t->p.n_columns;
    if (t->p.n_rows == t->capacity) {
        t->capacity = t->capacity ? 2 * t->capacity : 16;
        const char **larger = PX_NEW_ARRAY(t->arena, const char *, (size_t)t->capacity *width);
        if (t->p.n_rows) memcpy(larger, t->p.cells, (size_t)t->p.n_rows * width * sizeof *larger);
        t->p.cells = larger;
    }
    return &t->p.cells[(size_t)t->p.n_rows++ * width];
}

static void add_key_columns(filling *t, bool metric) {
    const px_figure *f = t->figure;
    for (int i = 0; i < f->n_facet; i++) add_column(t, t->sheet->csv->header[f->facet_at[i]], false);
    for (int i = 0; i < f->n_by; i++) add_column(t, t->sheet->csv->header[f->by_at[i]], false);
    if (metric) add_column(t, "column", false);
}

/* Fills the first cells of a row; returns how many. */
static int fill_keys(const filling *t, const char **row, int panel, const px_series *s, bool metric) {
    const px_figure *f = t->figure;
    const px_csv *csv = t->sheet->csv;
    int n = 0;
    for (int i = 0; i < f->n_facet; i++) row[n++] = csv->rows[f->panel_row[panel]][f->facet_at[i]];
    for (int i = 0; i < f->n_by; i++) row[n++] = csv->rows[f->by_row[s->by]][f->by_at[i]];
    if (metric) row[n++] = f->columns.at[s->column];
    return n;
}

static const char *all_digits(px_arena *arena, double x) {
    char text[PX_DOUBLE_CHARS];
    return px_arena_strdup(arena, px_double_print(x, text));
}

static const char *place(const filling *t, double x) {
    return t->figure->words ? t->figure->words[(int)x] : all_digits(t->arena, x);
}

px_pivot px_pivot_long(px_arena *arena, const px_sheet *sheet, const px_figure *f) {
    filling t = {.arena = arena, .sheet = sheet, .figure = f};
    add_key_columns(&t, true);
    add_column(&t, f->plot->x, !f->words);
    add_column(&t, px_statistic_words[f->plot->statistic], true);
    add_column(&t, "smallest", true);
    add_column(&t, "largest", true);
    add_column(&t, "rows", true);
    for (int i = 0; i < f->n_panels; i++)
        for (int j = 0; j < f->panels[i].n_series; j++)
            for (int k = 0; k < f->panels[i].series[j].n; k++) {
                const px_series *s = &f->panels[i].series[j];
                const px_datum *d = &s->at[k];
                const char **row = add_row(&t);
                int n = fill_keys(&t, row, i, s, true);
                row[n++] = place(&t, d->x);
                row[n++] = all_digits(arena, d->y);
                row[n++] = isnan(d->lo) ? NULL : all_digits(arena, d->lo);
                row[n++] = isnan(d->hi) ? NULL : all_digits(arena, d->hi);
                row[n++] = px_arena_printf(arena, "%d", d->n);
            }
    return t.p;
}

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double *places(px_arena *arena, const px_figure *f, int *unique) {
    double *xs = NULL;
    int n = 0;
    *unique = 0;
    for (int i = 0; i < f->n_panels; i++)
        for (int j = 0; j < f->panels[i].n_series; j++)
            for (int k = 0; k < f->panels[i].series[j].n; k++) PX_ADD(arena, xs, n) = f->panels[i].series[j].at[k].x;
    if (n) qsort(xs, (size_t)n, sizeof *xs, by_size);
    for (int i = 0; i < n; i++)
        if (i == 0 || xs[i] != xs[*unique - 1]) xs[(*unique)++] = xs[i];
    return xs;
}

static int by_x(const void *a, const void *b) {
    double x = ((const px_datum *)a)->x, y = ((const px_datum *)b)->x;
    return (x > y) - (x < y);
}

static const char *three_digits(px_arena *arena, const px_series *s, double x) {
    px_datum key = {.x = x}, *found = bsearch(&key, s->at, (size_t)s->n, sizeof *s->at, by_x);
    return found ? px_arena_printf(arena, "%.3g", found->y) : NULL;
}

static const char *x_header(const filling *t, double x) {
    return t->figure->words ? place(t, x) : px_arena_printf(t->arena, "%s = %.6g", t->figure->plot->x, x);
}

/* A row a line of the figure. */
static void fill_across(filling *t, const double *xs, int n) {
    const px_figure *f = t->figure;
    bool metric = f->columns.n > 1;
    add_key_columns(t, metric);
    for (int k = 0; k < n; k++) add_column(t, x_header(t, xs[k]), true);
    for (int i = 0; i < f->n_panels; i++)
        for (int j = 0; j < f->panels[i].n_series; j++) {
            const px_series *s = &f->panels[i].series[j];
            const char **row = add_row(t);
            int first = fill_keys(t, row, i, s, metric);
            for (int k = 0; k < n; k++) row[first + k] = three_digits(t->arena, s, xs[k]);
        }
}

/* A row an x of a panel; a column a combination and metric. */
static void fill_down(filling *t, const double *xs, int n) {
    const px_figure *f = t->figure;
    for (int i = 0; i < f->n_facet; i++) add_column(t, t->sheet->csv->header[f->facet_at[i]], false);
    add_column(t, f->plot->x, !f->words);
    for (int b = 0; b < f->by.n; b++)
        for (int c = 0; c < f->columns.n; c++)
            add_column(t,
                       f->columns.n == 1 && *f->by.at[b] ? f->by.at[b]
                                                         : px_arena_printf(t->arena, "%s%s%s", f->by.at[b],
                                                                           *f->by.at[b] ? " " : "", f->columns.at[c]),
                       true);
    for (int i = 0; i < f->n_panels; i++)
        for (int k = 0; k < n; k++) {
            const char **row = add_row(t);
            int first = 0;
            while (first < f->n_facet) row[first] = t->sheet->csv->rows[f->panel_row[i]][f->facet_at[first]], first++;
            row[first++] = f->words ? place(t, xs[k]) : px_arena_printf(t->arena, "%.6g", xs[k]);
            for (int j = 0; j < f->panels[i].n_series; j++) {
                const px_series *s = &f->panels[i].series[j];
                row[first + s->by * f->columns.n + s->column] = three_digits(t->arena, s, xs[k]);
            }
        }
}

px_pivot px_pivot_wide(px_arena *arena, const px_sheet *sheet, const px_figure *f) {
    enum { FEW = 12 };
    filling t = {.arena = arena, .sheet = sheet, .figure = f};
    int n;
    if (!f->x_is_axis) return px_pivot_long(arena, sheet, f);
    const double *xs = places(arena, f, &n);
    if (n <= FEW || n <= f->by.n * f->columns.n)
        fill_across(&t, xs, n);
    else
        fill_down(&t, xs, n);
    return t.p;
}
