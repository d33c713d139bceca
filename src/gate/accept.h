/* Making a result the baseline: only a whole, honest, reproducible one, and only by a person with a reason. */
#ifndef PX_GATE_ACCEPT_H
#define PX_GATE_ACCEPT_H

#include "io/result.h"

/* DIR/NAME.csv, or DIR/NAME.PROFILE.csv; profile "" or NULL: none. */
const char *px_baseline_path(px_arena *arena, const char *directory, const char *name, const char *profile);

/* May this result become a baseline? `plan` is the hash that the experiment has now, under the result's profile.
 * PX_USAGE under CI=true or without a reason; PX_BAD_FILE, with the way out, for a result without provenance, one that
 * was edited after its run, belongs to another state of the experiment, is part of a table, comes from a modified
 * build, or has failed cells. */
px_status px_accept_check(const px_result *result, const char *plan, const char *because, px_error *err);

/* Writes the baseline: the table with a column X_hex behind every column X of numbers, and the meta file with date,
 * commit and reason appended to those of the baseline that it replaces. Both appear whole or not at all. */
px_status px_accept_write(px_arena *arena, const px_result *result, const char *baseline_path, const char *because,
                          px_error *err);

#endif
