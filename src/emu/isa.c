#include <stdlib.h>
#include <string.h>

#include "base/isa.h"
#include "emu/emu.h"
#include "emu/isa/isa.h"

static const px_isa *const tables[] = {
    [PX_ISA_PORTABLE] = &px_isa_portable,
#if defined(__x86_64__)
    [PX_ISA_AVX2] = &px_isa_avx2,
    [PX_ISA_AVX512] = &px_isa_avx512,
#endif
};

static const px_isa *forced;

const px_isa *px_isa_chosen(void) { return forced ? forced : tables[px_isa_wanted()]; }

void px_isa_use(const px_isa *isa) { forced = isa; }

const px_isa *const *px_isa_usable(int *n) {
    *n = (int)px_isa_best() + 1;
    return tables;
}

const char *px_emu_isa(void) { return px_isa_chosen()->name; }

px_status px_emu_ready(px_error *err) {
    const char *wanted = getenv("PRECX_ISA");
    if (!wanted || strcmp(wanted, px_emu_isa()) == 0) return PX_OK;
    return px_fail(err, PX_USAGE, "PRECX_ISA=%s: no instruction set of this processor; '%s' would be used without it",
                   wanted, px_emu_isa());
}
