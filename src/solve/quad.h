/* Products with a matrix in binary128: MPFR with 113 bits, one rounding an operation. Products and sums of doubles
 * never reach the ends of binary128's range, so its exponents need no attention. */
#ifndef PX_SOLVE_QUAD_H
#define PX_SOLVE_QUAD_H

#include <stdint.h>

/* y_i = c_i + sign (a_i0 x_0 + a_i1 x_1 + ...), from c (NULL: zeros) in ascending order, each product and each sum
 * rounded to 113 bits, the result rounded to the nearest double. a: rows x columns, row-major; sign: +1 or -1. */
void px_quad_product(int64_t rows, int64_t columns, const double *a, const double *x, const double *c, int sign,
                     double *y);

#endif
