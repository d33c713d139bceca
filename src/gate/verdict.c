#include "gate/verdict.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"

static const struct {
    const char *name;
    bool fails;
} verdicts[] = {
#define ROW(id, name, fails, text) {name, fails},
    PX_VERDICT_LIST(ROW)
#undef ROW
};

const char *px_verdict_name(px_verdict v) {
    PX_ASSERT(v >= 0 && v < PX_VERDICT_COUNT);
    return verdicts[v].name;
}

bool px_verdict_fails(px_verdict v) {
    PX_ASSERT(v >= 0 && v < PX_VERDICT_COUNT);
    return verdicts[v].fails;
}

void px_verdicts_add(px_verdicts *v, px_finding finding) {
    if (v->n_findings == v->capacity) {
        v->capacity = v->capacity ? 2 * v->capacity : 64;
        px_finding *larger = PX_NEW_ARRAY(v->arena, px_finding, v->capacity);
        if (v->n_findings) memcpy(larger, v->findings, v->n_findings * sizeof *larger);
        v->findings = larger;
    }
    finding.order = v->n_findings;
    v->findings[v->n_findings++] = finding;
}

static int by_weight(const void *x, const void *y) {
    const px_finding *a = x, *b = y;
    bool fails = px_verdict_fails(a->verdict), other_fails = px_verdict_fails(b->verdict);
    if (fails != other_fails) return fails ? -1 : 1;
    if (a->theory != b->theory) return a->theory ? -1 : 1;
    if (a->badness != b->badness) return a->badness > b->badness ? -1 : 1;
    return (a->order > b->order) - (a->order < b->order);
}

void px_verdicts_sort(px_verdicts *v) {
    if (v->n_findings) qsort(v->findings, v->n_findings, sizeof *v->findings, by_weight);
    for (size_t i = 0; i < v->n_findings && v->tests; i++) {
        px_test *t = &v->tests[v->findings[i].test];
        if (!t->worst) t->worst = &v->findings[i];
        t->n_failed += px_verdict_fails(v->findings[i].verdict);
    }
}

int64_t px_verdicts_failed(const px_verdicts *v) {
    int64_t n = 0;
    for (int i = 0; i < PX_VERDICT_COUNT; i++) n += verdicts[i].fails ? v->rows[i] : 0;
    return n;
}

int64_t px_verdicts_passed(const px_verdicts *v) {
    int64_t n = 0;
    for (int i = 0; i < PX_VERDICT_COUNT; i++) n += verdicts[i].fails ? 0 : v->rows[i];
    return n;
}
