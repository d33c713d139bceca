#include "matrix/census.h"

#include <math.h>

static double part(const px_mat *m, int64_t i, int64_t j) { return m->data ? px_mat_get(m, i, j) : 0; }

static void add_magnitude(px_census *census, double magnitude) {
    int e;
    frexp(magnitude, &e);
    census->bin[--e - PX_CENSUS_LOWEST]++;
    if (e < census->lowest) census->lowest = e;
    if (e > census->highest) census->highest = e;
}

/* What became of an exact value that is hi + lo, off by at most radius. */
static void compare(px_census *census, px_fp fmt, double x, double hi, double lo, double radius) {
    if (!isfinite(hi)) return; /* nothing that this operation has done */
    bool zero = fabs(hi + lo) <= radius;
    census->n_ref_zero += zero;
    census->n_flushed += x == 0 && !zero;
    bool largest = !px_fp_is_exact(fmt) && fabs(x) == fmt.max_finite && fabs(hi) > fmt.max_finite;
    census->n_overflowed += !isfinite(x) || largest;
}

void px_census_add(px_census *census, const px_mat *tensor, const px_wide *truth) {
    double min_normal = px_fp_is_exact(tensor->fmt) ? 0x1p-1022 : px_fp_min_normal(tensor->fmt);
    census->n += tensor->rows * tensor->cols;
    for (int64_t i = 0; i < tensor->rows; i++)
        for (int64_t j = 0; j < tensor->cols; j++) {
            double x = px_mat_get(tensor, i, j), magnitude = fabs(x);
            census->n_zero += x == 0;
            census->n_inf += isinf(x) != 0;
            census->n_nan += isnan(x) != 0;
            census->n_subnormal += magnitude > 0 && magnitude < min_normal;
            if (isfinite(x) && x != 0) add_magnitude(census, magnitude);
            if (truth)
                compare(census, tensor->fmt, x, part(&truth->hi, i, j), part(&truth->lo, i, j),
                        part(&truth->radius, i, j));
        }
}
