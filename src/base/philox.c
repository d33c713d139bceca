#include "base/philox.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#include <Random123/philox.h>
#pragma GCC diagnostic pop

PX_HD px_bits128 px_philox(uint64_t key, uint64_t counter_hi, uint64_t counter_lo) {
    philox4x32_ctr_t c = {{(uint32_t)counter_lo, (uint32_t)(counter_lo >> 32), (uint32_t)counter_hi,
                           (uint32_t)(counter_hi >> 32)}};
    philox4x32_key_t k = {{(uint32_t)key, (uint32_t)(key >> 32)}};
    philox4x32_ctr_t r = philox4x32(c, k);
    return (px_bits128){.lo = (uint64_t)r.v[1] << 32 | r.v[0], .hi = (uint64_t)r.v[3] << 32 | r.v[2]};
}

PX_HD uint64_t px_stream(const char *name) {
    uint64_t h = 0xcbf29ce484222325u;
    for (; *name; name++) h = (h ^ (unsigned char)*name) * 0x100000001b3u;
    return h;
}
