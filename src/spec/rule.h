/* Tolerance rules: what `check` demands of a metric.
 *
 *     [tolerance] and [tolerance.NAME]:
 *     METRIC = RULE, ...           all must hold; median(METRIC), max(METRIC), mean(METRIC): over `rep`
 *     RULE   = exact | at most X | at least X | between X and X | within K sigma of X | warn below X
 *     X      = NUMBER | [F x] BASE [+ D | - D],   BASE = baseline | bound | u
 *
 * Reading only; what a rule says of a value is gate's business. */
#ifndef PX_SPEC_RULE_H
#define PX_SPEC_RULE_H

#include "spec/experiment.h"

/* THE list: X(enumerator, word, what it is). */
#define PX_BASE_LIST(X)                                                                                                \
    X(PX_BASE_NUMBER, "", "the number itself")                                                                         \
    X(PX_BASE_BASELINE, "baseline", "the value in the baseline")                                                       \
    X(PX_BASE_BOUND, "bound", "bound_det of the row: the componentwise bound on err_cw_max")                           \
    X(PX_BASE_U, "u", "the unit roundoff of the row's result: of axis out, else accum, else format")
#define PX_BASE_ENUM(id, word, text) id,
typedef enum px_base { PX_BASE_LIST(PX_BASE_ENUM) PX_BASE_COUNT } px_base;
#undef PX_BASE_ENUM

/* factor x base + offset; a NUMBER is its factor. */
typedef struct px_amount {
    px_base base;
    double factor, offset;
} px_amount;

typedef enum px_rule_form {
    PX_RULE_EXACT,        /* the bits of the baseline */
    PX_RULE_AT_MOST,      /* x */
    PX_RULE_AT_LEAST,     /* x */
    PX_RULE_BETWEEN,      /* x, y; ends included */
    PX_RULE_WITHIN_SIGMA, /* the mean over rep lies within x.factor standard errors of y */
    PX_RULE_WARN_BELOW    /* x; never fails */
} px_rule_form;

typedef struct px_rule {
    px_rule_form form;
    px_amount x, y;
    const char *text; /* in one spelling, as in "at most 4 x baseline" */
} px_rule;

typedef enum px_over { PX_OVER_NOTHING, PX_OVER_MEDIAN, PX_OVER_MAX, PX_OVER_MEAN } px_over;

/* One key of a tolerance section. */
typedef struct px_demand {
    const char *section; /* tolerance, tolerance.NAME */
    const char *metric;
    px_over over;
    const px_rule *rules;
    int n_rules;
    const px_expr *where; /* of the section; NULL: all cells */
    px_amount floor;      /* of the section; NUMBER 0: none */
    bool expect_fail;     /* of the section, with its reason */
    const char *because;
    const char *file; /* the experiment file, or "--set" */
    int line;         /* of the key */
} px_demand;

typedef struct px_tolerance {
    const px_demand *demands; /* in the order of the file */
    int n_demands;
} px_tolerance;

/* Reads the rules of one entry. 0 after a mistake (all are reported to d), else their number. */
int px_rules_read(px_arena *arena, const px_ini_entry *entry, px_rule **rules, px_diagnostics *d);

/* floor: a number or F x u, not negative. False after a mistake. */
bool px_floor_read(px_arena *arena, const px_ini_entry *entry, px_amount *floor, px_diagnostics *d);

/* METRIC, median(METRIC), max(METRIC), mean(METRIC), of a key that px_experiment_load has checked. */
const char *px_demand_metric(px_arena *arena, const char *key, px_over *over);

/* All demands of an experiment that has been loaded without a mistake. */
px_tolerance px_tolerance_read(px_arena *arena, const px_experiment *experiment);

/* The demand that counts for this cell and metric: the last one whose section matches. NULL: none. */
const px_demand *px_tolerance_find(const px_tolerance *t, const px_case *c, const char *metric, px_over over);

/* The unit roundoff that `u` stands for; 0 when the case has no format that rounds. */
double px_case_u(const px_case *c);

#endif
