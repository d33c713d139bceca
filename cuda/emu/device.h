/* cuda_emu: the device's limits and the state of the runtime, for the emulation's own files. Limits: CUDA C++
 * Programming Guide, "Compute Capabilities", 8.0 to 10.0. */
#ifndef PX_CUDA_EMU_DEVICE_H
#define PX_CUDA_EMU_DEVICE_H

#include <cstddef>

#include "runtime.h"

namespace cuda_emu {

enum : unsigned {
    MAX_THREADS = 1024, /* a block */
    MAX_BLOCK_XY = 1024,
    MAX_BLOCK_Z = 64,
    MAX_GRID_X = 2147483647,
    MAX_GRID_YZ = 65535
};
enum : size_t {
    MAX_SHARED = 48 << 10, /* a block, static and dynamic together */
    MAX_SHARED_OPTIN =
        163 << 10,          /* with cudaFuncAttributeMaxDynamicSharedMemorySize: the least of the devices, 8.0's */
    SHARED_ROOM = 256 << 10 /* with the red zones of its arrays */
};

enum : size_t { GLOBAL_MEMORY = (size_t)16 << 30 }; /* bytes; so much cudaMalloc gives, no more */

/* Counts a call of the runtime's; true when it is the one that has to fail. */
bool injected_failure();

/* Whether a kernel may start, as cudaGetLastError will say. */
cudaError_t start_error(const void *kernel, dim3 grid, dim3 block, size_t dynamic_bytes);
size_t dynamic_limit(const void *kernel);

void made(int things); /* +1, and -1 when it is freed: px_cuda_emu_live */

} // namespace cuda_emu

#endif
