#include "report/canvas.h"

#include <string.h>

/* Helvetica from ' ' to '~', thousandths of the size: Adobe Core 14 font metrics. */
static const short widths[] = {278,  278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278,
                               556,  556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556,
                               1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778,
                               667,  778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556,
                               333,  556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556,
                               556,  556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584};
static const double bold_is_wider = 1.07; /* on the average of English text */

px_canvas px_canvas_new(px_arena *arena, double width, double height) {
    return (px_canvas){.arena = arena, .width = width, .height = height};
}

static px_shape *add(px_canvas *c, px_shape shape, const double *xy, int n) {
    if ((c->n_shapes & (c->n_shapes - 1)) == 0) { /* 0 or a power of two: full */
        px_shape *larger = PX_NEW_ARRAY(c->arena, px_shape, c->n_shapes ? 2 * c->n_shapes : 1);
        if (c->n_shapes) memcpy(larger, c->shapes, (size_t)c->n_shapes * sizeof *larger);
        c->shapes = larger;
    }
    double *copy = PX_NEW_ARRAY(c->arena, double, 2 * n);
    memcpy(copy, xy, 2 * (size_t)n * sizeof *copy);
    shape.xy = copy;
    shape.n = n;
    c->shapes[c->n_shapes] = shape;
    return &c->shapes[c->n_shapes++];
}

void px_draw_path(px_canvas *c, px_pen pen, const double *xy, int n, bool closed) {
    if (n > 0) add(c, (px_shape){.kind = PX_SHAPE_PATH, .pen = pen, .closed = closed}, xy, n);
}

void px_draw_line(px_canvas *c, px_pen pen, double x0, double y0, double x1, double y1) {
    pen.fill = PX_NO_COLOR;
    px_draw_path(c, pen, (double[]){x0, y0, x1, y1}, 2, false);
}

void px_draw_box(px_canvas *c, px_pen pen, double x, double y, double w, double h) {
    px_draw_path(c, pen, (double[]){x, y, x + w, y, x + w, y + h, x, y + h}, 4, true);
}

void px_draw_circle(px_canvas *c, px_pen pen, double x, double y, double radius) {
    add(c, (px_shape){.kind = PX_SHAPE_CIRCLE, .pen = pen, .radius = radius}, (double[]){x, y}, 1);
}

void px_draw_power(px_canvas *c, px_label label, double x, double y, const char *text, const char *exponent) {
    px_shape shape = {.kind = PX_SHAPE_TEXT, .label = label};
    shape.text = px_arena_strdup(c->arena, text);
    shape.exponent = px_arena_strdup(c->arena, exponent);
    add(c, shape, (double[]){x, y}, 1);
}

void px_draw_text(px_canvas *c, px_label label, double x, double y, const char *text) {
    px_draw_power(c, label, x, y, text, "");
}

double px_text_width(double size, bool bold, const char *text) {
    int thousandths = 0;
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        if (*p >= 0x80 && *p < 0xc0) continue; /* a letter goes on */
        thousandths += *p >= ' ' && *p <= '~' ? widths[*p - ' '] : 556;
    }
    return thousandths * size / 1000 * (bold ? bold_is_wider : 1);
}

double px_text_room(double size, bool bold, const char *text) {
    static const double wider = 1.16;
    return wider * px_text_width(size, bold, text);
}

const char *px_text_fit(px_arena *arena, double size, bool bold, const char *text, double width) {
    if (px_text_room(size, bold, text) <= width) return text;
    size_t n = 0; /* bytes that have room beside the dots */
    double used = px_text_room(size, bold, "...");
    for (size_t next; text[n]; n = next) {
        char letter[8] = "";
        for (next = n + 1; ((unsigned char)text[next] & 0xc0) == 0x80 && next - n < 4; next++) continue;
        memcpy(letter, text + n, next - n);
        used += px_text_room(size, bold, letter);
        if (used > width) break;
    }
    return px_arena_printf(arena, "%.*s...", (int)n, text);
}
