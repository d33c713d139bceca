/* Exact sums of MPFR numbers. */
#ifndef PX_REF_MPFR_SUM_H
#define PX_REF_MPFR_SUM_H

#include <mpfr.h>

/* sum = the exact sum of the n terms (any precisions, infinities and nans as IEEE); sets the precision to what it
 * needs. */
void px_mpfr_sum(mpfr_t sum, const mpfr_ptr *terms, unsigned long n);

/* x to the bits that its value needs. */
void px_mpfr_shrink(mpfr_t x);

#endif
