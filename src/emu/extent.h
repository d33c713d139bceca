/* What the numbers of an operand can be, by its format or, tighter, by what is there: the ground on which fast paths
 * stand. */
#ifndef PX_EMU_EXTENT_H
#define PX_EMU_EXTENT_H

#include "emu/emu.h"

/* Numbers of at most p bits; multiples of 2^quantum; zero, or 2^least <= |x| < 2^(emax + 1); or inf or NaN. */
typedef struct px_extent {
    int p, quantum, least, emax;
    double largest; /* magnitude; inf when one is not finite */
} px_extent;

px_extent px_extent_of_format(px_fp f); /* p = 0: of any double */
px_extent px_extent_of_product(px_extent a, px_extent b);
px_extent px_extent_rounded(px_extent x, px_fp f); /* of the results of rounding to f, overflow apart */

static inline bool px_extent_is_finite(px_extent x) { return x.largest < (double)__builtin_inff(); }

/* The numbers of a view, by a scan; its format's, where not all are finite. */
px_extent px_extent_of_view(const px_view *v);

#endif
