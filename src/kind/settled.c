#include "kind/settled.h"

#include <math.h>

px_settled px_settle(const px_truth *truth, int64_t i, int64_t j) {
    const px_wide *v = &truth->v, *b = &truth->absab;
    px_settled s = {.hi = px_entry_of(&v->hi, i, j), .lo = px_entry_of(&v->lo, i, j), .b = px_entry_of(&b->hi, i, j)};
    bool exact = v->relative == 0 && b->relative == 0 && px_entry_of(&v->radius, i, j) == 0;
    px_expansion value, absab;
    if (exact || !truth->sharpen) return s;
    if (truth->sharpen(truth->context, i, j, &value, &absab, NULL) != PX_OK) return s;
    if (isfinite(value.part[0])) s.lo = ldexp(value.part[1], value.exponent);
    s.b = ldexp(absab.part[0], absab.exponent);
    return s;
}

double px_settled_largest_b(const px_truth *truth) {
    double largest = 0;
    for (int64_t i = 0; i < truth->absab.hi.rows; i++)
        for (int64_t j = 0; j < truth->absab.hi.cols; j++)
            if (px_unsettle(truth, i, j).b_most > largest) largest = fmax(largest, px_settle(truth, i, j).b);
    return largest;
}
