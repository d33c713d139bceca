/* [plot.NAME]: what a figure of the report shows. Reading only; drawing is report's business. */
#ifndef PX_SPEC_PLOT_H
#define PX_SPEC_PLOT_H

#include "spec/experiment.h"

/* THE lists: X(enumerator, word, what it is). */
#define PX_PLOT_STYLE_LIST(X)                                                                                          \
    X(PX_PLOT_AUTO, "auto", "line where x is a number, else points")                                                   \
    X(PX_PLOT_LINE, "line", "a line through the values, with marks")                                                   \
    X(PX_PLOT_POINTS, "points", "marks alone")                                                                         \
    X(PX_PLOT_STEPS, "steps", "a value holds until the next x")                                                        \
    X(PX_PLOT_BARS, "bars", "bars from the axis up, as wide as the values of x allow")                                 \
    X(PX_PLOT_MAP, "map", "a row for each combination of `by`, y as the colour of a field")
#define PX_STATISTIC_LIST(X)                                                                                           \
    X(PX_STATISTIC_MEDIAN, "median", "the middle value")                                                               \
    X(PX_STATISTIC_MEAN, "mean", "the mean; of a 0 or 1, the share of ones")                                           \
    X(PX_STATISTIC_MAX, "max", "the largest value")                                                                    \
    X(PX_STATISTIC_SUM, "sum", "the sum, as of counts")
#define PX_PLOT_ENUM(id, word, text) id,
typedef enum px_plot_style { PX_PLOT_STYLE_LIST(PX_PLOT_ENUM) PX_PLOT_STYLE_COUNT } px_plot_style;
typedef enum px_statistic { PX_STATISTIC_LIST(PX_PLOT_ENUM) PX_STATISTIC_COUNT } px_statistic;
#undef PX_PLOT_ENUM
extern const char *const px_plot_style_words[PX_PLOT_STYLE_COUNT];
extern const char *const px_statistic_words[PX_STATISTIC_COUNT];

/* A reference line, and what stands beside it. */
typedef struct px_mark {
    double at;
    const char *text; /* NULL: the number */
} px_mark;

typedef struct px_names {
    const char **at;
    int n;
} px_names;

typedef struct px_plot {
    const char *name, *title, *x_label, *y_label; /* title, labels NULL: not given */
    const char *x;
    px_names y, guide, by, facet; /* y, guide: columns; by, facet: axes and further keys */
    const px_expr *where;         /* NULL: all rows */
    const px_param *params;       /* what it is about */
    int n_params;
    bool log_x, log_y;
    px_plot_style style;
    px_statistic statistic;
    const px_mark *lines, *levels; /* at values of x, of y */
    int n_lines, n_levels;
    const char *file; /* the experiment file */
    int line;         /* of the section */
} px_plot;

/* NUMBER ["TEXT"], ...; 0 after a mistake (all are reported to d), else their number. */
int px_marks_read(px_arena *arena, const px_ini_entry *entry, px_mark **marks, px_diagnostics *d);

/* What `where` of a plot is about: the axes of the kind and its further keys. */
const px_param *px_plot_params(px_arena *arena, const px_kind_spec *kind, int *n);

/* What a whole section lacks: x, y, or what its style asks for. Its keys have been checked one by one. */
void px_plot_check(const px_ini_section *section, px_diagnostics *d);

/* All plots of an experiment that has been loaded without a mistake, in the order of the file. */
px_plot *px_plots_read(px_arena *arena, const px_experiment *experiment, int *n);

#endif
