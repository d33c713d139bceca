/* Copies of whole matrices, and zeros, by all threads. */
#ifndef PX_MATRIX_MOVE_H
#define PX_MATRIX_MOVE_H

#include "matrix/mat.h"

/* m = 0. */
void px_mat_clear(px_mat *m);

/* to = from, of the same shape, which do not overlap; every number of `from` belongs to the format of `to`. */
void px_mat_copy(px_mat *to, const px_mat *from);

#endif
