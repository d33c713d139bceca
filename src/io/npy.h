/* NumPy .npy files (format version 1.0): matrices of doubles, little-endian, C order. */
#ifndef PX_IO_NPY_H
#define PX_IO_NPY_H

#include "matrix/mat.h"

/* Writes every element as a double (exact). PX_INCOMPLETE with the path and errno's text. */
px_status px_npy_write(const char *path, const px_mat *m, px_error *err);

#endif
