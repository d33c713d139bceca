#include "kind/relative.h"

#include <math.h>

static px_status sharpen(void *context, int64_t i, int64_t j, px_expansion *value, px_expansion *absab, px_error *err) {
    const px_truth *whole = context;
    PX_TRY(whole->sharpen(whole->context, i, j, value, absab, err));
    *absab = *value;
    double sign = signbit(value->part[0]) ? -1 : 1;
    for (int p = 0; p < PX_PARTS; p++) absab->part[p] *= sign;
    return PX_OK;
}

px_truth px_truth_relative(px_arena *arena, const px_truth *truth) {
    px_truth *whole = PX_NEW(arena, px_truth);
    *whole = *truth;
    px_truth r = {.v = truth->v, .context = whole, .sharpen = sharpen};
    const px_mat *hi = &truth->v.hi, *lo = &truth->v.lo;
    r.absab = (px_wide){.hi = px_mat_new(arena, px_fp_exact(), hi->rows, hi->cols), .radius = truth->v.radius};
    if (lo->data) r.absab.lo = px_mat_new(arena, px_fp_exact(), hi->rows, hi->cols);
    for (int64_t i = 0; i < hi->rows; i++)
        for (int64_t j = 0; j < hi->cols; j++) {
            double x = px_mat_get(hi, i, j);
            px_mat_set(&r.absab.hi, i, j, fabs(x));
            if (lo->data) px_mat_set(&r.absab.lo, i, j, signbit(x) ? -px_mat_get(lo, i, j) : px_mat_get(lo, i, j));
        }
    return r;
}
