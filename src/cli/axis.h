/* What an axis may be set to, in words. */
#ifndef PX_CLI_AXIS_H
#define PX_CLI_AXIS_H

#include "spec/param.h"

/* "a format, exact or same (as format)", "sequential | pairwise", "1 .. 4096"; in the arena. */
const char *px_axis_values(px_arena *arena, const px_param *axis);

/* The word of `precx list WORD` that explains the values of an axis, or NULL. */
const char *px_listing_of(const px_param *axis);
const char *px_listing_name(int i); /* the i-th of these words; NULL behind the last */

#endif
