#include "emu/extent.h"

#include <math.h>

#include "arith/round.h"
#include "base/parallel.h"
#include "emu/isa/isa.h"

static int max_int(int a, int b) { return a > b ? a : b; }
static int min_int(int a, int b) { return a < b ? a : b; }

px_extent px_extent_of_format(px_fp f) {
    const double infinity = (double)INFINITY;
    if (px_fp_is_exact(f))
        return (px_extent){.p = 53, .quantum = -1074, .least = -1074, .emax = 1023, .largest = infinity};
    int quantum = f.emin - f.p + 1;
    double largest = f.has_inf || f.has_nan ? infinity : f.max_finite;
    return (px_extent){.p = f.p, .quantum = quantum, .least = quantum, .emax = f.emax, .largest = largest};
}

px_extent px_extent_of_product(px_extent a, px_extent b) {
    return (px_extent){.p = a.p + b.p,
                       .quantum = a.quantum + b.quantum,
                       .least = a.least + b.least,
                       .emax = a.emax + b.emax + 1,
                       .largest = a.largest * b.largest};
}

px_extent px_extent_rounded(px_extent x, px_fp f) {
    px_extent own = px_extent_of_format(f);
    return (px_extent){.p = min_int(x.p, f.p),
                       .quantum = max_int(own.quantum, max_int(x.quantum, x.least - f.p + 1)),
                       .least = max_int(own.least, x.least),
                       .emax = min_int(own.emax, max_int(x.emax + 1, own.least)), /* own.least: in directed modes */
                       .largest = px_round(f, px_rounding_of(PX_NEAREST_EVEN), x.largest, 0)};
}

/* By rows or by columns, whichever lie together. */
typedef struct scanning {
    const float *data;
    int64_t lines, length, to_next, step, parts;
    px_scan found[PX_MOST_PARTS];
} scanning;

static void scan_part(void *context, int64_t part) {
    scanning *s = context;
    px_scan found = PX_SCAN_EMPTY;
    for (int64_t i = s->lines * part / s->parts; i < s->lines * (part + 1) / s->parts; i++) {
        const float *line = s->data + i * s->to_next;
        if (s->step == 1)
            px_isa_chosen()->scan_f32(s->length, line, &found);
        else
            for (int64_t j = 0; j < s->length; j++) px_isa_chosen()->scan_f32(1, line + j * s->step, &found);
    }
    s->found[part] = found;
}

static px_scan scan(const px_view *v) {
    bool by_rows = v->cs == 1;
    scanning s = {.data = v->data,
                  .lines = by_rows ? v->rows : v->cols,
                  .length = by_rows ? v->cols : v->rows,
                  .to_next = by_rows ? v->rs : v->cs,
                  .step = by_rows ? v->cs : v->rs,
                  .parts = px_parallel_parts(v->rows * v->cols)};
    px_parallel_for(s.parts, scan_part, &s);
    px_scan all = PX_SCAN_EMPTY;
    for (int64_t p = 0; p < s.parts; p++) {
        all.least = fminf(all.least, s.found[p].least);
        all.largest = fmaxf(all.largest, s.found[p].largest);
    }
    return all;
}

/* The smallest nonzero and the largest magnitude; largest is inf when there is an infinity or a NaN. */
static void scan_doubles(const px_view *v, double *least, double *largest) {
    for (int64_t i = 0; i < v->rows; i++)
        for (int64_t j = 0; j < v->cols; j++) {
            double x = fabs(((const double *)v->data)[i * v->rs + j * v->cs]);
            if (x > 0 && x < *least) *least = x;
            if (!(x <= *largest)) *largest = isnan(x) ? (double)INFINITY : x;
        }
}

px_extent px_extent_of_view(const px_view *v) {
    px_extent x = px_extent_of_format(v->fmt);
    double least = (double)INFINITY, largest = 0;
    if (px_fits_float(v->fmt)) {
        px_scan s = scan(v);
        least = (double)s.least, largest = (double)s.largest;
    } else {
        scan_doubles(v, &least, &largest);
    }
    if (!isfinite(largest)) return x;
    if (largest == 0) return (px_extent){.p = 1, .largest = 1}; /* zeros: treated as ones */
    x.largest = largest;
    x.least = ilogb(least);
    x.emax = ilogb(largest);
    x.quantum = max_int(x.quantum, x.least - x.p + 1);
    return x;
}
