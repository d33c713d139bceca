#include "metric/statistic.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/parallel.h"
#include "base/room.h"
#include "metric/error.h"
#include "metric/isa/isa.h"

double px_select_smallest(double *x, int64_t n, int64_t k) {
    int64_t low = 0, high = n - 1;
    while (low < high) {
        double pivot = x[low + (high - low) / 2];
        int64_t i = low, j = high;
        while (i <= j) {
            while (x[i] < pivot) i++;
            while (x[j] > pivot) j--;
            if (i > j) break;
            double t = x[i];
            x[i++] = x[j];
            x[j--] = t;
        }
        if (k <= j)
            high = j;
        else if (k >= i)
            low = i;
        else
            break;
    }
    return x[k];
}

double *px_new_doubles(int64_t n) { return px_room(n, sizeof(double)); }

void px_enclosure_include(px_enclosure *top, px_enclosure x) {
    if (x.lo > top->lo) top->lo = x.lo;
    if (x.hi > top->hi) top->hi = x.hi;
}

typedef struct refinement {
    px_ratio ratio;
    px_enclosure range; /* of the order statistic */
    double *values;     /* figures of the entries whose enclosures meet the range */
    int64_t n, below;   /* of values; of entries that are certainly smaller */
    bool undecided;
} refinement;

static void refine(void *to, const px_comparison *c, const px_entry *e) {
    refinement *r = to;
    px_enclosure x;
    if (!px_entry_ratio(c, e, r->ratio, &x) || x.lo > r->range.hi) return;
    if (x.hi < r->range.lo) {
        r->below++;
        return;
    }
    r->undecided |= !px_entry_ratio_digits(c, e, r->ratio, &r->values[r->n]);
    r->n++;
}

px_status px_ratio_statistic(const px_comparison *c, px_ratio ratio, px_enclosure range, int64_t k, double *figure,
                             px_error *err) {
    double low = px_round_digits(range.lo), high = px_round_digits(range.hi);
    *figure = high;
    if (low == high) return PX_OK;
    refinement r = {.ratio = ratio, .range = range, .values = px_new_doubles(c->computed->rows * c->computed->cols)};
    px_entries_visit(c, refine, &r);
    PX_ASSERT(k >= r.below && k - r.below < r.n);
    *figure = px_select_smallest(r.values, r.n, k - r.below);
    free(r.values);
    return r.undecided ? px_too_few_digits(err) : PX_OK;
}

/* ---- Maxima ---- */

px_maximum px_maximum_new(int64_t rows) { return (px_maximum){.row_top = px_new_doubles(rows)}; }
void px_maximum_free(px_maximum *m) { free(m->row_top); }

void px_maximum_include(px_maximum *m, const px_comparison *c, px_ratio ratio, px_rough *row, int64_t i) {
    double most = m->row_top[i] = px_rough_ratio(row, c, ratio);
    m->any |= row->all_ordinary && row->cols > 0;
    if (most < m->top.lo) return;
    for (int64_t j = 0; j < row->cols; j++) {
        px_enclosure x;
        if (row->ratio[j] < m->top.lo) continue;
        px_entry e = px_entry_at(c, i, j);
        if (!px_entry_ratio(c, &e, ratio, &x)) continue;
        px_enclosure_include(&m->top, x);
        m->any = true;
    }
}

px_status px_maximum_digits(const px_maximum *m, const px_comparison *c, px_ratio ratio, double *figure,
                            px_error *err) {
    if (!m->any) return PX_OK;
    *figure = px_round_digits(m->top.hi);
    if (px_round_digits(m->top.lo) == *figure) return PX_OK;
    px_rough row = px_rough_new(c->computed->cols);
    bool decided = true;
    *figure = 0;
    for (int64_t i = 0; i < c->computed->rows; i++) {
        if (m->row_top[i] < m->top.lo) continue;
        px_rough_row(&row, c, i);
        px_rough_ratio(&row, c, ratio);
        for (int64_t j = 0; j < row.cols; j++) {
            px_enclosure x;
            double value;
            if (row.ratio[j] < m->top.lo) continue;
            px_entry e = px_entry_at(c, i, j);
            if (!px_entry_ratio(c, &e, ratio, &x) || x.hi < m->top.lo) continue;
            decided &= px_entry_ratio_digits(c, &e, ratio, &value);
            *figure = fmax(*figure, value);
        }
    }
    px_rough_free(&row);
    return decided ? PX_OK : px_too_few_digits(err);
}

/* ---- Quantiles ---- */

/* Entries in parts of some rows, one a thread: each reads what it wrote (error.c), and only that. */
static int64_t start_of(const px_mat *m, int64_t part, int64_t parts) { return m->rows * part / parts * m->cols; }

/* Non-negative doubles are ordered as their words are: the upper bits of a word are its drawer. */
enum { DRAWERS = 1 << 15 };

static int drawer_of(double x) {
    uint64_t word;
    memcpy(&word, &x, sizeof word);
    return (int)(word >> 48);
}

typedef struct chest {
    const px_mat *shape;
    const double *x;
    int64_t parts;
    int64_t (*count)[DRAWERS]; /* of each part, and of all */
    int drawer[2];             /* the numbers of two of them */
    double *some[2];
} chest;

static void count_part(void *context, int64_t part) {
    const chest *c = context;
    const double *x = c->x;
    int64_t *count = c->count[part], end = start_of(c->shape, part + 1, c->parts);
    for (int64_t e = start_of(c->shape, part, c->parts); e < end; e++) count[drawer_of(x[e])]++;
}

/* Behind the numbers of a part there is room for one that is none of them: without a branch it is written, too. An
 * infinity takes its place, which is not among the smallest. */
static void open_part(void *context, int64_t part) {
    const chest *c = context;
    const double *x = c->x;
    int64_t end = start_of(c->shape, part + 1, c->parts);
    for (int q = 0; q < 2; q++) {
        int drawer = c->drawer[q];
        double *to = c->some[q] + part;
        for (int64_t p = 0; p < part; p++) to += c->count[p][drawer];
        for (int64_t e = start_of(c->shape, part, c->parts); e < end; e++) {
            *to = x[e];
            to += drawer_of(x[e]) == drawer;
        }
        *to = (double)INFINITY;
    }
}

/* The k-th smallest of the numbers, all >= 0, for two k; leaves them in place. */
static void select_two(const px_mat *shape, const double *x, const int64_t k[2], double found[2]) {
    chest c = {.shape = shape, .x = x, .parts = px_parallel_parts(shape->rows * shape->cols)};
    c.count = calloc((size_t)c.parts + 1, sizeof *c.count);
    if (!c.count) px_out_of_memory(((unsigned long long)c.parts + 1) * sizeof *c.count);
    px_parallel_for(c.parts, count_part, &c);
    int64_t *all = c.count[c.parts];
    for (int64_t p = 0; p < c.parts; p++)
        for (int d = 0; d < DRAWERS; d++) all[d] += c.count[p][d];
    int64_t before[2] = {0}, size[2];
    for (int q = 0; q < 2; q++) {
        while (before[q] + (size[q] = all[c.drawer[q]]) <= k[q]) before[q] += size[q], c.drawer[q]++;
        c.some[q] = px_new_doubles(size[q] + c.parts);
    }
    px_parallel_for(c.parts, open_part, &c);
    for (int q = 0; q < 2; q++) {
        found[q] = px_select_smallest(c.some[q], size[q] + c.parts, k[q] - before[q]);
        free(c.some[q]);
    }
    free(c.count);
}

/* A quantile that lies in a range: one of the entries with most >= range.lo and least <= reach. */
typedef struct search {
    const px_comparison *c;
    const double *least, *most;
    double low, reach;
    int64_t parts, below[PX_MOST_PARTS], found[PX_MOST_PARTS]; /* entries with most < low; values */
    double *values;                                            /* of each part, from its start on */
    bool decided[PX_MOST_PARTS];
} search;

static void search_part(void *context, int64_t part) {
    search *w = context;
    int64_t cols = w->c->computed->cols, at = start_of(w->c->computed, part, w->parts), below = 0;
    double *start = w->values + at, *to = start;
    w->decided[part] = true;
    for (int64_t end = start_of(w->c->computed, part + 1, w->parts); at < end; at += cols) {
        const double *lower = w->least + at, *upper = w->most + at;
        int64_t some = px_rough_loops_chosen()->within(cols, lower, upper, w->low, w->reach, &below);
        for (int64_t j = 0; j < cols && some > 0; j++) {
            if (upper[j] < w->low || lower[j] > w->reach) continue;
            px_entry e = px_entry_at(w->c, at / cols, j);
            w->decided[part] &= px_entry_ratio_digits(w->c, &e, PX_RATIO_B, to++);
        }
    }
    w->below[part] = below;
    w->found[part] = to - start;
}

static px_status quantile(search *w, double high, int64_t k, double *figure, px_error *err) {
    *figure = px_round_digits(high);
    if (px_round_digits(w->low) == *figure) return PX_OK;
    const px_mat *shape = w->c->computed;
    int64_t below = 0, m = 0;
    bool decided = true;
    w->parts = px_parallel_parts(shape->rows * shape->cols);
    w->values = px_new_doubles(shape->rows * shape->cols);
    px_parallel_for(w->parts, search_part, w);
    for (int64_t p = 0; p < w->parts; p++) {
        memmove(w->values + m, w->values + start_of(shape, p, w->parts), (size_t)w->found[p] * sizeof *w->values);
        below += w->below[p], m += w->found[p];
        decided &= w->decided[p];
    }
    PX_ASSERT(k >= below && k - below < m);
    *figure = px_select_smallest(w->values, m, k - below);
    free(w->values);
    return decided ? PX_OK : px_too_few_digits(err);
}

px_enclosure px_scaled_error(const px_comparison *c, int64_t i, int64_t j) {
    px_enclosure x;
    px_entry e = px_entry_at(c, i, j);
    PX_ASSERT(px_entry_ratio(c, &e, PX_RATIO_B, &x));
    return x;
}

/* The lower ends of all entries. The caller frees them. */
static double *lower_ends(const px_comparison *c) {
    int64_t rows = c->computed->rows, cols = c->computed->cols;
    double *least = px_new_doubles(rows * cols);
    px_rough row = px_rough_new(cols);
    for (int64_t i = 0; i < rows; i++) {
        px_rough_row(&row, c, i);
        for (int64_t j = 0; j < cols; j++)
            least[i * cols + j] =
                row.ordinary[j] == 1 ? row.error_least[j] / row.b_most[j] * (1 - 0x1p-48) : px_scaled_error(c, i, j).lo;
    }
    px_rough_free(&row);
    return least;
}

/* Where the lower ends are near, upper ones take their place: the k-th smallest is at least `high`, the k-th smallest
 * upper end, times 1 - near, as all that can be less has an upper end below `high`; and an entry that can be as small
 * as `high` has an upper end of at most high / (1 - near). */
px_status px_scaled_quantiles(const px_comparison *c, const double *most, double near, double widest,
                              const int64_t k[2], double figure[2], px_error *err) {
    const px_mat *shape = c->computed;
    double low[2], high[2], reach[2], *least = NULL;
    if (shape->rows * shape->cols == 0) return PX_OK;
    select_two(shape, most, k, high);
    for (int q = 0; q < 2; q++) {
        low[q] = high[q] * (1 - near) * (1 - 0x1p-50);
        reach[q] = high[q] / (1 - near) * (1 + 0x1p-50);
    }
    if (widest >= low[0] || widest >= low[1]) {
        least = lower_ends(c);
        select_two(shape, least, k, low);
        memcpy(reach, high, sizeof reach);
    }
    px_status status = PX_OK;
    for (int q = 0; q < 2 && status == PX_OK; q++) {
        search w = {.c = c, .least = least ? least : most, .most = most, .low = low[q], .reach = reach[q]};
        status = quantile(&w, high[q], k[q], &figure[q], err);
    }
    free(least);
    return status;
}
