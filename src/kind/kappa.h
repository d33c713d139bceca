/* The condition number of a matrix as LAPACK computes it: a library's result, which may change with the library's
 * build. */
#ifndef PX_KIND_KAPPA_H
#define PX_KIND_KAPPA_H

#include "base/arena.h"
#include "matrix/mat.h"

/* sigma_max / sigma_min by dgesdd, singular values only; inf when sigma_min is 0. A nan where m has an entry that is
 * not finite or where dgesdd did not converge. */
double px_kappa_2_lapack(px_arena *arena, const px_mat *m);

#endif
