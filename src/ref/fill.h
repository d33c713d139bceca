/* From an engine's exact entries to a px_truth. */
#ifndef PX_REF_FILL_H
#define PX_REF_FILL_H

#include <mpfr.h>

#include "base/arena.h"
#include "matrix/wide.h"

/* The exact value of entry (i, j) and of its sum of magnitudes, infinities and nans included; sets both precisions.
 * Called from several threads. */
typedef void px_ref_entry(const void *operands, int64_t i, int64_t j, mpfr_t sum, mpfr_t magnitudes);

/* Sets truth->sharpen: by this function, on these operands, which must outlive the truth. */
void px_ref_sharpens(px_arena *arena, px_ref_entry *entry, const void *operands, px_truth *truth);

/* One entry of both parts of the truth, exactly (as far as there is room for it). */
void px_ref_fill_entry(px_truth *truth, px_ref_entry *entry, const void *operands, int64_t i, int64_t j);

/* Fills the truth, rows x cols, on the pool of threads; operands must outlive it. */
void px_ref_fill(px_arena *arena, int64_t rows, int64_t cols, px_ref_entry *entry, const void *operands,
                 px_truth *truth);

#endif
