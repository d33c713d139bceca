/* The record of a selftest: JSON, one line a check between a header and a sum. What a machine with a device writes is
 * kept, so that a claim about it can be looked up. */
#ifndef PX_SELFTEST_RECORD_H
#define PX_SELFTEST_RECORD_H

#include "selftest/selftest.h"

enum { PX_RECORD_VERSION = 1 };

void px_record_header(px_text *out, const px_selftest_options *o);
void px_record_check(px_text *out, const px_check *check);
void px_record_sum(px_text *out, const int counts[PX_OUTCOME_COUNT]);

/* PX_BAD_FILE with the line when `text` is no such record: a field that lacks, another type or word, counts that are not
 * those of the lines. name: the file's, for the message. */
px_status px_record_validate(const char *name, const char *text, px_error *err);

#endif
