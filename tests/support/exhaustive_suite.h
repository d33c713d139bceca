/* The exhaustive tests as one CMocka program, at full size or in strides; includes cmocka, so include it last. */
#ifndef PX_TEST_EXHAUSTIVE_SUITE_H
#define PX_TEST_EXHAUSTIVE_SUITE_H

#include <stdint.h>

/* stride 1: everything, n = 10^8 random cases; stride s: every s-th. Returns the number of failed tests. */
int px_exhaustive_suite(uint64_t stride, uint64_t n);

#endif
