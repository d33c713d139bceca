#include "base/isa.h"
#include "ref/isa/isa.h"

static const px_ref_isa *const tables[] = {
    [PX_ISA_PORTABLE] = &px_ref_portable,
#if defined(__x86_64__)
    [PX_ISA_AVX2] = &px_ref_avx2,
    [PX_ISA_AVX512] = &px_ref_avx512,
#endif
};

static const px_ref_isa *forced;

const px_ref_isa *px_ref_isa_chosen(void) { return forced ? forced : tables[px_isa_wanted()]; }

void px_ref_isa_use(const px_ref_isa *isa) { forced = isa; }

const px_ref_isa *const *px_ref_isa_usable(int *n) {
    *n = (int)px_isa_best() + 1;
    return tables;
}
