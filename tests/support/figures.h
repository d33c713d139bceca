/* Truths and results given entry by entry, and figures compared bit by bit. */
#ifndef PX_TEST_FIGURES_H
#define PX_TEST_FIGURES_H

#include "matrix/wide.h"

/* The same bits, or both NaN; else the test fails and says what. */
void assert_figure(const char *what, double got, double want);

/* rows x cols: exact values and sums of magnitudes, row by row; numbers of a format. */
px_truth given(px_arena *arena, int64_t rows, int64_t cols, const double *exact, const double *absab);
px_mat matrix(px_arena *arena, px_fp fp, int64_t rows, int64_t cols, const double *x);

#endif
