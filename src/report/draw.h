/* From a figure to a drawing. */
#ifndef PX_REPORT_DRAW_H
#define PX_REPORT_DRAW_H

#include "report/axis.h"
#include "report/canvas.h"
#include "report/figure.h"

px_canvas px_figure_draw(px_arena *arena, const px_figure *figure);

/* Inside the room. */

enum { PX_INK = 0x222222, PX_GREY = 0x666666, PX_GRID = 0xe4e4e4, PX_EDGE = 0x999999 };

/* Where panels, labels and the legend stand. Set up by px_frame_new, which takes what it needs from the first block. */
typedef struct px_frame {
    const px_figure *figure;
    px_axis x;
    const px_axis *y;   /* one a line of panels */
    double rows_width;  /* of what stands left of a panel instead of ticks; 0: ticks */
    const char *corner; /* what the rows are, above them; NULL: nothing */
    double legend_width, legend_height;
    double panel_width, panel_height; /* 0: by the number of panels */

    px_canvas canvas;
    double left, top, step_x, step_y; /* of the first panel; from one to the next */
    double legend_x, legend_y;
} px_frame;

void px_frame_new(px_arena *arena, px_frame *frame);

typedef struct px_box {
    double x, y, width, height;
} px_box;
px_box px_frame_box(const px_frame *frame, const px_panel *panel);

/* Background and grid; the edge, ticks, reference lines and their labels. */
void px_frame_below(px_frame *frame, const px_panel *panel);
void px_frame_above(px_frame *frame, const px_panel *panel);

/* Title, axis labels, note. */
void px_frame_labels(px_frame *frame);

/* All the values of x in a figure, and the reference lines there; in the arena. */
const double *px_figure_xs(px_arena *arena, const px_figure *figure, int *n);

/* A number of a reference line: 10000 as 10 and 4, else plain with the power "". */
void px_number_label(px_arena *arena, double x, const char **text, const char **power);

/* The kinds of figure. */
px_canvas px_draw_lines(px_arena *arena, const px_figure *figure);
px_canvas px_draw_map(px_arena *arena, const px_figure *figure);

#endif
