/* A map: a row for each combination of `by`, fields along x, the value as colour and, where there is room, as text. */
#include <math.h>
#include <stdlib.h>

#include "report/draw.h"
#include "spec/list.h"

/* viridis (van der Walt and Smith, 2015; CC0), nine of its colours: even in lightness, for all kinds of colour
 * vision and for grey printers. */
static const unsigned char scale[][3] = {{68, 1, 84},    {71, 45, 123}, {59, 82, 139},  {44, 114, 142}, {33, 145, 140},
                                         {40, 174, 128}, {94, 201, 98}, {173, 220, 48}, {253, 231, 37}};
enum { STEPS = 8, EMPTY = 0xdddddd };
static const double widest = 320; /* the name of a row */

static int32_t color_at(double t) {
    int i = (int)fmin(floor(t * STEPS), STEPS - 1), value = 0;
    double part = t * STEPS - i;
    for (int k = 0; k < 3; k++)
        value = value << 8 | (int)floor(scale[i][k] + part * (scale[i + 1][k] - scale[i][k]) + 0.5);
    return value;
}

typedef struct map {
    px_arena *arena;
    px_frame frame;
    px_axis value;
    const double *xs; /* sorted, each once */
    int n_xs;
} map;

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The columns of the map: the places of x without the reference lines. */
static void set_xs(map *m) {
    const px_figure *f = m->frame.figure;
    double *xs = NULL;
    int n = 0, unique = 0;
    for (int i = 0; i < f->n_panels; i++)
        for (int j = 0; j < f->panels[i].n_series; j++)
            for (int k = 0; k < f->panels[i].series[j].n; k++) PX_ADD(m->arena, xs, n) = f->panels[i].series[j].at[k].x;
    if (n) qsort(xs, (size_t)n, sizeof *xs, by_size);
    for (int i = 0; i < n; i++)
        if (i == 0 || xs[i] != xs[unique - 1]) xs[unique++] = xs[i];
    m->xs = xs;
    m->n_xs = unique;
}

/* Where column i begins, in the measure of the axis: half way to the one before. i = n_xs: the end of the last. */
static double edge(const map *m, int i) {
    const px_axis *a = &m->frame.x;
    double half = 0.5;
    int last = m->n_xs - 1;
    if (m->frame.figure->words) return i - 0.5;
#define AT(k) (a->log ? px_log10(m->xs[k]) : m->xs[k])
    if (i > 0 && i <= last) return (AT(i - 1) + AT(i)) / 2;
    if (last > 0) half = (i == 0 ? AT(1) - AT(0) : AT(last) - AT(last - 1)) / 2;
    return i == 0 ? AT(0) - half : AT(last) + half;
#undef AT
}

/* Values from 0 to 1 are shares, whatever their range. */
static px_axis value_axis(px_arena *arena, const px_figure *f) {
    double *ys = NULL;
    int n = 0;
    bool shares = !f->plot->log_y;
    for (int i = 0; i < f->n_panels; i++)
        for (int j = 0; j < f->panels[i].n_series; j++)
            for (int k = 0; k < f->panels[i].series[j].n; k++) {
                double y = f->panels[i].series[j].at[k].y;
                PX_ADD(arena, ys, n) = y;
                shares = shares && !(y < 0) && !(y > 1);
            }
    px_axis a = px_axis_new(arena, f->plot->log_y, shares ? (const double[]){0, 1} : ys, shares ? 2 : n, 6);
    if (shares) a.hi = 1;
    return a;
}

/* The colour of a field, or its text above everything else: on a patch, for a reference line may pass there. */
static void draw_field(map *m, px_box b, const px_datum *d, bool as_text) {
    bool shown = px_axis_takes(m->value.log, d->y);
    double t = shown ? fmin(fmax(px_axis_place(&m->value, d->y), 0), 1) : 0;
    px_pen pen = {.stroke = as_text ? PX_NO_COLOR : 0xffffff, .width = 1, .fill = shown ? color_at(t) : EMPTY};
    px_label label = {.size = 9.5, .color = t > 0.6 || !shown ? PX_INK : 0xffffff, .anchor = PX_MIDDLE};
    const char *text = px_arena_printf(m->arena, "%.2g", d->y);
    double width = px_text_room(label.size, false, text), x = b.x + b.width / 2, y = b.y + b.height / 2;
    if (!as_text) {
        px_draw_box(&m->frame.canvas, pen, b.x, b.y, b.width, b.height);
    } else if (width + 2 <= b.width) {
        px_draw_box(&m->frame.canvas, pen, x - width / 2 - 1, y - 6, width + 2, 12);
        px_draw_text(&m->frame.canvas, label, x, y + 3.5, text);
    }
}

static double row_height(const map *m) { return m->frame.panel_height / fmax(m->frame.figure->by.n, 1); }

static void draw_fields(map *m, const px_panel *p, px_box b, bool as_text) {
    double height = row_height(m), scale_x = b.width / (m->frame.x.hi - m->frame.x.lo);
    for (int j = 0; j < p->n_series; j++)
        for (int k = 0; k < p->series[j].n; k++) {
            const px_series *s = &p->series[j];
            const double *x = bsearch(&s->at[k].x, m->xs, (size_t)m->n_xs, sizeof *m->xs, by_size);
            int i = (int)(x - m->xs);
            double left = b.x + (edge(m, i) - m->frame.x.lo) * scale_x;
            double right = b.x + (edge(m, i + 1) - m->frame.x.lo) * scale_x;
            draw_field(m, (px_box){left, b.y + s->by * height, right - left, height}, &s->at[k], as_text);
        }
}

static void draw_panel(map *m, const px_panel *p) {
    px_box b = px_frame_box(&m->frame, p);
    double height = row_height(m);
    px_frame_below(&m->frame, p);
    px_draw_box(&m->frame.canvas, (px_pen){.stroke = PX_NO_COLOR, .fill = 0xf4f4f4}, b.x, b.y, b.width, b.height);
    draw_fields(m, p, b, false);
    px_label label = {.size = 11, .color = PX_INK, .anchor = PX_END};
    for (int i = 0; i < m->frame.figure->by.n && p->column == 0; i++)
        px_draw_text(&m->frame.canvas, label, b.x - 7, b.y + (i + 0.5) * height + 4,
                     px_text_fit(m->arena, label.size, false, m->frame.figure->by.at[i], widest));
    px_frame_above(&m->frame, p);
    draw_fields(m, p, b, true);
}

/* The axes of the rows above their labels, in the first line of panels. */
static void draw_corner(map *m) {
    const px_frame *fr = &m->frame;
    px_label label = {.size = 11, .color = PX_GREY, .anchor = PX_END, .bold = true};
    px_draw_text(&m->frame.canvas, label, fr->left - 7, fr->top - 6, fr->figure->by_axes);
}

static void draw_scale(map *m) {
    enum { PARTS = 64 };
    px_canvas *c = &m->frame.canvas;
    double x = m->frame.legend_x, y = m->frame.legend_y + 18, width = 14, height = m->frame.legend_height - 18;
    px_draw_text(c, (px_label){.size = 11.5, .color = PX_GREY, .bold = true}, x, y - 8, m->frame.figure->y_label);
    for (int i = 0; i < PARTS; i++)
        px_draw_box(c, (px_pen){.stroke = PX_NO_COLOR, .fill = color_at((i + 0.5) / PARTS)}, x,
                    y + height * (PARTS - 1 - i) / PARTS, width, height / PARTS + (i ? 0.5 : 0));
    px_draw_box(c, (px_pen){.stroke = PX_EDGE, .width = 1, .fill = PX_NO_COLOR}, x, y, width, height);
    for (int i = 0; i < m->value.n_ticks; i++) {
        const px_tick *t = &m->value.ticks[i];
        double at = y + (1 - px_axis_place(&m->value, t->at)) * height;
        if (!t->text) continue;
        px_draw_line(c, (px_pen){.stroke = PX_EDGE, .width = 1}, x + width, at, x + width + 4, at);
        px_draw_power(c, (px_label){.size = 11, .color = PX_INK}, x + width + 7, at + 4, t->text, t->power);
    }
}

px_canvas px_draw_map(px_arena *arena, const px_figure *f) {
    static const double row = 26, narrowest = 22;
    map m = {.arena = arena, .frame.figure = f, .value = value_axis(arena, f)};
    int n;
    set_xs(&m);
    const double *xs = px_figure_xs(arena, f, &n);
    m.frame.x = f->words ? px_axis_of_words(f->n_words) : px_axis_new(arena, f->plot->log_x, xs, n, 7);
    if (m.n_xs && !f->words) {
        m.frame.x.lo = fmin(m.frame.x.lo, edge(&m, 0));
        m.frame.x.hi = fmax(m.frame.x.hi, edge(&m, m.n_xs));
    }
    for (int i = 0; i < f->by.n; i++)
        m.frame.rows_width = fmax(m.frame.rows_width, fmin(px_text_room(11, false, f->by.at[i]), widest));
    m.frame.rows_width = fmax(m.frame.rows_width, px_text_room(11, true, f->by_axes) - 20) + 4;
    m.frame.panel_width = fmax(f->grid_columns > 2 ? 240 : 320, narrowest * m.n_xs);
    m.frame.panel_height = fmax(row * f->by.n, 40);
    m.frame.legend_width = fmax(px_text_room(11.5, true, f->y_label), 60);
    m.frame.legend_height = fmax(m.frame.panel_height, 140);
    px_frame_new(arena, &m.frame);
    for (int i = 0; i < f->n_panels; i++) draw_panel(&m, &f->panels[i]);
    if (f->n_panels) draw_corner(&m), draw_scale(&m);
    px_frame_labels(&m.frame);
    return m.frame.canvas;
}
