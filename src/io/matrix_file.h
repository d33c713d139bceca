/* A matrix from a file, by the ending of its name: .mtx or .npy. */
#ifndef PX_IO_MATRIX_FILE_H
#define PX_IO_MATRIX_FILE_H

#include "io/infile.h"
#include "matrix/mat.h"

/* Doubles (fmt exact), all finite, at least one. PX_BAD_FILE with the place. */
px_status px_matrix_file_read(px_arena *arena, const char *path, px_mat *m, px_error *err);

#endif
