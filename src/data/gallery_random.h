/* The gallery's random matrices, in binary64: every operation one IEEE rounding, in one fixed order. */
#ifndef PX_DATA_GALLERY_RANDOM_H
#define PX_DATA_GALLERY_RANDOM_H

#include "data/gallery.h"

/* The n x n matrix of doubles. g->which is of PX_GALLERY_RANDOM_LIST. */
px_mat px_gallery_random(px_arena *arena, const px_gallery *g);

/* The n singular values that randsvd is made from, largest first but for mode 5: 1 and 1/kappa are the ends. */
void px_gallery_singular_values(const px_gallery *g, double *sigma);

/* B = Q B for a random orthogonal Q of the Haar distribution: a product of Householder reflections of normal vectors,
 * the one of k leaving the first k rows alone (Stewart 1980). B: rows x cols, row-major, rows >= cols, zeros below row
 * cols - 1. `side` tells several Q of one draw apart. scratch: rows + cols numbers. */
void px_random_orthogonal(px_draw draw, int side, int64_t rows, int64_t cols, double *b, double *scratch);

#endif
