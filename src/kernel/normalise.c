#include "kernel/normalise.h"

#include "kernel/steps.h"

/* PX_NORMALISE_... of op/normalise.h, by number. */
enum { TWO_PASS, ONE_PASS, WELFORD, MIN_MAX };

static double welford(steps h, int64_t n, const double *x, double *centre) {
    double c = 0, v = 0;
    for (int64_t j = 0; j < n; j++) {
        double d = subtract(h, x[j], c);
        c = add(h, c, divide(h, d, (double)(j + 1)));
        v = add(h, v, multiply(h, d, subtract(h, x[j], c)));
    }
    *centre = c;
    return divide(h, v, (double)n);
}

static double range(steps h, int64_t n, const double *x, double *centre) {
    double top = x[0], least = -x[0];
    for (int64_t j = 1; j < n; j++) {
        top = larger(top, x[j]);
        least = larger(least, -x[j]);
    }
    *centre = -least;
    return subtract(h, top, -least);
}

void px_normalise(const px_recipe *recipe, int form, int64_t n, const double *x, double *y, double *centre,
                  double *spread) {
    steps h = steps_of(recipe);
    if (form == MIN_MAX) *spread = range(h, n, x, centre);
    if (form == WELFORD) *spread = welford(h, n, x, centre);
    if (form == TWO_PASS || form == ONE_PASS) *centre = divide(h, sum(recipe, n, x), (double)n);
    for (int64_t j = 0; j < n; j++) y[j] = subtract(h, x[j], *centre);
    if (form == TWO_PASS) *spread = divide(h, dot(recipe, n, 1, y, y), (double)n);
    if (form == ONE_PASS)
        *spread = subtract(h, divide(h, dot(recipe, n, 1, x, x), (double)n), multiply(h, *centre, *centre));
    double over = form == MIN_MAX ? *spread : px_sqrt(h.f, h.r, *spread, 0);
    for (int64_t j = 0; j < n; j++) y[j] = last(recipe, divide(h, y[j], over));
}
