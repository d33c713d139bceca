/* One rule and one value. */
#ifndef PX_GATE_JUDGE_H
#define PX_GATE_JUDGE_H

#include "gate/verdict.h"
#include "spec/rule.h"

/* What is known of a value. Texts as in the tables, "" for an empty field. */
typedef struct px_evidence {
    const char *value;
    bool has_baseline;          /* there is a row of it in the baseline */
    const char *baseline, *hex; /* its field there, and the hexfloat beside it */
    const char *bound;          /* bound_det of the row */
    double u;                   /* 0: no format that rounds */
    const double *values;       /* over rep, for rules that ask for a spread; NULL: this is not over rep */
    int n_values;
} px_evidence;

typedef struct px_judgement {
    bool applies;       /* false: the rule says nothing here (no baseline, no bound, nothing measured) */
    px_verdict verdict; /* ok, regressed, changed, missing, improved */
    const char *limit;
    double badness; /* a factor beyond the limit, 1 at the limit; infinity where there is no factor */
} px_judgement;

/* Rules of theory come first: they need no baseline and cannot drift by repeated acceptance. */
bool px_rule_is_theory(const px_rule *rule);

/* floor raises the limit of `at most` rules. */
px_judgement px_judge(px_arena *arena, const px_rule *rule, px_amount floor, const px_evidence *e);

#endif
