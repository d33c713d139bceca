/* Verdicts, and the findings that people read: what is not simply ok, worst first. */
#ifndef PX_GATE_VERDICT_H
#define PX_GATE_VERDICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

/* THE list, worst first: X(enumerator, name, does it fail the gate, what it says). */
#define PX_VERDICT_LIST(X)                                                                                             \
    X(PX_VERDICT_REGRESSED, "regressed", true, "beyond the limit of a rule")                                           \
    X(PX_VERDICT_CHANGED, "changed", true, "not the value that an exact rule wants, in either direction")              \
    X(PX_VERDICT_MISSING, "missing", true, "a row or a value of the baseline is gone")                                 \
    X(PX_VERDICT_NEW, "new", false, "a row that the baseline does not have")                                           \
    X(PX_VERDICT_UNEXPECTED, "unexpected", false, "held although the rule expects it to fail")                         \
    X(PX_VERDICT_IMPROVED, "improved", false, "better than its rule's warning line: the baseline has become loose")    \
    X(PX_VERDICT_KNOWN, "known", false, "fails as the rule expects")                                                   \
    X(PX_VERDICT_OK, "ok", false, "within every rule")
#define PX_VERDICT_ENUM(id, name, fails, text) id,
typedef enum px_verdict { PX_VERDICT_LIST(PX_VERDICT_ENUM) PX_VERDICT_COUNT } px_verdict;
#undef PX_VERDICT_ENUM

const char *px_verdict_name(px_verdict v);
bool px_verdict_fails(px_verdict v);

/* One row's one metric. Texts are "" where there is nothing to say. */
typedef struct px_finding {
    px_verdict verdict;
    bool theory; /* judged against a theorem or a number, not against a baseline */
    const char *row, *metric;
    const char *value, *limit, *baseline, *rule;
    const char *place; /* file:line of the rule */
    double badness;    /* how far beyond the limit, as a factor; infinity where there is no factor */
    int test;          /* of px_verdicts' tests */
    size_t order;      /* set by px_verdicts_add: findings that weigh the same stay in the order of the table */
} px_finding;

/* What is tested as one: a key of a tolerance section, or the rows as a whole. */
typedef struct px_test {
    const char *name; /* "tolerance.x: median(err_rel)" */
    const char *file; /* of the rule; "" for the rows */
    int line;
    int64_t n_judged, n_failed; /* values */
    const px_finding *worst;    /* of those that fail, else of what is to be told; NULL: nothing */
} px_test;

typedef struct px_verdicts {
    px_arena *arena;
    px_test *tests; /* in the order of the file; of px_compare none */
    int n_tests;
    px_finding *findings; /* all but ok */
    size_t n_findings, capacity;
    int64_t rows[PX_VERDICT_COUNT]; /* each row by its worst verdict */
    int64_t n_skipped;              /* rows that no rule is for */
} px_verdicts;

void px_verdicts_add(px_verdicts *v, px_finding finding);
void px_verdicts_sort(px_verdicts *v); /* failing first, theory before baselines, then the farthest beyond the limit */
int64_t px_verdicts_failed(const px_verdicts *v); /* rows */
int64_t px_verdicts_passed(const px_verdicts *v);

#endif
