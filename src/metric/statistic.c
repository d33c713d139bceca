#include "metric/statistic.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/parallel.h"
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

double *px_new_doubles(int64_t n) {
    size_t count = n > 0 ? (size_t)n : 1;
    double *x = count <= SIZE_MAX / sizeof *x ? malloc(count * sizeof *x) : NULL;
    if (!x) px_out_of_memory((unsigned long long)count * sizeof *x);
    return x;
}

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

/* Non-negative doubles are ordered as their words are: the upper bits of a word are its drawer. */
enum { DRAWERS = 1 << 15 };

static int drawer_of(double x) {
    uint64_t word;
    memcpy(&word, &x, sizeof word);
    return (int)(word >> 48);
}

/* Numbers in parts, each with counts of its own. */
typedef struct chest {
    const double *x;
    int64_t n, parts;
    int64_t (*count)[DRAWERS]; /* of each part */
    const int64_t *k;          /* two */
    double *found;
} chest;

static int64_t start_of(const chest *c, int64_t part) { return c->n * part / c->parts; }

static void count_part(void *context, int64_t part) {
    const chest *c = context;
    const double *x = c->x;
    int64_t *count = c->count[part], end = start_of(c, part + 1);
    for (int64_t e = start_of(c, part); e < end; e++) count[drawer_of(x[e])]++;
}

static int64_t count_in(const chest *c, int drawer) {
    int64_t sum = 0;
    for (int64_t p = 0; p < c->parts; p++) sum += c->count[p][drawer];
    return sum;
}

/* Opens the drawer of the k-th smallest. */
static void look_up(void *context, int64_t q) {
    const chest *c = context;
    int drawer = 0;
    int64_t before = 0, size, m = 0;
    while (before + (size = count_in(c, drawer)) <= c->k[q]) before += size, drawer++;
    double *some = px_new_doubles(size + 1);
    for (int64_t e = 0; e < c->n; e++) { /* without a branch */
        some[m] = c->x[e];
        m += drawer_of(c->x[e]) == drawer;
    }
    c->found[q] = px_select_smallest(some, m, c->k[q] - before);
    free(some);
}

/* The k-th smallest of n numbers >= 0, for two k; leaves them in place. */
static void select_two(const double *x, int64_t n, const int64_t k[2], double found[2]) {
    enum { MOST_PARTS = 16, LEAST = 1 << 14 }; /* numbers of a part */
    int64_t parts = px_parallel_jobs(), most = 1 + n / LEAST;
    if (parts > most) parts = most;
    if (parts > MOST_PARTS) parts = MOST_PARTS;
    chest c = {.x = x, .n = n, .parts = parts, .k = k, .found = found};
    c.count = calloc((size_t)parts, sizeof *c.count);
    if (!c.count) px_out_of_memory((unsigned long long)parts * sizeof *c.count);
    px_parallel_for(parts, count_part, &c);
    px_parallel_for_work((double)n, 2, look_up, &c);
    free(c.count);
}

/* The k-th smallest, which lies in the range: one of the entries with most >= range.lo and least <= reach. */
static px_status quantile(const px_comparison *c, const double *least, const double *most, px_enclosure range,
                          double reach, int64_t k, double *figure, px_error *err) {
    *figure = px_round_digits(range.hi);
    if (px_round_digits(range.lo) == *figure) return PX_OK;
    const px_rough_loops *loops = px_rough_loops_chosen();
    int64_t rows = c->computed->rows, cols = c->computed->cols, below = 0, m = 0;
    double *values = px_new_doubles(rows * cols);
    bool decided = true;
    for (int64_t i = 0; i < rows; i++) {
        const double *lower = least + i * cols, *upper = most + i * cols;
        int64_t some = loops->within(cols, lower, upper, range.lo, reach, &below);
        for (int64_t j = 0; j < cols && some > 0; j++) {
            if (upper[j] < range.lo || lower[j] > reach) continue;
            px_entry e = px_entry_at(c, i, j);
            decided &= px_entry_ratio_digits(c, &e, PX_RATIO_B, &values[m++]);
        }
    }
    PX_ASSERT(k >= below && k - below < m);
    *figure = px_select_smallest(values, m, k - below);
    free(values);
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
    int64_t n = c->computed->rows * c->computed->cols;
    double low[2], high[2], reach[2], *least = NULL;
    if (n == 0) return PX_OK;
    select_two(most, n, k, high);
    for (int q = 0; q < 2; q++) {
        low[q] = high[q] * (1 - near) * (1 - 0x1p-50);
        reach[q] = high[q] / (1 - near) * (1 + 0x1p-50);
    }
    if (widest >= low[0] || widest >= low[1]) {
        least = lower_ends(c);
        select_two(least, n, k, low);
        memcpy(reach, high, sizeof reach);
    }
    px_status status = PX_OK;
    for (int q = 0; q < 2 && status == PX_OK; q++)
        status =
            quantile(c, least ? least : most, most, (px_enclosure){low[q], high[q]}, reach[q], k[q], &figure[q], err);
    free(least);
    return status;
}
