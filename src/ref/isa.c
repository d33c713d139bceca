#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "ref/isa/isa.h"

static const px_ref_isa *usable[3], *chosen;
static int n_usable;

static void choose(void) {
    usable[n_usable++] = &px_ref_portable;
#if defined(__x86_64__)
    bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    if (avx2) usable[n_usable++] = &px_ref_avx2;
    if (avx2 && __builtin_cpu_supports("avx512f")) usable[n_usable++] = &px_ref_avx512;
#endif
    chosen = usable[n_usable - 1];
    const char *wanted = getenv("PRECX_ISA");
    for (int i = 0; wanted && i < n_usable; i++)
        if (strcmp(wanted, usable[i]->name) == 0) chosen = usable[i];
}

static void choose_once(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    PX_ASSERT(pthread_once(&once, choose) == 0);
}

const px_ref_isa *px_ref_isa_chosen(void) {
    choose_once();
    return chosen;
}

void px_ref_isa_use(const px_ref_isa *isa) {
    choose_once();
    chosen = isa;
}

const px_ref_isa *const *px_ref_isa_usable(int *n) {
    choose_once();
    *n = n_usable;
    return usable;
}
