/* A figure in words, and the figure of a table that has none. */
#include <math.h>
#include <string.h>

#include "report/axis.h"
#include "report/figure.h"
#include "spec/list.h"

static const px_column *find_column(const px_kind_spec *kind, const char *name) {
    for (int i = 0; i < kind->n_columns; i++)
        if (strcmp(kind->columns[i].name, name) == 0) return &kind->columns[i];
    return NULL;
}

const char *px_figure_name(px_arena *arena, const px_sheet *sheet, const char *column) {
    const px_column *c = find_column(sheet->kind, column);
    bool pure = !c || !c->unit || !*c->unit || strcmp(c->unit, "1") == 0 || strcmp(c->unit, column) == 0;
    return pure ? column : px_arena_printf(arena, "%s (%s)", column, c->unit);
}

static const char *count(px_arena *arena, const char *text, int n, const char *what, const char *where) {
    if (n == 0) return text;
    return px_arena_printf(arena, "%s%s%d %s%s%s", text, *text ? "; " : "", n, what, n == 1 ? "" : "s", where);
}

const char *px_figure_note(px_arena *arena, const px_figure *f) {
    const char *text = "";
    bool map = f->plot->style == PX_PLOT_MAP;
    if (f->most > 1)
        text = px_arena_printf(arena, "%s of up to %d rows%s%s%s", px_statistic_words[f->plot->statistic], f->most,
                               *f->over ? " (" : "", f->over, *f->over ? ")" : "");
    bool band = f->plot->statistic != PX_STATISTIC_SUM && f->plot->style != PX_PLOT_BARS && !map;
    if (f->most > 1 && band) text = px_arena_printf(arena, "%s, band: smallest to largest", text);
    text = count(arena, text, f->n_infinite, "infinite value", ", at the upper or lower edge");
    text = count(arena, text, f->n_nan, "NaN", ", a cross at the top");
    text = count(arena, text, f->n_not_positive, "value", " of 0 or less, at the lower edge of a logarithmic scale");
    text = count(arena, text, f->n_empty, "empty field", ", not drawn");
    return count(arena, text, f->n_x_lost, "value", " without a place on the horizontal axis, not drawn");
}

static const char *place(px_arena *arena, const px_figure *f, const px_datum *d) {
    if (f->words) return f->words[(int)d->x];
    return px_arena_printf(arena, "%s = %.6g", f->plot->x, d->x);
}

const char *px_figure_words(px_arena *arena, const px_figure *f) {
    enum { TOLD = 8 };
    const char *text = "";
    int told = 0;
    for (int i = 0; i < f->n_panels; i++)
        for (int j = 0; j < f->panels[i].n_series && told < TOLD; j++) {
            const px_panel *p = &f->panels[i];
            const px_series *s = &p->series[j];
            const px_datum *first = &s->at[0], *last = &s->at[s->n - 1];
            if (s->column >= f->n_y) continue;
            const char *name = px_arena_printf(arena, "%s%s%s%s%s", p->name, *p->name ? ", " : "", f->by.at[s->by],
                                               *f->by.at[s->by] ? ", " : "", f->columns.at[s->column]);
            text = px_arena_printf(arena, "%s%s%s: %.2g at %s, %.2g at %s", text, told++ ? "; " : "", name, first->y,
                                   place(arena, f, first), last->y, place(arena, f, last));
        }
    return text;
}

static bool any_filled(const px_csv *csv, int column) {
    double x;
    for (size_t i = 0; column >= 0 && i < csv->n_rows; i++)
        if (px_double_parse(csv->rows[i][column], &x) && isfinite(x)) return true;
    return false;
}

/* Different words in a column, up to `most`. */
static int distinct(const px_csv *csv, int column, int most) {
    const char *seen[PX_WORDS_MAX];
    int n = 0;
    for (size_t i = 0; column >= 0 && i < csv->n_rows && n < most; i++) {
        int k = 0;
        while (k < n && strcmp(seen[k], csv->rows[i][column]) != 0) k++;
        if (k == n) seen[n++] = csv->rows[i][column];
    }
    return n;
}

/* Do the numbers of a column span so much that only a logarithmic scale shows them all? */
static bool is_wide(const px_csv *csv, int column) {
    double lo = HUGE_VAL, hi = 0, x;
    for (size_t i = 0; i < csv->n_rows; i++) {
        if (!px_double_parse(csv->rows[i][column], &x) || !isfinite(x)) continue;
        if (x < 0) return false;
        if (x > 0) lo = fmin(lo, x);
        hi = fmax(hi, x);
    }
    return hi > 0 && hi >= 16 * lo;
}

/* The axis that varies most: of numbers, else of words. -1: none varies. */
static int choose_x(const px_sheet *s) {
    int best = -1, most = 1;
    for (int pass = 0; pass < 2 && best < 0; pass++)
        for (int i = 0; i < s->kind->n_params; i++) {
            const px_param *p = &s->kind->params[i];
            bool number = p->type == PX_PARAM_INT || p->type == PX_PARAM_REAL;
            int n = distinct(s->csv, px_csv_column(s->csv, p->name), PX_WORDS_MAX);
            if (number == (pass == 0) && strcmp(p->name, "rep") != 0 && n > most) most = n, best = i;
        }
    return best;
}

px_plot *px_plot_default(px_arena *arena, const px_sheet *s, const char *const *highlights) {
    enum { FEW_LINES = 8, FEW_PANELS = 12 };
    px_plot *p = PX_NEW(arena, px_plot);
    int x = choose_x(s), lines = 1, panels = 1;
    for (; x >= 0 && highlights && *highlights && p->y.n == 0; highlights++) {
        const px_column *c = find_column(s->kind, *highlights);
        if (c && c->type != PX_COLUMN_TEXT && any_filled(s->csv, px_csv_column(s->csv, c->name)))
            PX_ADD(arena, p->y.at, p->y.n) = c->name;
    }
    if (p->y.n == 0) return NULL;
    for (int i = 0; i < s->kind->n_params; i++) {
        const char *name = s->kind->params[i].name;
        int n = distinct(s->csv, px_csv_column(s->csv, name), PX_WORDS_MAX);
        if (i == x || n < 2 || strcmp(name, "rep") == 0) continue;
        if (lines * n <= FEW_LINES)
            lines *= n, PX_ADD(arena, p->by.at, p->by.n) = name;
        else if (panels * n <= FEW_PANELS)
            panels *= n, PX_ADD(arena, p->facet.at, p->facet.n) = name;
    }
    p->name = "default";
    p->x = s->kind->params[x].name;
    p->log_x = is_wide(s->csv, px_csv_column(s->csv, p->x));
    p->log_y = is_wide(s->csv, px_csv_column(s->csv, p->y.at[0]));
    return p;
}
