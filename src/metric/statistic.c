#include "metric/statistic.h"

#include <stdlib.h>

#include "metric/error.h"

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
