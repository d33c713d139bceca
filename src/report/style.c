#include "report/style.h"

#include <math.h>
#include <string.h>

#include "spec/list.h"

/* Okabe and Ito's palette for all kinds of colour vision ("Color universal design", 2008), its yellow, too pale for a
 * line on white, replaced by a brown. */
static const int32_t palette[] = {0x0072b2, 0xd55e00, 0x009e73, 0xcc79a7, 0xe69f00, 0x56b4e9, 0x000000, 0x8c564b};
static const char *const line_dashes[] = {NULL, "7 3", "2 3", "9 3 2 3", "4 2", "1 3", "12 3", "5 2 1 2"};
static const char *const guide_dashes[] = {"6 4", "2 3", "10 3 2 3", "1 2"};
enum { N_COLORS = 8, N_GUIDES = 4 };

static int find_name(const px_names *list, const char *name) {
    for (int i = 0; i < list->n; i++)
        if (strcmp(list->at[i], name) == 0) return i;
    return -1;
}

static void add_name(px_arena *arena, px_names *list, const char *name) {
    if (find_name(list, name) < 0) PX_ADD(arena, list->at, list->n) = name;
}

/* "fp16" and "sequential 64" of "fp16 sequential 64" */
static const char *first_word(px_arena *arena, const char *s) {
    return px_arena_printf(arena, "%.*s", (int)strcspn(s, " "), s);
}
static const char *rest(const char *s) { return s + strcspn(s, " ") + strspn(s + strcspn(s, " "), " "); }

px_looks px_looks_new(px_arena *arena, const px_figure *f) {
    px_looks l = {.figure = f, .color_title = f->by_axes, .mark_title = ""};
    l.by_column = f->n_y > 1;
    l.split = (f->n_y > 1 && f->by.n > 1) || (f->by.n > N_COLORS && strchr(f->by_axes, ','));
    if (l.split && !l.by_column) {
        l.color_title = px_arena_printf(arena, "%.*s", (int)strcspn(f->by_axes, ","), f->by_axes);
        l.mark_title = strchr(f->by_axes, ',') + 2;
    }
    for (int i = 0; i < f->by.n; i++) {
        const char *by = f->by.at[i];
        add_name(arena, &l.colors, l.split && !l.by_column ? first_word(arena, by) : by);
        if (l.split && !l.by_column) add_name(arena, &l.marks, rest(by));
    }
    if (l.by_column && !l.split) l.colors = (px_names){0}, l.color_title = "";
    for (int i = 0; i < f->n_y && l.by_column; i++) add_name(arena, l.split ? &l.marks : &l.colors, f->columns.at[i]);
    return l;
}

static bool has_lines(const px_figure *f) {
    return f->plot->style != PX_PLOT_POINTS && (f->plot->style != PX_PLOT_AUTO || (!f->words && f->x_is_axis));
}

/* The i-th of lines that differ in one thing. */
static px_look plain_look(int i) {
    int round = i / N_COLORS;
    return (px_look){palette[i % N_COLORS], (i + round) % 8, line_dashes[round % 8]};
}

px_look px_look_of(px_arena *arena, const px_looks *l, int by, int column) {
    const px_figure *f = l->figure;
    const char *name = f->by.at[by];
    bool by_words = l->split && !l->by_column;
    int color = find_name(&l->colors, by_words ? first_word(arena, name) : name); /* -1: colours are the columns' */
    if (column >= f->n_y) { /* a guide: in the colour of its line, where one line has it */
        bool grey = color < 0 || f->by.n == 1;
        return (px_look){grey ? PX_GREY : palette[color % N_COLORS], -1, guide_dashes[(column - f->n_y) % N_GUIDES]};
    }
    if (!l->split) return plain_look(l->by_column ? column : by);
    if (by_words) {
        int mark = find_name(&l->marks, rest(name));
        return (px_look){palette[color % N_COLORS], mark % 8, line_dashes[mark % 8]};
    }
    px_look look = plain_look(by);
    look.dash = line_dashes[column % 8];
    if (!has_lines(f)) look.mark = column % 8;
    return look;
}

static void polygon(px_canvas *c, px_pen pen, double x, double y, const double *shape, int n) {
    double xy[16];
    for (int i = 0; i < n; i++) xy[2 * i] = x + shape[2 * i], xy[2 * i + 1] = y + shape[2 * i + 1];
    px_draw_path(c, pen, xy, n, true);
}

void px_draw_mark(px_canvas *c, px_look look, double x, double y) {
    static const double square[] = {-3, -3, 3, -3, 3, 3, -3, 3}, up[] = {0, -4.2, 3.9, 2.8, -3.9, 2.8};
    static const double diamond[] = {0, -4.4, 4.4, 0, 0, 4.4, -4.4, 0}, down[] = {0, 4.2, 3.9, -2.8, -3.9, -2.8};
    px_pen full = {.stroke = 0xffffff, .fill = look.color, .width = 0.8};
    px_pen open = {.stroke = look.color, .fill = 0xffffff, .width = 1.5};
    switch (look.mark) {
    case 0: px_draw_circle(c, full, x, y, 3.5); break;
    case 1: polygon(c, full, x, y, square, 4); break;
    case 2: polygon(c, full, x, y, up, 3); break;
    case 3: polygon(c, full, x, y, diamond, 4); break;
    case 4: px_draw_circle(c, open, x, y, 3); break;
    case 5: polygon(c, open, x, y, square, 4); break;
    case 6: polygon(c, open, x, y, down, 3); break;
    case 7:
        px_draw_line(c, open, x - 3.2, y - 3.2, x + 3.2, y + 3.2);
        px_draw_line(c, open, x - 3.2, y + 3.2, x + 3.2, y - 3.2);
        break;
    default: break;
    }
}

/* The entries of a legend in order; draws them where c is given. */
typedef struct legend {
    px_arena *arena;
    px_canvas *c;
    double x, top, y, width, tallest, before; /* width: of the column under way; before: of those left of it */
} legend;

static const double row_height = 17, sample = 30, text_size = 11.5;

/* Down by a row; a long legend goes on in another column. */
static void advance(legend *l, double width) {
    static const double longest = 34 * 17, between = 18;
    l->width = fmax(l->width, width);
    l->y += row_height;
    l->tallest = fmax(l->tallest, l->y);
    if (l->y < longest) return;
    l->before += l->width + between;
    l->x += l->width + between;
    l->y = l->width = 0;
}

static void title(legend *l, const char *text) {
    if (!*text) return;
    l->y += l->y > 0 ? 4 : 0;
    if (l->c)
        px_draw_text(l->c, (px_label){.size = text_size, .color = PX_GREY, .bold = true}, l->x, l->top + l->y + 12,
                     text);
    advance(l, px_text_room(text_size, true, text));
}

static void entry(legend *l, px_look look, bool line, const char *whole) {
    static const double widest = 320;
    const char *text = px_text_fit(l->arena, text_size, false, whole, widest);
    double y = l->top + l->y + 8;
    if (l->c) {
        if (line)
            px_draw_line(l->c, (px_pen){.stroke = look.color, .width = look.mark < 0 ? 1.2 : 1.8, .dash = look.dash},
                         l->x, y, l->x + sample - 6, y);
        px_draw_mark(l->c, look, l->x + (sample - 6) / 2, y);
        px_draw_text(l->c, (px_label){.size = text_size, .color = PX_INK}, l->x + sample, y + 4, text);
    }
    advance(l, sample + px_text_room(text_size, false, text));
}

static void all_entries(legend *l, const px_looks *looks) {
    const px_figure *f = looks->figure;
    bool lines = has_lines(f), several = looks->colors.n > 1;
    if (several) title(l, looks->color_title);
    for (int i = 0; i < looks->colors.n && several; i++) {
        px_look look = plain_look(i);
        if (looks->split && !(looks->by_column && lines)) look.mark = 0;
        if (looks->split) look.dash = NULL;
        entry(l, look, lines, looks->colors.at[i]);
    }
    if (looks->split) title(l, looks->mark_title);
    for (int j = 0; j < looks->marks.n && looks->split; j++)
        entry(l, (px_look){PX_GREY, looks->by_column && lines ? -1 : j % 8, line_dashes[j % 8]}, lines,
              looks->marks.at[j]);
    if (f->columns.n > f->n_y && l->y > 0) l->y += 6;
    if (f->columns.n > f->n_y && !several && !looks->split)
        entry(l, px_look_of(l->arena, looks, 0, 0), lines, f->columns.at[0]);
    for (int i = f->n_y; i < f->columns.n; i++)
        entry(l, (px_look){PX_GREY, -1, guide_dashes[(i - f->n_y) % N_GUIDES]}, true, f->columns.at[i]);
}

void px_legend_size(px_arena *arena, const px_looks *looks, double *width, double *height) {
    legend l = {.arena = arena};
    all_entries(&l, looks);
    *width = l.before + l.width;
    *height = l.tallest;
}

void px_draw_legend(px_canvas *c, const px_looks *looks, double x, double y) {
    legend l = {.arena = c->arena, .c = c, .x = x, .top = y};
    all_entries(&l, looks);
}
