/* cuda_emu: memory with red zones. AddressSanitizer names who touches one; without it, a write is found when the zone
 * is looked at. */
#ifndef PX_CUDA_EMU_MEMORY_H
#define PX_CUDA_EMU_MEMORY_H

#include <cstddef>

namespace cuda_emu {

enum : size_t { ZONE = 256 };          /* bytes on either side; what cudaMalloc aligns to */
enum : unsigned char { FRESH = 0xff }; /* of memory that nobody has written: NaN in every format */

/* From the start of a piece of memory to the start of the next: the piece and a zone, rounded up. */
inline size_t stride_of(size_t bytes) { return (bytes + 2 * ZONE - 1) / ZONE * ZONE; }

/* The zones [p - ZONE, p) and [p + bytes, p + stride_of(bytes)), filled with FRESH by the caller. close_zones is false
 * when something was written there. */
void open_zones(void *p, size_t bytes);
bool close_zones(void *p, size_t bytes);

/* Device memory is the kernels' while one runs, and nobody's otherwise. */
void device_memory_open();
void device_memory_close();

/* The calls of the runtime. allocate: NULL when there is no memory; release_memory: false for an address that was not
 * allocated; owns: [p, p + bytes) lies in one allocation. */
void *allocate(size_t bytes);
bool release_memory(void *p);
size_t allocated(); /* bytes */
bool owns(const void *p, size_t bytes);
bool is_device(const void *p);
/* A copy or a fill of device memory that the host has asked for. */
void copy(void *to, const void *from, size_t bytes);
void fill(void *to, int byte, size_t bytes);

} // namespace cuda_emu

#endif
