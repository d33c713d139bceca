/* Single operations of an executor's device against their definitions in integers, on every word of a format or on words
 * drawn from all of it. */
#ifndef PX_SELFTEST_SCALARS_H
#define PX_SELFTEST_SCALARS_H

#include "op/plugin.h"
#include "selftest/judge.h"

typedef struct px_scalar_sweep {
    px_scalars_function *compute; /* a plug-in's, or px_scalars_here */
    uint64_t seed;
    int64_t drawn;       /* words drawn a format; one operand of 16 bits: every word instead */
    bool every_binary32; /* roundings to 16 bits: of every word of binary32 */
} px_scalar_sweep;

/* The fast arithmetic of this program (arith/round.h). It has no instructions, and its elementary functions are their own
 * definition: both are PX_SKIPPED. */
px_scalars_function px_scalars_here;

/* fp16, bf16, fp32, fp64, each by the device's instructions and by precx's arithmetic: a case each. */
px_status px_sweep_scalars(const px_scalar_sweep *sweep, px_scalar op, px_tally *tally, px_error *err);

#endif
