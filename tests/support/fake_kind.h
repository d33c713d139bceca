/* A kind for the tests of the experiment file: one axis of every type, columns, and a backend that lacks formats. */
#ifndef PX_TESTS_FAKE_KIND_H
#define PX_TESTS_FAKE_KIND_H

#include "spec/experiment.h"

extern const px_kind_spec fake_gemm, fake_sum;
extern const px_kind_catalogue fake_kinds; /* gemm, sum */

/* An experiment that was loaded from text. */
typedef struct fake_load {
    px_arena *arena;
    px_experiment experiment;
    px_plan plan;
    px_text report;
    px_error err;
    px_status status;
} fake_load;

/* Writes the text to NAME.ini in a folder of the test's own, and loads it under that name, from that folder. o may be
 * NULL. */
fake_load *fake_load_text(const char *name, const char *text, const px_overrides *o);
void fake_load_free(fake_load *l);

/* The ids of the plan's cells, a blank between them; in the load's arena. */
const char *fake_ids(const fake_load *l);

/* The values of an axis (of a group of its own) as text, a blank between them. */
const char *fake_values(const fake_load *l, const char *axis);

#endif
