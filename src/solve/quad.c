#include "solve/quad.h"

#include <mpfr.h>

enum { QUAD_BITS = 113 };

void px_quad_product(int64_t rows, int64_t columns, const double *a, const double *x, const double *c, int sign,
                     double *y) {
    mpfr_t sum, product;
    mpfr_inits2(QUAD_BITS, sum, product, (mpfr_ptr)0);
    for (int64_t i = 0; i < rows; i++) {
        mpfr_set_d(sum, c ? c[i] : 0, MPFR_RNDN);
        for (int64_t j = 0; j < columns; j++) {
            mpfr_set_d(product, a[i * columns + j], MPFR_RNDN);
            mpfr_mul_d(product, product, x[j], MPFR_RNDN);
            (sign > 0 ? mpfr_add : mpfr_sub)(sum, sum, product, MPFR_RNDN);
        }
        y[i] = mpfr_get_d(sum, MPFR_RNDN);
    }
    mpfr_clears(sum, product, (mpfr_ptr)0);
}
