/* What every figure has: a grid of panels with shared axes, title, labels, reference lines, a note. */
#include <math.h>
#include <string.h>

#include "report/draw.h"
#include "spec/list.h"

static const double title_size = 15, label_size = 12, tick_size = 11, small_size = 10;
static const double margin = 14, strip = 18, longest_word = 165; /* around the figure; above a panel's name; turned */

px_canvas px_figure_draw(px_arena *arena, const px_figure *f) {
    return f->plot->style == PX_PLOT_MAP ? px_draw_map(arena, f) : px_draw_lines(arena, f);
}

const double *px_figure_xs(px_arena *arena, const px_figure *f, int *n) {
    double *xs = NULL;
    *n = 0;
    for (int i = 0; i < f->n_panels; i++)
        for (int j = 0; j < f->panels[i].n_series; j++)
            for (int k = 0; k < f->panels[i].series[j].n; k++) PX_ADD(arena, xs, *n) = f->panels[i].series[j].at[k].x;
    for (int i = 0; i < f->plot->n_lines && !f->words; i++) PX_ADD(arena, xs, *n) = f->plot->lines[i].at;
    return xs;
}

void px_number_label(px_arena *arena, double x, const char **text, const char **power) {
    *power = "";
    *text = px_arena_printf(arena, "%.6g", x);
    for (int k = 4; k <= 300; k++) /* a whole power of ten on either side */
        for (int sign = -1; sign <= 1; sign += 2) {
            double p;
            if (px_double_parse(px_arena_printf(arena, "1e%d", sign * k), &p) && p == x)
                *text = "10", *power = px_arena_printf(arena, "%d", sign * k);
        }
}

static double widest_tick(const px_axis *a) {
    double widest = 0;
    for (int i = 0; i < a->n_ticks; i++)
        if (a->ticks[i].text)
            widest = fmax(widest, px_text_room(tick_size, false, a->ticks[i].text) +
                                      px_text_room(0.75 * tick_size, false, a->ticks[i].power));
    return widest;
}

/* Words below a panel: level where they have room, else turned. */
static double widest_word(const px_figure *f) {
    double widest = 0;
    for (int i = 0; i < f->n_words; i++) widest = fmax(widest, px_text_room(tick_size, false, f->words[i]));
    return widest;
}

static bool words_turn(const px_frame *fr) {
    const px_figure *f = fr->figure;
    return f->words && widest_word(f) + 6 > fr->panel_width / f->n_words;
}

static double ticks_height(const px_frame *fr) {
    static const double slant = 0.70711;
    return words_turn(fr) ? fmin(widest_word(fr->figure), longest_word) * slant + 16 : 20;
}

/* How far turned words reach to the left of the first panel. */
static double turned_overhang(const px_frame *fr) {
    static const double slant = 0.70711;
    const px_figure *f = fr->figure;
    double slot = fr->panel_width / f->n_words, most = 0;
    for (int i = 0; i < f->n_words; i++)
        most = fmax(most, fmin(px_text_room(tick_size, false, f->words[i]), longest_word) * slant - (i + 0.5) * slot);
    return most;
}

/* A note as lines that fit. */
static px_names wrap(px_arena *arena, const char *text, double width) {
    px_names lines = {0};
    const char *line = "";
    for (const char *p = text; *p;) {
        size_t n = strcspn(p, " ");
        const char *longer = px_arena_printf(arena, "%s%s%.*s", line, *line ? " " : "", (int)n, p);
        if (*line && px_text_room(small_size, false, longer) > width) {
            PX_ADD(arena, lines.at, lines.n) = line;
            longer = px_arena_printf(arena, "%.*s", (int)n, p);
        }
        line = longer;
        p += n;
        p += strspn(p, " ");
    }
    if (*line) PX_ADD(arena, lines.at, lines.n) = line;
    return lines;
}

void px_frame_new(px_arena *arena, px_frame *fr) {
    static const double widths[] = {560, 350, 270, 220, 190}, heights[] = {350, 250, 205, 175, 155};
    const px_figure *f = fr->figure;
    int size = f->grid_columns > 5 ? 4 : f->grid_columns > 0 ? f->grid_columns - 1 : 0;
    if (fr->panel_width == 0) fr->panel_width = fmax(widths[size], 15.0 * f->n_words);
    if (fr->panel_height == 0) fr->panel_height = heights[size];
    bool named = f->n_panels > 0 && *f->panels[0].name;
    double beside = fr->rows_width;
    for (int i = 0; i < f->rows && fr->y; i++) beside = fmax(beside, widest_tick(&fr->y[i]));
    fr->left = margin + 20 + beside + 8;
    if (words_turn(fr)) fr->left = fmax(fr->left, margin + turned_overhang(fr));
    fr->top = margin + title_size + 10 + (named ? strip : 0) + (fr->rows_width > 0 && f->plot->n_lines ? 12 : 0);
    fr->step_x = fr->panel_width + 18;
    fr->step_y = fr->panel_height + 12 + (named ? strip : 0) + (fr->rows_width > 0 && f->plot->n_lines ? 12 : 0);
    double below = ticks_height(fr) + 26;
    double right = fr->left + fr->step_x * f->grid_columns - 18;
    double bottom = fr->top + fr->step_y * f->rows - (fr->step_y - fr->panel_height) + below;
    fr->legend_x = right + 20;
    fr->legend_y = fr->top;
    double width = right + margin + (fr->legend_width > 0 ? fr->legend_width + 20 : 12);
    width = fmax(width, 2 * margin + px_text_room(title_size, true, f->title));
    int lines = wrap(arena, px_figure_note(arena, f), width - 2 * margin).n;
    double height = fmax(bottom, fr->legend_y + fr->legend_height) + lines * 14 + margin;
    fr->canvas = px_canvas_new(arena, ceil(width), ceil(height));
}

px_box px_frame_box(const px_frame *fr, const px_panel *p) {
    return (px_box){fr->left + p->column * fr->step_x, fr->top + p->row * fr->step_y, fr->panel_width,
                    fr->panel_height};
}

static bool has_neighbour(const px_figure *f, const px_panel *p, int row, int column) {
    for (int i = 0; i < f->n_panels; i++)
        if (f->panels[i].row == p->row + row && f->panels[i].column == p->column + column) return true;
    return false;
}

void px_frame_below(px_frame *fr, const px_panel *p) {
    px_box b = px_frame_box(fr, p);
    px_pen grid = {.stroke = PX_GRID, .width = 1, .fill = PX_NO_COLOR};
    px_draw_box(&fr->canvas, (px_pen){.stroke = PX_NO_COLOR, .fill = 0xffffff}, b.x, b.y, b.width, b.height);
    if (fr->rows_width > 0) return;
    for (int i = 0; i < fr->x.n_ticks; i++)
        if (fr->x.ticks[i].text) {
            double x = b.x + px_axis_place(&fr->x, fr->x.ticks[i].at) * b.width;
            px_draw_line(&fr->canvas, grid, x, b.y, x, b.y + b.height);
        }
    const px_axis *axis = &fr->y[p->row];
    for (int i = 0; i < axis->n_ticks; i++)
        if (axis->ticks[i].text) {
            double y = b.y + (1 - px_axis_place(axis, axis->ticks[i].at)) * b.height;
            px_draw_line(&fr->canvas, grid, b.x, y, b.x + b.width, y);
        }
}

static void draw_x_ticks(px_frame *fr, px_box b, bool labels) {
    px_pen pen = {.stroke = PX_EDGE, .width = 1, .fill = PX_NO_COLOR};
    px_label label = {.size = tick_size, .color = PX_INK, .anchor = PX_MIDDLE};
    const px_figure *f = fr->figure;
    double bottom = b.y + b.height;
    for (int i = 0; i < fr->x.n_ticks; i++) {
        const px_tick *t = &fr->x.ticks[i];
        double x = b.x + px_axis_place(&fr->x, t->at) * b.width;
        px_draw_line(&fr->canvas, pen, x, bottom, x, bottom + (t->text ? 5 : 3));
        if (t->text && labels) px_draw_power(&fr->canvas, label, x, bottom + 17, t->text, t->power);
    }
    bool turn = words_turn(fr);
    if (turn) label.turn = -45, label.anchor = PX_END;
    for (int i = 0; i < f->n_words; i++) {
        double x = b.x + px_axis_place(&fr->x, i) * b.width;
        px_draw_line(&fr->canvas, pen, x, bottom, x, bottom + 4);
        const char *word = px_text_fit(fr->canvas.arena, tick_size, false, f->words[i], turn ? longest_word : b.width);
        if (labels) px_draw_text(&fr->canvas, label, turn ? x + 4 : x, bottom + (turn ? 13 : 17), word);
    }
}

static void draw_y_ticks(px_frame *fr, const px_axis *axis, px_box b, bool labels) {
    px_pen pen = {.stroke = PX_EDGE, .width = 1, .fill = PX_NO_COLOR};
    px_label label = {.size = tick_size, .color = PX_INK, .anchor = PX_END};
    for (int i = 0; i < axis->n_ticks; i++) {
        const px_tick *t = &axis->ticks[i];
        double y = b.y + (1 - px_axis_place(axis, t->at)) * b.height;
        px_draw_line(&fr->canvas, pen, b.x - (t->text ? 5 : 3), y, b.x, y);
        if (t->text && labels) px_draw_power(&fr->canvas, label, b.x - 8, y + 4, t->text, t->power);
    }
}

/* The name of a reference line, on a white patch: curves may pass there. x: its left end. */
static void draw_reference_name(px_frame *fr, const px_mark *mark, px_box b, double x, double y, px_anchor anchor) {
    const char *text, *power;
    px_number_label(fr->canvas.arena, mark->at, &text, &power);
    if (mark->text) text = mark->text, power = "";
    double width = px_text_room(small_size, false, text) + px_text_room(0.75 * small_size, false, power);
    if (anchor == PX_START && x + 4 + width > b.x + b.width) anchor = PX_END;
    double left = anchor == PX_START ? x + 4 : anchor == PX_END ? x - 4 - width : x - width / 2;
    px_pen patch = {.stroke = PX_NO_COLOR, .fill = 0xffffff, .opacity = 0.8};
    px_label label = {.size = small_size, .color = PX_GREY};
    if (anchor != PX_MIDDLE) px_draw_box(&fr->canvas, patch, left - 1, y - small_size, width + 2, small_size + 3);
    label.anchor = anchor;
    px_draw_power(&fr->canvas, label, anchor == PX_START ? left : anchor == PX_END ? left + width : x, y, text, power);
}

/* Lines of the reader's own: their names stand above the panel of a map, else inside. */
static void draw_references(px_frame *fr, const px_axis *axis, px_box b) {
    const px_plot *plot = fr->figure->plot;
    bool map = fr->rows_width > 0;
    px_pen halo = {.stroke = 0xffffff, .width = 3.5, .fill = PX_NO_COLOR};
    px_pen pen = {.stroke = map ? 0x000000 : 0x555555,
                  .width = map ? 1.6 : 1.1,
                  .dash = map ? NULL : "1.5 2.5",
                  .fill = PX_NO_COLOR};
    for (int i = 0; i < plot->n_lines && !fr->figure->words; i++) {
        if (!px_axis_takes(fr->x.log, plot->lines[i].at)) continue;
        double x = b.x + px_axis_place(&fr->x, plot->lines[i].at) * b.width;
        if (map) px_draw_line(&fr->canvas, halo, x, b.y - 3, x, b.y + b.height);
        px_draw_line(&fr->canvas, pen, x, b.y - (map ? 3 : 0), x, b.y + b.height);
        draw_reference_name(fr, &plot->lines[i], b, x, b.y + (map ? -6 : 13), map ? PX_MIDDLE : PX_START);
    }
    for (int i = 0; i < plot->n_levels && !map; i++) {
        if (!px_axis_takes(axis->log, plot->levels[i].at)) continue;
        double y = b.y + (1 - px_axis_place(axis, plot->levels[i].at)) * b.height;
        px_draw_line(&fr->canvas, pen, b.x, y, b.x + b.width, y);
        draw_reference_name(fr, &plot->levels[i], b, b.x + b.width, y - 4, PX_END);
    }
}

void px_frame_above(px_frame *fr, const px_panel *p) {
    px_box b = px_frame_box(fr, p);
    px_pen pen = {.stroke = PX_EDGE, .width = 1, .fill = PX_NO_COLOR};
    px_label label = {.size = label_size, .color = PX_INK, .bold = true};
    bool map = fr->rows_width > 0;
    draw_references(fr, map ? NULL : &fr->y[p->row], b);
    px_draw_box(&fr->canvas, pen, b.x, b.y, b.width, b.height);
    draw_x_ticks(fr, b, !has_neighbour(fr->figure, p, 1, 0));
    if (!map) draw_y_ticks(fr, &fr->y[p->row], b, p->column == 0);
    bool fits = true;
    for (int i = 0; i < fr->figure->n_panels; i++)
        fits = fits && px_text_room(label_size, true, fr->figure->panels[i].name) <= b.width;
    const char *name = fits ? p->name : p->short_name;
    name = px_text_fit(fr->canvas.arena, label_size, true, name, b.width + 10);
    px_draw_text(&fr->canvas, label, b.x, b.y - 6 - (map && fr->figure->plot->n_lines ? 12 : 0), name);
}

void px_frame_labels(px_frame *fr) {
    const px_figure *f = fr->figure;
    px_canvas *c = &fr->canvas;
    double width = f->grid_columns * fr->step_x - 18, height = (f->rows - 1) * fr->step_y + fr->panel_height;
    px_label label = {.size = label_size, .color = PX_INK, .anchor = PX_MIDDLE};
    px_draw_text(c, (px_label){.size = title_size, .color = PX_INK, .bold = true}, margin, margin + title_size,
                 f->title);
    if (f->n_panels) {
        double bottom = fr->top + height + ticks_height(fr) + 16;
        px_draw_text(c, label, fr->left + width / 2, bottom, f->x_label);
        label.turn = -90;
        if (fr->rows_width == 0) px_draw_text(c, label, margin + 12, fr->top + height / 2, f->y_label);
    } else {
        px_draw_text(c, (px_label){.size = label_size, .color = PX_GREY}, margin, margin + 45, "nothing to draw");
    }
    px_names lines = wrap(c->arena, px_figure_note(c->arena, f), c->width - 2 * margin);
    for (int i = 0; i < lines.n; i++)
        px_draw_text(c, (px_label){.size = small_size, .color = PX_GREY}, margin,
                     c->height - margin - (lines.n - 1 - i) * 14 + 4, lines.at[i]);
}
