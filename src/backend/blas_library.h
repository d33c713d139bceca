/* Executors blas:LABEL: products by a CBLAS library named by its path (blas_host.h). */
#ifndef PX_BACKEND_BLAS_LIBRARY_H
#define PX_BACKEND_BLAS_LIBRARY_H

#include "op/op.h"

/* The executor of a library: name as the axis prints it (blas:LABEL), path as blas_host.h takes it. The same two give
 * the same executor, which lives as long as precx. The library is loaded when a program is run, not before. */
const px_exec *px_blas_library(const char *name, const char *path);

/* The path of such an executor; NULL for any other. */
const char *px_blas_library_path(const px_exec *exec);

/* The routine for operands and result of these formats, or -1. Its sums are in an order of its own; where C is no wider
 * than A and B, in a format of its own, too. */
int px_blas_routine_for(px_fp in, px_fp out);

/* The numbers of a view, as words of the routine's A and B (or C: is_c), row-major without gaps; and back. */
void px_blas_pack(px_fp fmt, const double *x, int64_t n, void *words);
void px_blas_unpack(px_fp fmt, const void *words, int64_t n, double *x);

#endif
