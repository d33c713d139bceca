#include "base/isa.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

static px_isa_level best = PX_ISA_PORTABLE, wanted;

#if defined(__x86_64__)
/* Half precision conversions have no name for __builtin_cpu_supports in every compiler. */
static bool runs_f16c(void) {
    unsigned a, b, c, d;
    return __get_cpuid(1, &a, &b, &c, &d) && (c & bit_F16C);
}

static bool runs_avx2(void) { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && runs_f16c(); }

static bool runs_avx512(void) {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}
#endif

const char *px_isa_level_name(px_isa_level level) {
    static const char *const names[] = {"portable", "avx2", "avx512"};
    return names[level];
}

static void choose(void) {
#if defined(__x86_64__)
    if (runs_avx2()) best = runs_avx512() ? PX_ISA_AVX512 : PX_ISA_AVX2;
#endif
    wanted = best;
    const char *name = getenv("PRECX_ISA");
    for (px_isa_level level = PX_ISA_PORTABLE; name && level <= best; level++)
        if (strcmp(name, px_isa_level_name(level)) == 0) wanted = level;
}

static void choose_once(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    PX_ASSERT(pthread_once(&once, choose) == 0);
}

px_isa_level px_isa_best(void) {
    choose_once();
    return best;
}

px_isa_level px_isa_wanted(void) {
    choose_once();
    return wanted;
}
