#include "support/figures.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static uint64_t bits_of(double x) {
    uint64_t w;
    memcpy(&w, &x, sizeof w);
    return w;
}

void assert_figure(const char *what, double got, double want) {
    if (isnan(got) && isnan(want)) return;
    if (bits_of(got) != bits_of(want)) fail_msg("%s: got %.17g, want %.17g", what, got, want);
}

px_truth given(px_arena *arena, int64_t rows, int64_t cols, const double *exact, const double *absab) {
    px_truth t = {.v = px_wide_of(px_mat_new(arena, px_fp_exact(), rows, cols)),
                  .absab = px_wide_of(px_mat_new(arena, px_fp_exact(), rows, cols))};
    for (int64_t i = 0; i < rows; i++) {
        px_mat_set_row(&t.v.hi, i, 0, cols, exact + i * cols);
        px_mat_set_row(&t.absab.hi, i, 0, cols, absab + i * cols);
    }
    return t;
}

px_mat matrix(px_arena *arena, px_fp fp, int64_t rows, int64_t cols, const double *x) {
    px_mat m = px_mat_new(arena, fp, rows, cols);
    for (int64_t i = 0; i < rows; i++) px_mat_set_row(&m, i, 0, cols, x + i * cols);
    return m;
}
