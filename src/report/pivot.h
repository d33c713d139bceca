/* The numbers behind a figure as a table. */
#ifndef PX_REPORT_PIVOT_H
#define PX_REPORT_PIVOT_H

#include "report/figure.h"

typedef struct px_pivot {
    const char **header;
    bool *number; /* columns of numbers */
    int n_columns;
    const char **cells; /* n_rows x n_columns; NULL: empty */
    int n_rows;
} px_pivot;

/* For people: three digits; a row a line of the figure and a column for each x, or the other way round where x has
 * many values. The long one where x is a metric. */
px_pivot px_pivot_wide(px_arena *arena, const px_sheet *sheet, const px_figure *figure);

/* For programs: a row a value, all digits, with the smallest and the largest of the rows behind it and their number. */
px_pivot px_pivot_long(px_arena *arena, const px_sheet *sheet, const px_figure *figure);

#endif
