#if defined(__x86_64__)
#include <cpuid.h>
#endif
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "emu/emu.h"
#include "emu/isa/isa.h"

#if defined(__x86_64__)
/* Half precision conversions have no name for __builtin_cpu_supports in every compiler. */
static bool runs_f16c(void) {
    unsigned a, b, c, d;
    return __get_cpuid(1, &a, &b, &c, &d) && (c & bit_F16C);
}

static bool runs_avx2(void) { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && runs_f16c(); }

static bool runs_avx512(void) {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") && runs_avx2();
}
#endif

static const px_isa *usable[3];
static int n_usable;
static const px_isa *chosen;

static void choose(void) {
    usable[n_usable++] = &px_isa_portable;
#if defined(__x86_64__)
    if (runs_avx2()) usable[n_usable++] = &px_isa_avx2;
    if (runs_avx512()) usable[n_usable++] = &px_isa_avx512;
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

const px_isa *px_isa_chosen(void) {
    choose_once();
    return chosen;
}

void px_isa_use(const px_isa *isa) {
    choose_once();
    chosen = isa;
}

const px_isa *const *px_isa_usable(int *n) {
    choose_once();
    *n = n_usable;
    return usable;
}

const char *px_emu_isa(void) { return px_isa_chosen()->name; }

px_status px_emu_ready(px_error *err) {
    const char *wanted = getenv("PRECX_ISA");
    if (!wanted || strcmp(wanted, px_emu_isa()) == 0) return PX_OK;
    return px_fail(err, PX_USAGE, "PRECX_ISA=%s: no instruction set of this processor; '%s' would be used without it",
                   wanted, px_emu_isa());
}
