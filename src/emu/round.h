/* Arrays rounded by the kernels of isa/, in any mode: a row of emu's path table, and chunks of arrays for others. */
#ifndef PX_EMU_ROUND_H
#define PX_EMU_ROUND_H

#include "emu/emu.h"
#include "emu/isa/isa.h"

enum { PX_CHUNK = 1024 }; /* numbers at a time: what belongs to them stays in the first-level cache */

/* How numbers of a host format are rounded to a format. */
typedef enum px_rounder_way { PX_ROUND_BY_FP16, PX_ROUND_BY_WORDS, PX_ROUND_BY_NUMBERS } px_rounder_way;
typedef struct px_rounder {
    px_rounder_way way;
    px_rounding rounding;
    int drop;         /* by words: bits of the significand that go */
    px_target target; /* by numbers */
} px_rounder;

/* From floats, from doubles; false where the kernels cannot. Stochastic rounding: from doubles only. */
bool px_rounder_f32(px_fp f, px_rounding r, px_rounder *rounder);
bool px_rounder_f64(px_fp f, px_rounding r, px_rounder *rounder);

/* y = x rounded, n <= PX_CHUNK numbers; y may be x. bits are drawn for (stream, element + i, step). */
void px_round_floats(const px_rounder *r, int64_t n, const float *x, float *y);
void px_round_doubles(const px_rounder *r, int64_t n, const double *x, uint64_t stream, uint64_t element, uint64_t step,
                      double *y);

bool px_round_matches(const px_task *task);
void px_round_run(const px_task *task);

#endif
