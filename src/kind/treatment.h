/* The treatment of a cell: formats, recipe and executor, read from the axes of axes.h that the kind has. What a kind
 * has no axis for keeps its default. */
#ifndef PX_KIND_TREATMENT_H
#define PX_KIND_TREATMENT_H

#include "base/arena.h"
#include "op/op.h"
#include "spec/param.h"

typedef struct px_treatment {
    px_fp in; /* format of the operands */
    px_recipe recipe;
    const px_exec *exec;
    uint64_t stream; /* of the random bits of stochastic rounding: a function of seed and rep */
} px_treatment;

/* Why this combination of values makes no treatment, or NULL: an overflow rule that a format cannot have, or a value
 * for an axis that does not apply (a block for an order without blocks: the cell would be a duplicate). Text in the
 * arena. */
const char *px_treatment_refused(px_arena *arena, const px_case *c);

/* What one rounded step of this treatment costs, for px_kind.cost: about 2e-8 s where vectors do it, 2.5e-7 s else. */
double px_treatment_step(const px_treatment *t);

/* PX_ASSERT that it is not refused. */
px_treatment px_treatment_of(const px_case *c);

/* The value of an axis, or NULL where the kind has no such axis. */
const px_value *px_axis_value(const px_case *c, const char *name);

#endif
