#include "base/isa.h"
#include "metric/isa/isa.h"

static const px_rough_loops *const tables[] = {
    [PX_ISA_PORTABLE] = &px_rough_portable,
#if defined(__x86_64__)
    [PX_ISA_AVX2] = &px_rough_avx2,
    [PX_ISA_AVX512] = &px_rough_avx512,
#endif
};

const px_rough_loops *px_rough_loops_chosen(void) { return tables[px_isa_wanted()]; }

const px_rough_loops *const *px_rough_loops_usable(int *n) {
    *n = (int)px_isa_best() + 1;
    return tables;
}
