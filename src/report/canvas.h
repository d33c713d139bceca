/* A drawing: shapes and texts in order, y downwards, in px (SVG) or pt (PDF). The same bytes on every machine. */
#ifndef PX_REPORT_CANVAS_H
#define PX_REPORT_CANVAS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"

enum { PX_NO_COLOR = -1 }; /* colours are 0xRRGGBB */

typedef struct px_pen {
    int32_t stroke, fill;
    double width;     /* of the stroke */
    const char *dash; /* lengths as in "6 3"; NULL: solid */
    double opacity;   /* of the fill; 0 stands for 1 */
} px_pen;

typedef enum px_anchor { PX_START, PX_MIDDLE, PX_END } px_anchor;

typedef struct px_label {
    double size;
    int32_t color;
    px_anchor anchor;
    int turn; /* degrees clockwise: 0, -90, -45 */
    bool bold;
} px_label;

typedef enum px_shape_kind { PX_SHAPE_PATH, PX_SHAPE_CIRCLE, PX_SHAPE_TEXT } px_shape_kind;

typedef struct px_shape {
    px_shape_kind kind;
    px_pen pen;
    px_label label;
    const double *xy; /* PATH: n points; the others: one */
    int n;
    bool closed;
    double radius;
    const char *text, *exponent; /* exponent: small and raised, behind the text; "" for none */
} px_shape;

typedef struct px_canvas {
    px_arena *arena;
    double width, height;
    px_shape *shapes;
    int n_shapes;
} px_canvas;

px_canvas px_canvas_new(px_arena *arena, double width, double height);
void px_draw_path(px_canvas *c, px_pen pen, const double *xy, int n, bool closed); /* xy is copied */
void px_draw_line(px_canvas *c, px_pen pen, double x0, double y0, double x1, double y1);
void px_draw_box(px_canvas *c, px_pen pen, double x, double y, double width, double height);
void px_draw_circle(px_canvas *c, px_pen pen, double x, double y, double radius);
void px_draw_text(px_canvas *c, px_label label, double x, double y, const char *text);
void px_draw_power(px_canvas *c, px_label label, double x, double y, const char *text, const char *exponent);

/* The width of a text in Helvetica (Adobe's font metrics). */
double px_text_width(double size, bool bold, const char *text);

/* The room that a text may need: fonts that stand in for Helvetica are up to a sixth wider (DejaVu Sans). */
double px_text_room(double size, bool bold, const char *text);

/* The text, cut with "..." behind it where it may need more room. */
const char *px_text_fit(px_arena *arena, double size, bool bold, const char *text, double width);

/* Without ids and scripts: several may stand in one page. title, description: for readers of screens. */
void px_svg(const px_canvas *c, const char *title, const char *description, px_text *out);

/* One page of the drawing's size, in the standard fonts Helvetica. Letters beyond Latin-1 become '?'. */
void px_pdf(const px_canvas *c, const char *title, px_text *out);

/* Text of XML: < > & " escaped, control characters and bytes that are no UTF-8 as '?'. */
void px_xml_text(px_text *out, const char *s);

#endif
