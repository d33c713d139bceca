/* Every order of summation in another writing, each step one rounding by MPFR (support/oracle.h). */
#ifndef PX_TESTS_NAIVE_SUM_H
#define PX_TESTS_NAIVE_SUM_H

#include "kernel/sum.h"

enum { PX_NAIVE_TERMS = 70 }; /* the longest sum */

/* What px_sum must give, where products of operands are exact in binary64 (operands of at most 24 bits). */
double px_naive_sum(const px_recipe *recipe, const px_terms *terms);

#endif
