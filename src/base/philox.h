/* Random bits by counter: Philox4x32-10 (Salmon, Moraes, Dror, Shaw, SC11), from the Random123 library. No state: the
 * same (key, counter) gives the same 128 bits on every machine, in any order, on any thread. */
#ifndef PX_BASE_PHILOX_H
#define PX_BASE_PHILOX_H

#include <stdint.h>

#include "base/hd.h"

typedef struct px_bits128 {
    uint64_t lo, hi;
} px_bits128;

/* 128 bits for this key and this two-word counter. */
PX_HD px_bits128 px_philox(uint64_t key, uint64_t counter_hi, uint64_t counter_lo);

/* A 64-bit stream name (FNV-1a of the text): "A", "B", "sum.x" ... */
PX_HD uint64_t px_stream(const char *name);

#endif
