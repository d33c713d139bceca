/* The sums of a matrix unit once more, by MPFR and case by case: what kernel/mma.h must give, bit for bit. Shares the
 * unit's numbers with it, no code. For units of arith/model.h as they are: no hypotheses, no quirks. */
#ifndef PX_TESTS_MMA_ORACLE_H
#define PX_TESTS_MMA_ORACLE_H

#include "arith/model.h"

/* d = c + a_0 b_0 + ... + a_(n-1) b_(n-1). */
double mma_oracle(const px_mma *unit, int n, const double *a, const double *b, double c);

#endif
