/* The slow tier's tests in strides: 2^24 cases of each. The strides are odd, so that every low bit pattern is met. */
#include "support/exhaustive_suite.h"

#if defined(__SANITIZE_ADDRESS__)
enum { STRIDE = 25601, RANDOM = 10000 };
#else
enum { STRIDE = 257, RANDOM = 1000000 };
#endif

int main(void) { return px_exhaustive_suite(STRIDE, RANDOM); }
