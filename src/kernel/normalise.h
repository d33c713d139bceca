/* The definition of the operation of op/normalise.h, one rounding after another: a row of n numbers. */
#ifndef PX_KERNEL_NORMALISE_H
#define PX_KERNEL_NORMALISE_H

#include "arith/recipe.h"

/* form: PX_NORMALISE_... by number. y in recipe.out, centre and spread in recipe.acc. */
void px_normalise(const px_recipe *recipe, int form, int64_t n, const double *x, double *y, double *centre,
                  double *spread);

#endif
