/* The condition number of a matrix as LAPACK computes it: a library's result, which may change with the library's
 * build. Every function gives nan where m has an entry that is not finite or where the routine failed. */
#ifndef PX_KIND_KAPPA_H
#define PX_KIND_KAPPA_H

#include "base/arena.h"
#include "matrix/mat.h"

/* sigma_max / sigma_min, singular values only, by dgesdd, by dgesvd; inf when sigma_min is 0. */
double px_kappa_2_lapack(px_arena *arena, const px_mat *m);
double px_kappa_2_lapack_gesvd(px_arena *arena, const px_mat *m);

/* kappa_1 ('1') or kappa_inf ('I') as estimated by dgecon from the factors of dgetrf; inf for a pivot or an estimate of
 * 0. m is square. */
double px_kappa_lapack_gecon(px_arena *arena, const px_mat *m, char norm);

#endif
