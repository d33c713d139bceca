/* Any processor: vectors of 16 bytes, which every 64-bit machine has and gcc can split where it has not. */
#define PX_VECTOR_BYTES   16
#define PX_VECTORS        4
#define PX_NATIVE_ROWS    4
#define PX_NATIVE_VECTORS 2
#define PX_STEP_ROWS      2
#define PX_STEP_VECTORS   2
#define PX_STEP_RELOADS   0
#define PX_MMA_ROWS       1
#define PX_ISA_NAME       "portable"
#define PX_ISA_TABLE      px_isa_portable
#include "emu/isa/bodies.h"
