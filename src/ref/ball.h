/* Balls: an MPFR midpoint of a fixed number of bits and a radius in double, so that whatever is computed with them
 * carries a bound of its own error. Every function is the inclusion of one operation (Moore 1966, with midpoints as in
 * Johansson, Arb, IEEE Trans. Comput. 66(8), 2017): if the operands' true values lie in their balls, the result's lies
 * in its. */
#ifndef PX_REF_BALL_H
#define PX_REF_BALL_H

#include <stdbool.h>
#include <stdint.h>

#include <mpfr.h>

/* |true value - x| <= r. r infinite: nothing is known. An infinite or nan midpoint means itself, as IEEE has it. */
typedef struct px_ball {
    mpfr_t x;
    double r;
} px_ball;

/* n balls of value 0, of bits bits; the caller frees them. */
px_ball *px_balls_new(int64_t n, mpfr_prec_t bits);
void px_balls_free(px_ball *b, int64_t n);

void px_ball_zero(px_ball *y);
void px_ball_double(px_ball *y, double x);                     /* exact when bits >= 53 */
void px_ball_pair(px_ball *y, double hi, double lo, double r); /* hi + lo, off by at most r */
void px_ball_copy(px_ball *y, const px_ball *a);

/* The decimal number of at most 15 significant digits that reads back to x, where there is one; else x. */
void px_ball_decimal(px_ball *y, double x);

/* y may be one of the operands. */
void px_ball_neg(px_ball *y, const px_ball *a);
void px_ball_add(px_ball *y, const px_ball *a, const px_ball *b);
void px_ball_sub(px_ball *y, const px_ball *a, const px_ball *b);
void px_ball_mul(px_ball *y, const px_ball *a, const px_ball *b);
void px_ball_div(px_ball *y, const px_ball *a, const px_ball *b);
void px_ball_scale(px_ball *y, const px_ball *a, int exponent); /* a 2^exponent, exact */
void px_ball_div_int(px_ball *y, const px_ball *a, int64_t n);  /* n > 0 */
void px_ball_mul_int(px_ball *y, const px_ball *a, int64_t n);
void px_ball_sqrt(px_ball *y, const px_ball *a);
void px_ball_rsqrt(px_ball *y, const px_ball *a); /* 1/sqrt(a) */
void px_ball_exp(px_ball *y, const px_ball *a);
void px_ball_log(px_ball *y, const px_ball *a);
void px_ball_erfc(px_ball *y, const px_ball *a);
void px_ball_pi(px_ball *y);

/* sum += a b; product: a temporary. */
void px_ball_fma(px_ball *sum, const px_ball *a, const px_ball *b, px_ball *product);

/* Bounds of |true value| from above and below, as doubles. */
double px_ball_upper(const px_ball *a);
double px_ball_lower(const px_ball *a);

/* hi + lo + radius of matrix/wide.h; scratch: any MPFR number, its precision is set. */
void px_ball_wide(const px_ball *a, mpfr_t scratch, double *hi, double *lo, double *radius);

#endif
