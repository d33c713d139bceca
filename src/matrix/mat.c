#include "matrix/mat.h"

#include <stdbool.h>
#include <string.h>

#include "base/error.h"
#include "base/prefetch.h"

static bool is_float(const px_mat *m) { return px_fits_float(m->fmt); }
static size_t element_size(const px_mat *m) { return is_float(m) ? sizeof(float) : sizeof(double); }

px_mat px_mat_room(px_arena *arena, px_fp fmt, int64_t rows, int64_t cols) {
    PX_ASSERT(rows >= 0 && cols >= 0);
    int64_t count;
    if (__builtin_mul_overflow(rows, cols, &count)) px_out_of_memory(UINT64_MAX);
    px_mat m = {.rows = rows, .cols = cols, .ld = cols, .fmt = fmt};
    m.data = px_arena_room(arena, (size_t)count, element_size(&m));
    return m;
}

px_mat px_mat_new(px_arena *arena, px_fp fmt, int64_t rows, int64_t cols) {
    px_mat m = px_mat_room(arena, fmt, rows, cols);
    memset(m.data, 0, (size_t)(rows * cols) * element_size(&m));
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

/* Eight at a time when they lie side by side: most blocks are narrow, and a call of memcpy would cost more than it
 * copies. */
static void spread_floats(const float *from, int64_t n, double *x, int64_t step) {
    int64_t t = 0;
    for (; step == 1 && t + 8 <= n; t += 8)
        for (int l = 0; l < 8; l++) x[t + l] = (double)from[t + l];
    for (; t < n; t++) x[t * step] = (double)from[t];
}

static void spread_doubles(const double *from, int64_t n, double *x, int64_t step) {
    int64_t t = 0;
    for (; step == 1 && t + 8 <= n; t += 8) memcpy(x + t, from + t, 8 * sizeof *x);
    for (; t < n; t++) x[t * step] = from[t];
}

enum { AHEAD = 32, NARROW = 64 };

void px_mat_get_block(const px_mat *m, int64_t i, int64_t j, int64_t rows, int64_t cols, double *x, int64_t rs,
                      int64_t cs) {
    PX_ASSERT(i >= 0 && rows >= 0 && i <= m->rows - rows && j >= 0 && cols >= 0 && j <= m->cols - cols);
    for (int64_t s = 0; s < rows; s++, x += rs) {
        int64_t at = (i + s) * m->ld + j;
        if (cols <= NARROW && s + AHEAD < rows)
            px_prefetch_l2((const char *)m->data + (size_t)(at + AHEAD * m->ld) * element_size(m),
                           (size_t)cols * element_size(m));
        if (is_float(m))
            spread_floats((const float *)m->data + at, cols, x, cs);
        else
            spread_doubles((const double *)m->data + at, cols, x, cs);
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
