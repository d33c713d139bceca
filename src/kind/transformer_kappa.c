/* Condition numbers of weight matrices beside what random-matrix theory says of their first values. */
#include <math.h>

#include "data/elementary.h"
#include "kind/columns.h"
#include "kind/transformer.h"
#include "metric/error.h"
#include "solve/jacobi.h"

/* The singular values of m x n independent entries of one variance fill sqrt m - sqrt n .. sqrt m + sqrt n, times the
 * deviation (Bai & Yin 1993). The median of kappa_2/n of square ones solves exp(-2/x - 2/x^2) = 1/2 (Edelman 1988;
 * whatever the distribution of the entries: Tao & Vu 2010). */
double px_transformer_kappa_theory(px_initial_id initial, int64_t rows, int64_t cols) {
    double m = (double)rows, n = (double)cols, log_2 = px_data_log(2);
    if (initial == PX_INITIAL_ORTHOGONAL) return 1;
    if (rows == cols) return n * (1 + sqrt(1 + 2 * log_2)) / log_2;
    return (sqrt(m) + sqrt(n)) / fabs(sqrt(m) - sqrt(n));
}

double px_transformer_kappa_law(int64_t n, double kappa) {
    double y = (double)n / kappa, power = 2 * y + 2 * y * y;
    return power < 700 ? px_data_exp(-power) : 0;
}

enum { LARGEST_SPECTRUM = 256 };

static bool measurable(const px_mat *m) {
    if (m->rows < 2 || m->cols < 2 || (m->rows < m->cols ? m->rows : m->cols) > LARGEST_SPECTRUM) return false;
    for (int64_t i = 0; i < m->rows; i++)
        for (int64_t j = 0; j < m->cols; j++)
            if (!isfinite(px_mat_get(m, i, j))) return false;
    return true;
}

px_transformer_kappa px_transformer_kappa_of(px_arena *arena, const px_mat *m) {
    if (!measurable(m)) return (px_transformer_kappa){PX_UNDEFINED, PX_UNDEFINED};
    px_spectrum s = px_jacobi_spectrum(arena, m);
    return (px_transformer_kappa){s.kappa_2, isfinite(s.radius) ? s.radius : PX_UNDEFINED};
}

void px_transformer_kappa_set(const px_transformer *t, px_row *row, int32_t slot, const px_transformer_kappa *k) {
    const px_slot *s = &t->program.prog.slots[slot];
    if (isnan(k->kappa_2)) return;
    px_columns_figure(row, "kappa_2", k->kappa_2);
    px_columns_figure(row, "kappa_2_radius", k->radius);
    bool first = t->program.role[slot] == PX_NN_ROLE_PARAMETER && t->train.attempt == 0 && !t->parameters;
    if (!first) return;
    px_columns_figure(row, "kappa_2_theory", px_transformer_kappa_theory(t->initial, s->rows, s->cols));
    if (s->rows == s->cols && t->initial != PX_INITIAL_ORTHOGONAL)
        px_columns_figure(row, "kappa_2_law", px_transformer_kappa_law(s->rows, k->kappa_2));
}
