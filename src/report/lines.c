/* Lines, points and steps over x. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/style.h"
#include "spec/list.h"

typedef struct drawing {
    px_arena *arena;
    px_frame frame;
    px_looks looks;
    px_plot_style style;
    px_box box;
    const px_axis *y; /* of the panel */
    const double *xs; /* of the panel, sorted, each once: a line breaks where its series lacks one */
    int n_xs;
} drawing;

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Values of y: measured ones and levels; guides too, unless they are so far off that the rest would be flat. */
static px_axis y_axis(px_arena *arena, const px_figure *f, int row) {
    static const double decades_off = 4;
    double *ys = NULL, lo = HUGE_VAL, hi = 0;
    int n = 0, n_measured;
    for (int pass = 0; pass < 2; pass++) {
        for (int i = 0; i < f->n_panels; i++)
            for (int j = 0; j < f->panels[i].n_series && (!f->own_scales || f->panels[i].row == row); j++) {
                const px_series *s = &f->panels[i].series[j];
                for (int k = 0; k < s->n && (s->column >= f->n_y) == (pass == 1); k++) {
                    const double all[] = {s->at[k].y, s->at[k].lo, s->at[k].hi};
                    for (int v = 0; v < 3; v++) {
                        bool far = pass == 1 && f->plot->log_y && all[v] > 0 && hi > 0 &&
                                   (px_log10(all[v]) > px_log10(hi) + decades_off ||
                                    px_log10(all[v]) < px_log10(lo) - decades_off);
                        if (!far && px_axis_takes(f->plot->log_y, all[v])) PX_ADD(arena, ys, n) = all[v];
                    }
                }
            }
        n_measured = n;
        for (int i = 0; i < n_measured && pass == 0 && f->plot->log_y; i++) lo = fmin(lo, ys[i]), hi = fmax(hi, ys[i]);
    }
    for (int i = 0; i < f->plot->n_levels; i++) PX_ADD(arena, ys, n) = f->plot->levels[i].at;
    return px_axis_new(arena, f->plot->log_y, ys, n, f->rows > 2 ? 5 : 7);
}

/* Where series of words stand beside one another: from -1 to 1 of half the room. */
static double dodge(const drawing *d, int by, int column) {
    const px_figure *f = d->frame.figure;
    int n = f->by.n * f->n_y, i = by * f->n_y + column;
    if (!f->words || n < 2 || column >= f->n_y) return 0;
    double slot = d->box.width / f->n_words, room = fmin(0.7 * slot, 9.0 * (n - 1));
    return ((double)i / (n - 1) - 0.5) * room;
}

static double at_x(const drawing *d, const px_series *s, double x) {
    return d->box.x + px_axis_place(&d->frame.x, x) * d->box.width + dodge(d, s->by, s->column);
}

/* Values that the axis does not take stand at its edges. */
static double at_y(const drawing *d, double y) {
    double place = isnan(y) || y == HUGE_VAL ? 1 : !px_axis_takes(d->y->log, y) ? 0 : px_axis_place(d->y, y);
    return d->box.y + (1 - fmin(fmax(place, 0), 1)) * d->box.height;
}

static bool drawable(const drawing *d, double y) { return px_axis_takes(d->y->log, y); }

static int index_of(const drawing *d, double x) {
    const double *found = bsearch(&x, d->xs, (size_t)d->n_xs, sizeof *d->xs, by_size);
    return found ? (int)(found - d->xs) : -1;
}

static bool adjacent(const drawing *d, const px_series *s, int k) {
    if (!d->frame.figure->x_is_axis || s->column >= d->frame.figure->n_y) return true;
    return index_of(d, s->at[k + 1].x) - index_of(d, s->at[k].x) == 1;
}

/* The part of a segment within the panel; false: none. */
static bool clip(const drawing *d, double *x0, double *y0, double *x1, double *y1) {
    double top = d->box.y, bottom = top + d->box.height, edges[] = {top, bottom};
    if ((*y0 < top && *y1 < top) || (*y0 > bottom && *y1 > bottom)) return false;
    for (int i = 0; i < 2; i++) {
        double edge = edges[i], x = *y1 == *y0 ? *x0 : *x0 + (edge - *y0) / (*y1 - *y0) * (*x1 - *x0);
        bool out0 = i ? *y0 > edge : *y0 < edge, out1 = i ? *y1 > edge : *y1 < edge;
        if (out0) *x0 = x, *y0 = edge;
        if (out1) *x1 = x, *y1 = edge;
    }
    return true;
}

static double raw_y(const drawing *d, double y) { return d->box.y + (1 - px_axis_place(d->y, y)) * d->box.height; }

/* A run of points k .. end - 1 as one path; guides, which may leave the panel, segment by segment. */
static void draw_run(drawing *d, const px_series *s, px_pen pen, int k, int end) {
    double *xy = PX_NEW_ARRAY(d->arena, double, 4 * (end - k));
    int n = 0;
    bool steps = d->style == PX_PLOT_STEPS && s->column < d->frame.figure->n_y;
    for (int i = k; i < end; i++) {
        double x = at_x(d, s, s->at[i].x), y = raw_y(d, s->at[i].y);
        if (steps && i > k) xy[2 * n] = x, xy[2 * n + 1] = xy[2 * n - 1], n++;
        xy[2 * n] = x, xy[2 * n + 1] = y, n++;
    }
    if (s->column < d->frame.figure->n_y) {
        px_draw_path(&d->frame.canvas, pen, xy, n, false);
        return;
    }
    double *out = PX_NEW_ARRAY(d->arena, double, 2 * n);
    int m = 0;
    for (int i = 0; i + 1 < n; i++) {
        double x0 = xy[2 * i], y0 = xy[2 * i + 1], x1 = xy[2 * i + 2], y1 = xy[2 * i + 3];
        bool seen = clip(d, &x0, &y0, &x1, &y1);
        if (seen && m == 0) out[0] = x0, out[1] = y0, m = 1;
        if (seen) out[2 * m] = x1, out[2 * m + 1] = y1, m++;
        if (!seen || i + 2 == n) px_draw_path(&d->frame.canvas, pen, out, m, false), m = 0;
    }
}

/* A guide over words: a level at each of them. */
static void draw_levels(drawing *d, const px_series *s, px_pen pen) {
    double slot = d->box.width / d->frame.figure->n_words;
    for (int k = 0; k < s->n; k++) {
        double x = at_x(d, s, s->at[k].x), y = raw_y(d, s->at[k].y);
        if (drawable(d, s->at[k].y) && y >= d->box.y && y <= d->box.y + d->box.height)
            px_draw_line(&d->frame.canvas, pen, x - 0.4 * slot, y, x + 0.4 * slot, y);
    }
}

static void draw_line(drawing *d, const px_series *s, bool grey) {
    px_look look = px_look_of(d->arena, &d->looks, s->by, s->column);
    bool guide = s->column >= d->frame.figure->n_y;
    if (grey) look.color = PX_GREY;
    px_pen pen = {.stroke = look.color, .width = guide ? 1.2 : 1.8, .dash = look.dash, .fill = PX_NO_COLOR};
    if (guide && d->frame.figure->words) draw_levels(d, s, pen);
    for (int k = 0, end; k < s->n && !(guide && d->frame.figure->words); k = end) {
        for (end = k; end < s->n && drawable(d, s->at[end].y); end++)
            if (end > k && !adjacent(d, s, end - 1)) break;
        if (end - k > 1) draw_run(d, s, pen, k, end);
        if (end == k) end++;
    }
}

static void draw_band(drawing *d, const px_series *s, int32_t color, int k, int end) {
    int n = end - k;
    double *xy = PX_NEW_ARRAY(d->arena, double, 4 * n);
    for (int i = 0; i < n; i++) {
        const px_datum *a = &s->at[k + i], *b = &s->at[end - 1 - i];
        xy[2 * i] = at_x(d, s, a->x), xy[2 * i + 1] = at_y(d, a->hi);
        xy[2 * (n + i)] = at_x(d, s, b->x), xy[2 * (n + i) + 1] = at_y(d, b->lo);
    }
    px_pen bar = {.stroke = color, .width = 1.2, .fill = PX_NO_COLOR};
    px_pen band = {.stroke = PX_NO_COLOR, .fill = color, .opacity = 0.2};
    px_draw_path(&d->frame.canvas, n == 1 ? bar : band, xy, 2 * n, n > 1);
}

/* Smallest to largest: a band behind a line, a bar behind a point that stands alone. */
static void draw_spread(drawing *d, const px_series *s, bool lines) {
    px_look look = px_look_of(d->arena, &d->looks, s->by, s->column);
    bool any = false;
    for (int k = 0; k < s->n; k++) any |= s->at[k].hi > s->at[k].lo;
    for (int k = 0, end; k < s->n && any; k = end) {
        for (end = k + 1; lines && end < s->n && !isnan(s->at[end].hi) && adjacent(d, s, end - 1); end++) continue;
        if (!isnan(s->at[k].hi)) draw_band(d, s, look.color, k, end);
    }
}

/* What cannot be where it belongs: infinite up at the edge, not positive down at it, no number a cross at the top. */
static void draw_odd(drawing *d, const px_series *s, const px_datum *p) {
    px_look look = px_look_of(d->arena, &d->looks, s->by, s->column);
    double x = at_x(d, s, p->x), y = at_y(d, p->y), up = p->y == HUGE_VAL ? 1 : -1;
    px_pen pen = {.stroke = look.color, .fill = 0xffffff, .width = 1.4};
    if (isnan(p->y)) {
        px_draw_line(&d->frame.canvas, pen, x - 3, y + 3, x + 3, y + 9);
        px_draw_line(&d->frame.canvas, pen, x - 3, y + 9, x + 3, y + 3);
        return;
    }
    px_draw_path(&d->frame.canvas, pen, (double[]){x - 4, y + 8 * up, x + 4, y + 8 * up, x, y + 1 * up}, 3, true);
}

static void draw_marks(drawing *d, const px_series *s, bool lines) {
    enum { MOST = 24 }; /* of a line; more of them would hide it */
    int stride = lines && s->n > MOST ? s->n / 12 : 1;
    px_look look = px_look_of(d->arena, &d->looks, s->by, s->column);
    for (int k = 0; k < s->n; k++) {
        if (!drawable(d, s->at[k].y))
            draw_odd(d, s, &s->at[k]);
        else if (k % stride == (s->by * 2 + s->column) % stride || k == s->n - 1)
            px_draw_mark(&d->frame.canvas, look, at_x(d, s, s->at[k].x), at_y(d, s->at[k].y));
    }
}

/* Do two guides say the same wherever both say something? all: and the first has no x of its own. */
static bool alike(const px_series *a, const px_series *b, bool all) {
    int common = 0;
    for (int i = 0, k = 0; i < a->n; i++) {
        while (k < b->n && b->at[k].x < a->at[i].x) k++;
        bool met = k < b->n && b->at[k].x == a->at[i].x;
        if (met && b->at[k].y != a->at[i].y) return false;
        if (!met && all) return false;
        common += met;
    }
    return common > 0;
}

/* Guides of a panel: one that is alike for several lines is grey, and drawn once. */
static void draw_guides(drawing *d, const px_panel *p) {
    for (int j = 0; j < p->n_series; j++) {
        const px_series *s = &p->series[j];
        bool again = false, shared = false;
        if (s->column < d->frame.figure->n_y) continue;
        for (int i = 0; i < p->n_series; i++) {
            if (i == j || p->series[i].column != s->column) continue;
            shared = shared || alike(s, &p->series[i], false);
            again = again || (i < j && alike(s, &p->series[i], true));
        }
        if (!again) draw_line(d, s, shared);
    }
}

/* Bars as wide as the nearest two values of x are apart. */
static void draw_bars(drawing *d, const px_series *s) {
    px_look look = px_look_of(d->arena, &d->looks, s->by, s->column);
    double gap = d->box.width, bottom = d->box.y + d->box.height;
    for (int i = 1; i < d->n_xs; i++) gap = fmin(gap, at_x(d, s, d->xs[i]) - at_x(d, s, d->xs[i - 1]));
    px_pen pen = {.stroke = 0xffffff, .width = gap > 6 ? 0.8 : 0.3, .fill = look.color, .opacity = 0.8};
    for (int k = 0; k < s->n; k++) {
        double left = fmax(at_x(d, s, s->at[k].x) - gap / 2, d->box.x), y = at_y(d, s->at[k].y);
        double right = fmin(at_x(d, s, s->at[k].x) + gap / 2, d->box.x + d->box.width);
        px_draw_box(&d->frame.canvas, pen, left, y, right - left, bottom - y);
    }
}

static void set_xs(drawing *d, const px_panel *p) {
    double *xs = NULL;
    int n = 0, unique = 0;
    for (int j = 0; j < p->n_series; j++)
        for (int k = 0; k < p->series[j].n && p->series[j].column < d->frame.figure->n_y; k++)
            PX_ADD(d->arena, xs, n) = p->series[j].at[k].x;
    if (n) qsort(xs, (size_t)n, sizeof *xs, by_size);
    for (int i = 0; i < n; i++)
        if (i == 0 || xs[i] != xs[unique - 1]) xs[unique++] = xs[i];
    d->xs = xs;
    d->n_xs = unique;
}

static void draw_panel(drawing *d, const px_panel *p) {
    int n_y = d->frame.figure->n_y;
    bool lines = d->style == PX_PLOT_LINE || d->style == PX_PLOT_STEPS, bars = d->style == PX_PLOT_BARS;
    d->box = px_frame_box(&d->frame, p);
    d->y = &d->frame.y[p->row];
    set_xs(d, p);
    px_frame_below(&d->frame, p);
    for (int j = 0; j < p->n_series; j++) {
        if (p->series[j].column >= n_y) continue;
        if (bars)
            draw_bars(d, &p->series[j]);
        else if (d->frame.figure->plot->statistic != PX_STATISTIC_SUM)
            draw_spread(d, &p->series[j], lines);
    }
    draw_guides(d, p);
    for (int j = 0; j < p->n_series && lines; j++)
        if (p->series[j].column < n_y) draw_line(d, &p->series[j], false);
    for (int j = 0; j < p->n_series && !bars; j++)
        if (p->series[j].column < n_y) draw_marks(d, &p->series[j], lines);
    px_frame_above(&d->frame, p);
}

px_canvas px_draw_lines(px_arena *arena, const px_figure *f) {
    int n;
    const double *xs = px_figure_xs(arena, f, &n);
    drawing d = {.arena = arena, .looks = px_looks_new(arena, f), .style = f->plot->style};
    if (d.style == PX_PLOT_AUTO) d.style = !f->words && f->x_is_axis ? PX_PLOT_LINE : PX_PLOT_POINTS;
    px_axis *y = PX_NEW_ARRAY(arena, px_axis, f->rows);
    for (int i = 0; i < f->rows; i++) y[i] = y_axis(arena, f, i);
    d.frame = (px_frame){.figure = f, .y = y};
    d.frame.x = f->words ? px_axis_of_words(f->n_words)
                         : px_axis_new(arena, f->plot->log_x, xs, n, f->grid_columns > 2 ? 5 : 8);
    px_legend_size(arena, &d.looks, &d.frame.legend_width, &d.frame.legend_height);
    px_frame_new(arena, &d.frame);
    for (int i = 0; i < f->n_panels; i++) draw_panel(&d, &f->panels[i]);
    if (d.frame.legend_width > 0) px_draw_legend(&d.frame.canvas, &d.looks, d.frame.legend_x, d.frame.legend_y);
    px_frame_labels(&d.frame);
    return d.frame.canvas;
}
