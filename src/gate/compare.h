/* Two tables side by side, without rules: every value alike, bit for bit? */
#ifndef PX_GATE_COMPARE_H
#define PX_GATE_COMPARE_H

#include "io/result.h"
#include "gate/verdict.h"

/* Fills v (its arena is set). Rows are matched by their keys. A value that differs is `changed`, with its relative
 * change as badness; a row of `before` that `after` lacks is `missing`, one that only `after` has is `new`; a column of
 * `before` that `after` lacks is a finding with an empty row, and so is a new one. */
void px_compare(const px_result *before, const px_result *after, px_verdicts *v);

/* The value of column j in row i of a baseline or a result, and the value of its hexfloats ("" for none). */
const char *px_result_value(const px_result *r, size_t i, int j);
const char *px_result_hex(const px_result *r, size_t i, int j);

/* |b - a| / |a|; infinity when a is 0 or one of them is no finite number. */
double px_relative_change(const char *a, const char *b);

#endif
