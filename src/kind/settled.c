#include "kind/settled.h"

#include <math.h>

static double part(const px_mat *m, int64_t i, int64_t j) { return m->data ? px_mat_get(m, i, j) : 0; }

px_settled px_settle(const px_truth *truth, int64_t i, int64_t j) {
    const px_wide *v = &truth->v, *b = &truth->absab;
    px_settled s = {.hi = part(&v->hi, i, j), .lo = part(&v->lo, i, j), .b = part(&b->hi, i, j)};
    bool exact = v->relative == 0 && b->relative == 0 && part(&v->radius, i, j) == 0;
    px_expansion value, absab;
    if (exact || !truth->sharpen) return s;
    if (truth->sharpen(truth->context, i, j, &value, &absab, NULL) != PX_OK) return s;
    if (isfinite(value.part[0])) s.lo = ldexp(value.part[1], value.exponent);
    s.b = ldexp(absab.part[0], absab.exponent);
    return s;
}

px_unsettled px_unsettle(const px_truth *truth, int64_t i, int64_t j) {
    const px_wide *v = &truth->v, *b = &truth->absab;
    double lo = part(&v->lo, i, j), radius = part(&v->radius, i, j), scale = part(&b->hi, i, j);
    /* The settled lo is the nearest double of the exact rest: another half an ulp away. */
    if (radius > 0) radius = radius * (1 + 0x1p-40) + fabs(lo) * 0x1p-52;
    double loose = b->relative > 0 ? b->relative * (1 + 0x1p-40) + 0x1p-50 : 0;
    return (px_unsettled){.hi = part(&v->hi, i, j),
                          .lo_least = lo - radius,
                          .lo_most = lo + radius,
                          .b_least = scale * (1 - loose),
                          .b_most = scale * (1 + loose)};
}

double px_settled_largest_b(const px_truth *truth) {
    double largest = 0;
    for (int64_t i = 0; i < truth->absab.hi.rows; i++)
        for (int64_t j = 0; j < truth->absab.hi.cols; j++)
            if (px_unsettle(truth, i, j).b_most > largest) largest = fmax(largest, px_settle(truth, i, j).b);
    return largest;
}
