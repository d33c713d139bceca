/* The slow tier: every binary32 to fp16, bf16 and fp8 in every mode; every pair of fp16 and of bf16; 10^8 of the rest. */
#include "support/exhaustive_suite.h"

int main(void) { return px_exhaustive_suite(1, 100000000); }
