/* Is a matrix of doubles singular? Decided, not estimated. */
#ifndef PX_REF_RANK_H
#define PX_REF_RANK_H

#include <stdbool.h>

#include "base/arena.h"
#include "matrix/mat.h"

/* True when the rank is below min(rows, cols). Every entry is finite. A proof: the entries are integers times one power
 * of two; full rank modulo one prime is full rank; else every minor of that order is divisible by all of the primes,
 * whose product exceeds Hadamard's bound of a minor, so that all are 0. n^3/3 multiplications a prime: one, where
 * the matrix has full rank (but for bad luck). */
bool px_ref_singular(px_arena *arena, const px_mat *m);

#endif
