/* The truth seen relative to itself: |exact| in the place of the sum of magnitudes, for bounds of the form u |a op b|.
 */
#ifndef PX_KIND_RELATIVE_H
#define PX_KIND_RELATIVE_H

#include "base/arena.h"
#include "matrix/wide.h"

/* A view: `truth` and the arena must outlive it. */
px_truth px_truth_relative(px_arena *arena, const px_truth *truth);

#endif
