/* Cases that make arithmetic go wrong, for every format: random words, midpoints and their neighbours, the ends of the
 * range, the border of the subnormals, cancellation, far-apart terms. And the comparison of any implementation with the
 * oracle. */
#ifndef PX_TESTS_CASES_H
#define PX_TESTS_CASES_H

#include "support/oracle.h"

/* A generator (splitmix64); any seed. */
typedef struct px_random {
    uint64_t state;
} px_random;
uint64_t px_random_word(px_random *g);
int px_random_below(px_random *g, int n); /* 0 .. n-1 */

/* Operands for one operation in format f. Most are numbers of f, some are any doubles. */
void px_case_draw(px_random *g, px_oracle_op op, px_fp f, double x[3]);

/* The formats of the tests: THE list and custom ones, narrow, wide, long, with the exponents of binary64. */
int px_case_formats(void);
px_fp px_case_format(int i);

/* An implementation under test. flags: set those it raises, or leave PX_NO_FLAGS there when it knows none. */
enum { PX_NO_FLAGS = 1 << 8 };
typedef double px_subject(px_oracle_op op, px_fp f, px_rounding r, const double x[3], uint64_t bits, unsigned *flags);

/* Compares, on n cases of every (format, mode, subnormal rule), each with a random overflow rule and, where it applies,
 * number of random bits. Returns the number of cases with other bits or flags than the oracle's; describes the first
 * one in `first`. inexact[mode]: cases of the mode where something was rounded. */
typedef struct px_verdict {
    int64_t cases, differences, inexact[PX_ROUNDING_COUNT];
    char first[512];
} px_verdict;
px_verdict px_case_judge(px_subject *subject, px_oracle_op op, int n, uint64_t seed);

/* Bits of a double, to compare and to print. */
uint64_t px_word_of(double x);

#endif
