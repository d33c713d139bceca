/* The gate: a result against its experiment's rules, theory first, then the baseline. */
#ifndef PX_GATE_GATE_H
#define PX_GATE_GATE_H

#include "io/result.h"
#include "gate/verdict.h"
#include "spec/experiment.h"

typedef struct px_gate {
    const px_experiment *experiment;
    const px_plan *plan;
    const px_result *result;
    const px_result *baseline; /* NULL: none; rules that need one are silent then */
} px_gate;

/* The folder of an experiment's baselines: [output] baseline, else results/baseline. */
const char *px_gate_directory(const px_experiment *experiment);

/* Reads the baseline of the experiment and its profile. PX_NO_BASELINE, with what to do, when there is none or it was
 * made for other settings (seed, axes, profile). */
px_status px_gate_baseline(px_arena *arena, const px_experiment *experiment, px_result *baseline, px_error *err);

/* Fills v (its arena is set), sorted. Every value is judged by the last matching rule for its column, and `status` is
 * exact where no rule is for it; an experiment without any rule has all columns exact. A row of the baseline that the
 * result lacks is missing, unless --filter or --shard left its cell out. A baseline that was edited after its
 * acceptance fails, by one verdict without a row. Rows with status unsupported are skipped. PX_BAD_FILE for a rule whose
 * column the table does not have, and for a row of no cell of the plan. */
px_status px_gate_check(const px_gate *g, px_verdicts *v, px_error *err);

#endif
