/* The definition of LU and Cholesky factorisation and of triangular solves: scalar, one rounding after another. emu/
 * may hurry, but prints these bits.
 *
 * Every entry starts from the stored a_ij (or b_ij) and gets its updates s = rnd(s - x y) with k ascending (a lower
 * triangle, LU, Cholesky) or descending (an upper triangle): in the order in which the unknowns become known. x y is
 * rounded to recipe.mul, unless that is exact or the recipe is fused; the difference to recipe.acc. Then the entry is
 * finished: rounded to recipe.out, or divided by the pivot (in `out`) with one rounding to out; with `reciprocal`, 1 /
 * pivot is rounded to out and multiplied by the entry with one rounding to out. Order, split, splits and promote of the
 * recipe play no part; block and model only in px_lu_by_unit.
 *
 * Random bits, px_bits(stream, element, step), element i n + j (i columns + j) by the place at that moment:
 *   2k, 2k + 1   the product and the difference of update k
 *   2^64 - 1     the entry, when it is finished; 2^64 - 2: the reciprocal, element of the pivot */
#ifndef PX_KERNEL_FACTOR_H
#define PX_KERNEL_FACTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "arith/model.h"
#include "arith/recipe.h"

/* a (n x n, row-major) becomes l (unit, below the diagonal) and u. Step k exchanges row k with the first row i >= k
 * whose entry in column k is largest in magnitude, a NaN being the largest: pivots[k] = i. A column whose pivot is 0 is
 * left as it is, rounded. */
void px_lu(const px_recipe *recipe, bool reciprocal, int64_t n, double *a, int64_t *pivots, uint64_t stream);

/* The same in panels of recipe.block columns, as tensor cores are used (Haidar et al., SC18). A panel is factorised as
 * above, its exchanges reach all columns, the rows of u to its right are the triangular solve's. All further entries then
 * get the whole panel's updates at once: s = s - (l_i u_j), a chain of the unit's blocks (kernel/mma.h) from s, operands
 * as finished, results in recipe.acc. */
void px_lu_by_unit(const px_recipe *recipe, const px_mma *unit, bool reciprocal, int64_t n, double *a, int64_t *pivots,
                   uint64_t stream);

/* The lower triangle of a (n x n, row-major) becomes l, the upper one zeros. The pivots are square roots, rounded once
 * to out; of a negative number: NaN. */
void px_cholesky(const px_recipe *recipe, bool reciprocal, int64_t n, double *a, uint64_t stream);

/* One triangle of t (n x n, row-major); the other is not read, nor a unit diagonal. */
typedef struct px_triangle {
    int64_t n;
    const double *t;
    bool upper, unit, reciprocal;
} px_triangle;

/* x (n x columns, row-major) becomes t^-1 x. A zero on the diagonal divides as IEEE arithmetic does. */
void px_trsm(const px_recipe *recipe, const px_triangle *t, int64_t columns, double *x, uint64_t stream);

/* The exchanges of pivots applied to x, in their order. */
void px_permute(int64_t n, const int64_t *pivots, int64_t columns, double *x);

#endif
