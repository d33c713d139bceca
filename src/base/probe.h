/* Start-up probes of the floating-point environment. precx computes in strict IEEE arithmetic or not at all. */
#ifndef PX_BASE_PROBE_H
#define PX_BASE_PROBE_H

#include "base/error.h"

/* X(function, what a failure means, which compiler flag to look at). Each probe is a noinline function fed from volatile
 * variables, so that no compiler folds it. The first one that fails is reported, so a probe stands before those that its
 * flag disturbs as well. */
#define PX_PROBE_LIST(X)                                                                                               \
    X(flush_input, "subnormal operands are treated as zero", "no -ffast-math (crtfastmath sets DAZ)")                  \
    X(flush_result, "subnormal results are flushed to zero", "no -ffast-math (crtfastmath sets FTZ)")                  \
    X(rounding_mode, "the rounding mode is not to nearest", "call fesetround(FE_TONEAREST)")                           \
    X(reassociation, "sums are reassociated", "no -fassociative-math")                                                 \
    X(excess_precision, "intermediate results are kept in more than double precision", "-fexcess-precision=standard")  \
    X(contraction, "a product and a sum are fused into one rounding", "-ffp-contract=off")                             \
    X(nan_semantics, "NaN comparisons are optimised away", "no -ffinite-math-only")                                    \
    X(signed_zero, "the sign of zero is lost", "no -fno-signed-zeros")

/* Runs every probe on the calling thread. PX_OK, or PX_INCOMPLETE with the probe's name, meaning and flag. */
px_status px_probe_all(px_error *err);

#endif
