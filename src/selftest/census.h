/* The census of a tensor by an executor that counts where the tensor lies, against its definition (matrix/census.h). */
#ifndef PX_SELFTEST_CENSUS_H
#define PX_SELFTEST_CENSUS_H

#include "selftest/judge.h"

/* Makes the key's tensor (px_trial_tensor), has exec, whose `census` is not NULL, count it twice, without exact numbers
 * and beside some, and adds to the tally: a value is a count. An error of the executor ends it. */
px_status px_judge_census(const px_exec *exec, const px_trial_key *key, px_tally *tally, px_error *err);

#endif
