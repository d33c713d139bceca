#include "kind/kappa.h"

#include <lapacke.h>
#include <math.h>

double px_kappa_2_lapack(px_arena *arena, const px_mat *m) {
    lapack_int rows = (lapack_int)m->rows, cols = (lapack_int)m->cols, least = rows < cols ? rows : cols;
    double *a = PX_NEW_ARRAY(arena, double, m->rows * m->cols), *sigma = PX_NEW_ARRAY(arena, double, least), none;
    for (int64_t i = 0; i < m->rows; i++) px_mat_get_row(m, i, 0, m->cols, a + i * m->cols);
    for (int64_t i = 0; i < m->rows * m->cols; i++)
        if (!isfinite(a[i])) return NAN;
    /* Row by row in memory is the transpose, column by column: the same singular values, nothing to transpose. */
    if (LAPACKE_dgesdd(LAPACK_COL_MAJOR, 'N', cols, rows, a, cols, sigma, &none, 1, &none, 1) != 0) return NAN;
    return sigma[0] / sigma[least - 1];
}
