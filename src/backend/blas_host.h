/* A CBLAS library by its path, loaded in a helper process (host/main.c) that is started anew: no fork after OpenMP has
 * run. The library may crash, hang, lack symbols or change the floating-point environment; precx goes on. Helpers are
 * kept and used again, each by one thread at a time, until precx ends; they end when its side of the socket closes. */
#ifndef PX_BACKEND_BLAS_HOST_H
#define PX_BACKEND_BLAS_HOST_H

#include <stdbool.h>
#include <stddef.h>

#include "backend/blas_wire.h"
#include "base/error.h"

/* C = A B, or C + A B, or with minus, in the library: A m x k, B k x n, C m x n, all row-major without gaps, in the
 * words of the routine. Without `add`, C is full of NaN before: beta = 0 promises that it is not read. */
typedef struct px_blas_product {
    px_blas_routine routine;
    int64_t m, n, k; /* >= 1 */
    const void *a, *b;
    void *c;
    bool minus, add;
    int threads; /* that the library may use, by its environment variables; 0 stands for 1 */
    size_t skew; /* bytes by which the operands lie behind a multiple of 64; a multiple of their size */
} px_blas_product;

/* Bytes of a number of A and B, and of C. */
size_t px_blas_in_size(px_blas_routine routine);
size_t px_blas_out_size(px_blas_routine routine);

/* path: a file, or a name without '/' for the loader to find. PX_SKIPPED: the library is not here, or lacks a routine
 * that not every CBLAS has. PX_INCOMPLETE: it cannot be loaded, lacks a routine that every CBLAS has, crashed, or did
 * not return within PRECX_BLAS_TIMEOUT seconds (default 30, and a second for each 10^8 multiplications). */
px_status px_blas_multiply(const char *path, const px_blas_product *p, px_error *err);

/* Which floating-point probe fails in a process that has loaded the library: a text, "" for none. */
px_status px_blas_environment(const char *path, char text[240], px_error *err);

#endif
