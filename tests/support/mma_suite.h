/* The tile kernels of matrix units against the definition, on random and directed blocks, as one CMocka program;
 * includes cmocka, so include it last. */
#ifndef PX_TESTS_MMA_SUITE_H
#define PX_TESTS_MMA_SUITE_H

#include <stdint.h>

/* At least so many blocks of every model, on every instruction set of this processor. Returns the number of failed
 * tests. */
int mma_suite(int64_t blocks);

#endif
