/* A figure as numbers: what a [plot.NAME] section makes of a table, before anything is drawn or printed. */
#ifndef PX_REPORT_FIGURE_H
#define PX_REPORT_FIGURE_H

#include "io/csv.h"
#include "spec/plot.h"

/* A table, and the tables of its kind. */
typedef struct px_sheet {
    const px_csv *csv;
    const char *path; /* of the CSV, for errors */
    const px_kind_spec *kind;
    const char *title; /* the experiment's */
} px_sheet;

/* The rows of a series that share an x. */
typedef struct px_datum {
    double x;      /* the index of a word where x is text */
    double y;      /* the statistic of the n values; may be infinite; NaN: all of them are */
    double lo, hi; /* the smallest and the largest of the values */
    int n;         /* values, NaN left out unless all are */
} px_datum;

/* One line: a combination of `by` and one column. Sorted by x. */
typedef struct px_series {
    int by, column; /* indices of px_figure's by, columns */
    px_datum *at;
    int n;
} px_series;

typedef struct px_panel {
    const char *name, *short_name; /* "format = fp16, n = 50" and "fp16, 50"; "" for the only one */
    int row, column;               /* in the grid of panels */
    px_series *series;
    int n_series; /* those with values */
} px_panel;

typedef struct px_figure {
    const px_plot *plot;
    const char *title, *x_label, *y_label;
    const char *const *words; /* what x numbers, where x is text; else NULL */
    int n_words;
    bool x_is_axis;      /* an axis or a further key; else a metric, whose values no two rows share */
    px_names by;         /* combinations, "fp16 sequential"; one, "", where by has no axis that varies */
    const char *by_axes; /* "format, order" */
    px_names columns;    /* y, then the guides */
    int n_y;             /* the first of the columns */
    px_panel *panels;
    int n_panels, rows, grid_columns;
    bool own_scales;             /* each line of panels has a vertical scale of its own */
    const int *facet_at, *by_at; /* the columns of those axes of facet and by that vary */
    int n_facet, n_by;
    const size_t *panel_row, *by_row; /* a row of each panel and of each combination, for its fields */
    const char *over;                 /* axes that vary within a value, "rep, data"; "" for none */
    int most;                         /* rows behind a value, at most */
    int n_empty, n_nan, n_infinite, n_not_positive, n_x_lost; /* values that are not drawn as they are */
} px_figure;

enum { PX_PANELS_MAX = 64, PX_LINES_MAX = 64, PX_WORDS_MAX = 256 };

/* PX_BAD_FILE, with file:line of the plot, for a column that the table lacks, a value that is no number, or more
 * panels, lines or words than a figure can hold. A figure without values has no panels. */
px_status px_figure_make(px_arena *arena, const px_sheet *sheet, const px_plot *plot, px_figure *figure, px_error *err);

/* "x grows from 1e-3 at n = 16 to 2e-2 at n = 1024; ...": the first lines in words, for readers of screens. */
const char *px_figure_words(px_arena *arena, const px_figure *figure);

/* What the figure shows and what it leaves out: "median over rep; band: smallest to largest; 3 infinite values". */
const char *px_figure_note(px_arena *arena, const px_figure *figure);

/* A column with its unit: "time_s (s)"; the name alone for a pure number. */
const char *px_figure_name(px_arena *arena, const px_sheet *sheet, const char *column);

/* The plot of a table whose experiment has none: a kind's first highlight that is filled, over the numeric axis with
 * the most values, a line for each value of the next axis, a panel for each of the one after. NULL: nothing to plot. */
px_plot *px_plot_default(px_arena *arena, const px_sheet *sheet, const char *const *highlights);

#endif
