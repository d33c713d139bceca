#include "kind/kappa.h"

#include <lapacke.h>
#include <math.h>

/* Row by row in memory: column by column that is the transpose, with the same singular values. NULL where an entry is
 * not finite. */
static double *copy_of(px_arena *arena, const px_mat *m) {
    double *a = PX_NEW_ARRAY(arena, double, m->rows * m->cols);
    for (int64_t i = 0; i < m->rows; i++) px_mat_get_row(m, i, 0, m->cols, a + i * m->cols);
    for (int64_t i = 0; i < m->rows * m->cols; i++)
        if (!isfinite(a[i])) return NULL;
    return a;
}

double px_kappa_2_lapack(px_arena *arena, const px_mat *m) {
    lapack_int rows = (lapack_int)m->rows, cols = (lapack_int)m->cols, least = rows < cols ? rows : cols;
    double *a = copy_of(arena, m), *sigma = PX_NEW_ARRAY(arena, double, least), none;
    if (!a || LAPACKE_dgesdd(LAPACK_COL_MAJOR, 'N', cols, rows, a, cols, sigma, &none, 1, &none, 1) != 0)
        return (double)NAN;
    return sigma[0] / sigma[least - 1];
}

double px_kappa_2_lapack_gesvd(px_arena *arena, const px_mat *m) {
    lapack_int rows = (lapack_int)m->rows, cols = (lapack_int)m->cols, least = rows < cols ? rows : cols;
    double *a = copy_of(arena, m), *sigma = PX_NEW_ARRAY(arena, double, least), none;
    double *rest = PX_NEW_ARRAY(arena, double, least);
    if (!a || LAPACKE_dgesvd(LAPACK_COL_MAJOR, 'N', 'N', cols, rows, a, cols, sigma, &none, 1, &none, 1, rest) != 0)
        return (double)NAN;
    return sigma[0] / sigma[least - 1];
}

double px_kappa_lapack_gecon(px_arena *arena, const px_mat *m, char norm) {
    lapack_int n = (lapack_int)m->rows, *pivots = PX_NEW_ARRAY(arena, lapack_int, n);
    double *a = copy_of(arena, m), reciprocal;
    if (!a) return (double)NAN;
    /* The factors are those of the transpose, whose norms are the other ones. */
    char other = norm == '1' ? 'I' : '1';
    double size = LAPACKE_dlange(LAPACK_COL_MAJOR, other, n, n, a, n);
    lapack_int info = LAPACKE_dgetrf(LAPACK_COL_MAJOR, n, n, a, n, pivots);
    if (info > 0) return (double)INFINITY;
    if (info < 0 || LAPACKE_dgecon(LAPACK_COL_MAJOR, other, n, a, n, size, &reciprocal) != 0) return (double)NAN;
    return 1 / reciprocal;
}
