#include "base/philox.h"
#include "data/data.h"
#include "data/elementary.h"

uint64_t px_draw_bits(px_draw d, uint64_t index) {
    /* An odd factor: for one stream, different rep give different counters. */
    return px_philox(d.seed, px_stream(d.stream) ^ (d.rep * 0x9e3779b97f4a7c15u), index).lo;
}

double px_draw_uniform(px_draw d, uint64_t index) { return (double)(px_draw_bits(d, index) >> 11) * 0x1p-53; }

double px_draw_normal(px_draw d, uint64_t index) {
    uint64_t odd = (px_draw_bits(d, index) >> 12) * 2 + 1; /* 1, 3, ... 2^53 - 1: never 0 or 1, symmetric about 1/2 */
    return px_data_normal_quantile((double)odd * 0x1p-53);
}

double px_draw_lognormal(px_draw d, uint64_t index) { return px_data_exp(px_draw_normal(d, index)); }
