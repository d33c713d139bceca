#include "arith/round.h"
#include "data/data.h"

/* hi + lo rounded once; px_add would flush a small lo before adding it. */
static double round_pair(px_fp fmt, double hi, double lo) {
    px_rounding nearest = px_rounding_of(PX_NEAREST_EVEN);
    if (lo == 0) return px_round(fmt, nearest, hi, 0);
    return px_exact_round(fmt, nearest, px_exact_add(nearest, hi, lo, NULL), 0, NULL);
}

px_mat px_data_store(px_arena *arena, const px_wide *ideal, px_fp fmt) {
    const px_mat *hi = &ideal->hi;
    px_mat stored = px_mat_new(arena, fmt, hi->rows, hi->cols);
    for (int64_t i = 0; i < hi->rows; i++)
        for (int64_t j = 0; j < hi->cols; j++) {
            double lo = ideal->lo.data ? px_mat_get(&ideal->lo, i, j) : 0;
            px_mat_set(&stored, i, j, round_pair(fmt, px_mat_get(hi, i, j), lo));
        }
    return stored;
}
