/* The slow tier: the tile kernels of matrix units against the definition, 10^7 blocks of every model. */
#include "support/mma_suite.h"

int main(void) { return mma_suite(10000000); }
