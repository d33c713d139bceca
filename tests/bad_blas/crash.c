/* Crashes in the product. */
#include <signal.h>

#include "naive.h"

void px_bad_product(bool single, size_t m, size_t n, size_t k, const double *a, const double *b, double *c) {
    (void)single, (void)m, (void)n, (void)k, (void)a, (void)b, (void)c;
    raise(SIGSEGV);
}
