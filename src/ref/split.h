/* The few numbers of A with digits below a power of two: put aside, so that plain sums of the others are exact. In
 * narrow formats they are few: of normally distributed fp16 numbers 1 in 600 is too small to have all its digits above
 * 2^-19. */
#ifndef PX_REF_SPLIT_H
#define PX_REF_SPLIT_H

#include "ref/sides.h"

/* What was taken from number t of a line. */
typedef struct px_ref_rest {
    int64_t t;
    double x;
} px_ref_rest;

/* Of line i: rest[first[i]] .. rest[first[i + 1] - 1]. first NULL: nothing was taken. */
typedef struct px_ref_rests {
    int64_t *first;
    px_ref_rest *rest;
} px_ref_rests;

/* Rounds the numbers of a side to multiples of 2^unit and returns what that takes away, of magnitude 2^(unit-1) at
 * most; where more than one in 32 would change, none does, and first is NULL. */
px_ref_rests px_ref_split(px_ref_side *s, int unit);
void px_ref_rests_free(px_ref_rests *r);

#endif
