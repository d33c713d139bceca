/* Matrices: row-major, values of one format, in the narrowest carrier that holds them. A matrix is a view; the arena that
 * made it owns the numbers. */
#ifndef PX_MATRIX_MAT_H
#define PX_MATRIX_MAT_H

#include <stdint.h>

#include "arith/fp.h"
#include "base/arena.h"

typedef struct px_mat {
    void *data; /* float when px_fits_float(fmt), else double */
    int64_t rows, cols;
    int64_t ld; /* elements from one row to the next, >= cols */
    px_fp fmt;  /* every element belongs to it; exact: any double */
} px_mat;

/* rows x cols zeros in format fmt (p = 0: any double). Sizes are overflow-checked. */
px_mat px_mat_new(px_arena *arena, px_fp fmt, int64_t rows, int64_t cols);

/* The same without the zeros, for results of which every number is written before one is read. */
px_mat px_mat_room(px_arena *arena, px_fp fmt, int64_t rows, int64_t cols);

double px_mat_get(const px_mat *m, int64_t i, int64_t j);
void px_mat_set(px_mat *m, int64_t i, int64_t j, double x); /* x must belong to fmt: nothing is rounded here */

/* n elements of row i from column j on, as doubles (exact both ways). */
void px_mat_get_row(const px_mat *m, int64_t i, int64_t j, int64_t n, double *x);
void px_mat_set_row(px_mat *m, int64_t i, int64_t j, int64_t n, const double *x);

/* The rows x cols numbers from (i, j) on, as doubles: number (s, t) of them goes to x[s rs + t cs]. */
void px_mat_get_block(const px_mat *m, int64_t i, int64_t j, int64_t rows, int64_t cols, double *x, int64_t rs,
                      int64_t cs);

/* The block of rows x cols at (i, j), sharing the numbers. */
px_mat px_mat_block(const px_mat *m, int64_t i, int64_t j, int64_t rows, int64_t cols);

#endif
