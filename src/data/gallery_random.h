/* The gallery's random matrices, in binary64: every operation one IEEE rounding, in one fixed order. */
#ifndef PX_DATA_GALLERY_RANDOM_H
#define PX_DATA_GALLERY_RANDOM_H

#include "data/gallery.h"

/* The n x n matrix of doubles. g->which is of PX_GALLERY_RANDOM_LIST. */
px_mat px_gallery_random(px_arena *arena, const px_gallery *g);

/* The n singular values that randsvd is made from, largest first but for mode 5: 1 and 1/kappa are the ends. */
void px_gallery_singular_values(const px_gallery *g, double *sigma);

#endif
