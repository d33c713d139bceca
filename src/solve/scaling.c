#include "solve/scaling.h"

#include <limits.h>
#include <math.h>

int px_exponent_of(int64_t n, const double *x) {
    int largest = INT_MIN, e;
    for (int64_t i = 0; i < n; i++)
        if (x[i] != 0 && isfinite(x[i])) {
            frexp(x[i], &e);
            largest = e > largest ? e : largest;
        }
    return largest;
}

/* Exponents that bring the largest entry of each row, then of each column, to [1/2, 1). */
static void equilibrate(int64_t n, const double *a, int *row, int *column) {
    for (int64_t i = 0; i < n; i++) {
        int e = px_exponent_of(n, a + i * n);
        row[i] = e == INT_MIN ? 0 : -e;
    }
    for (int64_t j = 0; j < n; j++) {
        int largest = INT_MIN;
        for (int64_t i = 0; i < n; i++) {
            int e = px_exponent_of(1, &a[i * n + j]);
            if (e != INT_MIN && e + row[i] > largest) largest = e + row[i];
        }
        column[j] = largest == INT_MIN ? 0 : -largest;
    }
}

/* d_i near a_ii^(-1/2): the scaled diagonal is in [1/2, 2). */
static void equilibrate_symmetric(int64_t n, const double *a, int *row, int *column) {
    for (int64_t i = 0; i < n; i++) {
        int e = px_exponent_of(1, &a[i * n + i]);
        row[i] = column[i] = e == INT_MIN ? 0 : -(e >= 0 ? e / 2 : (e - 1) / 2);
    }
}

/* The largest power of two with which `largest` stays at most theta times the top of the format. */
static int multiplier(double theta, double max_finite, double largest) {
    if (!(largest > 0) || !isfinite(largest)) return 0;
    int e_top, e_largest;
    double top = frexp(theta * max_finite, &e_top), m = frexp(largest, &e_largest);
    return e_top - e_largest - (m > top);
}

px_scales px_scales_of(px_arena *arena, px_scaling scaling, bool symmetric, double theta, double max_finite, int64_t n,
                       const double *a) {
    int *row = PX_NEW_ARRAY(arena, int, 2 * n), *column = row + n, mu = 0;
    if (scaling == PX_SCALING_two_sided) (symmetric ? equilibrate_symmetric : equilibrate)(n, a, row, column);
    double largest = 0;
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < n; j++) largest = fmax(largest, fabs(ldexp(a[i * n + j], row[i] + column[j])));
    if (scaling != PX_SCALING_none) mu = multiplier(theta, max_finite, largest);
    return (px_scales){mu, row, column};
}
