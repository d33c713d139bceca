/* How lines differ: by colour, mark and dash, each enough alone to tell few of them apart; and their legend. */
#ifndef PX_REPORT_STYLE_H
#define PX_REPORT_STYLE_H

#include "report/draw.h"

typedef struct px_look {
    int32_t color;
    int mark;         /* 0 .. 7 */
    const char *dash; /* NULL: solid */
} px_look;

/* Lines that differ in one thing have a colour and a mark each. Several columns of several combinations: the dash (of
 * points: the mark) by the column. More than 8 combinations of several axes: the colour by the first axis, mark and
 * dash by the others. */
typedef struct px_looks {
    const px_figure *figure;
    bool split;             /* colours and marks mean different things */
    px_names colors, marks; /* what they stand for */
    const char *color_title, *mark_title;
    bool by_column; /* there are several columns; where split, marks or dashes are theirs */
} px_looks;

px_looks px_looks_new(px_arena *arena, const px_figure *figure);
px_look px_look_of(px_arena *arena, const px_looks *looks, int by, int column);

/* A mark of the look at a place. */
void px_draw_mark(px_canvas *c, px_look look, double x, double y);

/* The size of the legend; 0 x 0 where there is nothing to tell. Then the legend itself. */
void px_legend_size(px_arena *arena, const px_looks *looks, double *width, double *height);
void px_draw_legend(px_canvas *c, const px_looks *looks, double x, double y);

#endif
