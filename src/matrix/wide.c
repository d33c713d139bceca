#include "matrix/wide.h"

px_wide px_wide_new(px_arena *arena, int64_t rows, int64_t cols) {
    px_fp any = px_fp_exact();
    return (px_wide){.hi = px_mat_new(arena, any, rows, cols),
                     .lo = px_mat_new(arena, any, rows, cols),
                     .radius = px_mat_new(arena, any, rows, cols)};
}

px_wide px_wide_of(px_mat hi) { return (px_wide){.hi = hi}; }
