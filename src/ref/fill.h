/* From an engine's exact entries to a px_truth. */
#ifndef PX_REF_FILL_H
#define PX_REF_FILL_H

#include <mpfr.h>

#include "base/arena.h"
#include "matrix/wide.h"

/* The exact value of entry (i, j) and of its sum of magnitudes, infinities and nans included; sets both precisions.
 * Called from several threads. */
typedef void px_ref_entry(const void *operands, int64_t i, int64_t j, mpfr_t sum, mpfr_t magnitudes);

/* Fills the truth, rows x cols, on the pool of threads; operands must outlive it. */
void px_ref_fill(px_arena *arena, int64_t rows, int64_t cols, px_ref_entry *entry, const void *operands,
                 px_truth *truth);

#endif
