/* Arithmetic for bounds: every result is rounded up, so a bound stays one. Arguments are finite and not negative. */
#ifndef PX_METRIC_UPWARD_H
#define PX_METRIC_UPWARD_H

#include <stdint.h>

double px_up_add(double a, double b);
double px_up_mul(double a, double b);
double px_up_div(double a, double b); /* b > 0 */

/* Two relative errors, one on top of the other: (1 + a)(1 + b) - 1. */
double px_up_compose(double a, double b);

/* h of them: (1 + a)^h - 1. Infinite when beyond the range of double. */
double px_up_power(double a, int64_t h);

/* exp(x) - 1. */
double px_up_expm1(double x);

/* sqrt(2 ln x), x >= 1. */
double px_up_sqrt_2ln(double x);

/* 2^e; the smallest double when that is smaller still. */
double px_up_exp2(int e);

#endif
