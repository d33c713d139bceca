#include "emu/mma_pack.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/parallel.h"
#include "emu/pack.h"
#include "emu/view.h"

enum {
    MOST_COLUMNS = 64,
    MOST_STEP = 64, /* products of a step of several blocks */
    LOWEST = -32,   /* exponent to which a frame takes the smallest number: of a row, one less of a panel */
    LANES = 16      /* numbers of a line come in multiples of it */
};

static int64_t round_up(int64_t n, int64_t unit) { return (n + unit - 1) / unit * unit; }

static float *values_of(const px_mma_side *s, int64_t line) { return s->values + line * s->size; }

/* Exponent of x > 0 in a format: of a subnormal, emin. */
static int exponent_of(px_fp f, float x) {
    int e;
    frexpf(x, &e);
    return e - 1 > f.emin ? e - 1 : f.emin;
}

/* ---- raw numbers ---- */

static void gather_row(const px_mma_side *s, int64_t i, float *to) {
    const px_view *v = s->view;
    memset(to, 0, (size_t)s->size * sizeof *to);
    if (i >= v->rows) return;
    const float *from = (const float *)v->data + i * v->rs, sign = (float)s->sign;
    if (v->cs == 1)
        for (int64_t k = 0; k < s->k; k++) to[k] = sign * from[k];
    else
        for (int64_t k = 0; k < s->k; k++) to[k] = sign * from[k * v->cs];
}

static void gather_panel(const px_mma_side *s, int64_t p, float *to) {
    px_packing how = {.binary32 = true,
                      .height = 1,
                      .width = (int)s->columns,
                      .copies = 1,
                      .period = 1,
                      .block = s->view->rows,
                      .factors = {1.0}};
    px_pack_panel(&how, s->view, p, to);
    memset(to + s->k * s->columns, 0, (size_t)((s->padded - s->k) * s->columns) * sizeof *to);
}

/* Where the blocks of a step take its elements in turn, two at a time: the elements of the first block first. */
static void part_blocks(const px_mma_side *s, float *x) {
    int blocks = s->unit->blocks, width = s->unit->width, step = blocks * width;
    float taken[MOST_STEP * MOST_COLUMNS];
    PX_ASSERT(step <= MOST_STEP && s->columns <= MOST_COLUMNS);
    for (int64_t k = 0; k < s->k; k += step, x += step * s->columns) {
        memcpy(taken, x, (size_t)(step * s->columns) * sizeof *x);
        for (int j = 0; j < blocks; j++)
            for (int i = 0; i < width; i++) {
                int64_t from = i / 2 * 2 * blocks + 2 * j + i % 2, to = j * width + i;
                memcpy(x + to * s->columns, taken + from * s->columns, (size_t)s->columns * sizeof *x);
            }
    }
}

/* Zeros for the infinities and NaNs of column j of the line, or of the row that it is. */
static void take_out(const px_mma_side *s, int64_t line, int64_t j, float *x) {
    bool finite = true;
    for (int64_t k = 0; k < s->padded; k++) {
        float *at = &x[k * s->columns + j];
        if (isfinite(*at)) continue;
        finite = false;
        *at = 0;
    }
    s->special[line * s->columns + j] = !finite;
}

/* ---- frames ---- */

/* The exponents of a line: its format's where they are so few that bytes hold them all. */
static void set_frame(const px_mma_side *s, px_scan scan, px_mma_line *line) {
    px_fp f = s->fmt;
    *line = (px_mma_line){.frame = {.emin = f.emin, .least = f.emin, .factor = 1}, .most = f.emax, .framed = true};
    if (f.emax - f.emin <= PX_MMA_SPREAD) return;
    bool empty = !(scan.largest > 0);
    line->frame.least = empty ? 0 : exponent_of(f, scan.least);
    line->most = empty ? 0 : exponent_of(f, scan.largest);
    int up = LOWEST - s->panels - line->frame.least;
    line->framed = line->most - line->frame.least <= PX_MMA_SPREAD && up >= -126;
    line->frame.up = line->framed ? up : 0;
    line->frame.factor = ldexpf(1.0f, line->frame.up);
}

/* A sum of products at most 2 s_i in units of 2^F, s_i significands, and of c, at most 2, stays below 2^31 when the s_i
 * are together at most 2^(30-F) - 1. */
static bool is_heavy(const px_mma_side *s, const float *x) {
    int64_t most = ((int64_t)1 << (30 - s->unit->fraction)) - 1;
    if (2 * s->unit->width <= most) return false;
    return s->unit->width % LANES != 0 || s->isa->mma.heaviest(s->padded, s->unit->width, x) > most << 23;
}

static void pack_line(void *context, int64_t i) {
    px_mma_side *s = context;
    float *x = values_of(s, i);
    px_scan scan = PX_SCAN_EMPTY;
    if (s->panels)
        gather_panel(s, i, x);
    else
        gather_row(s, i, x);
    if (s->unit->blocks > 1) part_blocks(s, x);
    s->isa->scan_f32(s->size, x, &scan);
    bool special = !isfinite(scan.largest);
    if (special) {
        for (int64_t j = 0; j < s->columns; j++) take_out(s, i, j, x);
        scan = PX_SCAN_EMPTY;
        s->isa->scan_f32(s->size, x, &scan);
    }
    px_mma_line *line = &s->line[i];
    set_frame(s, scan, line);
    line->special = special;
    line->heavy = !s->panels && is_heavy(s, x);
    if (s->panels)
        s->isa->mma.pack_panel(&line->frame, s->padded, x, (uint8_t *)s->bytes + i * s->size);
    else
        s->isa->mma.pack_row(&line->frame, s->padded, x, (uint32_t *)s->bytes + i * s->size);
}

px_mma_side px_mma_pack_side(const px_view *view, const px_mma *unit, bool panels, double sign) {
    const px_isa *isa = px_isa_chosen();
    PX_ASSERT(px_fits_float(view->fmt) && unit->width * unit->blocks <= MOST_STEP);
    PX_ASSERT(isa->mma.columns <= MOST_COLUMNS);
    px_mma_side s = {.view = view, .isa = isa, .unit = unit, .fmt = view->fmt, .panels = panels, .sign = sign};
    s.k = panels ? view->rows : view->cols;
    s.padded =
        round_up(round_up(s.k, unit->width * unit->blocks) + unit->width, LANES > unit->width ? LANES : unit->width);
    s.columns = panels ? isa->mma.columns : 1;
    s.lines = panels ? (view->cols + s.columns - 1) / s.columns : round_up(view->rows, isa->mma.rows);
    s.size = s.padded * s.columns;
    s.line = px_room(s.lines, sizeof *s.line);
    s.values = px_room(s.lines * s.size, sizeof *s.values);
    s.bytes = px_room(s.lines * s.size, panels ? 1 : sizeof(uint32_t));
    s.special = px_room(s.lines * s.columns, sizeof *s.special);
    memset(s.special, 0, (size_t)(s.lines * s.columns) * sizeof *s.special);
    px_parallel_for_work((double)(s.lines * s.size), s.lines, pack_line, &s);
    return s;
}

static void split_line(void *context, int64_t i) {
    px_mma_side *s = context;
    int64_t at = i * s->size;
    s->isa->mma.split(&s->line[i].frame, s->size, s->values + at, s->significands + at, s->exponents + at);
}

void px_mma_split_side(px_mma_side *s) {
    s->significands = px_room(s->lines * s->size, sizeof *s->significands);
    s->exponents = px_room(s->lines * s->size, sizeof *s->exponents);
    px_parallel_for_work((double)(s->lines * s->size), s->lines, split_line, s);
}

void px_mma_free_side(px_mma_side *s) {
    free(s->exponents);
    free(s->significands);
    free(s->special);
    free(s->bytes);
    free(s->values);
    free(s->line);
}
