#include "kind/represent.h"

#include <math.h>

double px_represent_error(const px_wide *ideal, const px_mat *stored, int64_t i, int64_t j) {
    double lo = ideal->lo.data ? px_mat_get(&ideal->lo, i, j) : 0;
    return (px_mat_get(stored, i, j) - px_mat_get(&ideal->hi, i, j)) - lo;
}

px_mat px_represent_errors(px_arena *arena, const px_wide *ideal, const px_mat *stored) {
    px_mat e = px_mat_new(arena, px_fp_exact(), stored->rows, stored->cols);
    for (int64_t i = 0; i < e.rows; i++)
        for (int64_t j = 0; j < e.cols; j++) px_mat_set(&e, i, j, px_represent_error(ideal, stored, i, j));
    return e;
}

double px_represent_max(const px_wide *ideal, const px_mat *stored) {
    double worst = 0;
    for (int64_t i = 0; i < stored->rows; i++)
        for (int64_t j = 0; j < stored->cols; j++) {
            double hi = px_mat_get(&ideal->hi, i, j), e = px_represent_error(ideal, stored, i, j);
            if (!isfinite(e)) return INFINITY;
            if (hi != 0) worst = fmax(worst, fabs(e / hi));
        }
    return worst;
}
