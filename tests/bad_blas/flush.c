/* Loading it makes the processor flush subnormal numbers to zero, as a library linked with -ffast-math does. */
#include "naive.h"

#if defined(__SSE2__)
__attribute__((constructor)) static void flush(void) { __builtin_ia32_ldmxcsr(__builtin_ia32_stmxcsr() | 0x8040u); }
#endif

void px_bad_product(bool single, size_t m, size_t n, size_t k, const double *a, const double *b, double *c) {
    px_naive_product(single, m, n, k, a, b, c);
}
