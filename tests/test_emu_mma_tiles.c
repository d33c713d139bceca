/* The tile kernels of matrix units against the definition; slow_emu_mma_tiles.c does the same on 10^7 blocks a model. */
#include "support/mma_suite.h"

int main(void) { return mma_suite(100000); }
