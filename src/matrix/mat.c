#include "matrix/mat.h"

#include <stdbool.h>
#include <string.h>

#include "base/error.h"

static bool is_float(const px_mat *m) { return px_fits_float(m->fmt); }
static size_t element_size(const px_mat *m) { return is_float(m) ? sizeof(float) : sizeof(double); }

px_mat px_mat_new(px_arena *arena, px_fp fmt, int64_t rows, int64_t cols) {
    PX_ASSERT(rows >= 0 && cols >= 0);
    int64_t count;
    if (__builtin_mul_overflow(rows, cols, &count)) px_out_of_memory(UINT64_MAX);
    px_mat m = {.rows = rows, .cols = cols, .ld = cols, .fmt = fmt};
    m.data = px_arena_alloc(arena, (size_t)count, element_size(&m));
    return m;
}

static void check_range(const px_mat *m, int64_t i, int64_t j, int64_t n) {
    PX_ASSERT(i >= 0 && i < m->rows && j >= 0 && n >= 0 && j <= m->cols - n);
}

double px_mat_get(const px_mat *m, int64_t i, int64_t j) {
    double x;
    px_mat_get_row(m, i, j, 1, &x);
    return x;
}

void px_mat_set(px_mat *m, int64_t i, int64_t j, double x) { px_mat_set_row(m, i, j, 1, &x); }

void px_mat_get_row(const px_mat *m, int64_t i, int64_t j, int64_t n, double *x) {
    check_range(m, i, j, n);
    if (is_float(m)) {
        const float *row = (const float *)m->data + i * m->ld + j;
        for (int64_t t = 0; t < n; t++) x[t] = (double)row[t];
    } else if (n > 0) {
        memcpy(x, (const double *)m->data + i * m->ld + j, (size_t)n * sizeof *x);
    }
}

void px_mat_set_row(px_mat *m, int64_t i, int64_t j, int64_t n, const double *x) {
    check_range(m, i, j, n);
    if (is_float(m)) {
        float *row = (float *)m->data + i * m->ld + j;
        for (int64_t t = 0; t < n; t++) row[t] = (float)x[t];
    } else if (n > 0) {
        memcpy((double *)m->data + i * m->ld + j, x, (size_t)n * sizeof *x);
    }
}

px_mat px_mat_block(const px_mat *m, int64_t i, int64_t j, int64_t rows, int64_t cols) {
    PX_ASSERT(i >= 0 && j >= 0 && rows >= 0 && cols >= 0 && i <= m->rows - rows && j <= m->cols - cols);
    px_mat block = *m;
    block.data = (char *)m->data + (size_t)(i * m->ld + j) * element_size(m);
    block.rows = rows;
    block.cols = cols;
    return block;
}
