/* x86-64 with AVX2, FMA and F16C; compiled with -mavx2 -mfma -mf16c. */
#define PX_VECTOR_BYTES   32
#define PX_VECTORS        4
#define PX_NATIVE_ROWS    6
#define PX_NATIVE_VECTORS 2
#define PX_STEP_ROWS      6
#define PX_STEP_VECTORS   2
#define PX_STEP_RELOADS   1
#define PX_MMA_ROWS       2
#define PX_ISA_NAME       "avx2"
#define PX_ISA_TABLE      px_isa_avx2
#include "emu/isa/bodies.h"
