/* NumPy .npy files. Written: format 1.0, matrices of doubles, little-endian, C order. Read: formats 1 to 3. */
#ifndef PX_IO_NPY_H
#define PX_IO_NPY_H

#include "io/infile.h"
#include "matrix/mat.h"

/* Writes every element as a double (exact). PX_INCOMPLETE with the path and errno's text. */
px_status px_npy_write(const char *path, const px_mat *m, px_error *err);

/* The matrix of a file's bytes, doubles (fmt exact, nothing is rounded): elements f2, f4, f8, i1 to i8, u1 to u8 of
 * either byte order, C or Fortran order, one dimension (a column) or two. PX_BAD_FILE with "path: byte N:" for
 * anything else: a header that is cut or no such dictionary, another number of elements than the shape says, integers
 * beyond 2^53, numbers that are not finite. */
px_status px_npy_parse(px_arena *arena, const char *path, px_bytes bytes, px_mat *m, px_error *err);

#endif
